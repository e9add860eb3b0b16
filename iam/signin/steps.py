"""A sign-in as steps: the half-done login, what it has proved, and what it still needs.

The one law: *nothing is told before it is proved*: an unknown number, a wrong
password and a suspended person get the same words, status and time (R35,
ASVS 6.3.8); a refusal that must be remembered is returned, never raised.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Row, Table, Text, bindparam, delete, insert, select, update

from iam.policy.entry.signin import SigninRules
from iam.record.act import Act
from iam.record.store import Instant, Json, Number, metadata
from iam.signin.deciding.decision import Needs
from iam.signin.door import Where, hash_of, new_token
from iam.signin.factors.authenticators import LASTING, Authenticator, Form
from iam.signin.kinds import Kind, Method, Proofs, two_kinds
from iam.signin.passwords.kept import Why

login_table = Table(
    "half_login",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", Integer),
    Column("purpose", Text, nullable=False),
    Column("session_id", Number),
    Column("proofs", Json, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("lapses_at", Instant, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("needs", Json),
)


@dataclass(frozen=True, slots=True)
class Refused:
    """Not let in.  What the page says depends on the code alone:

    wrong        number and password do not go together, or nobody may come in by them
    wait         too many failures: `wait` says how long; the same for known and unknown numbers
    disabled     so many that the password, or every way offered, is shut until the desk replaces it
    lapsed       the half-done sign-in is over (ten minutes, too many tries, used elsewhere): begin again
    code         no code of theirs
    replayed     a code that was used: wait for the next one
    drifted      a code of another time: the device's clock is `seconds` off
    clock        our own clock is off: codes that a clock makes are not taken (R25)
    not_asked    a code or key of a form that was not offered
    resistant    at a device: only a key or a card would do, and neither can be used there
    key          the key was not believed; `detail` is the code of webauthn.KeyRefused
    certificate  the card was not believed; `detail` says why
    """

    code: str
    wait: timedelta | None = None
    seconds: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HalfDone:
    """One kind is proved.  `offers`: forms that would complete it, one after the other on the page; `password`:
    a card was shown first and the password is what is missing.  TEMPORARY is offered when only the desk can help."""

    token: str = field(repr=False)
    offers: tuple[Form, ...] = ()
    password: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session, under a new token.  `duty` as in sessions.Session."""

    token: str = field(repr=False)
    session_id: int
    duty: str


Outcome = Refused | HalfDone | SignedIn


LIFE: Final = timedelta(minutes=10)
"""How long a half-done login may be completed (ASVS 6.5.5)."""

MOST_TRIES: Final = 5
"""Wrong answers within one half-done login; then it begins anew with the password."""

RESISTANT: Final = frozenset({Form.WEBAUTHN, Form.CERTIFICATE})
"""Forms that cannot be passed on by a false page."""

TYPED: Final = frozenset({Form.TOTP, Form.TOKEN, Form.RECOVERY, Form.TEMPORARY})
"""Forms that are typed, and so can be given at a device that shows no page."""


NOTHING: Final = Proofs()
"""Nothing proved yet."""

NO_MORE: Final = Needs()
"""Nothing is asked beyond the rules of whoever signs in."""


class Purpose(StrEnum):
    """What a half-done login is for; nothing begun for one serves another.

    A new session; a new proof for one that there is; to be let in once by a device that keeps no session (RADIUS).
    """

    SIGN_IN = "sign_in"
    AGAIN = "again"
    ENTER = "enter"


@dataclass(frozen=True, slots=True)
class Half:
    """One half-done login.  `person_id` None: a key was asked that says itself whose it is."""

    token_hash: str = field(repr=False)
    person_id: int | None
    purpose: Purpose
    session_id: int | None
    proofs: Proofs
    challenge: str = field(repr=False)
    started_at: datetime
    tries: int
    needs: Needs = NO_MORE


# --- what is still needed: pure


@dataclass(frozen=True, slots=True)
class Needed:
    """What a sign-in still needs: nothing, one of `offers`, or the password."""

    offers: tuple[Form, ...] = ()
    password: bool = False

    @property
    def done(self) -> bool:
        """Whether it is complete."""
        return not self.offers and not self.password


def needed(
    rules: SigninRules, proofs: Proofs, authenticators: Sequence[Authenticator], needs: Needs = NO_MORE
) -> Needed:
    """What somebody who gave `proofs` must still prove.  `authenticators`: theirs, the ended ones too.  `needs`: what
    a system asks for beyond their own rules; whoever holds nothing that would do (`out_of_reach`) is not kept waiting.

    Who never had a second factor comes in by the password to enrol one; who had one and lost it does not, for
    then a stolen password would be enough to enrol the thief's (R28): that is for recovery codes or the desk.
    """
    active = [each for each in authenticators if each.active]
    if two_kinds(proofs.methods):
        return Needed() if _strong_enough(rules, proofs, active, needs) else Needed(_resistant(active, needs))
    if Kind.KNOWLEDGE not in proofs.kinds:
        return Needed(password=True)
    return Needed(_beside_password(rules, authenticators, active, needs))


def out_of_reach(needs: Needs, authenticators: Iterable[Authenticator]) -> bool:
    """Whether nothing that somebody holds could prove what is asked: they must enrol something first."""
    active = [each for each in authenticators if each.active]
    if needs.resistant:
        return not any(each.form in RESISTANT for each in active)
    return needs.kinds > 1 and not active


def _beside_password(
    rules: SigninRules, authenticators: Iterable[Authenticator], active: Sequence[Authenticator], needs: Needs
) -> tuple[Form, ...]:
    lasting = any(each.lasting for each in active)
    if lasting and (rules.phishing_resistant or needs.resistant) and any(each.form in RESISTANT for each in active):
        return _resistant(active, needs)
    if not lasting and not rules.second_factor:
        return ()
    had = any(each.form in LASTING and each.confirmed_at is not None for each in authenticators)
    desk = (Form.TEMPORARY,) if had and not lasting else ()
    return _forms([*(each.form for each in active), *desk])


def _strong_enough(rules: SigninRules, proofs: Proofs, active: Sequence[Authenticator], needs: Needs) -> bool:
    """A phishing-resistant factor that is enrolled is used, where it is asked for.

    The desk's code stands in where the person's own rules ask, not where a system does.
    """
    wanted = needs.resistant or (rules.phishing_resistant and Method.TEMPORARY not in proofs.methods)
    return not wanted or proofs.phishing_resistant or not any(each.form in RESISTANT for each in active)


def _resistant(active: Sequence[Authenticator], needs: Needs) -> tuple[Form, ...]:
    stand_in = set() if needs.resistant else {Form.TEMPORARY}
    return _forms(each.form for each in active if each.form in RESISTANT | stand_in)


def _forms(found: Iterable[Form]) -> tuple[Form, ...]:
    forms = set(found)
    return tuple(form for form in Form if form in forms)


def lacking(rules: SigninRules, proofs: Proofs) -> bool:
    """Whether `proofs` fall short of what the rules ask of a session: it may then only enrol."""
    return (rules.second_factor and not two_kinds(proofs.methods)) or (
        rules.phishing_resistant and not proofs.phishing_resistant
    )


def duty_of(rules: SigninRules, proofs: Proofs, why: Why, authenticators: Iterable[Authenticator]) -> str:
    """What must be done before anything else: "password", "enrol" or ""."""
    if why is not Why.NOTHING:
        return "password"
    without = rules.second_factor and not any(each.lasting for each in authenticators)
    return "enrol" if without or lacking(rules, proofs) else ""


def asks_verified(proofs: Proofs) -> bool:
    """Whether a key must verify its user itself: it is then the only proof."""
    return Kind.KNOWLEDGE not in proofs.kinds


# --- half-done logins as rows


_BEGUN: Final = insert(login_table)
_BEHIND: Final = select(login_table).where(
    login_table.c.token_hash == bindparam("hash"),
    login_table.c.lapses_at > bindparam("at", type_=Instant),
    login_table.c.purpose.in_(list(Purpose)),
)
_HELD: Final = _BEHIND.with_for_update()


def start(
    act: Act,
    where: Where,
    *,
    person_id: int | None,
    proofs: Proofs,
    purpose: Purpose = Purpose.SIGN_IN,
    session_id: int | None = None,
    challenge: str = "",
    needs: Needs = NO_MORE,
) -> str:
    """A half-done login: its token.  It is never a session's."""
    token, token_hash = new_token()
    values = {
        "token_hash": token_hash, "person_id": person_id, "purpose": purpose, "session_id": session_id,
        "proofs": proofs.given, "challenge": challenge, "address": where.address, "started_at": act.at,
        "lapses_at": act.at + LIFE, "tries": 0, "needs": _written(needs),
    }  # fmt: skip
    act.connection.execute(_BEGUN, values)
    return token


def half(act: Act, token: str) -> Half | None:
    """The half-done login behind a token, held alone until the act ends; None when it lapsed or is over."""
    return _half(act.connection.execute(_HELD, {"hash": hash_of(token), "at": act.at}).one_or_none())


def peek(connection: Connection, token: str, at: datetime) -> Half | None:
    """The same, only to look."""
    return _half(connection.execute(_BEHIND, {"hash": hash_of(token), "at": at}).one_or_none())


def _half(row: Row[Any] | None) -> Half | None:
    if row is None:
        return None
    return Half(
        row.token_hash, row.person_id, Purpose(row.purpose), row.session_id, Proofs.of(row.proofs), row.challenge,
        row.started_at, row.tries, needs_of(row.needs),
    )  # fmt: skip


def needs_of(written: object) -> Needs:
    """What a row says was asked for."""
    said = written if isinstance(written, dict) else {}
    return Needs(int(said.get("kinds", 1)), bool(said.get("resistant", False)))


def _written(needs: Needs) -> dict[str, object] | None:
    """What is kept: how old a proof may be is judged where it is asked, not here."""
    return None if needs == NO_MORE else {"kinds": needs.kinds, "resistant": needs.resistant}


def advance(act: Act, found: Half, person_id: int, proofs: Proofs) -> str:
    """The same login one proof further, under a new token; it lapses when it would have."""
    token, token_hash = new_token()
    _change(act, found, token_hash=token_hash, person_id=person_id, proofs=proofs.given, challenge="")
    return token


def ask(act: Act, found: Half, challenge: str) -> None:
    """Keep the challenge of a key; an earlier one is believed no more."""
    _change(act, found, challenge=challenge)


def missed(act: Act, found: Half) -> bool:
    """One wrong answer: its challenge is used up; False when there were too many and the login is over."""
    if found.tries + 1 >= MOST_TRIES:
        over(act, found)
        return False
    _change(act, found, tries=found.tries + 1, challenge="")
    return True


def over(act: Act, found: Half) -> None:
    """The login is complete, or given up."""
    act.connection.execute(delete(login_table).where(login_table.c.token_hash == found.token_hash))


def drop_all(act: Act, person_id: int) -> None:
    """Give up every half-done login of a person but one that is being judged at this very moment.

    That one meets what ends it at the password or the factor itself; to wait for it here could be to wait in a ring.
    """
    columns = login_table.c
    free = select(columns.token_hash).where(columns.person_id == person_id).with_for_update(skip_locked=True)
    act.connection.execute(delete(login_table).where(columns.token_hash.in_(free)))


def forget_lapsed(act: Act) -> int:
    """Drop what nobody can complete any more; how many there were."""
    gone = delete(login_table).where(login_table.c.lapses_at <= act.at).returning(login_table.c.purpose)
    return len(act.connection.execute(gone).all())


def _change(act: Act, found: Half, **values: object) -> None:
    act.connection.execute(update(login_table).where(login_table.c.token_hash == found.token_hash).values(**values))
