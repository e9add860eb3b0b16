"""Suspensions: all of a person's rights taken away by the general officer, and given back as they were.

The one law: *a suspension is one block and nothing else* (R20, OITA-S9.6.2.3): it adds a row and changes no other, so
that restoring, which ends the row, leaves what there was before.  Nobody suspends or restores themselves: a constraint.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import CheckConstraint, Column, Connection, ForeignKey, Index, Row, Table, Text, select, update

from iam.access.accounts import block_table
from iam.access.urgent import ask_urgently
from iam.errors import Conflict
from iam.people.ledger import person_table
from iam.record.act import Act
from iam.record.columns import among, jst_day
from iam.record.store import Instant, Number, metadata

SUSPENDED: Final = "suspended"
"""The origin of a block that the general officer put upon a person."""

CLAUSE: Final = "OITA-S9.6.2.3"
"""利用権の停止: the right to use is stopped, and the highest officer and the data officer of the section are told."""

suspension_table = Table(
    "suspension",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", ForeignKey(person_table.c.id), nullable=False, index=True),
    Column("block_id", ForeignKey(block_table.c.id), nullable=False),
    Column("reason", Text, nullable=False),
    Column("suspended_by", ForeignKey(person_table.c.id)),
    Column("suspended_actor", Text, nullable=False),
    Column("suspended_at", Instant, nullable=False),
    Column("restored_by", ForeignKey(person_table.c.id)),
    Column("restored_actor", Text, nullable=False),
    Column("restored_at", Instant),
    Column("restore_reason", Text, nullable=False),
    CheckConstraint("suspended_by IS NULL OR suspended_by <> person_id", name="not_suspending_oneself"),
    CheckConstraint("restored_by IS NULL OR restored_by <> person_id", name="not_restoring_oneself"),
)
Index(
    "uq_suspension_in_force",
    suspension_table.c.person_id,
    unique=True,
    sqlite_where=suspension_table.c.restored_at.is_(None),
    postgresql_where=suspension_table.c.restored_at.is_(None),
)

receipt_table = Table(
    "suspension_receipt",
    metadata,
    Column("suspension_id", ForeignKey(suspension_table.c.id), primary_key=True),
    Column("what", Text, primary_key=True),
    Column("person_id", ForeignKey(person_table.c.id), primary_key=True),
    Column("role", Text, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("opened_at", Instant),
)
Index("ix_suspension_receipt_person", receipt_table.c.person_id, receipt_table.c.opened_at)


class What(StrEnum):
    """Of what an officer was told."""

    SUSPENDED = "suspended"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Suspension:
    """One suspension; `restored_at` None while it is in force.  Actors are as the audit names them."""

    id: int
    person_id: int
    block_id: int
    reason: str
    suspended_by: int | None
    suspended_actor: str
    suspended_at: datetime
    restored_by: int | None
    restored_actor: str
    restored_at: datetime | None
    restore_reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A notice of a suspension to one officer, as holder of `role`, and when they opened it."""

    suspension_id: int
    what: What
    person_id: int
    role: str
    told_at: datetime
    opened_at: datetime | None


def suspend(act: Act, person_id: int, by: int | None, reason: str) -> Suspension:
    """Take everything away from a person, from this instant; an urgent run carries it to the systems.

    `by`: the officer's person id; None where an operating-system account decides.

    Raises:
        Conflict: when they are suspended already.
    """
    ask_urgently(act, [person_id])
    if suspension_of(act.connection, person_id) is not None:
        raise Conflict("この職員の利用は、すでに停止されています。")
    block = block_table.insert().values(
        person_id=person_id, system="", entitlement="", origin=SUSPENDED, clause=CLAUSE, reason=reason,
        valid_from=jst_day(act.at), valid_until=date.max,
    )  # fmt: skip
    block_id = act.connection.execute(block.returning(block_table.c.id)).scalar_one()
    row = suspension_table.insert().values(
        person_id=person_id, block_id=block_id, reason=reason, suspended_by=by, suspended_actor=act.actor,
        suspended_at=act.at, restored_actor="", restore_reason="",
    )  # fmt: skip
    found = _suspension(act.connection.execute(row.returning(suspension_table)).one())
    act.record("person.suspended", f"person {person_id}", {"reason": reason, "clause": CLAUSE, "suspension": found.id})
    return found


def restore(act: Act, person_id: int, by: int | None, reason: str) -> Suspension:
    """Give everything back as it was; an urgent run carries it to the systems.

    Raises:
        Conflict: when they are not suspended (any more).
    """
    ask_urgently(act, [person_id])
    columns = suspension_table.c
    ended = (
        update(suspension_table)
        .where(columns.person_id == person_id, columns.restored_at.is_(None))
        .values(restored_by=by, restored_actor=act.actor, restored_at=act.at, restore_reason=reason)
    )
    row = act.connection.execute(ended.returning(suspension_table)).one_or_none()
    if row is None:
        raise Conflict("この職員の利用は停止されていません。画面を開き直して確かめてください。")
    found = _suspension(row)
    lifted = update(block_table).where(block_table.c.id == found.block_id).values(lifted_at=act.at)
    act.connection.execute(lifted)
    act.record("person.restored", f"person {person_id}", {"reason": reason, "clause": CLAUSE, "suspension": found.id})
    return found


def suspension_of(connection: Connection, person_id: int) -> Suspension | None:
    """The suspension that is in force upon a person."""
    columns = suspension_table.c
    query = select(suspension_table).where(columns.person_id == person_id, columns.restored_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else _suspension(row)


def suspensions(connection: Connection, *, ended: bool = False, person_id: int | None = None) -> list[Suspension]:
    """Those in force, or with `ended` all of them; the newest first."""
    columns = suspension_table.c
    query = select(suspension_table).order_by(columns.id.desc())
    if not ended:
        query = query.where(columns.restored_at.is_(None))
    if person_id is not None:
        query = query.where(columns.person_id == person_id)
    return [_suspension(row) for row in connection.execute(query)]


def _suspension(row: Row[Any]) -> Suspension:
    return Suspension(*tuple(row))


def told(act: Act, suspension_id: int, what: What, role: str, person_ids: Iterable[int]) -> None:
    """These officers were told, each once: what is left is that they open it."""
    values = {"suspension_id": suspension_id, "what": what, "role": role, "told_at": act.at}
    for id_ in person_ids:
        act.connection.execute(receipt_table.insert().values(person_id=id_, **values))


def opened(act: Act, suspension_id: int, person_id: int) -> int:
    """An officer opened what they were told of this suspension; how many notices that were new to them."""
    columns = receipt_table.c
    mine = columns.suspension_id == suspension_id, columns.person_id == person_id, columns.opened_at.is_(None)
    read = update(receipt_table).where(*mine).values(opened_at=act.at).returning(columns.what)
    found = sorted(act.connection.execute(read).scalars())
    for what in found:
        act.record("suspension.received", f"suspension {suspension_id}", {"person": person_id, "what": what})
    return len(found)


def receipts(connection: Connection, suspension_ids: Iterable[int]) -> list[Receipt]:
    """Every notice of these suspensions, with whoever opened it."""
    columns = receipt_table.c
    query = select(receipt_table).where(among(columns.suspension_id, list(suspension_ids)))
    ordered = query.order_by(columns.suspension_id, columns.told_at, columns.role, columns.person_id)
    return [Receipt(r[0], What(r[1]), *r[2:]) for r in connection.execute(ordered)]


def unopened(connection: Connection, person_id: int) -> list[int]:
    """The suspensions of which this officer was told and has not opened the notice."""
    columns = receipt_table.c
    query = select(columns.suspension_id).where(columns.person_id == person_id, columns.opened_at.is_(None))
    return sorted(set(connection.execute(query).scalars()))
