"""Enrolling a factor: an app, a security key, a card; and the recovery codes that go with the first.

The one law: *what is enrolled has proved itself* (R23, R25): an app by a code, a
key by its signature over our challenge, a card by the handshake; and its owner
is told of every new one (NIST SP 800-63B-4 4.6, ASVS 6.3.7).
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, insert

from iam import outbox
from iam.outbox import Topic, Value
from iam.record.act import Act
from iam.signin import login
from iam.signin.door import new_token
from iam.signin.factors import authenticators, certificates, codes, totp, webauthn
from iam.signin.factors.authenticators import Form
from iam.signin.factors.certificates import Card, Code, Rejected
from iam.signin.factors.totp import begin as begin_totp
from iam.signin.factors.webauthn import KeyRefused, KeyRules
from iam.signin.kinds import Method
from iam.signin.own.owner import Owner
from iam.signin.steps import SignedIn, login_table

ENROLLING: Final = "enrol"
"""The purpose of a row that holds the challenge of a key to be enrolled."""

CHALLENGE_LIFE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new factor, under a new token for the session.  `codes`: recovery codes, shown this once; () where some are."""

    authenticator_id: int
    signed: SignedIn = field(repr=False)
    codes: tuple[str, ...] = field(default=(), repr=False)


def begin_app(owner: Owner, name: str) -> totp.Begun:
    """A new app, pending until `confirm_app`; an earlier one that was never confirmed is dropped.

    Raises:
        Conflict: the person has ten factors already.
    """
    door, number = owner.door, owner.who.staff_number
    with owner.act() as act:
        return begin_totp(act, door.keys, owner.id, name, issuer=door.site.name, account=number)


def begun_app(owner: Owner, id_: int) -> totp.Begun | None:
    """The same enrolment shown again; None when it is over.

    Raises:
        NotFound: it is not this person's.
    """
    with owner.store.read() as connection:
        pending = authenticators.authenticator(connection, id_, person_id=owner.id)
    return totp.again(owner.door.keys, pending, issuer=owner.door.site.name, account=owner.who.staff_number)


def confirm_app(owner: Owner, id_: int, code: str) -> Enrolled | totp.Judged:
    """The app's first code: enrolled, or why not (Wrong, Replayed, Drifted).

    Raises:
        NotFound: it is not this person's.
    """
    with owner.act() as act:
        judged = totp.confirm_code(act, owner.door.keys, owner.id, id_, code)
        if not isinstance(judged, totp.Accepted):
            return judged
        return _enrolled(act, owner, id_, Method.TOTP)


def key_options(owner: Owner) -> str:
    """What `navigator.credentials.create()` is given (JSON text); its challenge waits on the server."""
    door, who = owner.door, owner.who
    with owner.store.read() as connection:
        ever = authenticators.of_person(connection, owner.id, alive=False)
    ceremony = webauthn.registration_options(
        door.site, _key_rules(owner), user=webauthn.user_handle(door.keys, owner.id, ever),
        account=who.staff_number, name=who.name, existing=[each for each in ever if each.active],
    )  # fmt: skip
    with owner.act() as act:
        _take_challenge(act, owner)
        act.connection.execute(
            insert(login_table).values(
                token_hash=new_token()[1], person_id=owner.id, purpose=ENROLLING, session_id=owner.session.id,
                proofs=[], challenge=ceremony.challenge, address=owner.where.address, started_at=act.at,
                lapses_at=act.at + CHALLENGE_LIFE, tries=0,
            )
        )  # fmt: skip
    return ceremony.options


def enrol_key(owner: Owner, name: str, response: str) -> Enrolled | KeyRefused:
    """What the browser answered (JSON text): the key is enrolled, or why it was not believed.

    Raises:
        Conflict: the key was bound before, or the person has ten factors already.
    """
    with owner.act() as act:
        challenge = _take_challenge(act, owner)
    if challenge is None:
        return KeyRefused("challenge")
    rules = _key_rules(owner)
    judged = webauthn.verify_registration(owner.door.site, rules, response, challenge)
    if isinstance(judged, KeyRefused):
        return judged
    with owner.act() as act:
        ever = authenticators.of_person(act.connection, owner.id, alive=False)
        user = webauthn.user_handle(owner.door.keys, owner.id, ever)
        id_ = webauthn.keep(act, owner.id, name, judged, user=user)
        return _enrolled(act, owner, id_, Method.VERIFIED_KEY)


def card_seen(owner: Owner, pem: str) -> Card | Rejected:
    """The card that the trusted proxy saw, as its owner may check it before binding it."""
    trust = owner.door.authorities
    if trust is None:
        return Rejected(Code.UNKNOWN_ISSUER)
    return certificates.check(trust.trust(), pem, owner.store.clock())


def enrol_card(owner: Owner, name: str, pem: str) -> Enrolled | Rejected:
    """Bind the card that the trusted proxy saw, or say why not.

    Raises:
        Conflict: the person has ten factors already.
    """
    card = card_seen(owner, pem)
    if isinstance(card, Rejected):
        return card
    with owner.act() as act:
        bound = certificates.bind(act, owner.id, card, name)
        if isinstance(bound, Rejected):
            return bound
        return _enrolled(act, owner, bound, Method.CERTIFICATE)


def _key_rules(owner: Owner) -> KeyRules:
    """A key that verifies its user serves alone, so one is asked for (R23)."""
    return owner.door.key_rules(owner.who.rules, verified=True)


def _take_challenge(act: Act, owner: Owner) -> str | None:
    """The challenge that waits for this session: whoever takes it is believed once (ASVS 6.7.2)."""
    columns = login_table.c
    mine = columns.session_id == owner.session.id, columns.purpose == ENROLLING
    taken = delete(login_table).where(*mine).returning(columns.challenge, columns.lapses_at)
    return next((str(row.challenge) for row in act.connection.execute(taken) if row.lapses_at > act.at), None)


def _enrolled(act: Act, owner: Owner, id_: int, method: Method) -> Enrolled:
    made = authenticators.authenticator(act.connection, id_)
    told: dict[str, Value] = {"at": act.at, "form": made.form.label_ja, "name": made.name}
    outbox.tell(act, owner.id, owner.who.email, Topic.FACTOR_ENROLLED, told)
    shown: tuple[str, ...] = ()
    if not codes.left(act.connection, owner.id, act.at).get(Form.RECOVERY):
        shown = codes.issue_recovery(act, owner.door.keys, owner.id).codes
    return Enrolled(id_, login.move_on(act, owner.door, owner.session, owner.who, proved=(method, id_)), shown)


def new_recovery_codes(owner: Owner) -> tuple[str, ...]:
    """Ten new recovery codes, shown this once; all earlier ones are void, and the owner is told."""
    with owner.act() as act:
        outbox.tell(act, owner.id, owner.who.email, Topic.RECOVERY_CODES_MADE, {"at": act.at})
        return codes.issue_recovery(act, owner.door.keys, owner.id).codes


def keep_codes(owner: Owner) -> None:
    """The owner says that the recovery codes are in a safe place."""
    with owner.act() as act:
        for each in authenticators.of_person(act.connection, owner.id):
            if each.form is Form.RECOVERY and not codes_kept(each):
                authenticators.set_data(act, each.id, {**each.data, "kept": True})
                act.record("factor.codes_kept", f"person {owner.id}", {"authenticator": each.id})


def codes_kept(recovery: authenticators.Authenticator) -> bool:
    """Whether the owner said so of this set."""
    return bool(recovery.data.get("kept"))
