"""Nominating a delegate, and taking a nomination back.

The one law: *the general officer names, and names no one who is barred nor themselves* (OITA-S8.2.1.3b, R13, R14).
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from iam.errors import Conflict, Forbidden
from iam.policy.profile import Role
from iam.privilege.barred import why_barred
from iam.privilege.books import delegation_table
from iam.privilege.delegating import telling
from iam.privilege.delegating.approving import approvers
from iam.privilege.delegating.deciding import Facts, Refusal, against_nomination, why_not_nominate
from iam.privilege.delegating.delegation import Delegation, DelegationState, Wish, delegation, hash_of
from iam.privilege.delegating.facts import of_wish
from iam.record.act import Act
from iam.signin.door import Door


def nominate(act: Act, door: Door, nominated_by: int, wish: Wish) -> Delegation:
    """Nominate a delegate; whoever can approve is told.  It lapses after the profile's `pending_days`.

    Raises:
        Conflict, Forbidden, NotFound: the first rule that stands against it, see `deciding.why_not_nominate`.
    """
    facts = of_wish(act.connection, door, wish, nominated_by, act.at)
    if refusal := why_not_nominate(wish, facts):
        raise refusal
    row = act.connection.execute(
        delegation_table.insert().values(**_values(act, wish, facts)).returning(delegation_table.c.id)
    )
    found = delegation(act.connection, row.scalar_one(), act.at)
    act.record(
        "delegation.nominated", found.subject,
        {"delegate": found.delegate_id, "ids": list(found.privileged_ids), "from": found.valid_from.isoformat(),
         "until": found.valid_until.isoformat(), "by": nominated_by, "hash": found.content_hash,
         "waiver": found.waiver_id, "renews": found.renews},
    )  # fmt: skip
    telling.nominated(act, door, found, approvers(act.connection, door, found, act.at))
    return found


def _values(act: Act, wish: Wish, facts: Facts) -> dict[str, object]:
    posts = facts.delegate.posts if facts.delegate else ""
    return {
        "delegate_id": wish.delegate_id, "privileged_ids": sorted(wish.privileged_ids), "valid_from": wish.valid_from,
        "valid_until": wish.valid_until, "conditions": wish.conditions, "reason": wish.reason,
        "content_hash": hash_of(wish, facts.ids, nominated_by=facts.officer.person_id, posts=posts), "posts": posts,
        "renews": wish.renews, "state": DelegationState.NOMINATED, "nominated_by": facts.officer.person_id,
        "nominated_at": act.at, "lapses_at": act.at + timedelta(days=facts.rules.pending_days.value),
        "end_reason": "", "waiver_id": facts.officer.exception(Role.GENERAL_OFFICER), "review": "",
    }  # fmt: skip


def mistakes(connection: Connection, door: Door, nominated_by: int, wish: Wish, at: datetime) -> dict[str, Refusal]:
    """Every rule that stands against it, by what it is about: see `deciding.against_nomination`."""
    return against_nomination(wish, of_wish(connection, door, wish, nominated_by, at))


def withdraw(act: Act, door: Door, id_: int, by: int) -> Delegation:
    """The nominator takes it back before it is approved.

    Raises:
        NotFound: no such one; Forbidden: another's; Conflict: it is not waiting any more.
    """
    found, columns = delegation(act.connection, id_, act.at), delegation_table.c
    if refusal := why_barred(act.connection, door, by, act.at):
        raise refusal
    if found.nominated_by != by:
        raise Forbidden("指名を取り下げられるのは、指名した担当者だけです。")
    changed = act.connection.execute(
        update(delegation_table)
        .where(columns.id == id_, columns.state == DelegationState.NOMINATED, columns.lapses_at > act.at)
        .values(state=DelegationState.WITHDRAWN, ended_at=act.at)
    )
    if changed.rowcount != 1:
        found = delegation(act.connection, id_, act.at)
        raise Conflict(f"この指名は承認待ちではありません（いまは「{found.state.label_ja}」）。")
    act.record("delegation.withdrawn", found.subject, {"by": by})
    return delegation(act.connection, id_, act.at)
