"""Persons for whom the night must not be waited for: somebody was suspended, or given back what they had.

The one law: *the row says what is still to do*: it is written in the act that makes another state wanted, and it goes
only when every system was read back for this person after that act.  A worker that is killed loses nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, ForeignKey, Integer, Table, Text, delete, select, update

from iam.intake.taking import mark_pending
from iam.people.ledger import person_table
from iam.record.act import Act
from iam.record.store import Instant, metadata

urgent_table = Table(
    "urgent_person",
    metadata,
    Column("person_id", ForeignKey(person_table.c.id), primary_key=True),
    Column("asked_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
)

FIRST_DELAY: Final = timedelta(seconds=1)
LONGEST_DELAY: Final = timedelta(seconds=30)
_LONGEST_TROUBLE: Final = 300


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person who waits for an urgent run since `asked_at`; `trouble`: what stood in the way at the last try."""

    person_id: int
    asked_at: datetime
    due_at: datetime
    tries: int
    trouble: str


def ask_urgently(act: Act, person_ids: Iterable[int]) -> None:
    """From here on these persons wait for an urgent run; whoever waited already is looked at anew at once.

    They are marked for the night too, so that it looks at them even if no worker runs.
    """
    ids = sorted(set(person_ids))
    mark_pending(act.connection, ids)
    for id_ in ids:
        values = {"asked_at": act.at, "due_at": act.at, "tries": 0, "trouble": ""}
        again = update(urgent_table).where(urgent_table.c.person_id == id_).values(**values)
        if not act.connection.execute(again).rowcount:
            act.connection.execute(urgent_table.insert().values(person_id=id_, **values))


def waiting(connection: Connection, due: datetime | None = None) -> list[Waiting]:
    """Who waits, whoever has waited longest first; with `due` only those whose next try has come."""
    columns = urgent_table.c
    query = select(urgent_table).order_by(columns.asked_at, columns.person_id)
    if due is not None:
        query = query.where(columns.due_at <= due)
    return [Waiting(*row) for row in connection.execute(query)]


def settled(act: Act, done: Waiting) -> bool:
    """Every system was read back; False when somebody decided anew meanwhile: then the person still waits."""
    columns = urgent_table.c
    same = delete(urgent_table).where(columns.person_id == done.person_id, columns.asked_at == done.asked_at)
    return bool(act.connection.execute(same).rowcount)


def postponed(act: Act, left: Waiting, trouble: str) -> None:
    """Something stood in the way: tried again after one second, then two, up to half a minute; never given up."""
    columns = urgent_table.c
    same = columns.person_id == left.person_id, columns.asked_at == left.asked_at
    delay = min(LONGEST_DELAY, FIRST_DELAY * (1 << min(left.tries, 10)))
    values = {"due_at": act.at + delay, "tries": left.tries + 1, "trouble": trouble[:_LONGEST_TROUBLE]}
    act.connection.execute(update(urgent_table).where(*same).values(**values))
