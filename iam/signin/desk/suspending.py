"""Suspending a person, and giving them everything back (利用権の停止と回復).

The one law: *the general officer alone, never about themselves, and at once* (R20, OITA-S9.6.2.3): in the act that
writes the block every session, half-done sign-in and token of the person is dead, an urgent run is due, and the two
officers whom the clause names are told.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from iam import outbox
from iam.access import suspensions
from iam.access.suspensions import Suspension, What
from iam.errors import Conflict, Forbidden
from iam.outbox import Topic, Value
from iam.people.ledger import people
from iam.people.organisation import Organisation
from iam.policy.profile import Role
from iam.record.act import Act
from iam.signin import sessions
from iam.signin.desk.deeds import Officer
from iam.signin.door import Door, Entrant, entrant
from iam.signin.own import parting
from iam.signin.tokens import issued

_TOLD: Final = ((Role.APPROVER, Role.GENERAL_OFFICER), (Role.DATA_OFFICER, Role.SYSTEM_OWNER))
"""Two notices (OITA-S9.6.2.3): to the highest officer, and to whoever answers for the data of the person's section.

Where a body gives the first of two roles to nobody, the second stands in: another general officer; the section's head.
"""
_TOPICS: Final = {What.SUSPENDED: Topic.SUSPENDED_PERSON, What.RESTORED: Topic.SUSPENDED_RESTORED}


@dataclass(frozen=True, slots=True)
class Suspended:
    """What was decided, how many sessions it ended, and how many officers were told."""

    suspension: Suspension
    sessions: int
    told: int


@dataclass(frozen=True, slots=True)
class By:
    """Who decides: an officer's person id, or None where an operating-system account does; `reason` in their words."""

    person_id: int | None
    reason: str


def why_not_suspend(officer: Entrant, subject: Entrant) -> Forbidden | None:
    """The first rule that stands between this officer and suspending or restoring this person, or None."""
    if officer.person_id == subject.person_id:
        return Forbidden("自分自身の利用は、停止も回復もできません。別の統括の担当者に頼んでください。")
    if Role.AUDITOR in officer.roles:
        return Forbidden("監査の担当は、閲覧だけができます。")
    # A contractor never holds the role, whatever they were given (iam.office.roles).
    if Role.GENERAL_OFFICER not in officer.roles:
        return Forbidden("利用の停止と回復は、統括の担当者か、その代理だけができます。")
    return None


def suspend(officer: Officer, person_id: int, reason: str) -> Suspended:
    """Take everything away from a person, at once.

    Raises:
        Forbidden, NotFound: as `why_not_suspend`; Conflict: when they are suspended already, or no reason is given.
    """
    with officer.act() as act:
        who = _may(act, officer, person_id)
        return stop(act, officer.door, officer.organisation, who, By(officer.who.person_id, reason))


def restore(officer: Officer, person_id: int, reason: str) -> Suspended:
    """Give everything back as it was; sessions stay ended.

    Raises:
        Forbidden, NotFound: as `why_not_suspend`; Conflict: when they are not suspended, or no reason is given.
    """
    with officer.act() as act:
        who = _may(act, officer, person_id)
        return resume(act, officer.door, officer.organisation, who, By(officer.who.person_id, reason))


def _may(act: Act, officer: Officer, person_id: int) -> Entrant:
    who = entrant(act.connection, officer.door, person_id, act.at)
    # The officer as of this instant, not as of when the page began: they may have been suspended themselves meanwhile.
    now = entrant(act.connection, officer.door, officer.who.person_id, act.at)
    if refusal := why_not_suspend(now, who):
        raise refusal
    return who


def stop(act: Act, door: Door, organisation: Organisation, who: Entrant, by: By) -> Suspended:
    """The deed of `suspend`, for whoever was found to be allowed to do it.

    Raises:
        Conflict: when they are suspended already, or no reason is given.
    """
    found = suspensions.suspend(act, who.person_id, by.person_id, _reason(by))
    ended = sessions.end_all(act, who.person_id, "suspended")
    issued.revoke(act, "suspended", person_id=who.person_id)
    return Suspended(found, ended, _tell(act, door, organisation, who, (found, by, What.SUSPENDED)))


def resume(act: Act, door: Door, organisation: Organisation, who: Entrant, by: By) -> Suspended:
    """The deed of `restore`, likewise.

    Raises:
        Conflict: when they are not suspended, or no reason is given.
    """
    found = suspensions.restore(act, who.person_id, by.person_id, _reason(by))
    return Suspended(found, 0, _tell(act, door, organisation, who, (found, by, What.RESTORED)))


def _reason(by: By) -> str:
    if not by.reason.strip():
        raise Conflict("理由を書いてください。停止と回復の理由は、証跡と通知に残ります。")
    return by.reason.strip()


def _tell(act: Act, door: Door, organisation: Organisation, who: Entrant, deed: tuple[Suspension, By, What]) -> int:
    """Two notices, each to every holder of a role, once a person; how many persons."""
    found, by, what = deed
    told: dict[str, Value] = {
        "at": act.at, "person": who.name, "staff_number": who.staff_number, "number": found.id,
    }  # fmt: skip
    known = {who.person_id, *([] if by.person_id is None else [by.person_id])}
    count = 0
    for role, ids in _recipients(act, door, organisation, who, known):
        suspensions.told(act, found.id, what, role, ids)
        for each in people(act.connection, ids):
            outbox.tell(act, each.id, each.email, _TOPICS[what], told)
        known.update(ids)
        count += len(ids)
    return count


def _recipients(
    act: Act, door: Door, organisation: Organisation, who: Entrant, known: set[int]
) -> Iterator[tuple[Role, list[int]]]:
    """For each notice whom it goes to: the first role that anybody else holds than the person and the one who acts."""
    for roles in _TOLD:
        for role in roles:
            ids = _holders(act, door, organisation, who, role)
            if ids - known:
                yield role, sorted(ids - known)
                break


def _holders(act: Act, door: Door, organisation: Organisation, who: Entrant, role: Role) -> set[int]:
    found: Iterable[int] = (each.person_id for each in parting.concerned(act, door, organisation, who, [role]))
    return set(found)


def receive(officer: Officer, suspension_id: int) -> bool:
    """An officer who was told opened what they were told: the receipt.  False when there was nothing new to them."""
    with officer.act() as act:
        return suspensions.opened(act, suspension_id, officer.who.person_id) > 0
