"""One-time codes: the app on a phone (TOTP) and the device that the office lends (OATH TOTP or HOTP).

The one law: *a code signs in once* (NIST SP 800-63B-4 3.1.4, ASVS 6.5.1, R25):
believing a code raises the authenticator's counter by one conditional
statement, so a second process, node or eavesdropper with the same code is
refused, whatever it read before.

Keys of apps are 160 random bits, as RFC 4226 4 recommends, and make codes by
SHA-1 with 6 digits every 30 seconds: the only parameters that every app
understands (several read no others from the QR code and would show wrong codes).
HMAC-SHA-1 is unharmed by the collisions of SHA-1 (RFC 6194 3.3).  What six
digits lack, throttling makes good (3.1.4: due below 64 bits).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import pyotp

from iam.errors import ConfigurationError
from iam.ports import Otp, TokenSeed
from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.signin.factors.authenticators import (
    Authenticator,
    Form,
    State,
    authenticator,
    confirm,
    end,
    enrol,
    note_used,
    of_person,
    set_data,
)
from iam.signin.factors.codes import normalised

PURPOSE: Final = "totp"
"""The purpose under which the key ring seals the secret of an app or of a lent device."""

LOOK_AHEAD: Final = 10
"""Presses of a counting device that may go by unseen before it must be brought into step."""

_KEY_BYTES: Final = 20
_LEAST_KEY_BYTES: Final = 14  # NIST SP 800-63B-4 3.1.4: 112 bits
_LONGEST_PERIOD: Final = 120  # the same: a code of time changes within two minutes
_DIGITS: Final = range(6, 9)
_DRIFT_SECONDS: Final = 600
_RESYNC_AHEAD: Final = 100
_RESYNC_SECONDS: Final = 3600
_ALGORITHMS: Final[Mapping[str, Callable[..., Any]]] = {
    "SHA1": hashlib.sha1,
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
}


@dataclass(frozen=True, slots=True)
class Device:
    """How a device makes its codes (RFC 6238, RFC 4226).

    `period` in seconds (TOTP).  `drift`: how many periods the device's own clock is ahead, as found when it was brought
    into step.  `burnt`: steps whose codes were shown too early and count no more.
    """

    secret: bytes = field(repr=False)
    otp: Otp = Otp.TOTP
    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30
    drift: int = 0
    burnt: tuple[int, ...] = ()

    @classmethod
    def of(cls, keys: KeyRing, chosen: Authenticator) -> "Device":
        """The device behind an authenticator of form TOTP or TOKEN.

        Raises:
            IntegrityError: when its sealed secret was altered.
        """
        data = chosen.data
        return cls(
            keys.open(PURPOSE, chosen.sealed or b""),
            Otp(data["otp"]),
            str(data["algorithm"]),
            int(data["digits"]),
            int(data["period"]),
            int(data["drift"]),
            tuple(data["burnt"]),
        )

    def data(self) -> dict[str, object]:
        """What is not secret, as the authenticator's `data` keeps it."""
        return {
            "otp": self.otp, "algorithm": self.algorithm, "digits": self.digits, "period": self.period,
            "drift": self.drift, "burnt": list(self.burnt),
        }  # fmt: skip

    def step(self, at: datetime) -> int:
        """The step that the device's clock has reached at this instant (TOTP)."""
        return int(at.timestamp()) // self.period + self.drift

    def matching(self, steps: Iterable[int], code: str) -> list[int]:
        """Which of the steps this is the code of.  All are compared, so that time tells nothing of the right one."""
        typed = base64.b32encode(self.secret).decode()
        made = pyotp.HOTP(typed, digits=self.digits, digest=_ALGORITHMS[self.algorithm])
        return [step for step in steps if step >= 0 and hmac.compare_digest(made.at(step).encode(), code.encode())]


@dataclass(frozen=True, slots=True)
class Begun:
    """A TOTP enrolment under way, shown to its owner and never logged.

    `uri` goes into the QR code; `typed` is the same key for typing, in groups of four.
    """

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
    for each in of_person(act.connection, person_id):
        if each.form is Form.TOTP and each.state is State.PENDING:
            end(act, each.id, State.REMOVED, "not confirmed")
    device = Device(secrets.token_bytes(_KEY_BYTES))
    sealed = keys.seal(PURPOSE, device.secret)
    return _begun(enrol(act, person_id, Form.TOTP, name, sealed=sealed, data=device.data()), device, issuer, account)


def again(keys: KeyRing, pending: Authenticator, *, issuer: str, account: str) -> Begun | None:
    """The same enrolment once more, for a page shown anew after a mistyped code; None when it is not pending."""
    if pending.form is not Form.TOTP or pending.state is not State.PENDING:
        return None
    return _begun(pending.id, Device.of(keys, pending), issuer, account)


def _begun(id_: int, device: Device, issuer: str, account: str) -> Begun:
    typed = base64.b32encode(device.secret).decode()
    # A colon parts the issuer from the account inside the label.
    shown = issuer.replace(":", " ").strip()
    uri = pyotp.TOTP(typed).provisioning_uri(name=account.replace(":", " "), issuer_name=shown)
    return Begun(id_, uri, " ".join(typed[at : at + 4] for at in range(0, len(typed), 4)))


def confirm_code(act: Act, keys: KeyRing, person_id: int, id_: int, code: str) -> Judged:
    """The first code of a pending app makes it active; Drifted tells a wrong clock, which its owner can put right.

    The step before counts as well, whatever the policy says of signing in: somebody is reading a page.

    Raises:
        NotFound: when it is not that person's.
    """
    chosen = authenticator(act.connection, id_, person_id=person_id, lock=True)
    if chosen.form is not Form.TOTP or chosen.state is not State.PENDING:
        return Wrong()
    judged = verify(Device.of(keys, chosen), chosen.counter, code, act.at, previous_step=True)
    if isinstance(judged, Accepted):
        confirm(act, id_)
        note_used(act, id_, judged.counter)
    return judged


def give(act: Act, keys: KeyRing, id_: int, code: str, *, previous_step: bool) -> Judged:
    """Judge a code at sign-in and remember it, in one step: what the door calls.  Only Accepted signs in.

    An authenticator that is not active, or of another form, answers Wrong.

    Raises:
        NotFound: no such authenticator.
    """
    chosen = authenticator(act.connection, id_, lock=True)
    if not chosen.active or chosen.form not in {Form.TOTP, Form.TOKEN}:
        return Wrong()
    device = Device.of(keys, chosen)
    judged = verify(device, chosen.counter, code, act.at, previous_step=previous_step)
    if isinstance(judged, Accepted) and not note_used(act, id_, judged.counter):
        return Replayed()
    if isinstance(judged, Drifted) and judged.seconds > 0:
        # Else Drifted would tell a guesser which code to come back with in some minutes.
        coming = [step for step in device.burnt if step >= device.step(act.at) - 1]
        set_data(act, id_, replace(device, burnt=(*coming, judged.step)).data())
    return judged


def verify(device: Device, counter: int, code: str, at: datetime, *, previous_step: bool) -> Judged:
    """Judge a code, without I/O, in the same time whichever digit is wrong.  See `give` for the whole deed."""
    typed = normalised(code)
    if not (typed.isascii() and typed.isdigit() and len(typed) == device.digits):
        return Wrong()
    if device.otp is Otp.HOTP:
        return _verify_counting(device, counter, typed)
    now = device.step(at)
    matching = device.matching((now, now - 1) if previous_step else (now,), typed)
    if fresh := [step for step in matching if step > counter and step not in device.burnt]:
        return Accepted(fresh[0])
    return Replayed() if matching else _off_by_some(device, counter, typed, now)


def _off_by_some(device: Device, counter: int, typed: str, now: int) -> Judged:
    wide = _DRIFT_SECONDS // device.period
    matching = device.matching(range(now - wide, now + wide + 1), typed)
    unused = [step for step in matching if step > counter]
    if not unused:
        return Replayed() if matching else Wrong()
    nearest = min(unused, key=lambda step: abs(step - now))
    return Drifted((nearest - now) * device.period, nearest)


def _verify_counting(device: Device, counter: int, typed: str) -> Judged:
    if ahead := device.matching(range(counter, counter + LOOK_AHEAD), typed):
        return Accepted(ahead[0] + 1)
    return Replayed() if device.matching(range(counter - LOOK_AHEAD, counter), typed) else Wrong()


def bind_token(act: Act, keys: KeyRing, person_id: int, name: str, seed: TokenSeed, *, handle: str) -> int:
    """A lent device, active at once, which counts on from `seed.counter`.

    `handle` names this lending (serial and its number), since a device that came back may be lent again.

    Raises:
        ConfigurationError: see `why_not_token`; NotFound, Conflict: see `authenticators.enrol`.
    """
    if problem := why_not_token(seed):
        raise ConfigurationError([problem])
    device = Device(seed.secret, seed.otp, seed.algorithm, seed.digits, seed.period)
    # The one who had it before may still remember the code that it shows.
    counter = seed.counter if seed.otp is Otp.HOTP else device.step(act.at)
    return enrol(
        act, person_id, Form.TOKEN, name, handle=handle, sealed=keys.seal(PURPOSE, seed.secret),
        data=device.data(), counter=counter, state=State.ACTIVE,
    )  # fmt: skip


def why_not_token(seed: TokenSeed) -> str:
    """Why a device cannot be used here, in one sentence, or ""."""
    if len(seed.secret) < _LEAST_KEY_BYTES:
        return f"{seed.place or seed.serial}: 鍵が{len(seed.secret) * 8}ビットしかありません。112ビット以上が必要です。"
    if seed.algorithm not in _ALGORITHMS or seed.digits not in _DIGITS:
        return (
            f"{seed.place or seed.serial}: 方式 {seed.algorithm}・{seed.digits}桁は使えません。"
            "SHA1・SHA256・SHA512の6桁から8桁にしてください。"
        )
    if seed.otp is Otp.TOTP and not 0 < seed.period <= _LONGEST_PERIOD:
        return f"{seed.place or seed.serial}: 番号が変わる間隔 {seed.period}秒は使えません。120秒以内にしてください。"
    return ""


def resynchronise(act: Act, keys: KeyRing, id_: int, first: str, second: str) -> bool:
    """Bring a lent device into step by two codes that it showed one after the other (RFC 4226 7.4, RFC 6238 6).

    False when they are not two such codes.

    Raises:
        NotFound: no such authenticator.
    """
    chosen = authenticator(act.connection, id_, lock=True)
    if not chosen.active or chosen.form is not Form.TOKEN:
        return False
    device = Device.of(keys, chosen)
    step = _second_of(device, chosen.counter, normalised(first), normalised(second), act.at)
    if step is None:
        return False
    if not note_used(act, id_, step + 1 if device.otp is Otp.HOTP else step):
        return False
    if device.otp is not Otp.HOTP:
        set_data(act, id_, replace(device, drift=step - replace(device, drift=0).step(act.at)).data())
    act.record("factor.resynchronised", f"person {chosen.person_id}", {"authenticator": id_})
    return True


def _second_of(device: Device, counter: int, first: str, second: str, at: datetime) -> int | None:
    if not (first.isascii() and second.isascii()):
        return None
    if device.otp is Otp.HOTP:
        steps = range(counter, counter + _RESYNC_AHEAD)
    else:
        now, wide = replace(device, drift=0).step(at), _RESYNC_SECONDS // device.period
        steps = range(now - wide, now + wide + 1)
    followed = set(device.matching((step + 1 for step in steps), second))
    found = [step + 1 for step in device.matching(steps, first) if step + 1 in followed]
    return found[0] if found else None
