"""Suspending a person, and giving them everything back (利用権の停止と回復).

The one law: *the general officer alone, never about themselves, and at once* (R20, OITA-S9.6.2.3): in the act that
writes the block every session, half-done sign-in and token of the person is dead, an urgent run is due, and the two
officers whom the clause names are told.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from iam import outbox
from iam.access import suspensions
from iam.access.suspensions import Suspension, What
from iam.errors import Conflict, Forbidden
from iam.office.roles import Offices
from iam.outbox import Topic, Value
from iam.people.ledger import people
from iam.people.organisation import Organisation
from iam.policy.profile import Role
from iam.record.act import Act
from iam.signin import sessions
from iam.signin.desk.deeds import Officer
from iam.signin.door import Entrant, entrant
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
        _see_allowed(act, officer, person_id)
        by = By(officer.who.person_id, reason)
        return stop(act, officer.door.offices, officer.organisation, person_id, by)


def restore(officer: Officer, person_id: int, reason: str) -> Suspended:
    """Give everything back as it was; sessions stay ended.

    Raises:
        Forbidden, NotFound: as `why_not_suspend`; Conflict: when they are not suspended, or no reason is given.
    """
    with officer.act() as act:
        _see_allowed(act, officer, person_id)
        by = By(officer.who.person_id, reason)
        return resume(act, officer.door.offices, officer.organisation, person_id, by)


def _see_allowed(act: Act, officer: Officer, person_id: int) -> None:
    who = entrant(act.connection, officer.door, person_id, act.at)
    # The officer as of this instant, not as of when the page began: they may have been suspended themselves meanwhile.
    now = entrant(act.connection, officer.door, officer.who.person_id, act.at)
    if refusal := why_not_suspend(now, who):
        raise refusal


def stop(act: Act, offices: Offices, organisation: Organisation, person_id: int, by: By) -> Suspended:
    """The deed of `suspend`, for whoever was found to be allowed to do it.

    Raises:
        Conflict: when they are suspended already, or no reason is given.
    """
    found = suspensions.suspend(act, person_id, by.person_id, _reason(by))
    ended = sessions.end_all(act, person_id, "suspended")
    issued.revoke(act, "suspended", person_id=person_id)
    return Suspended(found, ended, _Telling(act, offices, organisation, found).tell(What.SUSPENDED, by))


def resume(act: Act, offices: Offices, organisation: Organisation, person_id: int, by: By) -> Suspended:
    """The deed of `restore`, likewise.

    Raises:
        Conflict: when they are not suspended, or no reason is given.
    """
    found = suspensions.restore(act, person_id, by.person_id, _reason(by))
    return Suspended(found, 0, _Telling(act, offices, organisation, found).tell(What.RESTORED, by))


def _reason(by: By) -> str:
    if not by.reason.strip():
        raise Conflict("理由を書いてください。停止と回復の理由は、証跡と通知に残ります。")
    return by.reason.strip()


@dataclass(frozen=True)
class _Telling:
    """The two notices of one suspension."""

    act: Act
    offices: Offices
    organisation: Organisation
    about: Suspension

    def tell(self, what: What, by: By) -> int:
        """To every holder of the role, once a person, neither to the person nor to whoever acts; how many persons."""
        (who,) = people(self.act.connection, [self.about.person_id])
        told: dict[str, Value] = {
            "at": self.act.at, "person": who.name, "staff_number": who.staff_number, "number": self.about.id,
        }  # fmt: skip
        known = {who.id, by.person_id}
        for roles in _TOLD:
            role, ids = self._first_held(roles, known)
            suspensions.told(self.act, self.about.id, what, role, ids)
            for each in people(self.act.connection, ids):
                outbox.tell(self.act, each.id, each.email, _TOPICS[what], told)
            known.update(ids)
        return len(known - {who.id, by.person_id})

    def _first_held(self, roles: Sequence[Role], known: Collection[int | None]) -> tuple[Role, list[int]]:
        """The first of the roles that somebody else holds, and who; the last, and nobody, where none is."""
        for role in roles:
            found = parting.concerned(self.act, self.offices, self.organisation, self.about.person_id, [role])
            if ids := sorted({each.person_id for each in found} - set(known)):
                return role, ids
        return roles[-1], []


def receive(officer: Officer, suspension_id: int) -> bool:
    """An officer who was told opened what they were told: the receipt.  False when there was nothing new to them."""
    with officer.act() as act:
        return suspensions.opened(act, suspension_id, officer.who.person_id) > 0
