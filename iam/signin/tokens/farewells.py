"""Farewells: word to a client that a session ended (OpenID Connect Back-Channel Logout 1.0), kept until it was taken.

The one law: *the row says what is still to do*: whoever sends is one worker of several, and may be killed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Connection, ForeignKey, Index, Integer, Table, Text

from iam.record.act import Act
from iam.record.store import Instant, Number, metadata

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


class Outcome(StrEnum):
    """How a farewell ended; "" in the table while it waits."""

    TAKEN = "taken"
    FAILED = "failed"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A farewell that is this worker's to send: to `uri`, about this person's session, signed as its client wants."""

    number: int
    client_id: int
    code: str
    uri: str
    person_id: int
    session_id: int
    tries: int


def write(act: Act, session_ids: Collection[int]) -> int:
    """One row for each client with a logout_uri that was given a token in one of these sessions; how many."""
    raise NotImplementedError


def waiting(connection: Connection, at: datetime) -> bool:
    """Whether a farewell is due."""
    raise NotImplementedError


def claim(act: Act) -> Claimed | None:
    """The farewell that has waited longest, this worker's alone until the claim lapses; None when none is due."""
    raise NotImplementedError


def settle(act: Act, claimed: Claimed, outcome: Outcome, reason: str = "") -> None:
    """The end of a farewell; one that somebody settled before stays as it is."""
    raise NotImplementedError


def postpone(act: Act, claimed: Claimed, reason: str) -> bool:
    """Try again later; after the last try it has failed, and False is answered."""
    raise NotImplementedError


def forget(act: Act, before: datetime) -> int:
    """Drop what was settled before an instant, and settle what dead workers claimed for the last time."""
    raise NotImplementedError
