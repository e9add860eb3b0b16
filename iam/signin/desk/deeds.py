"""What the desk does for somebody whom an officer has seen, beside handing over credentials (issuing.py).

The one law: *never on oneself, and the officers are watched by others*: what
loosens somebody's door (a throttle lifted, a device lent) is done for an
officer only by a head; what tightens it (sessions ended, a loss, a leak) is
open to the whole desk, for there every minute counts (R26, R31, OITA-S3.7.1).
Each deed is recorded with its reason, and its owner is told.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from iam import outbox
from iam.errors import Conflict, Forbidden
from iam.office.cases import ASKS, CaseKind, decides
from iam.outbox import Topic, Value
from iam.people.ledger import people
from iam.people.organisation import Organisation
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.store import Store
from iam.signin import sessions, throttle
from iam.signin.desk import issuing
from iam.signin.door import Door, Entrant, actor_of, entrant
from iam.signin.own import parting
from iam.signin.passwords import kept
from iam.signin.passwords.kept import Why


class Deed(StrEnum):
    """What may be done for somebody."""

    UNLOCK = "unlock"
    END_SESSION = "end_session"
    END_ALL = "end_all"
    LOST = "lost"
    LEAK = "leak"
    LEND = "lend"
    TAKE_BACK = "take_back"
    TEMPORARY_PASSWORD = "temporary_password"  # noqa: S105 - a deed
    TEMPORARY_CODE = "temporary_code"


_LOOSENS: Final = frozenset({Deed.UNLOCK, Deed.LEND})
_ASKED: Final[Mapping[Deed, CaseKind]] = {
    Deed.TEMPORARY_PASSWORD: CaseKind.TEMPORARY_PASSWORD,
    Deed.TEMPORARY_CODE: CaseKind.TEMPORARY_CODE,
}
_TOLD_OF_LEAKS: Final = (Role.GENERAL_OFFICER, Role.DATA_OFFICER)
DESK: Final = ASKS[CaseKind.TEMPORARY_PASSWORD]
"""The roles of the desk."""


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer at work, and where the body stands."""

    store: Store
    door: Door
    organisation: Organisation
    who: Entrant

    def act(self) -> AbstractContextManager[Act]:
        """An act of this officer."""
        return self.store.act(actor_of(self.who.staff_number))


def why_not(officer: Entrant, subject: Entrant, deed: Deed) -> Forbidden | None:
    """The first rule that stands between this officer and this deed, or None."""
    if officer.person_id == subject.person_id:
        return Forbidden("自分自身の手続きは、自分ではできません。別の担当者に頼んでください。")
    if Role.AUDITOR in officer.roles:
        return Forbidden("監査の担当は、閲覧だけができます。")
    if deed in _LOOSENS:
        # As with credentials: two of the desk must not open the door of the officer who watches them.
        able = decides(CaseKind.TEMPORARY_PASSWORD, subject.guarded)
        if not able & officer.roles:
            return Forbidden("役職にある職員についての手続きです。統括か承認の担当者が行ってください。")
    elif not DESK & officer.roles:
        return Forbidden("この手続きは、窓口の担当者（統括・人事・運用）が行ってください。")
    return None


def unlock(officer: Officer, person_id: int, reason: str) -> bool:
    """Let somebody try their password again at once; False when nothing was in the way.

    Raises:
        Forbidden, NotFound: as `why_not`.
    """
    with officer.act() as act:
        who = may(act, officer, person_id, Deed.UNLOCK)
        if not throttle.released(act, who.person_id):
            return False
        _done(act, "desk.unlocked", who, reason)
        outbox.tell(act, who.person_id, who.email, Topic.SIGNIN_UNLOCKED, {"at": act.at})
        return True


def end_session(officer: Officer, person_id: int, session_id: int, reason: str) -> bool:
    """End one session of somebody; False when it had ended.

    Raises:
        Forbidden, NotFound: as `why_not`.
    """
    with officer.act() as act:
        who = may(act, officer, person_id, Deed.END_SESSION)
        ended = sessions.end(act, session_id, "ended_by_officer", person_id=who.person_id)
        if ended:
            _done(act, "desk.session_ended", who, reason, session=session_id)
        return ended


def end_all(officer: Officer, person_id: int, reason: str) -> int:
    """End every session of somebody, and every sign-in that was half done; how many sessions there were.

    Raises:
        Forbidden, NotFound: as `why_not`.
    """
    with officer.act() as act:
        who = may(act, officer, person_id, Deed.END_ALL)
        count = sessions.end_all(act, who.person_id, "ended_by_officer")
        _done(act, "desk.sessions_ended", who, reason, sessions=count)
        if count:
            told: dict[str, Value] = {"at": act.at, "reason": "担当者による操作"}
            outbox.tell(act, who.person_id, who.email, Topic.SESSIONS_ENDED, told)
        return count


def report_lost(officer: Officer, person_id: int, authenticator_id: int, reason: str) -> bool:
    """Somebody lost a factor and came to the desk, or rang: it is dead at once; False when it had ended already.

    Raises:
        Forbidden, NotFound: as `why_not`, or it is not theirs.
    """
    with officer.act() as act:
        who = may(act, officer, person_id, Deed.LOST)
        gone = parting.lost(act, officer.door, officer.organisation, who, authenticator_id, by="officer")
        if gone is None:
            return False
        _done(act, "desk.loss_reported", who, reason, authenticator=gone.id)
        return True


def mark_leaked(officer: Officer, person_id: int, reason: str) -> None:
    """A password may be known to others: its owner is signed out everywhere and must change it (R31, OITA-S7.4.3.5).

    Raises:
        Forbidden, NotFound: as `why_not`; Conflict: there is no password of their own.
    """
    with officer.act() as act:
        who = may(act, officer, person_id, Deed.LEAK)
        present = kept.kept_of(act.connection, who.person_id)
        if present is None or present.temporary:
            raise Conflict("この職員には、本人が決めたパスワードがまだありません。")
        kept.require_change(act, who.person_id, Why.LEAK)
        count = sessions.end_all(act, who.person_id, "ended_by_officer")
        _done(act, "desk.leak_marked", who, reason, sessions=count)
        told: dict[str, Value] = {"reason": "漏えいのおそれ"}
        outbox.tell(act, who.person_id, who.email, Topic.PASSWORD_TO_CHANGE, told)
        _tell_data_officers(act, officer, who)


def ask_temporary(officer: Officer, person_id: int, deed: Deed, reason: str) -> int:
    """Ask for a temporary password or code; another officer confirms.  The number of the case.

    Raises:
        Forbidden, Conflict, NotFound: as `why_not` and `issuing.ask_for`.
    """
    with officer.act() as act:
        who = may(act, officer, person_id, deed)
        case = issuing.ask_for(act, officer.door, officer.who, _ASKED[deed], who.person_id, reason=reason)
        return case.id


def may(act: Act, officer: Officer, person_id: int, deed: Deed) -> Entrant:
    """The person it is about, once nothing stands against it."""
    who = entrant(act.connection, officer.door, person_id, act.at)
    if refusal := why_not(officer.who, who, deed):
        raise refusal
    return who


def _done(act: Act, deed: str, who: Entrant, reason: str, **more: object) -> None:
    act.record(deed, f"person {who.person_id}", {"reason": reason, **more})


def _tell_data_officers(act: Act, officer: Officer, who: Entrant) -> None:
    """The data officers of the person's own section, or all where none is, and the general officer."""
    found = parting.concerned(act, officer.door.offices, officer.organisation, who.person_id, _TOLD_OF_LEAKS)
    ids = {each.person_id for each in found}
    told: dict[str, Value] = {"at": act.at, "person": who.name, "staff_number": who.staff_number}
    for each in people(act.connection, sorted(ids - {who.person_id})):
        outbox.tell(act, each.id, each.email, Topic.LEAK_SUSPECTED, told)
