"""Rights given back: what somebody needs no more, until an officer gives it back to them.

The one law: *nobody gives back what they do not hold*, and what was given back
stays away whatever birthright earns it, until an officer lifts it
(OITA-S8.2.1.2b).
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, and_, exists, select, update

from iam.access.accounts import RETURNED, AccountKind, AccountState, account_table, block_table, holding_table
from iam.errors import Conflict, Forbidden, NotFound
from iam.intake.taking import mark_pending
from iam.record.act import Act
from iam.record.columns import jst_day

CLAUSE: Final = "OITA-S8.2.1.2b"
"""利用者登録の抹消の申出: whoever needs an ID no more says so."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a person gave back and nobody lifted.  `entitlement` "": the whole account."""

    id: int
    system: str
    entitlement: str
    reason: str
    since: date


def give_back(act: Act, person_id: int, system: str, entitlement: str = "", *, reason: str, clause: str) -> int:
    """Give one entitlement back, or ("") the whole account in `system`; the id of the block.

    The next run takes it away.  What the person's office needs may be given back too: whoever
    looks at the person sees it, and an officer can lift it.

    Raises:
        NotFound: when the person does not hold it; Conflict: when it was given back already.
    """
    # Marked first: on PostgreSQL the row is ours from here on, so that two clicks are one return.
    mark_pending(act.connection, [person_id])
    mine = returned(act.connection, person_id)
    if any(each.system == system and each.entitlement in ("", entitlement) for each in mine):
        raise Conflict("すでに返却されています。次の同期でシステムに反映します。")
    if not _holds(act.connection, person_id, system, entitlement):
        raise NotFound("お持ちでない権限は返却できません。画面を開き直して確かめてください。")
    row = act.connection.execute(
        block_table.insert()
        .values(
            person_id=person_id, system=system, entitlement=entitlement, origin=RETURNED, clause=clause,
            reason=reason, valid_from=jst_day(act.at), valid_until=date.max,
        )
        .returning(block_table.c.id)
    )  # fmt: skip
    found: int = row.scalar_one()
    detail = {"system": system, "entitlement": entitlement, "reason": reason, "block": found}
    act.record("right.returned", f"person {person_id}", detail)
    return found


def _holds(connection: Connection, person_id: int, system: str, entitlement: str) -> bool:
    columns = account_table.c
    query = select(columns.id).where(
        columns.person_id == person_id, columns.system == system, columns.kind == AccountKind.PERSONAL,
        columns.state != AccountState.DELETED,
    )  # fmt: skip
    if entitlement:
        held = holding_table.c
        now = and_(held.account_id == columns.id, held.entitlement == entitlement, held.held_until.is_(None))
        query = query.where(exists().where(now))
    return connection.execute(query).first() is not None


def lift(act: Act, block_id: int, by: int) -> None:
    """An officer (`by`, a person's id) gives it back to its holder: the next run grants whatever is still earned.

    Raises:
        NotFound: no such return; Conflict: when it was lifted already; Forbidden: it was the officer's own.
    """
    columns = block_table.c
    row = act.connection.execute(select(block_table).where(columns.id == block_id)).first()
    # A suspension is no return: whoever decided it lifts it.
    if row is None or row.origin != RETURNED:
        raise NotFound("その返却の記録はありません。画面を開き直してください。")
    if row.person_id == by:
        raise Forbidden("自分が返却した権限は、自分では元に戻せません。別の担当者に頼んでください。")
    mark_pending(act.connection, [row.person_id])
    changed = act.connection.execute(
        update(block_table).where(columns.id == block_id, columns.lifted_at.is_(None)).values(lifted_at=act.at)
    )
    if changed.rowcount != 1:
        raise Conflict("この返却は、すでに取り消されています。")
    detail = {"system": row.system, "entitlement": row.entitlement, "block": block_id}
    act.record("right.restored", f"person {row.person_id}", detail)


def returned(connection: Connection, person_id: int) -> list[Returned]:
    """What the person has given back and nobody lifted, oldest first."""
    columns = block_table.c
    query = select(block_table).where(
        columns.person_id == person_id, columns.origin == RETURNED, columns.lifted_at.is_(None)
    )
    return [
        Returned(row.id, row.system, row.entitlement, row.reason, row.valid_from)
        for row in connection.execute(query.order_by(columns.id))
    ]


def returned_by_all(connection: Connection) -> list[tuple[int, Returned]]:
    """What anybody has given back and nobody lifted, with whose it is (person id); the newest first."""
    columns = block_table.c
    query = (
        select(block_table).where(columns.origin == RETURNED, columns.lifted_at.is_(None)).order_by(columns.id.desc())
    )
    return [
        (row.person_id, Returned(row.id, row.system, row.entitlement, row.reason, row.valid_from))
        for row in connection.execute(query)
    ]
