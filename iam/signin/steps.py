"""A sign-in as steps: the half-done login, what it has proved, and what it still needs.

The one law: *nothing is told before it is proved*: an unknown number, a wrong
password and a suspended person get the same words, status and time (R35,
ASVS 6.3.8); a refusal that must be remembered is returned, never raised.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Column, Integer, Table, Text

from iam.record.store import Instant, Json, Number, metadata
from iam.signin.factors.authenticators import Form

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
    not_asked    a code or key of a form that was not offered
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
