"""The end of a use, whoever or whatever brings it about, and the pause of one whose witness is gone.

The one law: *the end is an errand, not a wish*: a use is CLOSED when the target was read back and holds nothing of it.
"""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection, update

from iam.access.accounts import grant_table
from iam.office.roles import roles_held
from iam.outbox import Topic, Value
from iam.people.holidays import working_days_after
from iam.privilege import telling, vault
from iam.privilege.register import Mode, PrivilegedId, privileged_id
from iam.privilege.using.deciding import ended_as, why_not_end
from iam.privilege.using.uses import UNDER_WAY, End, Use, UseState, emergency_due, moved, over, use
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.signin.door import Door
from iam.sync.urgent.errands import Errand, ErrandKind, Outcome, StoredErrand, errands, put


def end(act: Act, door: Door, use_id: int, by: int | None, reason: str = "") -> Use:
    """End a use by hand: its user, its witness, a head (GENERAL_OFFICER, APPROVER), an OPERATOR, or None for the
    console.  `reason`: their own words.  One that has ended already is answered as it is: ending twice changes nothing.

    Raises:
        NotFound; Forbidden: anybody else; Conflict: it was never opened.
    """
    found = use(act.connection, use_id)
    roles = frozenset() if by is None else roles_held(act.connection, door.offices, by, jst_day(act.at))
    if refusal := why_not_end(found, by, roles):
        raise refusal
    if found.state in (UseState.CLOSING, UseState.CLOSED):
        return found
    if not found.under_way:
        raise over(found)
    # Of two who end it at once the second is told what the first has done.
    close(act, door, found, ended_as(found, by), by=by, words=reason)
    return use(act.connection, use_id)


def close(act: Act, door: Door, ended: Use, why: End, *, by: int | None = None, words: str = "") -> bool:
    """Begin to end a use that is under way; False when somebody was first."""
    # What the target has opened was open, whether or not a round has noted it.
    ended = replace(ended, opened_at=ended.opened_at or _opened_at(act.connection, ended))
    values = {
        "opened_at": ended.opened_at, "ended_at": act.at, "ended_by": by,
        "end_reason": f"{why}: {words.strip()}" if words.strip() else why.value,
        "record_due": _due(door, ended, jst_day(act.at)),
    }  # fmt: skip
    if not moved(act, ended.id, UNDER_WAY, UseState.CLOSING, **values):
        return False
    act.record("use.ended", ended.subject, {"why": why, "by": by, "words": words.strip()})
    on = privileged_id(act.connection, ended.privileged_id)
    shut(act, door, ended, on)
    if why is not End.USER:
        _tell(act, door, ended, on, why)
    return True


def _opened_at(connection: Connection, ended: Use) -> datetime | None:
    opening = last_opening(connection, ended)
    if opening is None or opening.settled_at is None or opening.outcome is not Outcome.DONE:
        return None
    return max(opening.settled_at, ended.asked_at)


def _due(door: Door, ended: Use, day: date) -> date | None:
    """The last day for what is owed afterwards."""
    if ended.emergency:
        return emergency_due(day)
    return None if ended.opened_at is None else working_days_after(day, door.profile.privileged.record_days.value)


def _tell(act: Act, door: Door, ended: Use, on: PrivilegedId, why: End) -> None:
    values: dict[str, Value] = {**telling.words_of(door, on, ended.id), "at": act.at, "reason": why.label_ja}
    ids = {each for each in (ended.person_id, ended.witness_id) if each is not None}
    telling.tell(act, ids, Topic.PRIVILEGE_ENDED, values)


def pause(act: Act, door: Door, paused: Use) -> bool:
    """Close the target for a while; the clock runs on.  False when somebody was first."""
    if not moved(act, paused.id, (UseState.OPENING, UseState.OPEN), UseState.PAUSED):
        return False
    act.record("use.paused", paused.subject, {"witness": paused.witness_id})
    shut(act, door, paused, privileged_id(act.connection, paused.privileged_id))
    return True


def shut(act: Act, door: Door, of: Use, on: PrivilegedId) -> None:
    """Take back what the use had: the right at the doors at once, the account or membership by an errand.

    Without an OPEN since the last CLOSE nothing is to be taken back.
    """
    if of.grant_id is not None:
        mine = grant_table.c.id == of.grant_id, grant_table.c.withdrawn_at.is_(None)
        act.connection.execute(update(grant_table).where(*mine).values(withdrawn_at=act.at))
    put_so_far = errands(act.connection, of.subject)
    if not put_so_far or put_so_far[-1].kind is ErrandKind.CLOSE:
        return
    secret = None
    if on.mode is Mode.SECRET:
        secret = vault.make(act, door.keys, on.id, "利用の終わり", use_id=of.id)
    put(act, errand_of(door, of, on, ErrandKind.CLOSE, secret_id=secret, former_id=put_so_far[-1].secret_id))


def errand_of(
    door: Door, of: Use, on: PrivilegedId, kind: ErrandKind, *, secret_id: int | None, former_id: int | None
) -> Errand:
    """The errand that opens or closes the target for a use."""
    return Errand(
        system=on.system, login=of.login, kind=kind, mode=on.mode, entitlement=on.entitlement,
        subject=of.subject, rule="emergency" if of.delegation_id is None else f"delegation {of.delegation_id}",
        clause=door.profile.privileged.window.clause, words=f"{telling.called(door, on)}の利用（受付番号 {of.id}）",
        secret_id=secret_id, former_id=former_id,
    )  # fmt: skip


def shut_again(connection: Connection, of: Use) -> bool:
    """Whether the target was read back and holds nothing of the use; what was never open holds nothing either."""
    found = errands(connection, of.subject)
    if any(each.settled_at is None for each in found):
        return False
    # What was refused when it was claimed first has reached nothing; later, it may have.
    opening = [each for each in found if each.kind is ErrandKind.OPEN]
    reached = any(each.tries > (each.outcome is Outcome.REFUSED) for each in opening)
    return not (reached or of.opened_at) or (bool(found) and found[-1].outcome is Outcome.DONE)


def last_opening(connection: Connection, of: Use) -> StoredErrand | None:
    """The errand that opens the use, or opened it last."""
    opening = [each for each in errands(connection, of.subject) if each.kind is ErrandKind.OPEN]
    return opening[-1] if opening else None
