"""One-time codes: the app on a phone (TOTP) and the device that the office lends (OATH TOTP or HOTP).

The one law: *a code signs in once* (NIST SP 800-63B-4 3.1.4, ASVS 6.5.1, R25):
believing a code raises the authenticator's counter by one conditional
statement, so a second process, node or eavesdropper with the same code is
refused, whatever it read before.

Keys of apps are 160 random bits, as RFC 4226 4 recommends, and make codes by
SHA-1 with 6 digits every 30 seconds: the only parameters that every app
understands (several read no others from the QR code and would show wrong codes).
HMAC-SHA-1 is unharmed by the collisions of SHA-1 (RFC 6194 3.3).  What six
digits lack, throttling makes good (3.1.4: limits are due below 64 bits).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.signin.factors.authenticators import Authenticator

PURPOSE: Final = "totp"
"""The purpose under which the key ring seals the secret of an app or of a lent device."""


@dataclass(frozen=True, slots=True)
class Otp:
    """How a device makes its codes (RFC 6238, RFC 4226).  `period` 0 is a counting device (HOTP), else seconds.

    `drift` is how many periods a device's own clock is ahead, as found when it was brought into step.
    """

    secret: bytes = field(repr=False)
    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30
    drift: int = 0

    def data(self) -> dict[str, object]:
        """What is not secret, as the authenticator's `data` keeps it."""
        raise NotImplementedError

    @classmethod
    def of(cls, keys: KeyRing, authenticator: Authenticator) -> "Otp":
        """The device behind an authenticator of form TOTP or TOKEN."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Begun:
    """A TOTP enrolment under way.  Shown to its owner once, never logged: `uri` goes into the QR code, `typed` is the
    same key for typing, in groups of four."""

    id: int
    uri: str = field(repr=False)
    typed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The right code; `counter` is what the authenticator's counter rises to."""

    counter: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """No code of this device."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A code of this device that was used before, or that is older than one that was."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """A code of another time: the device's clock is `seconds` ahead (+) or behind (-).  Counts as a failure."""

    seconds: int
    step: int = field(repr=False)


Judged = Accepted | Wrong | Replayed | Drifted


def begin(act: Act, keys: KeyRing, person_id: int, name: str, *, issuer: str, account: str) -> Begun:
    """A new app, pending until `confirm_code`; an earlier one of this person that was never confirmed is dropped.

    `issuer` is the body's name and `account` the staff number: what the app shows.

    Raises:
        NotFound, Conflict: see `authenticators.enrol`.
    """
    raise NotImplementedError


def again(keys: KeyRing, authenticator: Authenticator, *, issuer: str, account: str) -> Begun:
    """The same enrolment once more, for a page that is shown anew after a mistyped code."""
    raise NotImplementedError


def confirm_code(act: Act, keys: KeyRing, id_: int, code: str) -> Judged:
    """The first code of a pending app makes it active (current and previous step); Drifted tells that a clock is wrong.

    Raises:
        NotFound: no such authenticator.
    """
    raise NotImplementedError


def give(act: Act, keys: KeyRing, id_: int, code: str, *, previous_step: bool) -> Judged:
    """Judge a code at sign-in and remember it, in one step: what the door calls.  Only Accepted signs in.

    It locks the row, judges, and raises the counter; a code that a clock showed too early is burnt.
    An authenticator that is not active, or of another form, answers Wrong.
    """
    raise NotImplementedError


def verify(otp: Otp, counter: int, code: str, at: datetime, *, previous_step: bool) -> Judged:
    """Judge a code, without I/O, in the same time whatever digit is wrong.  See `give` for the whole deed."""
    raise NotImplementedError


def bind_token(act: Act, keys: KeyRing, person_id: int, name: str, *, handle: str, otp: Otp, counter: int = 0) -> int:
    """A lent device, active at once; `counter` is the next moving factor (HOTP) or the last used step (TOTP).

    `handle` names this lending (serial and its number), since a device that came back may be lent again.

    Raises:
        ConfigurationError: the device's key is under 128 bits or its parameters are unknown; see also `enrol`.
    """
    raise NotImplementedError


def resynchronise(act: Act, keys: KeyRing, id_: int, first: str, second: str) -> bool:
    """Bring a lent device into step by two codes that it showed one after the other (RFC 4226 7.4, RFC 6238 6)."""
    raise NotImplementedError
