"""Permissions to come in from outside the office: who, why, until when, with which device.

The one law: *no permission without a reason, an end and two officers*
(OITA-S8.2.2.1, OITA-S8.2.2.2, OITA-S7.1.1.3, R27): the row names the case that gave it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Date,
    ForeignKey,
    Row,
    Table,
    Text,
    select,
    update,
)

from iam.access.places.terminals import terminal_table
from iam.errors import Conflict, NotFound
from iam.people.ledger import person_table
from iam.record.act import Act
from iam.record.columns import jst_day
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


@dataclass(frozen=True, slots=True)
class Given:
    """A permission with the words that a list shows.  `terminal`: its asset number, "" for any terminal."""

    permission: Permission
    staff_number: str
    name: str
    terminal: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What is permitted: from which day until which (both inclusive), with which terminal, over what line."""

    terminal_id: int | None
    public: bool
    valid_from: date
    valid_until: date


def give(act: Act, person_id: int, terms: Terms, *, reason: str, clause: str, case_id: int | None) -> Permission:
    """Write a permission that two officers agreed on; whether it may be given is for `office.outside` to say.

    Raises:
        Conflict: when it ends before it begins.
    """
    if terms.valid_until < terms.valid_from:
        raise Conflict("終了日は、開始日以降の日にしてください。")
    row = act.connection.execute(
        permission_table.insert()
        .values(
            person_id=person_id, terminal_id=terms.terminal_id, public=terms.public, reason=reason, clause=clause,
            valid_from=terms.valid_from, valid_until=terms.valid_until, case_id=case_id, given_at=act.at,
        )
        .returning(permission_table)
    ).one()  # fmt: skip
    act.record(
        "permission.given", f"permission {row.id}",
        {"person": person_id, "terminal": terms.terminal_id, "public": terms.public, "from": terms.valid_from,
         "until": terms.valid_until, "reason": reason, "clause": clause, "case": case_id},
    )  # fmt: skip
    return _permission(row)


def withdraw(act: Act, permission_id: int, reason: str) -> Permission:
    """Take it back before its last day: one officer is enough to take away.

    Raises:
        NotFound: no such permission; Conflict: it is over already.
    """
    columns = permission_table.c
    row = act.connection.execute(
        update(permission_table)
        .where(columns.id == permission_id, columns.withdrawn_at.is_(None), columns.valid_until >= jst_day(act.at))
        .values(withdrawn_at=act.at)
        .returning(permission_table)
    ).one_or_none()
    if row is None:
        permission(act.connection, permission_id)
        raise Conflict("この許可はすでに終わっています。")
    act.record("permission.withdrawn", f"permission {permission_id}", {"person": row.person_id, "reason": reason})
    return _permission(row)


def permission(connection: Connection, permission_id: int) -> Permission:
    """One permission.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(permission_table).where(permission_table.c.id == permission_id)).first()
    if row is None:
        raise NotFound("その許可はありません。一覧から開き直してください。")
    return _permission(row)


def live(connection: Connection, person_id: int, on: date) -> list[Permission]:
    """The permissions of somebody that hold on that day, the one that lasts longest first."""
    columns = permission_table.c
    query = select(permission_table).where(columns.person_id == person_id, *_holds(on))
    return [_permission(row) for row in connection.execute(query.order_by(columns.valid_until.desc(), columns.id))]


def permissions(
    connection: Connection, *, person_id: int | None = None, permission_id: int | None = None
) -> list[Given]:
    """What was ever given, the newest first; to one person, or the one with this id."""
    columns, person = permission_table.c, person_table.c
    query = (
        select(permission_table, person.staff_number, person.name, terminal_table.c.code)
        .join(person_table, person.id == columns.person_id)
        .outerjoin(terminal_table, terminal_table.c.id == columns.terminal_id)
        .order_by(columns.id.desc())
    )
    if person_id is not None:
        query = query.where(columns.person_id == person_id)
    if permission_id is not None:
        query = query.where(columns.id == permission_id)
    return [Given(_permission(row), row.staff_number, row.name, row.code or "") for row in connection.execute(query)]


def _holds(on: date) -> tuple[ColumnElement[bool], ...]:
    columns = permission_table.c
    return columns.withdrawn_at.is_(None), columns.valid_from <= on, columns.valid_until >= on


def _permission(row: Row[Any]) -> Permission:
    return Permission(
        row.id, row.person_id, row.terminal_id, row.public, row.reason, row.clause, row.valid_from, row.valid_until,
        row.case_id, row.given_at, row.withdrawn_at,
    )  # fmt: skip
