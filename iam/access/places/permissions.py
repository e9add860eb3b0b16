"""Permissions to come in from outside the office: who, why, until when, with which device.

The one law: *no permission without a reason, an end and two officers*
(OITA-S8.2.2.1, OITA-S8.2.2.2, OITA-S7.1.1.3, R27): the row names the case that gave it.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Column, Connection, Date, ForeignKey, Table, Text

from iam.record.store import Instant, Number, metadata

permission_table = Table(
    "outside_permission",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("terminal_id", ForeignKey("terminal.id")),
    Column("public", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("case_id", ForeignKey("office_case.id")),
    Column("given_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    CheckConstraint("valid_from <= valid_until", name="begins_before_its_end"),
)


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission.  `terminal_id`: with this terminal only; None: with any that may leave the office.

    `public`: also over a public line, which is an exception of its own (OITA-S8.2.2.7).
    """

    id: int
    person_id: int
    terminal_id: int | None
    public: bool
    reason: str
    clause: str
    valid_from: date
    valid_until: date
    case_id: int | None
    given_at: datetime
    withdrawn_at: datetime | None

    def lives(self, on: date) -> bool:
        """Whether it holds on that day."""
        return self.withdrawn_at is None and self.valid_from <= on <= self.valid_until


def live(connection: Connection, person_id: int, on: date) -> list[Permission]:
    """The permissions of somebody that hold on that day, the one that lasts longest first."""
    raise NotImplementedError
