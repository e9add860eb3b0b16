"""Undoing what a review took away: an officer with a reason, as a suspension is undone.

The one law: *nobody gives back their own* (design law 4): neither an account of theirs nor one that they keep.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update

from iam import outbox
from iam.access.accounts import OF_A_REVIEW, block_table, grant_table
from iam.access.urgent import ask_urgently
from iam.errors import Conflict, Forbidden
from iam.office.roles import bearers
from iam.outbox import Topic, Value
from iam.people.ledger import people
from iam.people.standing import DAY, changed_post
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.review.books import campaign_removal_table, campaign_table
from iam.review.campaigns import campaign, line
from iam.review.closing.removals import Removal, What, removal_of
from iam.review.deciding.reviewers import reviewer
from iam.review.words import CampaignState
from iam.signin.door import Door

LONGEST_REASON: Final = 300
ENDED: Final = "本務が変わったため、前の職での停止を終えました。"
_LIFTERS: Final = (Role.GENERAL_OFFICER, Role.HR_OFFICER)
_NOT_YOURS: Final = "棚卸の停止を取り消せるのは、統括か人事の担当者です。"
_OWN: Final = "自分のID、自分が管理者のIDの停止は、自分では取り消せません。ほかの担当者が取り消します。"
_NO_REASON: Final = "取り消す理由を書いてください。"
_NOTHING: Final = "取り消せる停止がありません。画面を開き直して確かめてください。"


@dataclass(frozen=True, slots=True)
class Lift:
    """Undo everything that a review took from these lines."""

    campaign_id: int
    line_ids: Collection[int]
    by: int
    reason: str


def lift(act: Act, door: Door, wish: Lift) -> list[Removal]:
    """Undo; a person's own account comes back as it was within moments, what is nobody's own by hand at the system.

    Raises:
        Forbidden: they are neither general officer nor 人事 today, barred, or it is theirs.
        Conflict: there is nothing to undo, or no reason.
    """
    _see_may(act, door, wish)
    columns, reason = campaign_removal_table.c, wish.reason.strip()[:LONGEST_REASON]
    mine = (
        columns.campaign_id == wish.campaign_id, columns.line_id.in_(list(wish.line_ids)), columns.lifted_at.is_(None),
        columns.what.in_([What.ACCOUNT.value, What.RIGHT.value, What.ENTRY.value]),
    )  # fmt: skip
    values = {"lifted_at": act.at, "lifted_by": wish.by, "lift_reason": reason}
    ended = update(campaign_removal_table).where(*mine).values(**values).returning(campaign_removal_table)
    found = sorted((removal_of(row) for row in act.connection.execute(ended)), key=lambda each: each.id)
    if not found:
        raise Conflict(_NOTHING)
    _give_back(act, found)
    act.record_many(
        ("review.lifted", each.subject, {"removal": each.id, "what": each.what, "by": wish.by, "reason": reason})
        for each in found
    )
    _tell(act, door, wish, len(found))
    return found


def end_outlived(act: Act) -> int:
    """Lift the blocks of reviews upon persons whose post is another than when both signed; `wanted` has done without
    those in force before.

    What was verified stays verified; what was not yet is settled by this.  How many blocks.
    """
    over = _outlived(act)
    for id_, person_id in over:
        _end_block(act, id_)
        undone = campaign_removal_table.c.block_id == id_, campaign_removal_table.c.verified_at.is_(None)
        values = {"lifted_at": act.at, "lift_reason": ENDED}
        act.connection.execute(update(campaign_removal_table).where(*undone).values(**values))
        act.record("review.block_ended", f"person {person_id}", {"block": id_, "reason": ENDED})
    return len(over)


def _outlived(act: Act) -> list[tuple[int, int]]:
    """(block, person): of those whose day is still to come as well, as what was decided is about the post of then."""
    columns, removal, of = block_table.c, campaign_removal_table.c, campaign_table.c
    standing = columns.origin.like(f"{OF_A_REVIEW}%"), columns.lifted_at.is_(None)
    query = (
        select(columns.id, columns.person_id, columns.valid_from, of.signed_at)
        .outerjoin(campaign_removal_table, removal.block_id == columns.id)
        .outerjoin(campaign_table, of.id == removal.campaign_id)
    )
    rows = act.connection.execute(query.where(*standing).order_by(columns.id)).all()
    persons, on = people(act.connection, {row.person_id for row in rows}), jst_day(act.at)
    entries = {each.id: each.entries for each in persons}
    return [
        (row.id, row.person_id)
        for row in rows
        if changed_post(entries[row.person_id], min(row.valid_from, jst_day(row.signed_at or act.at)) - DAY, on)
    ]


def _see_may(act: Act, door: Door, wish: Lift) -> None:
    who = reviewer(act.connection, door, wish.by, act.at)
    if campaign(act.connection, wish.campaign_id).state not in (CampaignState.SIGNED, CampaignState.CLOSED):
        raise Conflict(_NOTHING)
    if who.barred or not who.roles & set(_LIFTERS):
        raise who.barred or Forbidden(_NOT_YOURS)
    if not wish.reason.strip():
        raise Conflict(_NO_REASON)
    for id_ in wish.line_ids:
        about = line(act.connection, id_)
        key = about.system, about.comparable
        if wish.by in (about.person_id, about.keeper_id) or key in who.own | who.kept:
            raise Forbidden(_OWN)


def _give_back(act: Act, rows: Collection[Removal]) -> None:
    """Blocks end, what was withdrawn with them stands again, and the systems hear of it at once."""
    for each in rows:
        if each.block_id is None:
            continue
        _end_block(act, each.block_id)
        columns = grant_table.c
        mine = [columns.person_id == each.person_id, columns.system == each.system]
        if each.what is What.RIGHT:
            mine.append(columns.entitlement == each.entitlement)
        if each.put_at is not None:
            again = update(grant_table).where(*mine, columns.withdrawn_at == each.put_at).values(withdrawn_at=None)
            act.connection.execute(again)
    ask_urgently(act, {each.person_id for each in rows if each.block_id is not None and each.person_id is not None})


def _end_block(act: Act, block_id: int) -> None:
    mine = block_table.c.id == block_id, block_table.c.lifted_at.is_(None)
    act.connection.execute(update(block_table).where(*mine).values(lifted_at=act.at))


def _tell(act: Act, door: Door, wish: Lift, number: int) -> None:
    """Whoever may sign learns what somebody undid of it."""
    (who,) = people(act.connection, [wish.by])
    values: dict[str, Value] = {
        "title": campaign(act.connection, wish.campaign_id).title, "count": number, "person": who.name,
        "staff_number": who.staff_number, "reason": wish.reason,
    }  # fmt: skip
    ids = bearers(act.connection, door.offices, _LIFTERS, jst_day(act.at))
    for each in people(act.connection, sorted(ids - {wish.by})):
        outbox.tell(act, each.id, each.email, Topic.REVIEW_LIFTED, values)
