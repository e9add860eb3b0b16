"""What happened at the door: every sign-in, failure and sign-out of a person, for the person and for officers.

The one law: *the owner is told* (OITA-S8.2.4, R36): the last success, failure
and sign-out at every sign-in, and a notice when a sign-in is unusual.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Connection, Index, Integer, Table, Text

from iam.record.act import Act
from iam.record.store import Instant, Json, Number, metadata
from iam.signin.door import Where
from iam.signin.kinds import Method

event_table = Table(
    "signin_event",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("methods", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("terminal", Text, nullable=False),
    Column("session_id", Number),
)
Index("ix_signin_event_person", event_table.c.person_id, event_table.c.at)


class Outcome(StrEnum):
    """What came of it.  ENDED: a session ended otherwise than by its owner's sign-out."""

    SUCCESS = "success"
    FAILURE = "failure"
    SIGNOUT = "signout"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Event:
    """One event.  `reason`: of a failure or an end, a code; officers and the owner read its word."""

    id: int
    person_id: int
    at: datetime
    outcome: Outcome
    methods: tuple[Method, ...]
    reason: str
    address: str
    terminal: str
    session_id: int | None


@dataclass(frozen=True, slots=True)
class Last:
    """The last of each before a session began, and how many failures came since the success before it."""

    success: Event | None
    failure: Event | None
    signout: Event | None
    failures_since: int


def note(
    act: Act,
    person_id: int,
    outcome: Outcome,
    where: Where,
    *,
    methods: Iterable[Method] = (),
    reason: str = "",
    session_id: int | None = None,
) -> None:
    """Remember one event; person 0 stands for numbers that nobody has."""
    raise NotImplementedError


def last(connection: Connection, person_id: int, before: datetime) -> Last:
    """What the person is shown after sign-in (R36); `before` is `session.signed_in_at`."""
    raise NotImplementedError


def page(connection: Connection, person_id: int, before: int | None = None, limit: int = 50) -> list[Event]:
    """Events newest first, those with an id below `before`."""
    raise NotImplementedError
