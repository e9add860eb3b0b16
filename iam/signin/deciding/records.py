"""What was decided: a row for each different answer, repeats counted; the audit holds the first of each.

The one law: *nobody comes in unrecorded*: a new answer is written before it is
given.  A repeat within ten minutes of the last is one more of its kind: it is counted
in memory and added to the row once a minute, with the next ask, so a process that
is killed loses the counts of its last minute, never an answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from iam.errors import Busy, StoreError
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.store import Instant, Json, Number, Store, metadata
from iam.signin.deciding.question import Decision, Outcome
from iam.signin.door import DOOR, Door

decision_table = Table(
    "decision",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", ForeignKey("person.id")),
    Column("system", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("address", Text, nullable=False),
    Column("terminal_id", ForeignKey("terminal.id")),
    Column("session_id", Number),
    Column("rules", Text, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("times", Integer, nullable=False),
)
Index("ix_decision_person", decision_table.c.person_id, decision_table.c.id)
Index("ix_decision_system", decision_table.c.system, decision_table.c.id)

WINDOW: Final = timedelta(minutes=10)
"""How long after the last the same answer is a repeat; a row never spans two days in Japan."""

PAUSE: Final = timedelta(minutes=1)
"""How often the counts of repeats are written at most."""

_VERBS: Final[Mapping[Outcome, str]] = {
    Outcome.ALLOW: "decision.allowed",
    Outcome.STEP_UP: "decision.stepped_up",
    Outcome.DENY: "decision.denied",
}
_AT_ONCE: Final = 10_000
_NEWEST: Final = 500
_LOCKS: Final = 0x6B62
"""Our class of advisory locks on PostgreSQL: the row of an answer may not be there yet."""


@dataclass(frozen=True)
class Answer:
    """What makes two answers the same.  `reasons`: pairs of code and clause, those of the outcome first.

    `person_id`: None for a device that comes in by itself; `address` is then its MAC.
    """

    person_id: int | None
    system: str
    door: str
    outcome: Outcome
    reasons: tuple[tuple[str, str], ...]
    address: str
    terminal_id: int | None
    session_id: int | None
    rules: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """One row: the same answer `times` times."""

    id: int
    person_id: int | None
    system: str
    door: str
    outcome: Outcome
    reasons: Sequence[tuple[str, str]]
    address: str
    terminal_id: int | None
    session_id: int | None
    rules: str
    first_at: datetime
    last_at: datetime
    times: int


@dataclass
class Tallies:
    """What one process has counted and not written.  Threads share one.

    `kept`: the row of each answer, and when it was given last; `waiting`: what is to be added to rows, by id.
    """

    lock: Lock = field(default_factory=Lock)
    kept: dict[Answer, tuple[int, datetime]] = field(default_factory=dict)
    waiting: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    written_at: datetime | None = None

    def counted(self, answer: Answer, at: datetime) -> bool:
        """Whether this is a repeat, which is counted."""
        with self.lock:
            id_, last = self.kept.get(answer, (0, at))
            if not id_ or not _repeats(last, at):
                return False
            self.kept[answer] = id_, max(last, at)
            self._wait(id_, 1, at)
            return True

    def has_row(self, answer: Answer, id_: int, at: datetime) -> None:
        """The answer has a row."""
        with self.lock:
            self.kept[answer] = id_, at

    def due(self, at: datetime) -> bool:
        """Whether the counts are to be written now: a minute after the last time, and by one thread."""
        with self.lock:
            if self.written_at is None:
                self.written_at = at
            if abs(at - self.written_at) < PAUSE:
                return False
            self.written_at = at
            return True

    def take(self, at: datetime) -> dict[int, tuple[int, datetime]]:
        """What is to be written, by row: how many more, and when last.  What repeats no more is forgotten."""
        with self.lock:
            found, self.waiting = self.waiting, {}
            self.kept = {answer: each for answer, each in self.kept.items() if _repeats(each[1], at)}
        return found

    def put_back(self, counts: Mapping[int, tuple[int, datetime]]) -> None:
        """They could not be written: they wait for the next time."""
        with self.lock:
            for id_, (times, last) in counts.items():
                self._wait(id_, times, last)

    def _wait(self, id_: int, times: int, last: datetime) -> None:
        before, later = self.waiting.get(id_, (0, last))
        self.waiting[id_] = before + times, max(later, last)


def _repeats(last: datetime, at: datetime) -> bool:
    return abs(at - last) < WINDOW and jst_day(last) == jst_day(at)


def note(store: Store, door: Door, answer: Answer, at: datetime) -> None:
    """Remember an answer that is about to be given.

    Raises:
        StoreError, Busy: when it is a new one and cannot be written.
    """
    tallies = door.memory(Tallies)
    if not tallies.counted(answer, at):
        with store.act(DOOR) as act:
            id_ = _written(act, answer, at)
        tallies.has_row(answer, id_, at)
    if tallies.due(at):
        settle(store, door, at)


def settle(store: Store, door: Door, at: datetime) -> None:
    """Write what was counted; also for a process that ends in order.  A busy database gets it the next time."""
    tallies = door.memory(Tallies)
    if not (counts := tallies.take(at)):
        return
    try:
        with store.act(DOOR) as act:
            for id_, (times, last) in sorted(counts.items()):
                _add(act.connection, id_, times, last)
    except (Busy, StoreError):
        tallies.put_back(counts)


def _written(act: Act, answer: Answer, at: datetime) -> int:
    """The row of an answer that is new to this process: another process may have begun it."""
    _lock(act, answer)
    if (id_ := _begun(act.connection, answer, at)) is not None:
        _add(act.connection, id_, 1, at)
        return id_
    query = insert(decision_table).values(**_values(answer), first_at=at, last_at=at, times=1)
    id_ = int(act.connection.execute(query.returning(decision_table.c.id)).scalar_one())
    detail = {
        **_values(answer), "decision": id_,
        "reasons": [{"code": code, "clause": clause} for code, clause in answer.reasons],
    }  # fmt: skip
    whom = f"terminal {answer.terminal_id}" if answer.person_id is None else f"person {answer.person_id}"
    act.record(_VERBS[answer.outcome], whom, detail)
    return id_


def _begun(connection: Connection, answer: Answer, at: datetime) -> int | None:
    """A row of the same answer that this one repeats."""
    columns, values = decision_table.c, _values(answer)
    mine = select(columns.id).where(columns.person_id == answer.person_id)
    # Whoever has come and gone for a year has thousands of rows, and only the last are near enough.
    newest = mine.order_by(columns.id.desc()).limit(_NEWEST).scalar_subquery()
    same = [columns[name] == value for name, value in values.items() if name != "reasons"]
    near = columns.id.in_(newest), columns.last_at > at - WINDOW
    query = select(columns.id, columns.reasons, columns.last_at).where(*near, *same)
    for row in connection.execute(query.order_by(columns.id.desc())):
        if _pairs(row.reasons) == answer.reasons and _repeats(row.last_at, at):
            return int(row.id)
    return None


def _values(answer: Answer) -> dict[str, Any]:
    return {
        "person_id": answer.person_id, "system": answer.system, "door": answer.door, "outcome": answer.outcome.value,
        "reasons": answer.reasons, "address": answer.address, "terminal_id": answer.terminal_id,
        "session_id": answer.session_id, "rules": answer.rules,
    }  # fmt: skip


def _add(connection: Connection, id_: int, times: int, last: datetime) -> None:
    columns = decision_table.c
    mine = update(decision_table).where(columns.id == id_)
    connection.execute(mine.values(times=columns.times + times))
    connection.execute(mine.where(columns.last_at < last).values(last_at=last))


def _lock(act: Act, answer: Answer) -> None:
    # SQLite has one writer, who is this act.
    if act.connection.dialect.name == "postgresql":
        subject = f"{answer.person_id} {answer.system}"
        act.connection.execute(select(func.pg_advisory_xact_lock(_LOCKS, func.hashtext(subject))))


def recent(
    connection: Connection,
    *,
    system: str = "",
    person_id: int | None = None,
    outcome: Outcome | None = None,
    before: int | None = None,
    most: int = 50,
) -> list[Recorded]:
    """The newest rows first; `before`: only those older than this id, for the next page."""
    columns = decision_table.c
    query = select(decision_table).order_by(columns.id.desc()).limit(most)
    if system:
        query = query.where(columns.system == system)
    if person_id is not None:
        query = query.where(columns.person_id == person_id)
    if outcome is not None:
        query = query.where(columns.outcome == outcome)
    if before is not None:
        query = query.where(columns.id < before)
    return [_recorded(row) for row in connection.execute(query)]


def _recorded(row: Row[Any]) -> Recorded:
    return Recorded(
        row.id, row.person_id, row.system, row.door, Outcome(row.outcome), _pairs(row.reasons), row.address,
        row.terminal_id, row.session_id, row.rules, row.first_at, row.last_at, row.times,
    )  # fmt: skip


def _pairs(reasons: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((code, clause) for code, clause in reasons)


def questioned(act: Act, person_id: int, system: str, decision: Decision) -> None:
    """An officer asked what would be: who asked about whom, and what they were told."""
    detail = {"system": system, "outcome": decision.outcome.value, "facts": dict(decision.facts)}
    act.record("decision.questioned", f"person {person_id}", detail)


def forget(act: Act, before: datetime) -> int:
    """Drop rows whose last repeat is older; the audit keeps the first of each.  How many there were.

    Rows are as old as their ids: a few thousand of the oldest are looked at in one act, which keeps it short.
    """
    columns = decision_table.c
    oldest = select(columns.id).order_by(columns.id).limit(_AT_ONCE).scalar_subquery()
    old = delete(decision_table).where(columns.id.in_(oldest), columns.last_at < before)
    return len(act.connection.execute(old.returning(columns.id)).all())
