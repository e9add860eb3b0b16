"""The password step: at sign-in, beside a card, to prove oneself again, to unlock a screen.

The one law: *the same work for everybody* (R35, ASVS 6.3.8): an unknown number,
a wrong password, somebody who may not come in, somebody without a password and
a password that must wait take the same queries and one hash, and get the same
answer; whether the password was right matters only to whoever may come in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from iam.access.accounts import number_by_login
from iam.access.naming import comparable_login
from iam.policy.entry.signin import SigninRules
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin import sessions, steps, throttle
from iam.signin.deciding.decision import Needs
from iam.signin.door import DOOR, NOBODY, Door, Entrant, Where, actor_of, find, looked_up, number_of
from iam.signin.factors.authenticators import of_person
from iam.signin.kinds import Method, Proofs
from iam.signin.login.code import give_code
from iam.signin.login.passing import Coming, Step, half_of, proved
from iam.signin.login.refusing import password_failed, remember, waiting
from iam.signin.passwords.judging import judge
from iam.signin.passwords.kept import Kept, Why, kept_of, require_change, rewrap
from iam.signin.sessions import Session
from iam.signin.steps import HalfDone, Outcome, Refused, SignedIn

CODE_LENGTHS: Final = (6, 8)
"""Digits of a code that may stand behind a password in one field."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose password is given, as read before hashing.  `blinded`: the number of nobody, as it may be kept."""

    who: Entrant | None
    kept: Kept | None
    subject: str
    rules: SigninRules
    wait: timedelta | None
    at: datetime
    blinded: str = ""

    @property
    def sealed(self) -> bytes | None:
        """What to compare with; None where there is nothing, or nothing may be compared."""
        tried = self.kept is not None and self.kept.usable(self.at) and self.wait is None
        return self.kept.sealed if self.kept is not None and tried else None

    @property
    def reason(self) -> str:
        """Why a refusal, for the record."""
        if self.wait is not None:
            return "throttled"
        if self.who is None:
            return "unknown"
        if self.kept is None:
            return "no_password"
        if not self.kept.usable(self.at):
            return "lapsed"
        return self.who.shut_out or "wrong"


@dataclass(frozen=True, slots=True)
class Compared:
    """What hashing said.  `weak`: it would not be allowed today; `fresh`: the same under today's parameters and key."""

    right: bool
    weak: bool = False
    fresh: bytes | None = None


def give_password(
    store: Store,
    door: Door,
    number: str,
    password: str,
    where: Where,
    *,
    token: str | None = None,
    needs: Needs = steps.NO_MORE,
) -> Outcome:
    """Number and password; with `token` the password that completes a sign-in begun by a card (`number` is ignored).
    `needs`: what the system that somebody is on the way to asks for.

    Raises:
        Busy: too many sign-ins at once; the page asks to come again.
    """
    if token is not None:
        return _beside_card(store, door, token, password, where)
    with store.read() as connection:
        asked = _by_number(connection, door, number, store.clock())
    compared = _compare(door, asked, password)
    with store.act(DOOR) as act:
        step = Step(act, door, where)
        who = _judged(step, asked, compared)
        if isinstance(who, Refused):
            return who
        return proved(step, Coming(who, steps.NOTHING, act.at, needs=needs), Method.PASSWORD)


def give_at_device(store: Store, door: Door, name: str, typed: str, where: Where, *, system: str = "") -> Outcome:
    """Name and what was typed at a device that shows no page: the password, or password and code in one.

    `name`: their login in `system`, which is whom the system will take them for; else their staff number.  Ends in an
    Entered, or in a HalfDone that `give_code(..., at_device=True)` completes: no session is opened.  What ends in
    digits may be all password, so that is tried first; however it is read, it is one guess.

    Raises:
        Busy: as `give_password`.
    """
    with store.read() as connection:
        number = number_by_login(connection, system, comparable_login(number_of(name)))
        asked = _by_number(connection, door, number or name, store.clock())
    compared, code = _read_both_ways(door, asked, typed)
    with store.act(DOOR) as act:
        step = Step(act, door, where)
        who = _judged(step, asked, compared)
        if isinstance(who, Refused):
            return who
        if code and not _awaits_code(step, who):
            remember(act, who, where, Method.PASSWORD, "not_asked")
            return Refused("code")
        outcome = proved(step, Coming(who, steps.NOTHING, act.at, at_device=True), Method.PASSWORD)
    if code and isinstance(outcome, HalfDone):
        return give_code(store, door, outcome.token, code, where, at_device=True)
    return outcome


def prove_again(
    store: Store, door: Door, session: Session, password: str, where: Where, *, needs: Needs = steps.NO_MORE
) -> Outcome:
    """Begin a re-authentication by password; the steps that follow are those of a sign-in and end in a SignedIn
    for the same session under a NEW token.  A key alone: `key_options(..., session=session)`, which is all that
    anybody can ask for.  `needs`: what a system asks for beyond the rules of whoever sits there.

    Raises:
        Busy: as `give_password`.
    """
    asked, compared = _of_session(store, door, session, password)
    with store.act(DOOR) as act:
        step = Step(act, door, where)
        who = _judged(step, asked, compared)
        if isinstance(who, Refused):
            return who
        coming = Coming(who, steps.NOTHING, act.at, session_id=session.id, needs=needs)
        return proved(step, coming, Method.PASSWORD)


def unlock(store: Store, door: Door, session: Session, password: str, where: Where) -> Refused | SignedIn:
    """Unlock a locked session by the password alone, under a new token; what is sensitive is still asked anew.

    Raises:
        Busy: as `give_password`; Conflict: the session ended meanwhile.
    """
    asked, compared = _of_session(store, door, session, password)
    with store.act(DOOR) as act:
        who = _judged(Step(act, door, where), asked, compared)
        if isinstance(who, Refused):
            return who
        act.actor = actor_of(who.staff_number)
        token = sessions.rotate(act, session.id, session.proofs, session.duty, proved=False)
        act.record("session.unlocked", f"person {who.person_id}", {"session": session.id, "address": where.address})
        return SignedIn(token, session.id, session.duty)


def _by_number(connection: Connection, door: Door, number: str, at: datetime) -> Asked:
    """The same queries, whoever it is and whoever it is not."""
    number = number_of(number)
    blinded = door.blinded(number)
    who = find(connection, door, number, at)
    kept = kept_of(connection, NOBODY if who is None else who.person_id)
    subject = throttle.stranger(blinded) if who is None else throttle.password_of(who.person_id)
    rules = door.strangers_rules(blinded, jst_day(at)) if who is None else who.rules
    wait = throttle.blocked(connection, subject, at)
    return Asked(who, kept, subject, rules, wait, at, blinded if who is None else "")


def _of_session(store: Store, door: Door, session: Session, password: str) -> tuple[Asked, Compared]:
    with store.read() as connection:
        at = store.clock()
        asked = _of_person(connection, door, session.person_id, throttle.password_of(session.person_id), at)
    return asked, _compare(door, asked, password)


def _of_person(connection: Connection, door: Door, person_id: int, subject: str, at: datetime) -> Asked:
    who = looked_up(connection, door, person_id, at)
    rules = door.strangers_rules("", jst_day(at)) if who is None else who.rules
    wait = throttle.blocked(connection, subject, at)
    return Asked(who, kept_of(connection, person_id), subject, rules, wait, at)


def _compare(door: Door, asked: Asked, password: str) -> Compared:
    """Outside any transaction: hashing is slow."""
    who, kept, sealed = asked.who, asked.kept, asked.sealed
    right = door.hasher.verify(NOBODY if who is None else who.person_id, sealed, password)
    if not right or who is None or kept is None or sealed is None or not who.in_service:
        # Nothing more is done for whoever may not come in, right or not.
        return Compared(right=False)
    minimum = who.rules.password_minimum
    weak = not kept.temporary and bool(judge(password, minimum=minimum, words=door.words(who), listed=door.listed))
    outdated = door.hasher.outdated(who.person_id, sealed)
    return Compared(right=True, weak=weak, fresh=door.hasher.wrap(who.person_id, password) if outdated else None)


def _read_both_ways(door: Door, asked: Asked, typed: str) -> tuple[Compared, str]:
    """What was typed as a password, else as one with a code behind it; with that code.

    As many hashes for a number that nobody has.
    """
    compared = _compare(door, asked, typed)
    for length in CODE_LENGTHS:
        password, code = typed[:-length], typed[-length:]
        if compared.right or not password or not (code.isascii() and code.isdigit()):
            continue
        shorter = _compare(door, asked, password)
        if shorter.right:
            return shorter, code
    return compared, ""


def _awaits_code(step: Step, who: Entrant) -> bool:
    held = of_person(step.act.connection, who.person_id, alive=False)
    return not steps.needed(who.rules, Proofs().plus(Method.PASSWORD), held).done


def _judged(step: Step, asked: Asked, compared: Compared) -> Entrant | Refused:
    """Whoever may go on; else the refusal, counted and remembered.  Everything that was read is looked at again."""
    act = step.act
    if not compared.right or asked.who is None or asked.kept is None:
        return _refused(step, asked, asked.reason)
    held = throttle.hold(act, asked.subject)
    if held.wait is not None:
        remember(act, asked.who, step.where, Method.PASSWORD, "throttled")
        return waiting(held.wait)
    who = looked_up(act.connection, step.door, asked.who.person_id, act.at)
    if who is None or not who.in_service:
        return _refused(step, asked, who.shut_out if who else "unknown")
    now = kept_of(act.connection, who.person_id)
    if now is None or now.sealed != asked.kept.sealed or not now.usable(act.at):
        return _refused(step, asked, "changed")
    if held.failures:
        throttle.cleared(act, asked.subject)
    _keep_up(act, who, now, compared)
    return who


def _refused(step: Step, asked: Asked, reason: str) -> Refused:
    answer = password_failed(step.act, asked.who, asked.rules, asked.subject)
    remember(step.act, asked.who, step.where, Method.PASSWORD, reason, blinded=asked.blinded)
    return answer


def _keep_up(act: Act, who: Entrant, kept: Kept, compared: Compared) -> None:
    """What a right password is good for beside: today's hash, and whether it would still be allowed (ASVS 6.2)."""
    if compared.weak:
        require_change(act, who.person_id, Why.POLICY)
    if compared.fresh is not None:
        rewrap(act, kept, compared.fresh)


def _beside_card(store: Store, door: Door, token: str, password: str, where: Where) -> Outcome:
    """After a card.  Counted apart: who does not hold the card cannot slow this password down (R35)."""
    with store.read() as connection:
        at = store.clock()
        first = steps.peek(connection, token, at)
        if first is None or first.person_id is None:
            return Refused("lapsed")
        if Method.PASSWORD in first.proofs.methods or not first.proofs.given:
            return Refused("not_asked")
        subject = throttle.password_beside(first.person_id, first.proofs.given[0][1])
        asked = _of_person(connection, door, first.person_id, subject, at)
    compared = _compare(door, asked, password)
    with store.act(DOOR) as act:
        step = Step(act, door, where)
        coming = half_of(step, token)
        if isinstance(coming, Refused):
            return coming
        who = _judged(step, asked, compared)
        if isinstance(who, Refused):
            return who if coming.half is None or steps.missed(act, coming.half) else Refused("lapsed")
        return proved(step, coming, Method.PASSWORD)
