"""A review beside what it cannot beat: one INSERT ... SELECT of the rows that it froze, and a plain CSV of them.

    ./dev bench review [--accounts 100000] [--systems 10] [--rounds 3] [--only sqlite|postgresql] [--profile]

Real databases; the targets answer from memory that nothing changed, so that what is measured is the review.  Ratios are
taken in one run; only they mean anything on a shared machine.  Peak memory is that of a process of its own.
"""

import argparse
import cProfile
import csv
import pstats
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import delete, func, insert, literal, select, update

from benchmarks.figures import figure, note, timed
from benchmarks.reviewed import City, plain_url
from iam.jobs.reviews import opening
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.review import findings
from iam.review.books import campaign_finding_table, campaign_line_table, campaign_person_table, campaign_table
from iam.review.opening.plan import Opening
from iam.review.words import CampaignKind, CampaignState
from web.paper.folder import Form, Wish, export
from web.practice.servers.postgres import Postgres

MEMORY: Final = "--export-of"
_MEGA: Final = 1024 * 1024


def main() -> None:
    """Measure everything, one database after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--systems", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--profile", action="store_true", help="say where an opening spends its time")
    parser.add_argument(MEMORY, nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.export_of:
        measure_memory(*options.export_of)
        return
    folder = Path(tempfile.mkdtemp(prefix="kagimori-bench-"))
    try:
        for name, url in databases(folder, options.only):
            city = City.built(folder / name, url, options.accounts, options.systems)
            if options.profile:
                profiled(city)
            else:
                measured(city, name, options.rounds)
            city.store.dispose()
    finally:
        shutil.rmtree(folder)


def databases(folder: Path, only: str | None) -> Iterator[tuple[str, str]]:
    """A migrated database of each sort, empty; the server of the second runs while it is measured."""
    if only in {None, "sqlite"}:
        (folder / "sqlite").mkdir()
        yield "sqlite", f"sqlite:///{folder / 'sqlite' / 'iam.db'}"
    if only in {None, "postgresql"}:
        (folder / "postgresql").mkdir()
        with Postgres() as server:
            yield "postgresql", server.create("review")


# --- what is measured


def measured(city: City, name: str, rounds: int) -> None:
    """Opening and findings beside INSERT ... SELECT, exports beside a plain CSV; rounds take turns."""
    # The kernel counts the peak anew from here.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _peak()
    Round.taken(city)
    figure(f"opening_{name}_memory", _peak(), f"MiB peak ({before:.0f} MiB before: the benchmark's own)", "<= 250")
    times = [Round.taken(city) for _ in range(rounds)]
    last = times[-1]

    def middle(of: Callable[[Round], float]) -> float:
        return statistics.median(of(each) for each in times)

    note(f"{last.lines:,} lines, {last.people:,} persons, {last.findings:,} findings")
    copy = middle(lambda each: each.copy)
    figure(f"opening_{name}", middle(lambda each: each.opening), f"s ({copy:.2f} s INSERT ... SELECT of the same rows)")
    figure(f"opening_{name}_ratio", middle(lambda each: each.opening / each.copy), "x INSERT ... SELECT", "<= 3")
    copy = middle(lambda each: each.copy_found)
    figure(f"findings_{name}", middle(lambda each: each.finding), f"s ({copy:.2f} s INSERT ... SELECT of the findings)")
    figure(f"findings_{name}_ratio", middle(lambda each: each.finding / each.copy), "x INSERT ... SELECT of all lines")
    if city.store.url.get_backend_name() == "sqlite":
        # All of it works in this process: whoever else keeps the machine busy does not count.
        figure(f"opening_{name}_cpu", middle(lambda each: each.spent), "s of the processor")
        figure(f"opening_{name}_cpu_ratio", middle(lambda each: each.spent / each.spent_copy), "x INSERT ... SELECT")
    exports(city, name, last.campaign)


@dataclass(frozen=True)
class Round:
    """Seconds of one opening and of its parts, and of the yardsticks over the very rows that it wrote."""

    campaign: int
    lines: int
    people: int
    findings: int
    opening: float
    finding: float
    copy: float
    copy_found: float
    spent: float
    spent_copy: float

    @classmethod
    def taken(cls, city: City) -> "Round":
        """Open a review, then write its rows once more by one statement a table."""
        with clocked_findings() as (clock, processor):
            before = time.process_time()
            whole = timed(lambda: opening.open_review(city.job, city.ground, Opening(CampaignKind.EXTRA)))
            spent = time.process_time() - before - sum(processor)
        with city.store.read() as connection:
            id_ = connection.execute(select(func.max(campaign_table.c.id))).scalar_one()
            tables = (campaign_line_table, campaign_person_table, campaign_finding_table)
            lines, people, found = (
                connection.execute(select(func.count()).where(table.c.campaign_id == id_)).scalar_one()
                for table in tables
            )  # fmt: skip
        copy, spent_copy, copy_found = copied(city.store, id_)
        finding = sum(clock)
        return cls(id_, lines, people, found, whole - finding, finding, copy, copy_found, spent, spent_copy)


@contextmanager
def clocked_findings() -> Iterator[tuple[list[float], list[float]]]:
    """Seconds that findings take within an opening, by the clock and of the processor."""
    clock: list[float] = []
    processor: list[float] = []

    def find(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - passes on
        found: list[Any] = []
        before = time.process_time()
        clock.append(timed(lambda: found.append(findings.find(*given, **named))))
        processor.append(time.process_time() - before)
        return found[0]

    # Where the opening looks it up.
    vars(opening)["find"] = find
    try:
        yield clock, processor
    finally:
        vars(opening)["find"] = findings.find


def copied(store: Store, id_: int) -> tuple[float, float, float]:
    """Seconds of INSERT ... SELECT into the same tables, whose rows then go again.

    Of lines and persons by the clock, the same of the processor, and of findings by the clock.
    """
    with store.act("bench") as act:
        begun = [column for column in campaign_table.c if column.name != "id"]
        told = act.connection.execute(select(*begun).where(campaign_table.c.id == id_)).one()._asdict()
        query = insert(campaign_table).values(**told).returning(campaign_table.c.id)
        other = int(act.connection.execute(query).scalar_one())
    tables = (campaign_line_table, campaign_person_table)
    before = time.process_time()
    seconds = timed(lambda: _copy(store, tables, id_, other))
    spent = time.process_time() - before
    found = timed(lambda: _copy(store, (campaign_finding_table,), id_, other))
    with store.act("bench") as act:
        for table in (campaign_finding_table, *tables):
            act.connection.execute(delete(table).where(table.c.campaign_id == other))
        act.connection.execute(
            update(campaign_table).where(campaign_table.c.id == other).values(state=CampaignState.ABANDONED)
        )  # fmt: skip
    return seconds, spent, found


def _copy(store: Store, tables: Iterable[Any], id_: int, other: int) -> None:
    with store.act("bench") as act:
        for table in tables:
            given = [column.name for column in table.c if column.name not in {"id", "campaign_id"}]
            columns = [table.c[name] for name in given]
            if table is campaign_finding_table:
                # A finding is one of its kind on its line, so the copy says another kind.
                columns[given.index("kind")] = "copied " + table.c.kind
            rows = select(literal(other), *columns).where(table.c.campaign_id == id_)
            act.connection.execute(insert(table).from_select(["campaign_id", *given], rows))


def exports(city: City, name: str, id_: int) -> None:
    """xlsx and CSV beside a plain CSV of the same lines, written by the database or the standard library."""
    plain = city.folder / "plain.csv"
    seconds = statistics.median(timed(lambda: dump(city.store, id_, plain)) for _ in range(3))
    size = plain.stat().st_size / _MEGA
    figure(f"dump_{name}", seconds, f"s, {size:.1f} MB: the same lines as plain CSV")
    for form in (Form.XLSX, Form.CSV):
        below = city.folder / form.value
        wish = Wish(id_, below, "計測市", (form,))
        took = timed(partial(export, city.store, "bench", wish))
        written = sum(path.stat().st_size for path in below.rglob(f"*.{form.value}")) / _MEGA
        figure(f"{form}_{name}", took, f"s, {written:.1f} MB")
        figure(f"{form}_{name}_ratio", took / seconds, "x plain CSV in seconds")
        figure(f"{form}_{name}_size", written / size, "x plain CSV in MB")
        memory(city, name, id_, form)


def dump(store: Store, id_: int, path: Path) -> None:
    """Every line of the campaign as its columns stand."""
    if store.url.get_backend_name() == "postgresql":
        query = f"COPY (SELECT * FROM campaign_line WHERE campaign_id = {id_} ORDER BY id) TO STDOUT (FORMAT csv)"  # noqa: S608 - a number
        with psycopg.connect(plain_url(store)) as plain, path.open("wb") as out, plain.cursor().copy(query) as rows:
            for part in rows:
                out.write(part)
        return
    with store.read() as connection, path.open("w", encoding="utf-8", newline="") as out:
        cursor = connection.exec_driver_sql("SELECT * FROM campaign_line WHERE campaign_id = ? ORDER BY id", (id_,))
        csv.writer(out).writerows(cursor)


def memory(city: City, name: str, id_: int, form: Form) -> None:
    """Peak of a process that exports and does nothing else, above what it held before."""
    url = city.store.url.render_as_string(hide_password=False)
    given = [url, str(city.folder / "keys.json"), str(id_), form.value, str(city.folder / f"again-{form}")]
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.review", MEMORY, *given], check=True, capture_output=True, text=True
    ).stdout
    before, peak = (float(part) for part in said.split())
    figure(f"{form}_{name}_memory", peak, f"MiB peak ({before:.0f} MiB before the export)", "<= 250")


def measure_memory(url: str, keys: str, id_: str, form: str, below: str) -> None:
    """In a process of its own: export, and say the peak before and after."""
    store = Store(url, KeyRing.read(Path(keys)))
    with store.read() as connection:
        connection.execute(select(campaign_table.c.id)).all()
    before = _peak()
    export(store, "bench", Wish(int(id_), Path(below), "計測市", (Form(form),)))
    print(before, _peak())


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+)", status)
    assert found
    return int(found[1]) / 1024


def profiled(city: City) -> None:
    """Where an opening spends its time."""
    watch = cProfile.Profile()
    watch.runcall(opening.open_review, city.job, city.ground, Opening(CampaignKind.EXTRA))
    pstats.Stats(watch).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    main()
