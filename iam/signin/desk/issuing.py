"""Temporary credentials at the desk: one officer has seen the person and asks, another confirms.

The one law: *nobody holds a credential of theirs alone in the hand*: it is made
when the second officer confirms, shown once, used once, and dead soon; its
owner is told (R28, R32, OITA-S7.4.3.7, OITA-S8.1.4.3, NIST SP 800-63B-4 4.2).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from iam import outbox
from iam.errors import Conflict, NotFound
from iam.office import cases, deputies, outside
from iam.office.cases import Case, CaseKind
from iam.outbox import Topic
from iam.people.ledger import people
from iam.record.act import Act
from iam.record.store import Store
from iam.signin import sessions, throttle
from iam.signin.door import Door, Entrant, actor_of, entrant
from iam.signin.factors import codes
from iam.signin.passwords import kept
from iam.signin.tokens import asking
from iam.signin.tokens.asking import Deed
from iam.signin.tokens.clients import Secret

DESK: Final = (CaseKind.TEMPORARY_PASSWORD, CaseKind.TEMPORARY_CODE)
"""What is handed over at the desk."""

_ROLES: Final = (CaseKind.DEPUTY, CaseKind.NOMINATION)

_ABOUT_RULES: Final = (CaseKind.CONFIGURATION, CaseKind.KEYS)

Effects: TypeAlias = Mapping[CaseKind, Callable[[Act, Door, Case], object]]
"""What confirming a case does, by its kind."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed for the person, and shown to nobody again."""

    kind: CaseKind
    staff_number: str
    name: str
    secret: str = field(repr=False)
    lapses_at: datetime


def ask_for(act: Act, door: Door, officer: Entrant, kind: CaseKind, subject_id: int, *, reason: str) -> Case:
    """An officer who has seen the person asks for a temporary credential; whoever may confirm it is told.

    Raises:
        Forbidden, Conflict, NotFound: as `cases.ask`; or when the person may not come in.
    """
    who = _subject(act, door, subject_id)
    case = cases.ask(act, door.offices, kind, officer.person_id, subject_id=who.person_id, content={}, reason=reason)
    tell_deciders(act, door, officer, case)
    return case


def tell_deciders(act: Act, door: Door, officer: Entrant, case: Case) -> None:
    """A letter to everybody who could confirm: a case that nobody knows of lapses."""
    ids = cases.deciders(act.connection, door.offices, case, act.at)
    for each in people(act.connection, ids):
        told: dict[str, outbox.Value] = {
            "asker": officer.name, "case": case.kind.label_ja, "number": case.id, "until": case.lapses_at,
        }  # fmt: skip
        outbox.tell(act, each.id, each.email, Topic.CASE_ASKED, told)


def confirm(
    store: Store, door: Door, officer: Entrant, case_id: int, seen_hash: str, *, effects: Effects | None = None
) -> Slip | Secret | None:
    """Confirm a case of any kind and carry it out; a slip, or a client's secret, where there is something to hand over.

    `effects`: what confirming does for the kinds of which only floors above this one know.

    Raises:
        NotFound, Conflict, Forbidden: as `cases.confirm`, or when it could no longer be asked for; Busy: too many hash.
    """
    # Made and hashed before the act: hashing is slow, and nothing of it is kept when the act is refused.
    secret, sealed = _made(store, door, case_id)
    with store.act(actor_of(officer.staff_number)) as act:

        def carry_out(act: Act, case: Case) -> Slip | Secret | None:
            _see_confirmed(act, door, case)
            if case.kind is CaseKind.CLIENT:
                return asking.take_effect(act, door, case)
            if case.kind is CaseKind.OUTSIDE:
                _permitted(act, door, case)
                return None
            if case.kind in _ROLES:
                deputies.take_effect(act, door.offices, case)
                _tell_deputy(act, case)
                return None
            if case.kind not in DESK:
                _elsewhere(act, door, case, effects or {})
                return None
            who = _subject(act, door, case.subject_id)
            if case.kind is CaseKind.TEMPORARY_CODE:
                return _code(act, door, who)
            return _password(act, who, secret, sealed)

        slip = cases.confirm(
            act, door.offices, case_id, decided_by=officer.person_id, seen_hash=seen_hash, carry_out=carry_out
        )
        _tell_asker(act, case_id)
        return slip


def _see_confirmed(act: Act, door: Door, case: Case) -> None:
    """See that what gives is given under rules that two have confirmed; what ends or confirms them goes on (R19).

    Raises:
        Forbidden: when the running configuration differs from the confirmed one.
    """
    ends = case.kind is CaseKind.CLIENT and case.content["deed"] == Deed.STOP
    if not ends and case.kind not in _ABOUT_RULES:
        door.see_confirmed(act.connection, act.at)


def _elsewhere(act: Act, door: Door, case: Case, effects: Effects) -> None:
    if case.kind not in effects:
        raise Conflict(f"「{case.kind.label_ja}」は、この画面からは確認できません。担当の画面で確認してください。")
    effects[case.kind](act, door, case)


def decline(act: Act, door: Door, officer: Entrant, case_id: int, reason: str) -> None:
    """Say no; the asker is told.

    Raises:
        NotFound, Conflict, Forbidden: as `cases.decline`.
    """
    cases.decline(act, door.offices, case_id, decided_by=officer.person_id, reason=reason)
    _tell_asker(act, case_id)


def _made(store: Store, door: Door, case_id: int) -> tuple[str, bytes]:
    """A password for the subject of the case and its sealed hash; nothing for a case that asks for none."""
    at = store.clock()
    with store.read() as connection:
        case = cases.case_of(connection, case_id, at)
        if case.kind is not CaseKind.TEMPORARY_PASSWORD or case.subject_id is None:
            return "", b""
        who = entrant(connection, door, case.subject_id, at)
    secret = kept.random_temporary(who.rules.password_minimum)
    return secret, door.hasher.wrap(who.person_id, secret)


def _subject(act: Act, door: Door, subject_id: int | None) -> Entrant:
    if subject_id is None:
        raise NotFound("だれのための申請かが書かれていません。あらためて申請してください。")
    who = entrant(act.connection, door, subject_id, act.at)
    if not who.in_service:
        raise Conflict(f"{who.name}さんはサインインできる状態にありません（{who.status.label_ja}）。")
    return who


def _password(act: Act, who: Entrant, secret: str, sealed: bytes) -> Slip:
    until = kept.issue_temporary(act, who.person_id, sealed, life=who.rules.temporary_life)
    # The old password may be known to somebody else: whoever is in with it goes out.
    sessions.end_all(act, who.person_id, "ended_by_officer")
    throttle.released(act, who.person_id)
    told: dict[str, outbox.Value] = {"at": act.at, "until": until}
    outbox.tell(act, who.person_id, who.email, Topic.TEMPORARY_PASSWORD_ISSUED, told)
    return Slip(CaseKind.TEMPORARY_PASSWORD, who.staff_number, who.name, secret, until)


def _code(act: Act, door: Door, who: Entrant) -> Slip:
    life = timedelta(hours=door.profile.signin.temporary_code_life.value)
    issued, until = codes.issue_temporary(act, door.keys, who.person_id, life), act.at + life
    told: dict[str, outbox.Value] = {"at": act.at, "until": until}
    outbox.tell(act, who.person_id, who.email, Topic.TEMPORARY_CODE_ISSUED, told)
    return Slip(CaseKind.TEMPORARY_CODE, who.staff_number, who.name, issued.codes[0], until)


def _permitted(act: Act, door: Door, case: Case) -> None:
    """The permission is given, and whoever may come in from outside now is told on which terms."""
    given = outside.take_effect(act, door.offices, case)
    told: dict[str, outbox.Value] = {"first": given.valid_from, "last": given.valid_until, "reason": given.reason}
    for who in people(act.connection, [given.person_id]):
        outbox.tell(act, who.id, who.email, Topic.OUTSIDE_PERMITTED, told)


def _tell_asker(act: Act, case_id: int) -> None:
    case = cases.case_of(act.connection, case_id, act.at)
    for asker in people(act.connection, [case.asked_by]):
        told: dict[str, outbox.Value] = {
            "case": case.kind.label_ja, "number": case.id, "decision": case.state.label_ja,
        }  # fmt: skip
        outbox.tell(act, asker.id, asker.email, Topic.CASE_DECIDED, told)


def _tell_deputy(act: Act, case: Case) -> None:
    wish = deputies.Wish.of(case)
    told: dict[str, outbox.Value] = {
        "role": wish.role.label_ja, "since": wish.valid_from, "until": wish.valid_until,
    }  # fmt: skip
    for person in people(act.connection, [wish.person_id]):
        outbox.tell(act, person.id, person.email, Topic.DEPUTY_APPOINTED, told)
