"""The nightly sync beside what it cannot beat: ldapsearch, COPY, ldapadd.

    ./dev bench sync [--staff 100000]

Everything is real: slapd, PostgreSQL, the command `iam`.  Ratios are taken in
one run; only they mean anything on a shared machine.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.directory import SOURCE, TARGET, source_entries, target_entries, write_ldif
from benchmarks.figures import Shares, child, figure, iam, ldapsearch, note, ratio, timed
from benchmarks.practice import SOURCE_ATTRIBUTES, Bench
from iam.jobs.night import Night
from iam.record.store import metadata
from migrations.run import upgrade
from web.practice.servers.postgres import Postgres
from web.practice.servers.slapd import PASSWORD, Slapd, SlapdOptions

CREATES = 5000


def main() -> None:
    """Measure everything, one part after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--staff", type=int, default=100_000)
    staff = parser.parse_args().staff
    folder = Path(tempfile.mkdtemp(prefix="kagimori-bench-"))
    folder.chmod(0o755)
    try:
        with Postgres() as postgres:
            with directories(folder, staff) as slapd:
                reading(folder, slapd, staff)
                nights(folder, slapd, postgres, staff)
            creates(folder, postgres)
    finally:
        shutil.rmtree(folder)


@contextmanager
def directories(folder: Path, staff: int) -> Iterator[Slapd]:
    """One slapd with the personnel directory and a target that agrees with it."""
    note(f"{staff:,} people into slapd, twice")
    source = write_ldif(folder / "source.ldif", source_entries(staff))
    target = write_ldif(folder / "target.ldif", target_entries(staff))
    options = SlapdOptions(suffixes=(SOURCE, TARGET), memberof=False, loaded={SOURCE: source, TARGET: target})
    with Slapd(options) as slapd:
        yield slapd


def reading(folder: Path, slapd: Slapd, staff: int) -> None:
    """(1) Reading the source: nothing changed, and everything new."""
    note("(1) reading")
    bench = Bench(folder / "read", slapd, "sqlite:///iam.db", staff)
    source = bench.job().feeds[0].source
    known: set[bytes] = {row.fingerprint for batch in source.read(frozenset()) for row in batch.rows}
    wanted = list(SOURCE_ATTRIBUTES.values())

    def unchanged() -> float:
        return timed(lambda: [batch for batch in source.read(known) if batch.rows])

    def anew() -> float:
        return timed(lambda: sum(len(batch.rows) for batch in source.read(frozenset())))

    def yardstick() -> float:
        return ldapsearch(slapd.url, SOURCE, wanted)

    share, seconds, beside = ratio(unchanged, yardstick)
    figure("read_unchanged", share, "x ldapsearch", "<= 1.6")
    figure("read_unchanged_rate", staff / seconds, "entries/s")
    figure("ldapsearch_rate", staff / beside, "entries/s")
    figure("read_all_new", ratio(anew, yardstick, 3)[0], "x ldapsearch")


def nights(folder: Path, slapd: Slapd, postgres: Postgres, staff: int) -> None:
    """(3) First load and a 1 % night, then (2) a night in which nothing changed."""
    note("(3) first load into PostgreSQL, source only")
    load = Bench(folder / "load", slapd, postgres.create("load"), staff, targets=False)
    seconds = timed(load.night)
    copied = copy_again(load.url, postgres)
    figure("first_load", seconds / copied, "x COPY of the same rows", "<= 15")
    figure("first_load_rate", staff / seconds, "persons/s")
    night = Bench(folder / "postgresql", slapd, postgres.create("night"), staff)
    figure("first_link", timed(night.night), "s for source, target and ledger")
    night.night()
    one_percent(slapd, night, staff)
    quiet(slapd, night, staff, "postgresql")
    note("the same on SQLite")
    embedded = Bench(folder / "sqlite", slapd, "sqlite:///iam.db", staff)
    embedded.night()
    embedded.night()
    quiet(slapd, embedded, staff, "sqlite")


def one_percent(slapd: Slapd, bench: Bench, staff: int) -> None:
    """A night in which one person of a hundred has a new title."""
    moved = range(0, staff, 100)
    lines = (
        f"dn: employeeNumber={number:07},ou=people,{SOURCE}\nchangetype: modify\nreplace: title\ntitle: 主任\n\n"
        for number in moved
    )
    command = ["ldapmodify", "-x", "-H", slapd.url, "-D", f"cn=admin,{SOURCE}", "-w", PASSWORD]
    subprocess.run(command, input="".join(lines).encode(), check=True, stdout=subprocess.DEVNULL)
    with Shares() as shares:
        seconds = timed(bench.night)
    figure("one_percent_night", seconds, "s")
    figure("one_percent_rate", len(moved) / seconds, "changed persons/s")
    for place in ("database", "LDAP", "Python"):
        figure(f"one_percent_{place.lower()}", shares.of(place) * 100, "% of the time")
    bench.night()


def quiet(slapd: Slapd, bench: Bench, staff: int, name: str) -> None:
    """(2) The whole command, from process start to report, beside ldapsearch of source and target."""
    note(f"(2) a night without changes on {name}")
    peaks: list[float] = []
    before, entries = bench.content(), target_csn(slapd)

    def ours() -> float:
        ended, peak = iam(bench.config.parent, "--config", str(bench.config), "sync")
        if ended.code:
            raise RuntimeError(f"iam sync ended with {ended.code}")
        peaks.append(peak)
        return ended.seconds

    def yardstick() -> float:
        return ldapsearch(slapd.url, SOURCE, list(SOURCE_ATTRIBUTES.values())) + ldapsearch(slapd.url, TARGET)

    share, seconds, _ = ratio(ours, yardstick)
    figure(f"night_{name}", share, "x two ldapsearch", "<= 2.5")
    figure(f"night_{name}_seconds", seconds, f"s for {staff:,} people")
    figure(f"night_{name}_memory", max(peaks), "MiB", "<= 250")
    figure(f"night_{name}_writes", bench.changed(before), "tables of ledger and mirror changed", "<= 0")
    figure(
        f"night_{name}_target_writes", float(target_csn(slapd) != entries), "changes of the target's contextCSN", "<= 0"
    )


def target_csn(slapd: Slapd) -> list[str]:
    """What OpenLDAP says when its target tree last changed."""
    with slapd.connection(TARGET) as connection:
        connection.search(TARGET, "(objectClass=*)", "BASE", attributes=["contextCSN"])
        return list(connection.entries[0].contextCSN.values)


def copy_again(url: str, postgres: Postgres) -> float:
    """Seconds of a bare COPY of every row that a load left, into the same tables, empty."""
    fresh = postgres.create("copied")
    upgrade(fresh)
    tables = [table.name for table in metadata.sorted_tables]
    with connected(url) as source, connected(fresh) as target:
        target.execute("ALTER TABLE audit_head DISABLE TRIGGER USER")
        target.execute("DELETE FROM audit_head")
        target.commit()
        blocks = {}
        for table in tables:
            with source.cursor().copy(f'COPY "{table}" TO STDOUT (FORMAT binary)') as copy:
                blocks[table] = b"".join(bytes(block) for block in copy)

        def write() -> None:
            for table in tables:
                with target.cursor().copy(f'COPY "{table}" FROM STDIN (FORMAT binary)') as copy:
                    copy.write(blocks[table])
            target.commit()

        return timed(write)


def connected(url: str) -> psycopg.Connection:
    """A bare connection to the database of an SQLAlchemy URL."""
    parts = make_url(url)
    return psycopg.connect(host=parts.host, port=parts.port, user=parts.username, dbname=parts.database)


def creates(folder: Path, postgres: Postgres) -> None:
    """(4) 5,000 new accounts on a durable slapd, each read back and recorded, beside ldapadd."""
    note("(4) creating accounts on a durable slapd")
    source = write_ldif(folder / "joiners.ldif", source_entries(CREATES))
    entries = list(target_entries(CREATES))[:CREATES]
    options = SlapdOptions(suffixes=(SOURCE, TARGET), memberof=False, durable=True, loaded={SOURCE: source})
    ldif = write_ldif(folder / "accounts.ldif", iter(entries))
    with Slapd(options) as slapd:
        command = ["ldapadd", "-x", "-H", slapd.url, "-D", f"cn=admin,{TARGET}", "-w", PASSWORD, "-f", str(ldif)]
        yardstick = child(command).seconds
    rights = False
    with Slapd(options) as slapd:
        bench = Bench(folder / "creates", slapd, postgres.create("creates"), CREATES, rights=rights)
        night = Night(bench.job(), bench.today)
        with bench.store.read() as connection:
            night.look(connection)
        night.write()
        seconds = timed(night.apply)
        applied = night.report.applied
        if applied is None or applied.done != CREATES:
            raise RuntimeError(f"expected {CREATES} creates: {applied}")
        bench.close()
    figure("creates", seconds / yardstick, "x ldapadd", "<= 2")
    figure("creates_rate", CREATES / seconds, "accounts/s")


if __name__ == "__main__":
    main()
