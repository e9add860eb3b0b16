"""The appointment ledger (発令台帳): persons, their numbers, and what was told of them, when.

The one law: nothing is overwritten.  What a source told is a version with the
interval in which it is true (`valid_from`, `valid_until`: JST dates, inclusive)
and the interval in which we believed it (`known_from`, `known_until`: instants).
A correction closes one version and opens another, so that "what did we know on
that day" can always be answered (OITA-S8.2.1.2a).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKey,
    Index,
    Integer,
    Row,
    Select,
    Table,
    Text,
    and_,
    func,
    or_,
    select,
)

from iam.people.feed import AppointmentKind, FeedRow, Gives
from iam.record.columns import among, jst_day
from iam.record.store import Instant, metadata

T = TypeVar("T")
CHUNK = 5000
"""Persons read in one query: below every database's limit of bound values."""

person_table = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("staff_number", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_kana", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("home_body", Text, nullable=False),
    Column("absent_runs", Integer, nullable=False),
    Column("absent_on", Date),
    Column("absent_edition", Text, nullable=False),
    Column("pending", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)
# Not partial: naming a dialect's own words would load both dialects into every command.
Index("ix_person_absent", person_table.c.absent_runs)
Index("ix_person_pending", person_table.c.pending)

number_table = Table(
    "staff_number",
    metadata,
    Column("number", Text, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("given_at", Instant, nullable=False),
)

name_table = Table(
    "person_name",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("known_from", Instant, primary_key=True),
    Column("known_until", Instant),
    Column("name", Text, nullable=False),
    Column("name_kana", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("run", Integer, nullable=False),
)

appointment_table = Table(
    "appointment",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("gives", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("org_code", Text, nullable=False),
    Column("org_name", Text, nullable=False),
    Column("title_code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("concurrent", Boolean, nullable=False),
    Column("valid_from", Date, nullable=False, index=True),
    Column("valid_until", Date, nullable=False, index=True),
    Column("announce_from", Date),
    Column("change", Text, nullable=False),
    Column("supersedes", Integer),
    Column("known_from", Instant, nullable=False),
    Column("known_until", Instant),
    Column("closing", Text),
    Column("closing_run", Integer),
    Column("place", Text, nullable=False),
    Column("run", Integer, nullable=False),
)


class LedgerChange(StrEnum):
    """How a version came to be, or why it was closed."""

    NEW = "new"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ENDED = "ended"

    @property
    def label_ja(self) -> str:
        """The word that an operator reads."""
        return {"new": "発令", "corrected": "訂正", "cancelled": "取消", "ended": "終了（名簿から消えた）"}[self.value]


class Told(NamedTuple):
    """What a source says of one appointment; two equal values say the same."""

    gives: Gives
    kind: AppointmentKind
    org_code: str
    org_name: str
    title_code: str
    title: str
    category: str
    concurrent: bool
    valid_from: date
    valid_until: date
    announce_from: date | None

    @property
    def key(self) -> tuple[str, bool, str, str, date]:
        """What stays the same when a detail is corrected."""
        return (self.gives, self.concurrent, self.org_code, self.title_code, self.valid_from)


def told(row: FeedRow) -> Told:
    """What `row` says, without where it stood."""
    return Told(
        row.gives, row.kind, row.org_code, row.org_name, row.title_code, row.title,
        row.category, row.concurrent, row.valid_from, row.valid_until, row.announce_from,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One version in the ledger.  `change` is ENDED when we, not the source, set its end."""

    id: int
    source: str
    told: Told
    change: LedgerChange
    known_from: datetime
    place: str
    run: int
    supersedes: int | None = None
    known_until: datetime | None = None
    closing: LedgerChange | None = None

    @property
    def backdated(self) -> bool:
        """Whether it was already in force when we first heard of it."""
        return self.told.valid_from < jst_day(self.known_from)


@dataclass(frozen=True, slots=True)
class Person:
    """A person and the current versions of all that was told of them, oldest first.

    `absent_on` and `absent_edition`: the day and the export (`Source.edition`) by which they were counted last.
    """

    id: int
    staff_number: str
    source: str
    name: str
    name_kana: str
    email: str
    home_body: str
    absent_runs: int
    absent_on: date | None
    entries: tuple[Entry, ...]
    absent_edition: str = ""


def entry_values(person_id: int, entry: Entry, known_from: datetime) -> tuple[object, ...]:
    """`entry`, believed from `known_from` on, in the order of ENTRY_COLUMNS."""
    return (
        entry.id, person_id, entry.source, *entry.told, entry.change, entry.supersedes,
        known_from, entry.known_until, entry.closing, None, entry.place, entry.run,
    )  # fmt: skip


ENTRY_COLUMNS: Sequence[str] = (
    "id", "person_id", "source", *Told._fields, "change", "supersedes",
    "known_from", "known_until", "closing", "closing_run", "place", "run",
)  # fmt: skip


def read_entry(row: Row[Any]) -> Entry:
    """The entry that a row of `appointment` holds."""
    return Entry(
        id=row.id,
        source=row.source,
        told=Told(
            Gives(row.gives), AppointmentKind(row.kind), row.org_code, row.org_name, row.title_code, row.title,
            row.category, row.concurrent, row.valid_from, row.valid_until, row.announce_from,
        ),
        change=LedgerChange(row.change),
        known_from=row.known_from,
        place=row.place,
        run=row.run,
        supersedes=row.supersedes,
        known_until=row.known_until,
        closing=LedgerChange(row.closing) if row.closing else None,
    )  # fmt: skip


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """`values` in lists of at most `size`."""
    iterator = iter(values)
    while part := list(islice(iterator, size)):
        yield part


def people(connection: Connection, ids: Iterable[int], known_at: datetime | None = None) -> Iterator[Person]:
    """The persons with `ids`, in the order of ids, with their entries as known now or at `known_at`."""
    for part in chunks(sorted(ids)):
        entries = _entries(connection, part, known_at)
        rows = connection.execute(
            select(person_table).where(among(person_table.c.id, part)).order_by(person_table.c.id)
        )
        for row in rows:
            yield Person(
                row.id, row.staff_number, row.source, row.name, row.name_kana, row.email, row.home_body,
                row.absent_runs, row.absent_on, tuple(entries.get(row.id, ())), row.absent_edition,
            )  # fmt: skip


def _entries(connection: Connection, ids: Sequence[int], known_at: datetime | None) -> Mapping[int, list[Entry]]:
    columns = appointment_table.c
    query: Select[Any] = select(appointment_table).where(among(columns.person_id, ids))
    if known_at is None:
        query = query.where(columns.known_until.is_(None))
    else:
        believed = or_(columns.known_until.is_(None), columns.known_until > known_at)
        query = query.where(and_(columns.known_from <= known_at, believed))
    found: dict[int, list[Entry]] = defaultdict(list)
    for row in connection.execute(query.order_by(columns.valid_from, columns.id)):
        found[row.person_id].append(read_entry(row))
    return found


def history(connection: Connection, person_id: int) -> list[Entry]:
    """Every version that was ever believed of one person, in the order in which it was learned."""
    columns = appointment_table.c
    query = select(appointment_table).where(columns.person_id == person_id).order_by(columns.known_from, columns.id)
    return [read_entry(row) for row in connection.execute(query)]


def persons_by_number(connection: Connection, numbers: Iterable[str]) -> dict[str, int]:
    """Person id by staff number, for every number ever given that is among `numbers`."""
    found: dict[str, int] = {}
    for part in chunks(numbers):
        query = select(number_table.c.number, number_table.c.person_id).where(among(number_table.c.number, part))
        found.update((row.number, row.person_id) for row in connection.execute(query))
    return found


def numbers_of_persons(connection: Connection, ids: Iterable[int]) -> dict[int, list[str]]:
    """Every number that each person ever had."""
    found: dict[int, list[str]] = {id_: [] for id_ in ids}
    for part in chunks(found):
        query = select(number_table.c.number, number_table.c.person_id).where(among(number_table.c.person_id, part))
        for row in connection.execute(query.order_by(number_table.c.number)):
            found[row.person_id].append(row.number)
    return found


def next_id(connection: Connection, table: Table) -> int:
    """The first free id.  Only a holder of the run's lock may rely on it."""
    highest = connection.execute(select(func.max(table.c.id))).scalar()
    return 1 if highest is None else int(highest) + 1


def with_boundary(connection: Connection, after: date, until: date, later: Iterable[int]) -> set[int]:
    """Persons for whom a date passes in (`after`, `until`]: a beginning, an end, or so many days `later`.

    `later` are the lengths in days of what outlives a post: handovers, the
    grace of a lapsed term.
    """
    columns = appointment_table.c
    passing = []
    for days in {0, *later}:
        first, last = _back(after, days), _back(until, days)
        # An end is inclusive, so it bites on the day after.
        passing.append(and_(columns.valid_until >= first, columns.valid_until < last))
        # The beginning of a next primary post is the end of the one before it.
        passing.append(and_(columns.valid_from > first, columns.valid_from <= last))
    query = select(columns.person_id).where(columns.known_until.is_(None), or_(*passing)).distinct()
    return set(connection.execute(query).scalars())


def _back(day: date, days: int) -> date:
    return date.fromordinal(max(day.toordinal() - days, 1))
