"""Cases: what one officer asks for and another confirms.

The one law: *nobody decides their own case* (design law 4, OITA-S3.7.1,
OITA-S8.1.4.3).  That asker, decider and subject are three persons is a
constraint of the database and one function here; the confirmation is bound to
a hash of what was asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy import CheckConstraint, Column, Connection, ForeignKey, Index, Table, Text

from iam.office.roles import Offices
from iam.record.act import Act
from iam.record.store import Instant, Json, Number, metadata

T = TypeVar("T")
LIFE: Final = timedelta(hours=24)
"""How long a case waits for the second officer."""

case_table = Table(
    "office_case",
    metadata,
    Column("id", Number, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject_id", ForeignKey("person.id")),
    Column("content", Json, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", ForeignKey("person.id"), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("lapses_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", ForeignKey("person.id")),
    Column("decided_at", Instant),
    Column("decision_reason", Text, nullable=False),
    CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="two_persons"),
    CheckConstraint("subject_id IS NULL OR asked_by <> subject_id", name="not_for_oneself"),
    CheckConstraint(
        "subject_id IS NULL OR decided_by IS NULL OR decided_by <> subject_id", name="not_deciding_own_case"
    ),
)
Index("ix_office_case_state", case_table.c.state, case_table.c.kind)


class CaseKind(StrEnum):
    """What two officers decide together."""

    TEMPORARY_PASSWORD = "temporary_password"  # noqa: S105 - a kind of case
    TEMPORARY_CODE = "temporary_code"
    DEPUTY = "deputy"


class CaseState(StrEnum):
    """Where a case is.  LAPSED is told of a case that nobody decided in its time."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Case:
    """One case.  `content_hash` is what the second officer confirms to have seen."""

    id: int
    kind: CaseKind
    subject_id: int | None
    content: Mapping[str, object]
    content_hash: str
    reason: str
    asked_by: int
    asked_at: datetime
    lapses_at: datetime
    state: CaseState
    decided_by: int | None
    decided_at: datetime | None
    decision_reason: str


def ask(
    act: Act,
    offices: Offices,
    kind: CaseKind,
    asked_by: int,
    *,
    subject_id: int | None,
    content: Mapping[str, object],
    reason: str,
    life: timedelta = LIFE,
) -> Case:
    """Ask for what another officer must confirm.

    Raises:
        Forbidden: when this officer may not ask for it; Conflict: when the same waits already.
    """
    raise NotImplementedError


def confirm(
    act: Act, offices: Offices, case_id: int, *, decided_by: int, seen_hash: str, carry_out: Callable[[Act, Case], T]
) -> T:
    """Confirm, and do in the same act what was asked for; what `carry_out` gives is given back.

    Raises:
        NotFound, Conflict, Forbidden: see `why_not_decide`.
    """
    raise NotImplementedError


def decline(act: Act, offices: Offices, case_id: int, decided_by: int, reason: str) -> None:
    """Say no.

    Raises:
        NotFound, Conflict, Forbidden: see `why_not_decide`.
    """
    raise NotImplementedError


def withdraw(act: Act, case_id: int, asked_by: int) -> None:
    """The asker takes it back.

    Raises:
        NotFound, Conflict, Forbidden: when there is none, it is decided, or somebody else asked.
    """
    raise NotImplementedError


def waiting_for(connection: Connection, offices: Offices, person_id: int, at: datetime) -> list[Case]:
    """The cases that this officer could decide now, oldest first."""
    raise NotImplementedError


def asked_by(connection: Connection, person_id: int, limit: int = 50) -> list[Case]:
    """The newest cases that this officer asked for."""
    raise NotImplementedError


def deciders(connection: Connection, offices: Offices, case: Case, at: datetime) -> list[int]:
    """Who could decide it now: person ids."""
    raise NotImplementedError
