"""The key and the card: what cannot be passed on by a false page.

The one law: *nobody else's failures count* (R35, NIST SP 800-63B-4 3.2.2): a
signature cannot be guessed, so neither a key nor a card is ever throttled, and
whoever holds a key that verified them can always sign in by it alone.
"""

from iam import outbox
from iam.outbox import Topic, Value
from iam.record.store import Store
from iam.signin import steps
from iam.signin.door import DOOR, Door, Entrant, Where, looked_up
from iam.signin.factors import certificates
from iam.signin.factors.authenticators import (
    Authenticator,
    Form,
    State,
    authenticator,
    by_handle,
    end,
    note_used,
    of_person,
)
from iam.signin.factors.certificates import Card, Rejected
from iam.signin.factors.webauthn import (
    KeyRefused,
    Verified,
    authentication_options,
    claimed_handle,
    verify_authentication,
)
from iam.signin.kinds import Method
from iam.signin.login.passing import Coming, Step, half_of, proved
from iam.signin.login.refusing import remember
from iam.signin.sessions import Session
from iam.signin.steps import Half, Outcome, Purpose, Refused


def key_options(
    store: Store, door: Door, token: str | None, where: Where, *, session: Session | None = None
) -> tuple[str, str] | Refused:
    """What `navigator.credentials.get()` is given (JSON text), after the token to answer with.

    `token`: of a half-done sign-in; None: the key alone, which says itself whose it is and must verify its user;
    with `session` the key alone as a new proof for that session (or to unlock it).
    """
    with store.act(DOOR) as act:
        step = Step(act, door, where)
        if token is None:
            return _alone(step, session)
        coming = half_of(step, token)
        if isinstance(coming, Refused):
            return coming
        keys = _keys(step, coming.who.person_id)
        if not keys or coming.half is None:
            return Refused("not_asked")
        rules = door.key_rules(coming.who.rules, verified=steps.asks_verified(coming.proofs))
        ceremony = authentication_options(door.site, rules, keys)
        steps.ask(act, coming.half, ceremony.challenge)
        return token, ceremony.options


def _alone(step: Step, session: Session | None) -> tuple[str, str] | Refused:
    keys = [] if session is None else _keys(step, session.person_id)
    if session is not None and not keys:
        return Refused("not_asked")
    ceremony = authentication_options(step.door.site, step.door.key_rules(None, verified=True), keys)
    token = steps.start(
        step.act, step.where,
        person_id=None if session is None else session.person_id, proofs=steps.NOTHING,
        purpose=Purpose.SIGN_IN if session is None else Purpose.AGAIN,
        session_id=None if session is None else session.id, challenge=ceremony.challenge,
    )  # fmt: skip
    return token, ceremony.options


def _keys(step: Step, person_id: int) -> list[Authenticator]:
    held = of_person(step.act.connection, person_id)
    return [each for each in held if each.active and each.form is Form.WEBAUTHN]


def give_key(store: Store, door: Door, token: str, response: str, where: Where) -> Outcome:
    """What the browser answered (JSON text)."""
    with store.act(DOOR) as act:
        step = Step(act, door, where)
        half = steps.half(act, token)
        if half is None:
            return Refused("lapsed")
        handle = claimed_handle(response)
        found = by_handle(act.connection, Form.WEBAUTHN, handle) if handle else None
        who = _owner(step, half, found)
        if who is None or found is None or not who.in_service:
            code = "unknown" if half.challenge else "challenge"
            return _key_refused(step, half, who, KeyRefused(code), who.shut_out if who else "")
        rules = door.key_rules(who.rules, verified=steps.asks_verified(half.proofs))
        judged = verify_authentication(door.site, rules, found, response, half.challenge)
        if isinstance(judged, Verified) and not note_used(act, judged.authenticator_id, judged.counter):
            judged = KeyRefused("counter" if judged.counter is not None else "ended", found.id)
        if isinstance(judged, KeyRefused):
            return _key_refused(step, half, who, judged)
        coming = Coming(who, half.proofs, half.started_at, half, half.session_id, needs=half.needs)
        return proved(step, coming, Form.WEBAUTHN.method(verified=judged.user_verified), found.id)


def _owner(step: Step, half: Half, found: Authenticator | None) -> Entrant | None:
    """Whose key it is, if it may be theirs in this login."""
    if not half.challenge or found is None or half.person_id not in {None, found.person_id}:
        return None
    return looked_up(step.act.connection, step.door, found.person_id, step.act.at)


def _key_refused(step: Step, half: Half, who: Entrant | None, refused: KeyRefused, reason: str = "") -> Refused:
    """Remembered; a key whose count went back is stopped, for there may be a copy of it."""
    remember(step.act, who, step.where, Method.KEY, reason or refused.code)
    if refused.cloned and who is not None and refused.authenticator_id is not None:
        stopped = authenticator(step.act.connection, refused.authenticator_id)
        if end(step.act, stopped.id, State.DISABLED, "cloned"):
            values: dict[str, Value] = {"at": step.act.at, "form": stopped.form.label_ja, "name": stopped.name}
            outbox.tell(step.act, who.person_id, who.email, Topic.FACTOR_STOPPED, values)
    if not steps.missed(step.act, half):
        return Refused("lapsed")
    return Refused("key", detail=refused.code)


def give_certificate(
    store: Store, door: Door, token: str | None, pem: str, where: Where, *, session: Session | None = None
) -> Outcome:
    """The client certificate that the trusted proxy saw; `token` and `session` as for `key_options`.

    Raises:
        ConfigurationError: the files of the authority cannot be read.
    """
    card = _card(store, door, pem)
    with store.act(DOOR) as act:
        step = Step(act, door, where)
        coming = half_of(step, token) if token is not None else None
        if isinstance(coming, Refused):
            return coming
        owner_id = coming.who.person_id if coming else session.person_id if session else None
        found = card if isinstance(card, Rejected) else certificates.match(act.connection, card, owner_id)
        if isinstance(found, Rejected):
            return _card_refused(step, coming, None, found.code)
        who = looked_up(act.connection, door, found.person_id, act.at)
        if who is None or not who.in_service:
            return _card_refused(step, coming, who, certificates.Code.NOT_BOUND, who.shut_out if who else "")
        if not certificates.accept(act, found.id):
            return _card_refused(step, coming, who, certificates.Code.ENDED)
        coming = coming or Coming(who, steps.NOTHING, act.at, session_id=session.id if session else None)
        return proved(step, coming, Method.CERTIFICATE, found.id)


def _card(store: Store, door: Door, pem: str) -> Card | Rejected:
    if door.authorities is None:
        return Rejected(certificates.Code.UNKNOWN_ISSUER)
    return certificates.check(door.authorities.trust(), pem, store.clock())


def _card_refused(
    step: Step, coming: Coming | None, who: Entrant | None, code: certificates.Code, reason: str = ""
) -> Refused:
    whose = coming.who if coming else who
    remember(step.act, whose, step.where, Method.CERTIFICATE, reason or code.value)
    if coming is not None and coming.half is not None and not steps.missed(step.act, coming.half):
        return Refused("lapsed")
    return Refused("certificate", detail=code.value)
