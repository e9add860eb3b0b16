"""The feed's staging: what each source said when it was last believed, by fingerprint.

The one law: a reading is staged whole or not at all, and a row that could not
be accepted is quarantined under its own fingerprint, so that it neither counts
as absent nor is decoded again every night (R01, R04, R07).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    delete,
    desc,
    func,
    select,
)

from iam.intake.characters import Characters
from iam.people.feed import FeedRow, Rejected
from iam.people.japanese import hide_my_numbers, holds_my_number, narrow
from iam.people.ledger import chunks
from iam.ports import Authority, Fingerprint, Source, SourceRow, Unreadable
from iam.record.columns import among
from iam.record.store import Instant, Json, bulk_insert, metadata

feed_run_table = Table(
    "feed_run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("total", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("gone", Integer, nullable=False),
    Column("rules", Text, nullable=False),
    Column("departments", Json, nullable=False),
)

feed_row_table = Table(
    "feed_row",
    metadata,
    Column("source", Text, primary_key=True),
    Column("fingerprint", LargeBinary, primary_key=True),
    Column("staff_number", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("run", Integer, nullable=False),
)
Index("ix_feed_row_number", feed_row_table.c.source, feed_row_table.c.staff_number)

quarantine_table = Table(
    "quarantine",
    metadata,
    Column("source", Text, primary_key=True),
    Column("fingerprint", LargeBinary, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("place", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("staff_number", Text),
    Column("announce_from", Date),
    Column("cross_row", Boolean, nullable=False),
    Column("run", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)


@dataclass(frozen=True)
class SourceRules:
    """How one source's rows are understood.  `digest` changes when any of it does.

    `department` names a row's department, `exists` says whether there is one of that name today.
    """

    name: str
    digest: str
    authority: frozenset[Authority]
    number_prefix: str
    read_row: Callable[[SourceRow], list[FeedRow] | Rejected]
    department: Callable[[FeedRow], str]
    exists: Callable[[str], bool] = lambda _department: True


@dataclass
class Reading:
    """One complete reading of one source, against what was staged before.

    `blind`: a row was rejected without a readable number, so nobody may be
    counted absent, and `spared` are the numbers of whom rows are missing that
    may be that one.  `repeated` counts rows that stood twice in the same words.
    `edition` is the source's, "" when every reading is a new statement.
    """

    source: str
    edition: str = ""
    total: int = 0
    repeated: int = 0
    blind: bool = False
    spared: set[str] = field(default_factory=set)
    rows: dict[Fingerprint, list[FeedRow]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    gone: set[Fingerprint] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    departments: Mapping[str, int] = field(default_factory=dict)
    departments_before: Mapping[str, int] = field(default_factory=dict)

    @property
    def unchanged(self) -> bool:
        """Whether the source says exactly what it said before."""
        return not self.rows and not self.gone and not self.rejected


@dataclass(frozen=True, slots=True)
class FeedRun:
    """The last reading of a source that was believed."""

    id: int
    at: datetime
    total: int
    rules: str
    departments: Mapping[str, int]


def known_fingerprints(connection: Connection, source: str) -> set[Fingerprint]:
    """Every row of `source` that needs no decoding when it comes again."""
    known: set[Fingerprint] = set()
    for table in (feed_row_table, quarantine_table):
        known.update(connection.execute(select(table.c.fingerprint).where(table.c.source == source)).scalars().all())
    return known


def read_source(source: Source, staged: set[Fingerprint], rules: SourceRules, *, anew: bool = False) -> Reading:
    """Read `source` to its proved end.

    `anew` decodes every row, for when the way they are understood has changed.

    Raises:
        SourceError: when the reading is not complete; then there is no reading.
    """
    reading = Reading(rules.name)
    missing = set(staged)
    known: frozenset[Fingerprint] | set[Fingerprint] = frozenset() if anew else staged
    characters = Characters()
    for batch in source.read(known):
        reading.total += len(batch.unchanged) + len(batch.rows)
        before = len(missing)
        missing.difference_update(batch.unchanged)
        reading.repeated += len(batch.unchanged) - (before - len(missing))
        reading.warnings += batch.warnings
        for row in batch.rows:
            for said in _stage(reading, row, rules):
                characters.look(said)
    reading.warnings += characters.sentences()
    reading.gone = missing
    reading.edition = source.edition
    return reading


def _stage(reading: Reading, row: SourceRow | Unreadable, rules: SourceRules) -> Sequence[FeedRow]:
    """Put one row where it belongs; answers what it says, if that is believed."""
    if row.fingerprint in reading.rows:
        reading.repeated += 1
        return ()
    row = replace(row, place=hide_my_numbers(row.place))
    result = _unreadable(row, rules) if isinstance(row, Unreadable) else rules.read_row(row)
    if isinstance(result, Rejected):
        reading.rejected.append(result)
        reading.blind = reading.blind or not result.staff_number
        return ()
    reading.rows[row.fingerprint] = result
    return result


def _unreadable(row: Unreadable, rules: SourceRules) -> Rejected:
    own = narrow(row.staff_number or "")
    number = rules.number_prefix + own if own and not holds_my_number(own) else None
    # Without the value: of a row that cannot be read nobody knows whether it is announced.
    return Rejected(row.place, row.field, "", hide_my_numbers(row.reason), number, row.fingerprint)


def last_run(connection: Connection, source: str) -> FeedRun | None:
    """The last reading of `source` that was believed, or None before the first."""
    columns = feed_run_table.c
    query = select(feed_run_table).where(columns.source == source).order_by(desc(columns.id)).limit(1)
    row = connection.execute(query).first()
    return None if row is None else FeedRun(row.id, row.at, row.total, row.rules, row.departments)


def last_runs(connection: Connection) -> dict[str, int]:
    """The id of the last believed reading of every source."""
    columns = feed_run_table.c
    query = select(columns.source, func.max(columns.id)).group_by(columns.source)
    return {row[0]: row[1] for row in connection.execute(query)}


def departments_of(connection: Connection, source: str, fingerprints: Iterable[Fingerprint]) -> Counter[str]:
    """How many staged rows of each department are among `fingerprints`."""
    found: Counter[str] = Counter()
    for part in chunks(fingerprints):
        query = select(feed_row_table.c.department).where(
            feed_row_table.c.source == source, among(feed_row_table.c.fingerprint, part)
        )
        found.update(connection.execute(query).scalars())
    return found


def count_departments(connection: Connection, reading: Reading, last: FeedRun | None, rules: SourceRules) -> None:
    """Count the rows of each department now and before.

    A row that says the same as before counts for its department of today on
    both sides, so that a department that changed its name lost nobody; one
    that the organisation has no more on the day is not looked for.
    """
    now = Counter(last.departments if last else {})
    now.subtract(departments_of(connection, reading.source, reading.gone))
    labels = {print_: rules.department(rows[0]) for print_, rows in reading.rows.items()}
    now.update(labels.values())
    truly_gone = departments_of(connection, reading.source, reading.gone - reading.rows.keys())
    before = now.copy()
    before.subtract(label for print_, label in labels.items() if print_ not in reading.gone)
    before.update({name: count for name, count in truly_gone.items() if rules.exists(name)})
    reading.departments = +now
    reading.departments_before = +before


def numbers_of(connection: Connection, source: str, fingerprints: Iterable[Fingerprint]) -> set[str]:
    """The staff numbers whose staged or quarantined rows are among `fingerprints`."""
    found: set[str] = set()
    for part in chunks(fingerprints):
        for table in (feed_row_table, quarantine_table):
            columns = table.c
            query = select(columns.staff_number).where(columns.source == source, among(columns.fingerprint, part))
            found.update(number for number in connection.execute(query).scalars() if number)
    return found


def numbers_by_fingerprint(
    connection: Connection, source: str, fingerprints: Iterable[Fingerprint]
) -> dict[Fingerprint, str]:
    """The staff number of every staged row among `fingerprints`."""
    found: dict[Fingerprint, str] = {}
    for part in chunks(fingerprints):
        columns = feed_row_table.c
        query = select(columns.fingerprint, columns.staff_number).where(
            columns.source == source, among(columns.fingerprint, part)
        )
        found.update((row.fingerprint, row.staff_number) for row in connection.execute(query))
    return found


def staged_rows(
    connection: Connection, source: str, numbers: Iterable[str]
) -> dict[str, dict[Fingerprint, list[FeedRow]]]:
    """What is staged of the persons with `numbers`, by number and fingerprint."""
    found: dict[str, dict[Fingerprint, list[FeedRow]]] = defaultdict(dict)
    for part in chunks(numbers):
        columns = feed_row_table.c
        query = select(feed_row_table).where(columns.source == source, among(columns.staff_number, part))
        for row in connection.execute(query):
            found[row.staff_number][row.fingerprint] = [FeedRow.from_json(line) for line in row.content.split("\n")]
    return found


def quarantine_size(connection: Connection, source: str) -> int:
    """How many rows of one source wait in quarantine."""
    query = select(func.count()).select_from(quarantine_table).where(quarantine_table.c.source == source)
    return connection.execute(query).scalar_one()


def quarantined(connection: Connection, source: str) -> dict[Fingerprint, Rejected]:
    """The quarantine of one source, by fingerprint."""
    query = select(quarantine_table).where(quarantine_table.c.source == source)
    return {row.fingerprint: rejected_of(row) for row in connection.execute(query)}


def rejected_of(row: Row[Any]) -> Rejected:
    """A row of the quarantine as it was refused."""
    return Rejected(row.place, row.field, row.value, row.reason, row.staff_number, row.fingerprint, row.announce_from)


def write_staging(connection: Connection, reading: Reading, rules: SourceRules, at: datetime, run: int) -> None:
    """Make the staging say what `reading` said: part of the act that writes the ledger."""
    for table in (feed_row_table, quarantine_table):
        for part in chunks(reading.gone):
            mine = table.c.source == reading.source
            connection.execute(delete(table).where(mine, among(table.c.fingerprint, part)))
    bulk_insert(
        connection, feed_row_table, ("source", "fingerprint", "staff_number", "department", "content", "run"),
        ((reading.source, print_, rows[0].staff_number, rules.department(rows[0]),
          "\n".join(row.to_json() for row in rows), run)
         for print_, rows in reading.rows.items()),
    )  # fmt: skip
    write_quarantine(connection, reading.source, reading.rejected, at, run)
    connection.execute(
        feed_run_table.insert().values(
            id=run, source=reading.source, at=at, total=reading.total, added=len(reading.rows),
            gone=len(reading.gone), rules=rules.digest, departments=dict(reading.departments),
        )
    )  # fmt: skip


def write_quarantine(
    connection: Connection,
    source: str,
    rejected: Sequence[Rejected],
    at: datetime,
    run: int,
    *,
    cross_row: bool = False,
) -> None:
    """Put rows aside, each once.  `cross_row`: good by itself, bad beside the same person's others."""
    distinct = {(r.fingerprint, r.field): r for r in rejected}
    bulk_insert(
        connection, quarantine_table,
        ("source", "fingerprint", "field", "place", "value", "reason", "staff_number", "announce_from",
         "cross_row", "run", "at"),
        ((source, r.fingerprint, r.field, r.place, r.value, r.reason, r.staff_number, r.announce_from,
          cross_row, run, at) for r in distinct.values()),
    )  # fmt: skip


def pack_reading(reading: Reading) -> dict[str, Any]:
    """A reading as JSON, for a plan that waits."""
    return {
        "edition": reading.edition,
        "total": reading.total,
        "blind": reading.blind,
        "spared": sorted(reading.spared),
        "rows": [[print_.hex(), [row.to_json() for row in rows]] for print_, rows in reading.rows.items()],
        "gone": sorted(print_.hex() for print_ in reading.gone),
        "rejected": [
            [r.place, r.field, r.value, r.reason, r.staff_number, r.fingerprint.hex(),
             r.announce_from.isoformat() if r.announce_from else None]
            for r in reading.rejected
        ],
        "departments": dict(reading.departments),
    }  # fmt: skip


def unpack_reading(name: str, packed: Mapping[str, Any]) -> Reading:
    """The reading that `pack_reading` packed."""
    return Reading(
        name,
        edition=packed["edition"],
        total=packed["total"],
        blind=packed["blind"],
        spared=set(packed["spared"]),
        rows={bytes.fromhex(p): [FeedRow.from_json(row) for row in rows] for p, rows in packed["rows"]},
        rejected=[
            Rejected(place, field_, value, reason, number, bytes.fromhex(print_), day and date.fromisoformat(day))
            for place, field_, value, reason, number, print_, day in packed["rejected"]
        ],
        gone={bytes.fromhex(p) for p in packed["gone"]},
        departments=packed["departments"],
    )
