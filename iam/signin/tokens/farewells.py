"""Farewells: word to a client that a session ended (OpenID Connect Back-Channel Logout 1.0), kept until it was taken.

The one law: *the row says what is still to do*: it is written in the act that ends the session, one worker of several
claims it by a conditional UPDATE, and one that dies with it loses it when the claim lapses.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    insert,
    literal,
    select,
)

from iam.outbox.queue import Queue
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


FAREWELLS: Final = Queue(
    farewell_table,
    "farewell",
    # Longer than any one sending, which the sender's own deadline bounds.
    hold=timedelta(minutes=5),
    first_delay=timedelta(seconds=30),
    longest_delay=timedelta(hours=1),
    # Some four hours: after that the client's own session is likely over, and an officer must look.
    most_tries=12,
    interrupted="通知の途中で何度も中断されました。",
)
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


def claim(act: Act) -> Claimed | None:
    """The farewell that has waited longest, this worker's alone until the claim lapses; None when none is due."""
    client = client_table.c
    query = select(farewell_table, client.code, client.logout_uri)
    row = FAREWELLS.claim(act, query.join_from(farewell_table, client_table, client.id == farewell_table.c.client_id))
    if row is None:
        return None
    return Claimed(row.id, row.client_id, row.code, row.logout_uri, row.person_id, row.session_id, row.tries + 1)


def settle(act: Act, claimed: Claimed, outcome: Outcome, reason: str = "") -> None:
    """The end of a farewell; one that somebody settled before stays as it is."""
    said = reason[:_LONGEST_REASON]
    if FAREWELLS.settle(act, claimed.number, outcome, said):
        detail = {"client": claimed.code, "session": claimed.session_id, "tries": claimed.tries, "reason": said}
        act.record(f"farewell.{outcome}", f"farewell {claimed.number}", detail)


def postpone(act: Act, claimed: Claimed, reason: str) -> bool:
    """Try again later; after the last try it has failed, and False is answered."""
    if FAREWELLS.postpone(act, claimed.number, claimed.tries, reason[:_LONGEST_REASON]):
        return True
    settle(act, claimed, Outcome.FAILED, reason)
    return False
