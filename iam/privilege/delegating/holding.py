"""Whether a delegation holds, what voids it, and its end.

The one law: *judged again at every use* (R13, R17): appointment, leave, suspension, a lost factor or a changed register
row void it at once, whether or not anybody has marked it so.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from iam.errors import Conflict
from iam.people.holidays import is_working_day, working_days_after
from iam.privilege.books import delegation_table
from iam.privilege.delegating import telling
from iam.privilege.delegating.deciding import why_broken, why_not_end
from iam.privilege.delegating.delegation import (
    Broken,
    Delegation,
    DelegationState,
    delegation,
    delegations,
    hash_now,
)
from iam.privilege.delegating.facts import delegate, officer, systems_of
from iam.privilege.register import by_id
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Tidied:
    """What a round found: how many were voided or expired, nominations lapsed, and reminders of late reviews went."""

    over: int = 0
    lapsed: int = 0
    reminded: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A review that another officer owes, and the last day for it."""

    delegation: Delegation
    due: date
    overdue: bool


def why_void(connection: Connection, door: Door, found: Delegation, at: datetime) -> str:
    """A value of `Broken`, or "" while it holds; one that begins on a later day holds."""
    ids = by_id(connection, found.privileged_ids)
    about = delegate(connection, door, found.delegate_id, systems_of(ids), at)
    if about is None:
        return Broken.LEFT
    return why_broken(found, about, hash_now(found, ids), at) or ""


def live_for(connection: Connection, door: Door, person_id: int, privileged_id: int, at: datetime) -> Delegation | None:
    """The delegation by which this person may use this ID at this instant, or None."""
    live = {DelegationState.LIVE}
    for found in delegations(connection, at, states=live, delegate_id=person_id, privileged_id=privileged_id):
        if found.on(jst_day(at)) and not why_void(connection, door, found, at):
            return found
    return None


def end(act: Act, door: Door, id_: int, by: int, reason: str) -> Delegation:
    """End it before its last day: the delegate, or any head, is enough.

    Raises:
        NotFound; Forbidden: nobody of these; Conflict: it is not live, or no reason.
    """
    found = delegation(act.connection, id_, act.at)
    if refusal := why_not_end(found, officer(act.connection, door, by, (), act.at)):
        raise refusal
    if not reason.strip():
        raise Conflict("終える理由を書いてください。")
    if not _over(act, found, DelegationState.ENDED, reason):
        raise Conflict("この特権代行は、いま別の担当者が終えました。開き直して確かめてください。")
    act.record("delegation.ended", found.subject, {"by": by, "reason": reason})
    ended = delegation(act.connection, id_, act.at)
    telling.ended(act, door, ended)
    return ended


def void_broken(act: Act, door: Door) -> list[Delegation]:
    """Mark every live one that holds no longer, and tell whom it concerns; those that were marked."""
    marked = []
    for found, why in _broken(act.connection, door, act.at):
        state = DelegationState.ENDED if why is Broken.EXPIRED else DelegationState.VOIDED
        if not _over(act, found, state, why):
            continue
        act.record(f"delegation.{state}", found.subject, {"why": why, "delegate": found.delegate_id})
        marked.append(delegation(act.connection, found.id, act.at))
        telling.ended(act, door, marked[-1])
    return marked


def lapse(act: Act, door: Door) -> int:
    """Mark nominations that nobody approved in their time, and tell; how many."""
    columns = delegation_table.c
    over = columns.state == DelegationState.NOMINATED, columns.lapses_at <= act.at
    # One statement: of two workers at once, each tells only of what it marked itself.
    marked = (
        update(delegation_table)
        .where(*over)
        .values(state=DelegationState.LAPSED, ended_at=act.at)
        .returning(columns.id)
    )
    ids = act.connection.execute(marked).scalars().all()
    for id_ in ids:
        found = delegation(act.connection, id_, act.at)
        act.record("delegation.lapsed", found.subject, {"delegate": found.delegate_id})
        telling.not_delegated(act, door, found)
    return len(ids)


@dataclass
class _Looked:
    """When this process looked last."""

    at: datetime | None = None


def tidy(store: Store, door: Door, actor: str, *, each: timedelta = timedelta()) -> Tidied:
    """`void_broken`, `lapse` and `chase`, in an act only where a look finds something: for a worker's every round.

    `each`: how long to wait between two looks.  What is void is unusable before anybody looks.

    Raises:
        StoreError, Busy: when the database does not answer as it should.
    """
    columns, at, looked = delegation_table.c, store.clock(), door.memory(_Looked)
    if looked.at is not None and timedelta(0) <= at - looked.at < each:
        return Tidied()
    waits = columns.state == DelegationState.NOMINATED, columns.lapses_at <= at
    with store.read() as connection:
        late = connection.execute(select(columns.id).where(*waits)).first() is not None
        broken = bool(_broken(connection, door, at))
        owed = bool(to_chase(connection, door, at))
    looked.at = at
    if not (late or broken or owed):
        return Tidied()
    with store.act(actor) as act:
        return Tidied(len(void_broken(act, door)), lapse(act, door), chase(act, door))


def reviews_due(connection: Connection, door: Door, at: datetime) -> list[Due]:
    """The reviews that are owed, oldest first."""
    columns, days, today = delegation_table.c, door.profile.privileged.record_days.value, jst_day(at)
    waits = columns.waiver_id.is_not(None), columns.approved_at.is_not(None), columns.reviewed_at.is_(None)
    owed = []
    for id_ in connection.execute(select(columns.id).where(*waits).order_by(columns.id)).scalars().all():
        found = delegation(connection, id_, at)
        if found.approved_at is not None:
            due = working_days_after(jst_day(found.approved_at), days)
            owed.append(Due(found, due, overdue=today > due))
    return owed


def to_chase(connection: Connection, door: Door, at: datetime) -> list[Due]:
    """The late reviews of which nobody was reminded today; on days on which nobody works, none."""
    day = jst_day(at)
    if not is_working_day(day):
        return []
    late = [each for each in reviews_due(connection, door, at) if each.overdue]
    return [each for each in late if each.delegation.chased_on is None or each.delegation.chased_on < day]


def chase(act: Act, door: Door) -> int:
    """Remind whoever may review of what is late, once each working day; of how many."""
    columns, day, reminded = delegation_table.c, jst_day(act.at), 0
    for each in to_chase(act.connection, door, act.at):
        # Of two workers at once, one marks the day and tells.
        same = columns.id == each.delegation.id, or_(columns.chased_on.is_(None), columns.chased_on < day)
        if not act.connection.execute(update(delegation_table).where(*same).values(chased_on=day)).rowcount:
            continue
        act.record("delegation.chased", each.delegation.subject, {"due": each.due})
        telling.to_review(act, door, each.delegation, each.due)
        reminded += 1
    return reminded


def _broken(connection: Connection, door: Door, at: datetime) -> list[tuple[Delegation, Broken]]:
    """Those that are stored as live and hold no longer, and why."""
    columns = delegation_table.c
    stored = connection.execute(select(columns.id).where(columns.state == DelegationState.LIVE)).scalars().all()
    live = [delegation(connection, id_, at) for id_ in stored]
    found = [(each, why_void(connection, door, each, at)) for each in live]
    return [(each, Broken(why)) for each, why in found if why]


def _over(act: Act, found: Delegation, state: DelegationState, reason: str) -> bool:
    """Whether this act ended it; False when another did."""
    columns = delegation_table.c
    changed = act.connection.execute(
        update(delegation_table)
        .where(columns.id == found.id, columns.state == DelegationState.LIVE)
        .values(state=state, ended_at=act.at, end_reason=reason)
    )
    return changed.rowcount == 1
