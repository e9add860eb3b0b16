"""Farewells: word to a client that a session ended (OpenID Connect Back-Channel Logout 1.0), kept until it was taken.

The one law: *the row says what is still to do*: it is written in the act that ends the session, one worker of several
claims it by a conditional UPDATE, and one that dies with it loses it when the claim lapses.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    delete,
    insert,
    literal,
    select,
    update,
)

from iam.record.act import Act
from iam.record.columns import among
from iam.record.store import Instant, Number, metadata
from iam.signin.tokens.books import client_table, issued_table

farewell_table = Table(
    "farewell",
    metadata,
    Column("id", Number, primary_key=True),
    Column("client_id", ForeignKey("client.id"), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("session_id", Number, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("settled_at", Instant),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
Index("ix_farewell_due", farewell_table.c.settled_at, farewell_table.c.due_at)


CLAIM: Final = timedelta(minutes=5)
"""How long a claim holds: longer than any one sending, which the sender's own deadline bounds."""

FIRST_DELAY: Final = timedelta(seconds=30)
LONGEST_DELAY: Final = timedelta(hours=1)
MOST_TRIES: Final = 12
"""Some four hours: after that the client's own session is likely over, and an officer must look."""

INTERRUPTED: Final = "通知の途中で何度も中断されました。"
_DOUBLINGS: Final = 7
_LONGEST_REASON: Final = 300
_GIVEN: Final = ("access", "refresh")


class Outcome(StrEnum):
    """How a farewell ended; "" in the table while it waits."""

    TAKEN = "taken"
    FAILED = "failed"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A farewell that is this worker's to send: to `uri` of client `code`, about a session of this person.

    `tries` counts this one.
    """

    number: int
    client_id: int
    code: str
    uri: str
    person_id: int
    session_id: int
    tries: int


def write(act: Act, session_ids: Collection[int]) -> int:
    """One row for each client with a logout_uri that was given a token in one of these sessions; how many."""
    if not session_ids:
        return 0
    issued, client = issued_table.c, client_table.c
    zero, empty = literal(0), literal("")
    now = literal(act.at, Instant)
    told = (
        select(client.id, issued.person_id, issued.session_id, now, now, zero, empty, empty)
        .join_from(issued_table, client_table, client.id == issued.client_id)
        .where(among(issued.session_id, session_ids), issued.kind.in_(_GIVEN), client.logout_uri != "")
        .distinct()
    )
    columns = ["client_id", "person_id", "session_id", "written_at", "due_at", "tries", "outcome", "reason"]
    return act.connection.execute(insert(farewell_table).from_select(columns, told)).rowcount


def waiting(connection: Connection, at: datetime) -> bool:
    """Whether a farewell is due."""
    return connection.execute(select(farewell_table.c.id).where(_due(at)).limit(1)).first() is not None


def _due(at: datetime) -> ColumnElement[bool]:
    table = farewell_table.c
    return table.settled_at.is_(None) & (table.due_at <= at) & (table.tries < MOST_TRIES)


def claim(act: Act) -> Claimed | None:
    """The farewell that has waited longest, this worker's alone until the claim lapses; None when none is due."""
    table, client = farewell_table.c, client_table.c
    found = (
        select(farewell_table, client.code, client.logout_uri)
        .join_from(farewell_table, client_table, client.id == table.client_id)
        .where(_due(act.at))
        .order_by(table.due_at, table.id)
        .limit(1)
    )
    # Another worker's is passed over, not waited for; SQLite has one writer and ignores this.
    row = act.connection.execute(found.with_for_update(skip_locked=True, of=farewell_table)).first()
    if row is None or not _moved(act, row.id, row.tries, due_at=act.at + CLAIM, tries=row.tries + 1):
        return None
    return Claimed(row.id, row.client_id, row.code, row.logout_uri, row.person_id, row.session_id, row.tries + 1)


def settle(act: Act, claimed: Claimed, outcome: Outcome, reason: str = "") -> None:
    """The end of a farewell; one that somebody settled before stays as it is."""
    table = farewell_table.c
    values = {"settled_at": act.at, "outcome": outcome, "reason": reason[:_LONGEST_REASON]}
    unsettled = update(farewell_table).where(table.id == claimed.number, table.settled_at.is_(None))
    if act.connection.execute(unsettled.values(**values)).rowcount:
        detail = {"client": claimed.code, "session": claimed.session_id, "tries": claimed.tries}
        act.record(f"farewell.{outcome}", f"farewell {claimed.number}", {**detail, "reason": values["reason"]})


def postpone(act: Act, claimed: Claimed, reason: str) -> bool:
    """Try again later, each time after a longer while; after `MOST_TRIES` it has failed, and False is answered."""
    if claimed.tries >= MOST_TRIES:
        settle(act, claimed, Outcome.FAILED, reason)
        return False
    later = act.at + delay_after(claimed.tries)
    _moved(act, claimed.number, claimed.tries, due_at=later, reason=reason[:_LONGEST_REASON])
    return True


def delay_after(tries: int) -> timedelta:
    """How long to wait after so many tries: half a minute, doubled each time, up to an hour."""
    return LONGEST_DELAY if tries > _DOUBLINGS else FIRST_DELAY * (1 << (tries - 1))


def give_up(act: Act) -> int:
    """Settle what was claimed for the last time by workers that died; how many."""
    table = farewell_table.c
    spent = table.settled_at.is_(None), table.due_at <= act.at, table.tries >= MOST_TRIES
    values = {"settled_at": act.at, "outcome": Outcome.FAILED, "reason": INTERRUPTED}
    # One statement: of two workers at once, each records only what it settled itself.
    settled = update(farewell_table).where(*spent).values(**values).returning(table.id)
    numbers = act.connection.execute(settled).scalars().all()
    act.record_many(("farewell.failed", f"farewell {number}", {"reason": INTERRUPTED}) for number in numbers)
    return len(numbers)


def forget(act: Act, before: datetime) -> int:
    """Drop what was settled before an instant; the audit keeps what became of it."""
    old = farewell_table.c.settled_at < before
    return act.connection.execute(delete(farewell_table).where(old)).rowcount


def _moved(act: Act, number: int, known_tries: int, **values: object) -> bool:
    """Change a farewell if nobody has claimed or settled it since; False when somebody was first."""
    table = farewell_table.c
    same = table.id == number, table.tries == known_tries, table.settled_at.is_(None)
    return bool(act.connection.execute(update(farewell_table).where(*same).values(**values)).rowcount)
