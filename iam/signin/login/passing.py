"""What comes after a proof: another step, a session, or a new token for the session that there is.

The one law: *a new token at every step up* (R37, ASVS 7.2.4): what somebody
held before they proved more is worth nothing afterwards, so a token that was
planted or seen gains nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from iam import outbox
from iam.outbox import Topic, Value
from iam.record.act import Act
from iam.record.store import Store
from iam.signin import history, sessions, steps
from iam.signin.deciding.decision import Needs
from iam.signin.door import Door, Entrant, Where, actor_of, looked_up
from iam.signin.factors.authenticators import Authenticator, of_person
from iam.signin.history import Oddity, Outcome, oddities, usual
from iam.signin.kinds import Method, Proofs
from iam.signin.login.refusing import remember
from iam.signin.passwords.kept import Why, kept_of, note_used, why_must_change
from iam.signin.sessions import Session
from iam.signin.steps import Half, HalfDone, Needed, Purpose, Refused, SignedIn


@dataclass(frozen=True, slots=True)
class Step:
    """A step being judged: in which act, at which door, from where."""

    act: Act
    door: Door
    where: Where


@dataclass(frozen=True, slots=True)
class Entered(SignedIn):
    """Proved at a device, for this moment alone: there is no row, and the token opens nothing.

    `duty`: whoever has one is not let in by a device, for it cannot be done there.
    """

    who: Entrant
    proofs: Proofs


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody on the way in.

    `half`: the login under way, None at its first step; `session_id`: of the session that is proved anew, None for a
    new one; `started_at`: of the first step, since when the password must be the same; `held`: their authenticators,
    the ended ones too, where they were read already; `needs`: what a system asks for beyond their own rules;
    `at_device`: there is no page, and there will be no session.
    """

    who: Entrant
    proofs: Proofs
    started_at: datetime
    half: Half | None = None
    session_id: int | None = None
    held: Sequence[Authenticator] = ()
    needs: Needs = steps.NO_MORE
    at_device: bool = False

    @property
    def purpose(self) -> Purpose:
        """What the login is for."""
        if self.at_device:
            return Purpose.ENTER
        return Purpose.SIGN_IN if self.session_id is None else Purpose.AGAIN


def half_of(step: Step, token: str, *, at_device: bool = False) -> Coming | Refused:
    """Whose half-done login this is, held alone; of somebody who may come in no more it is over.

    What was begun at a device is lapsed for a page, and the other way round.
    """
    half = steps.half(step.act, token)
    if half is None or half.person_id is None or (half.purpose is Purpose.ENTER) is not at_device:
        return Refused("lapsed")
    who = looked_up(step.act.connection, step.door, half.person_id, step.act.at)
    if who is None or not who.in_service:
        steps.over(step.act, half)
        method = (half.proofs.methods or (Method.KEY,))[-1]
        remember(step.act, who, step.where, method, who.shut_out if who else "unknown")
        return Refused("lapsed")
    return Coming(who, half.proofs, half.started_at, half, half.session_id, needs=half.needs, at_device=at_device)


def proved(step: Step, coming: Coming, method: Method, authenticator_id: int = 0) -> HalfDone | SignedIn | Refused:
    """One proof more: what comes now."""
    proofs = coming.proofs.plus(method, authenticator_id)
    held = coming.held or of_person(step.act.connection, coming.who.person_id, alive=False)
    missing = steps.needed(coming.who.rules, proofs, held, coming.needs)
    if missing.done:
        return _complete(step, coming, proofs, held)
    if coming.at_device:
        missing = replace(missing, offers=tuple(form for form in missing.offers if form in steps.TYPED))
        if missing.done:
            return _not_there(step, coming, method)
    return _next(step, coming, proofs, missing)


def _not_there(step: Step, coming: Coming, method: Method) -> Refused:
    """Only a key or a card would complete it, and a device takes neither."""
    if coming.half is not None:
        steps.over(step.act, coming.half)
    remember(step.act, coming.who, step.where, method, "resistant")
    return Refused("resistant")


def _next(step: Step, coming: Coming, proofs: Proofs, missing: Needed) -> HalfDone:
    who = coming.who
    if coming.half is not None:
        token = steps.advance(step.act, coming.half, who.person_id, proofs)
    else:
        token = steps.start(
            step.act, step.where, person_id=who.person_id, proofs=proofs, purpose=coming.purpose,
            session_id=coming.session_id, needs=coming.needs,
        )  # fmt: skip
    detail = {"methods": proofs.methods, "address": step.where.address, "purpose": coming.purpose}
    step.act.record("signin.begun", f"person {who.person_id}", detail)
    return HalfDone(token, missing.offers, missing.password)


def _complete(step: Step, coming: Coming, proofs: Proofs, held: Sequence[Authenticator]) -> SignedIn | Refused:
    act, who = step.act, coming.who
    if coming.half is not None:
        steps.over(act, coming.half)
    why = _password_still(step, coming, proofs)
    if why is None:
        remember(act, who, step.where, Method.PASSWORD, "changed")
        return Refused("lapsed")
    act.actor = actor_of(who.staff_number)
    if coming.session_id is not None:
        return _proved_again(step, coming, proofs, why)
    return _signed_in(step, coming, proofs, steps.duty_of(who.rules, proofs, why, held))


def _password_still(step: Step, coming: Coming, proofs: Proofs) -> Why | None:
    """Why the password must be changed; None when it was replaced since it was given, or a temporary one used up."""
    if Method.PASSWORD not in proofs.methods:
        return Why.NOTHING
    kept = kept_of(step.act.connection, coming.who.person_id)
    if kept is None or kept.set_at > coming.started_at:
        return None
    why = why_must_change(kept, coming.who.rules, step.act.at)
    # A new proof for a session is no sign-in: rotation by their number would come too early.  Nor is a password that
    # must be changed first: it lets nobody in at a device, and a temporary one is still needed at the page for that.
    no_signin = coming.purpose is Purpose.AGAIN or (coming.at_device and why is not Why.NOTHING)
    counted = no_signin or note_used(step.act, kept)
    return why if counted else None


def _signed_in(step: Step, coming: Coming, proofs: Proofs, duty: str) -> SignedIn:
    act, where, who = step.act, step.where, coming.who
    # A device keeps no session, so nobody is signed in at two places by it.
    there = [] if coming.at_device else sessions.of_person(act.connection, who.person_id, act.at)
    elsewhere = [Where(each.address, each.terminal) for each in there]
    before = usual(act.connection, who.person_id, act.at)
    odd = oddities(before, where, act.at, many=who.rules.delay_after, elsewhere=elsewhere)
    if coming.at_device:
        signed: SignedIn = Entered("", 0, duty, who, proofs)
    else:
        signed = SignedIn(*sessions.open_session(act, step.door, who, where, proofs=proofs, duty=duty), duty)
    session_id = signed.session_id or None
    reason = ",".join(sorted(odd))
    methods = proofs.methods
    history.note(act, who.person_id, Outcome.SUCCESS, where, methods=methods, reason=reason, session_id=session_id)
    act.record(
        "signin.succeeded",
        f"person {who.person_id}",
        {
            "methods": methods, "kinds": proofs.kinds, "address": where.address, "session": session_id,
            "zone": step.door.zone, "duty": duty, "unusual": odd,
        },
    )  # fmt: skip
    _tell(act, who, where, odd)
    return signed


def _tell(act: Act, who: Entrant, where: Where, odd: frozenset[Oddity]) -> None:
    """Tell the owner of an unusual sign-in (R36, ASVS 6.3.5); a second terminal alone is worth no letter."""
    if not odd:
        return
    values: dict[str, Value] = {"at": act.at, "address": where.address, "terminal": where.terminal}
    if odd == {Oddity.PARALLEL}:
        outbox.notice(act, who.person_id, Topic.SIGNIN_UNUSUAL, values)
    else:
        outbox.tell(act, who.person_id, who.email, Topic.SIGNIN_UNUSUAL, values)


def _proved_again(step: Step, coming: Coming, proofs: Proofs, why: Why) -> SignedIn | Refused:
    session = sessions.session_of(step.act.connection, coming.session_id or 0)
    if session is None or session.person_id != coming.who.person_id:
        return Refused("lapsed")
    everything = _since(session.proofs, proofs)
    duty = _duty(step.act, coming.who, everything, why)
    token = sessions.rotate(step.act, session.id, everything, duty, proved=True)
    detail = {"session": session.id, "methods": proofs.methods, "address": step.where.address}
    step.act.record("session.proved", f"person {coming.who.person_id}", detail)
    return SignedIn(token, session.id, duty)


def move_on(
    act: Act, door: Door, session: Session, who: Entrant, *, proved: tuple[Method, int] | None = None
) -> SignedIn:
    """After a duty was done (password changed; a factor enrolled and `proved`): what is still owed, under a new token.

    Called in the same act.

    Raises:
        Conflict: when the session ended meanwhile.
    """
    del door
    proofs = session.proofs if proved is None else _together(session.proofs, Proofs((proved,)))
    kept = kept_of(act.connection, who.person_id) if Method.PASSWORD in proofs.methods else None
    why = Why.NOTHING if kept is None else why_must_change(kept, who.rules, act.at)
    duty = _duty(act, who, proofs, why)
    token = sessions.rotate(act, session.id, proofs, duty, proved=False)
    act.record("session.renewed", f"person {who.person_id}", {"session": session.id, "duty": duty})
    return SignedIn(token, session.id, duty)


def sign_out(store: Store, session: Session, who: Entrant, where: Where) -> None:
    """End the session by its owner's wish."""
    del where
    with store.act(actor_of(who.staff_number)) as act:
        sessions.end(act, session.id, "signed_out", person_id=who.person_id)


def _duty(act: Act, who: Entrant, proofs: Proofs, why: Why) -> str:
    return steps.duty_of(who.rules, proofs, why, of_person(act.connection, who.person_id))


def _since(old: Proofs, new: Proofs) -> Proofs:
    """What a session has proved from a new proof on: no more than that proof did.

    Who is told how, is told when (acr with auth_time): a key of this morning must not speak for a code of now.
    """
    both = _together(old, new)
    as_much = both.kinds == new.kinds and both.phishing_resistant == new.phishing_resistant
    return both if as_much else new


def _together(old: Proofs, new: Proofs) -> Proofs:
    """Both, each once: what a session's owner proved earlier in it stays proved."""
    return Proofs(tuple(dict.fromkeys((*old.given, *new.given))))
