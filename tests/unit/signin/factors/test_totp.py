"""One-time codes: which are right, which are not, and what is told of the wrong ones."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.ports import Otp, TokenSeed
from iam.record.keys import KeyRing
from iam.signin.factors.authenticators import Authenticator, Form, State
from iam.signin.factors.totp import (
    LOOK_AHEAD,
    PURPOSE,
    Accepted,
    Device,
    Drifted,
    Judged,
    Replayed,
    Wrong,
    again,
    verify,
    why_not_token,
)

AT = datetime(2027, 4, 1, 9, 0, 10, tzinfo=UTC)
SECRET = b"12345678901234567890"
APP = Device(SECRET)
NOW = APP.step(AT)
KEYS = KeyRing("k", {"k": bytes(range(32))})


def code_of(device: Device, step: int) -> str:
    return pyotp.HOTP(base64.b32encode(device.secret).decode(), digits=device.digits).at(step)


def shown(steps_away: int, counter: int = 0, *, previous_step: bool = False, device: Device = APP) -> Judged:
    return verify(device, counter, code_of(device, NOW + steps_away), AT, previous_step=previous_step)


@pytest.mark.parametrize(
    ("at", "algorithm", "secret", "code"),
    [
        (59, "SHA1", SECRET, "94287082"),
        (59, "SHA256", (SECRET * 2)[:32], "46119246"),
        (59, "SHA512", (SECRET * 4)[:64], "90693936"),
        (1111111109, "SHA1", SECRET, "07081804"),
        (1111111109, "SHA256", (SECRET * 2)[:32], "68084774"),
        (1111111109, "SHA512", (SECRET * 4)[:64], "25091201"),
        (1234567890, "SHA1", SECRET, "89005924"),
        (2000000000, "SHA256", (SECRET * 2)[:32], "90698825"),
        (20000000000, "SHA1", SECRET, "65353130"),
        (20000000000, "SHA512", (SECRET * 4)[:64], "47863826"),
    ],
)
def test_the_codes_are_those_of_rfc_6238(at: int, algorithm: str, secret: bytes, code: str) -> None:
    device = Device(secret, algorithm=algorithm, digits=8)
    instant = datetime.fromtimestamp(at, UTC)
    assert verify(device, 0, code, instant, previous_step=False) == Accepted(at // 30)


@pytest.mark.parametrize(("press", "code"), [(0, "755224"), (1, "287082"), (9, "520489")])
def test_the_codes_are_those_of_rfc_4226(press: int, code: str) -> None:
    device = Device(SECRET, Otp.HOTP, period=0)
    assert verify(device, 0, code, AT, previous_step=False) == Accepted(press + 1)


def test_only_the_current_code_signs_in_where_the_policy_is_strict() -> None:
    assert shown(0) == Accepted(NOW)
    assert shown(-1) == Drifted(-30, NOW - 1)
    assert shown(-1, previous_step=True) == Accepted(NOW - 1)
    assert shown(+1, previous_step=True) == Drifted(+30, NOW + 1)


@given(st.integers(-20, 20), st.booleans())
def test_a_wrong_clock_is_told_with_its_direction_and_never_signs_in(away: int, previous_step: bool) -> None:
    judged = shown(away, previous_step=previous_step)
    if away == 0 or (away == -1 and previous_step):
        assert judged == Accepted(NOW + away)
    else:
        assert judged == Drifted(away * 30, NOW + away)


@pytest.mark.parametrize("away", [-21, 21, 1000])
def test_a_code_of_ten_minutes_away_is_merely_wrong(away: int) -> None:
    assert shown(away) == Wrong()


@given(st.integers(0, 30), st.integers(-25, 25), st.booleans())
def test_no_code_at_or_below_the_counter_is_ever_accepted(used: int, away: int, previous_step: bool) -> None:
    counter = NOW - 10 + used
    judged = shown(away, counter, previous_step=previous_step)
    if NOW + away <= counter:
        assert judged == (Replayed() if abs(away) <= 20 else Wrong())
    if isinstance(judged, Accepted):
        assert judged.counter > counter


def test_a_burnt_code_does_not_sign_in_when_its_time_comes() -> None:
    early = Device(SECRET, burnt=(NOW,))
    assert verify(early, 0, code_of(APP, NOW), AT, previous_step=True) == Replayed()
    assert verify(early, 0, code_of(APP, NOW - 1), AT, previous_step=True) == Accepted(NOW - 1)


@given(st.text(max_size=12))
def test_no_other_text_is_a_code(text: str) -> None:
    right = code_of(APP, NOW)
    if text != right:
        assert not isinstance(verify(APP, 0, text, AT, previous_step=False), Accepted)


@pytest.mark.parametrize("written", ["{0} {1}", "{0}-{1}", " {0}{1}\n", "{0}\u3000{1}"])
def test_a_code_may_be_typed_as_people_type(written: str) -> None:
    code = code_of(APP, NOW)
    assert verify(APP, 0, written.format(code[:3], code[3:]), AT, previous_step=False) == Accepted(NOW)
    wide = code.translate({ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789"})
    assert verify(APP, 0, wide, AT, previous_step=False) == Accepted(NOW)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "٣٤٥٦٧٨", "²²²²²²", "abcdef", "-12345", "12e456"])
def test_what_is_no_code_is_wrong(text: str) -> None:
    assert verify(APP, 0, text, AT, previous_step=True) == Wrong()


@given(st.integers(0, 50), st.integers(-15, 25))
def test_a_counting_device_may_be_a_few_presses_ahead_and_never_goes_back(counter: int, away: int) -> None:
    device = Device(SECRET, Otp.HOTP, period=0)
    if counter + away < 0:
        return
    judged = verify(device, counter, code_of(device, counter + away), AT, previous_step=True)
    if 0 <= away < LOOK_AHEAD:
        assert judged == Accepted(counter + away + 1)
    else:
        assert judged == (Replayed() if -LOOK_AHEAD <= away < 0 else Wrong())


def test_a_device_whose_clock_was_brought_into_step_is_judged_by_its_own_clock() -> None:
    fast = Device(SECRET, drift=3)
    assert verify(fast, 0, code_of(APP, NOW + 3), AT, previous_step=False) == Accepted(NOW + 3)
    assert verify(fast, 0, code_of(APP, NOW), AT, previous_step=False) == Drifted(-90, NOW)


@given(st.timedeltas(timedelta(0), timedelta(seconds=29)))
def test_a_code_lasts_its_thirty_seconds(later: timedelta) -> None:
    start = AT.replace(second=0)
    assert verify(APP, 0, code_of(APP, APP.step(start)), start + later, previous_step=False) == Accepted(NOW)


def pending(device: Device, state: State = State.PENDING) -> Authenticator:
    sealed = KEYS.seal(PURPOSE, device.secret)
    return Authenticator(3, 1, Form.TOTP, "電話", state, None, sealed, device.data(), 0, AT, None, None, None, "")


def test_the_app_is_told_the_body_and_the_number_in_japanese() -> None:
    begun = again(KEYS, pending(APP), issuer="さくら市: 鍵守", account="100123")
    assert begun is not None
    uri = urlsplit(begun.uri)
    query = parse_qs(uri.query)
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/さくら市  鍵守:100123")
    assert query["issuer"] == ["さくら市  鍵守"]
    assert begun.uri.isascii()
    assert base64.b32decode(query["secret"][0]) == SECRET
    assert begun.typed.replace(" ", "") == query["secret"][0]
    assert {len(group) for group in begun.typed.split()} == {4}
    assert again(KEYS, pending(APP, State.ACTIVE), issuer="さくら市", account="100123") is None


def test_no_secret_is_in_a_repr() -> None:
    begun = again(KEYS, pending(APP), issuer="さくら市", account="100123")
    typed = base64.b32encode(SECRET).decode()
    assert all(secret not in repr([begun, APP, pending(APP)]) for secret in (typed, typed[:4], repr(SECRET)[2:-1]))


def test_a_device_is_kept_and_read_back_whole() -> None:
    device = Device(SECRET, Otp.TOTP, "SHA256", 8, 60, -2, (5, 6))
    assert Device.of(KEYS, pending(device)) == device


@pytest.mark.parametrize(
    ("seed", "word"),
    [
        (TokenSeed("A1", b"x" * 13), "112ビット"),
        (TokenSeed("A1", SECRET, algorithm="MD5"), "MD5"),
        (TokenSeed("A1", SECRET, digits=5), "5桁"),
        (TokenSeed("A1", SECRET, period=0), "0秒"),
        (TokenSeed("A1", SECRET, period=180), "120秒以内"),
        (TokenSeed("A1", SECRET, Otp.HOTP, period=0), ""),
        (TokenSeed("A1", SECRET, algorithm="SHA512", digits=8, period=60), ""),
    ],
)
def test_a_device_too_weak_for_the_standard_is_refused_with_its_reason(seed: TokenSeed, word: str) -> None:
    problem = why_not_token(seed)
    assert word in problem
    assert bool(problem) == bool(word)
