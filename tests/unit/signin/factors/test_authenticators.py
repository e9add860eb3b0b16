"""Authenticators and single-use codes, as far as they need no database."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.signin.factors.authenticators import LONGEST_NAME, Authenticator, Form, State, cleaned
from iam.signin.factors.codes import normalised, shape_of
from iam.signin.factors.removal import Refusal, why_not_remove
from iam.signin.kinds import Method

AT = datetime(2027, 4, 1, tzinfo=UTC)


def held(id_: int, form: Form, state: State = State.ACTIVE) -> Authenticator:
    return Authenticator(id_, 1, form, form.label_ja, state, None, None, {}, 0, AT, None, None, None, "")


def test_every_form_is_a_method_and_every_state_has_its_word() -> None:
    assert [form.method() for form in Form] == [
        Method.TOTP, Method.TOKEN, Method.KEY, Method.CERTIFICATE, Method.RECOVERY, Method.TEMPORARY,
    ]  # fmt: skip
    assert Form.WEBAUTHN.method(verified=True) is Method.VERIFIED_KEY
    assert all(state.label_ja for state in State)


@given(st.text(max_size=120))
def test_a_cleaned_name_is_one_short_visible_line(name: str) -> None:
    clean = cleaned(name, Form.TOTP)
    assert 0 < len(clean) <= LONGEST_NAME
    assert not any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for each in clean)
    assert clean == clean.strip()
    assert cleaned(clean, Form.TOTP) == clean


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("私の電話", "私の電話"),
        ("  机の\r\n 鍵 ", "机の 鍵"),
        ("鍵\u202etxt.exe", "鍵txt.exe"),
        ("\u200b\u00a0", "認証アプリ"),
        ("葛\U000e0100", "葛\U000e0100"),
        ("か\u3099き", "がき"),
    ],
)
def test_a_name_is_kept_but_for_what_nobody_sees(name: str, clean: str) -> None:
    assert cleaned(name, Form.TOTP) == clean


ASKED = {"second_factor": True, "phishing_resistant": False}


def test_the_last_second_factor_stays_while_one_is_asked_for() -> None:
    app, key, codes = held(1, Form.TOTP), held(2, Form.WEBAUTHN), held(3, Form.RECOVERY)
    assert why_not_remove([app, codes], app, **ASKED) == Refusal("last")
    assert why_not_remove([app, key, codes], app, **ASKED) is None
    assert why_not_remove([app, held(4, Form.TOTP, State.PENDING)], app, **ASKED) == Refusal("last")
    assert why_not_remove([app], app, second_factor=False, phishing_resistant=False) is None


def test_the_last_phishing_resistant_one_stays_where_one_is_asked_for() -> None:
    app, key, card = held(1, Form.TOTP), held(2, Form.WEBAUTHN), held(3, Form.CERTIFICATE)
    asked = ASKED | {"phishing_resistant": True}
    assert why_not_remove([app, key], key, **asked) == Refusal("last_resistant")
    assert why_not_remove([app, key, card], key, **asked) is None
    assert why_not_remove([app, key], app, **asked) is None


def test_what_is_lent_goes_back_to_the_desk_and_what_is_over_stays_over() -> None:
    token, app = held(1, Form.TOKEN), held(2, Form.TOTP)
    assert why_not_remove([token, app], token, **ASKED) == Refusal("lent")
    assert why_not_remove([app], replace(app, state=State.LOST), **ASKED) == Refusal("ended")
    assert why_not_remove([app], held(3, Form.TOTP, State.PENDING), **ASKED) is None
    assert why_not_remove([app], held(3, Form.RECOVERY), **ASKED) is None


@pytest.mark.parametrize("code", ["ended", "last", "last_resistant", "lent"])
def test_every_refusal_says_its_cure(code: str) -> None:
    assert Refusal(code).sentence_ja.endswith("。")


RECOVERY = "ACDEFG-HJKMNP-QRTVWX"
TEMPORARY = "ACDEF-34679-QRTVW"


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        (RECOVERY, Form.RECOVERY),
        (RECOVERY.lower().replace("-", " "), Form.RECOVERY),
        ("ＡＣＤＥＦＧーＨＪＫＭＮＰ－ＱＲＴＶＷＸ", Form.RECOVERY),
        (TEMPORARY, Form.TEMPORARY),
        (f"\t{TEMPORARY}\u200b\n", Form.TEMPORARY),
        ("123456", Form.TOTP),
        ("１２３ ４５６", Form.TOTP),
        ("12345678", Form.TOTP),
        ("12345", None),
        ("", None),
        (RECOVERY.replace("A", "B"), None),
        (RECOVERY + "A", None),
        ("パスワードを入れてしまった職員番号", None),
    ],
)
def test_what_was_typed_says_what_it_is(typed: str, form: Form | None) -> None:
    assert shape_of(typed) is form


@given(st.text())
def test_any_text_has_a_shape_or_none(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text) or not normalised(text).isascii()
    assert shape_of(text) in {Form.TOTP, Form.RECOVERY, Form.TEMPORARY, None}
