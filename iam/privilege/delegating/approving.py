"""Approving a delegation, declining it, its receipt by the general officer, and the review after an exception.

The one law: *three persons* (OITA-S8.2.1.3b, R13): whoever approves is neither nominator nor delegate, saw what is
approved, and the notice back goes out in the same act (OITA-S8.2.1.3c).
"""

from datetime import datetime

from sqlalchemy import Connection, update

from iam.errors import Conflict, Forbidden
from iam.office.roles import holders
from iam.people.holidays import working_days_after
from iam.policy.profile import Role
from iam.privilege.books import delegation_table
from iam.privilege.delegating import telling
from iam.privilege.delegating.deciding import (
    Facts,
    Officer,
    Seen,
    why_not_approve,
    why_not_decline,
    why_not_review,
)
from iam.privilege.delegating.delegation import Delegation, DelegationState, delegation, hash_now
from iam.privilege.delegating.facts import delegate, naming, officer, systems_of
from iam.privilege.register import by_id
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.signin.door import Door


def approve(act: Act, door: Door, id_: int, approved_by: int, seen_hash: str) -> Delegation:
    """Approve what was seen; nominator, general officers and delegate are told in the same act.

    Raises:
        NotFound: no such one; Conflict, Forbidden: see `deciding.why_not_approve`.
    """
    waiting = delegation(act.connection, id_, act.at)
    # Whoever else approves one that names the same ID waits here, and then counts this one.
    by_id(act.connection, waiting.privileged_ids, lock=True)
    found = delegation(act.connection, id_, act.at)
    facts = _facts(act, door, found, approved_by)
    nominator = officer(act.connection, door, found.nominated_by, systems_of(facts.ids), act.at)
    if refusal := why_not_approve(found, Seen(seen_hash, hash_now(found, facts.ids), nominator), facts):
        raise refusal
    door.see_confirmed(act.connection, act.at)
    waiver = facts.officer.exception(Role.APPROVER)
    approved = _move(
        act, found, DelegationState.LIVE, approved_by=approved_by, approved_at=act.at, noticed_at=act.at,
        **({} if waiver is None else {"waiver_id": waiver}),
    )  # fmt: skip
    act.record(
        "delegation.approved", found.subject,
        {"delegate": found.delegate_id, "nominated_by": found.nominated_by, "approved_by": approved_by,
         "hash": found.content_hash, "waiver": approved.waiver_id},
    )  # fmt: skip
    telling.approved(act, door, approved)
    act.record("delegation.noticed", found.subject, {"general_officer": found.nominated_by})
    if approved.awaits_review:
        due = working_days_after(jst_day(act.at), door.profile.privileged.record_days.value)
        telling.to_review(act, door, approved, due)
    return approved


def decline(act: Act, door: Door, id_: int, by: int, reason: str) -> Delegation:
    """Say no; the nominator is told.

    Raises:
        NotFound; Forbidden: whoever could not approve; Conflict: it is not waiting any more, or no reason.
    """
    found = delegation(act.connection, id_, act.at)
    systems = systems_of(by_id(act.connection, found.privileged_ids))
    if refusal := why_not_decline(found, officer(act.connection, door, by, systems, act.at)):
        raise refusal
    if not reason.strip():
        raise Conflict("差し戻す理由を書いてください。")
    # Who declined stands in the audit: a row with an approver is one that was approved.
    declined = _move(act, found, DelegationState.DECLINED, ended_at=act.at, end_reason=reason)
    act.record("delegation.declined", found.subject, {"by": by, "reason": reason, "hash": found.content_hash})
    telling.not_delegated(act, door, declined)
    return declined


def receive(act: Act, door: Door, id_: int, by: int) -> Delegation:
    """A general officer has opened the notice of the approval; only the first is recorded, and again changes nothing.

    Raises:
        NotFound; Forbidden: no general officer; Conflict: it was never approved.
    """
    found, columns = delegation(act.connection, id_, act.at), delegation_table.c
    who = officer(act.connection, door, by, (), act.at)
    if who.barred or who.suspended or Role.GENERAL_OFFICER not in who.proper | who.deputised:
        raise Forbidden("承認の通知の受領を記録できるのは、統括の担当者だけです。")
    if found.noticed_at is None:
        raise Conflict("この指名はまだ承認されていないため、受領する通知がありません。")
    changed = act.connection.execute(
        update(delegation_table)
        .where(columns.id == id_, columns.received_at.is_(None), columns.delegate_id != by)
        .values(received_by=by, received_at=act.at)
    )
    if changed.rowcount == 1:
        act.record("delegation.received", found.subject, {"by": by})
    return delegation(act.connection, id_, act.at)


def review(act: Act, door: Door, id_: int, by: int, words: str) -> Delegation:
    """Another officer has looked at what a deputy did under an exception.

    Raises:
        NotFound; Forbidden: one of the three, or no such officer; Conflict: nothing to review, or no words.
    """
    found, columns = delegation(act.connection, id_, act.at), delegation_table.c
    if refusal := why_not_review(found, officer(act.connection, door, by, (), act.at)):
        raise refusal
    if not words.strip():
        raise Conflict("確かめた結果を書いてください。")
    changed = act.connection.execute(
        update(delegation_table)
        .where(columns.id == id_, columns.reviewed_at.is_(None))
        .values(reviewed_by=by, reviewed_at=act.at, review=words)
    )
    if changed.rowcount != 1:
        raise Conflict("いま別の担当者が確認しました。開き直して確かめてください。")
    act.record("delegation.reviewed", found.subject, {"by": by, "review": words})
    return delegation(act.connection, id_, act.at)


def approvers(connection: Connection, door: Door, found: Delegation, at: datetime) -> list[int]:
    """Who could approve it now: person ids."""
    systems = systems_of(by_id(connection, found.privileged_ids))
    held = holders(connection, door.offices, Role.APPROVER, jst_day(at))
    ids = sorted({each.person_id for each in held} - {found.nominated_by, found.delegate_id})
    able = [officer(connection, door, id_, systems, at) for id_ in ids]
    return [each.person_id for each in able if why_not_decline(found, each) is None]


def _facts(act: Act, door: Door, found: Delegation, by: int) -> Facts:
    ids = by_id(act.connection, found.privileged_ids)
    who: Officer = officer(act.connection, door, by, systems_of(ids), act.at)
    about = delegate(act.connection, door, found.delegate_id, systems_of(ids), act.at)
    others = naming(act.connection, found.privileged_ids, act.at)
    return Facts(who, about, ids, others, door.profile.privileged, act.at)


def _move(act: Act, found: Delegation, state: DelegationState, **values: object) -> Delegation:
    """Move a nomination on; of two who try at once, one is told that the other was first."""
    columns = delegation_table.c
    changed = act.connection.execute(
        update(delegation_table)
        .where(
            columns.id == found.id, columns.state == DelegationState.NOMINATED, columns.lapses_at > act.at,
            columns.content_hash == found.content_hash,
        )
        .values(state=state, **values)
    )  # fmt: skip
    if changed.rowcount != 1:
        raise Conflict("この指名は、いま別の担当者が処理しました。開き直して確かめてください。")
    return delegation(act.connection, found.id, act.at)
