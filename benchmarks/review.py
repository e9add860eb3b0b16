"""A review beside what it cannot beat: one INSERT ... SELECT of the rows that it froze, and a plain CSV of them.

    ./dev bench review [--accounts 100000] [--systems 10] [--rounds 3] [--only sqlite|postgresql] [--profile]

Real databases; the targets answer from memory that nothing changed, so that what is measured is the review.  Ratios are
taken in one run; only they mean anything on a shared machine.  Peak memory is that of a process of its own.
"""

import argparse
import cProfile
import csv
import datetime as dt
import pstats
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.engine import make_url

from benchmarks.figures import figure, note, timed
from iam.access.accounts import ACCOUNT_COLUMNS, account_table, holding_table
from iam.access.kept.books import kept_id_table
from iam.access.model import AccessModel
from iam.access.wanted import rules_for
from iam.jobs.job import Job
from iam.jobs.reviews import opening
from iam.office.roles import Offices
from iam.people.ledger import ENTRY_COLUMNS, appointment_table, number_table, person_table
from iam.policy.loading import load
from iam.ports import Fingerprint, TargetBatch
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.record.store import Store, bulk_insert
from iam.review import findings
from iam.review.books import campaign_finding_table, campaign_line_table, campaign_person_table, campaign_table
from iam.review.opening.plan import Ground, Opening
from iam.review.words import CampaignKind, CampaignState
from iam.signin.factors.authenticators import authenticator_table
from iam.sync.actual.mirror import actual_account_table, actual_group_table, actual_member_table
from iam.sync.prepare import Policy
from migrations.run import upgrade
from web.paper.folder import Form, Wish, export
from web.practice.servers.postgres import Postgres

RIGHTS: Final = ("mail", "board", "section", "files")
SECTIONS: Final = 200
SINCE: Final = dt.date(2020, 4, 1)
AT: Final = dt.datetime(2020, 4, 1, tzinfo=dt.UTC)
USED: Final = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
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


# --- the city


@dataclass
class Target:
    """A target of which everything is known: it says so, and when each account was used last."""

    system: str
    prints: Sequence[Fingerprint]
    used: Mapping[str, dt.datetime]

    def read(self, known: Container[Fingerprint]) -> Iterator[TargetBatch]:
        """Nothing is new."""
        assert all(each in known for each in self.prints)
        yield TargetBatch(self.prints, (), ())

    def last_used(self) -> Mapping[str, dt.datetime]:
        """Of every account that was ever used."""
        return self.used


@dataclass
class City:
    """A database with so many accounts, and what opens a review of it."""

    folder: Path
    store: Store
    job: Job
    ground: Ground

    @classmethod
    def built(cls, folder: Path, url: str, accounts: int, systems: int) -> "City":
        """Persons, accounts, rights, and what the targets hold of them."""
        note(f"{accounts:,} accounts on {systems} systems, {url.partition(':')[0]}")
        upgrade(url)
        store = Store(url, KeyRing.create(folder / "keys.json"))
        profile, model = load("baseline"), AccessModel.parse(_model(systems), "access.toml")
        targets: dict[str, Any] = {}
        with store.act("bench") as act:
            _people(act.connection, accounts // systems)
            for number, code in enumerate(model.systems):
                targets[code] = _system(act.connection, code, number, accounts // systems)
        if store.url.get_backend_name() == "postgresql":
            with psycopg.connect(_plain(store), autocommit=True) as plain:
                plain.execute("VACUUM ANALYZE")
        rules = rules_for(model, profile, absence_runs={}, unit=_unit)
        today = jst_day(store.clock())
        job = Job(store, "bench", Policy(rules, profile.guard, 365, "1"), (), targets, today, lambda _: None)
        return cls(folder, store, job, Ground(profile, model, Offices(profile), _unit))


def _unit(code: str, _on: dt.date) -> tuple[str, str]:
    return f"第{code}課", f"第{code[:2]}部"


def _model(systems: int) -> str:
    rights = "\n".join(f'{right} = {{ name = "{right}の権限" }}' for right in RIGHTS)
    text = "".join(
        f'[systems.s{number}]\nname = "システム{number}"\nzone = "lgwan"\nowner = "情報政策課"\n'
        f"[systems.s{number}.entitlements]\n{rights}\n"
        for number in range(systems)
    )
    return text + "".join(
        f'[[birthright]]\nid = "r{number}"\nclause = "baseline"\nsystem = "s{number}"\n'
        'entitlements = ["mail", "board"]\n'
        for number in range(systems)
    )


def _people(connection: Any, count: int) -> None:  # noqa: ANN401 - an act's
    """One in a hundred has left, one has no second factor."""
    persons = [
        (n, f"{n:07}", "jinji", f"職員{n}号", "ショクイン", "", "", 0, None, "", False, AT) for n in range(1, count + 1)
    ]
    bulk_insert(connection, person_table, [column.name for column in person_table.c], persons)
    bulk_insert(connection, number_table, ("number", "person_id", "given_at"), ((p[1], p[0], AT) for p in persons))
    last = dt.date.max
    bulk_insert(
        connection, appointment_table, ENTRY_COLUMNS,
        ((n, n, "jinji", "post", "hire", f"{n % SECTIONS:04}", f"第{n % SECTIONS}課", f"{n % 7:02}", "主事", "regular",
          False, SINCE, dt.date(2025, 3, 31) if n % 100 == 0 else last, None, "new", None, AT, None, None, None, "", 1)
         for n in range(1, count + 1)),
    )  # fmt: skip
    bulk_insert(
        connection, authenticator_table,
        ("person_id", "form", "name", "state", "data", "counter", "enrolled_at", "confirmed_at", "end_reason"),
        ((n, "totp", "app", "active", {}, 0, AT, AT, "") for n in range(1, count + 1) if n % 100 != 5),  # noqa: PLR2004
    )  # fmt: skip


def _system(connection: Any, code: str, number: int, count: int) -> Target:  # noqa: ANN401 - as above
    """Of a hundred accounts one is rogue, one shared, one is missing on the target, one was never used."""
    first = number * count
    logins = [f"u{n:07}" for n in range(1, count + 1)]
    natives = [f"uid={login},ou=people,dc={code}" for login in logins]
    ours = [n for n in range(count) if n % 100 not in {1, 2}]
    bulk_insert(
        connection, account_table, ACCOUNT_COLUMNS,
        ((first + n + 1, code, logins[n], logins[n], n + 1, "personal", "active", natives[n], AT, None) for n in ours),
    )  # fmt: skip
    held = {n: ("mail", "board", "section") if n % 2 else ("mail", "board") for n in range(count)}
    bulk_insert(
        connection, holding_table, ("account_id", "entitlement", "held_from", "rule", "clause"),
        ((first + n + 1, right, AT, f"r{number}", "baseline") for n in ours for right in held[n][:2]),
    )  # fmt: skip
    kept = {"system": code, "kind": "shared", "purpose": "窓口", "project": "", "company": "", "registered_by": "bench",
            "registered_at": AT, "changed_at": AT}  # fmt: skip
    shared = [{**kept, "login": logins[n], "comparable": logins[n], "keeper_id": n + 1} for n in range(2, count, 100)]
    connection.execute(insert(kept_id_table), shared)
    there = [n for n in range(count) if n % 100 != 3]  # noqa: PLR2004 - the missing
    prints = {n: blake2b(natives[n].encode(), digest_size=16).digest() for n in there}
    bulk_insert(
        connection, actual_account_table,
        ("system", "native_id", "login", "link", "enabled", "attributes", "fingerprint"),
        ((code, natives[n], logins[n], "" if n % 100 in {1, 2} else f"{n + 1:07}", True, {}, prints[n]) for n in there),
    )  # fmt: skip
    groups = {right: blake2b(f"{code} {right}".encode(), digest_size=16).digest() for right in RIGHTS}
    bulk_insert(
        connection, actual_group_table, ("system", "entitlement", "fingerprint"),
        ((code, right, print_) for right, print_ in groups.items()),
    )  # fmt: skip
    bulk_insert(
        connection, actual_member_table, ("system", "entitlement", "native_id"),
        ((code, right, natives[n]) for n in there for right in held[n]),
    )  # fmt: skip
    used = {natives[n]: USED - dt.timedelta(minutes=n) for n in there if n % 100 != 4}  # noqa: PLR2004 - the unused
    return Target(code, [*prints.values(), *groups.values()], used)


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
        with psycopg.connect(_plain(store)) as plain, path.open("wb") as out, plain.cursor().copy(query) as rows:
            for part in rows:
                out.write(part)
        return
    with store.read() as connection, path.open("w", encoding="utf-8", newline="") as out:
        cursor = connection.exec_driver_sql("SELECT * FROM campaign_line WHERE campaign_id = ? ORDER BY id", (id_,))
        csv.writer(out).writerows(cursor)


def _plain(store: Store) -> str:
    return make_url(store.url).set(drivername="postgresql").render_as_string(hide_password=False)


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
