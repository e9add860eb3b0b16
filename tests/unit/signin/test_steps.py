"""What a sign-in still needs, and what must be done before anything else."""

import pytest

from iam.policy.entry.signin import SigninRules
from iam.signin.deciding.decision import Needs
from iam.signin.factors.authenticators import Authenticator, Form, State
from iam.signin.kinds import Method, Proofs
from iam.signin.passwords.kept import Why
from iam.signin.steps import asks_verified, duty_of, lacking, needed, out_of_reach
from tests.unit.signin.given import a_factor, rules

PASSWORD = Proofs().plus(Method.PASSWORD)
APP = a_factor(1, Form.TOTP)
KEY = a_factor(2, Form.WEBAUTHN)
CARD = a_factor(3, Form.CERTIFICATE)
PAPER = a_factor(4, Form.RECOVERY)
DESK = a_factor(5, Form.TEMPORARY)
LOST = a_factor(6, Form.TOTP, State.LOST)
GIVEN_UP = a_factor(7, Form.TOTP, State.REMOVED, confirmed=False)
STRICT = rules(phishing_resistant=True)


def test_after_the_password_every_active_form_is_offered_once_in_a_steady_order() -> None:
    offers = needed(rules(), PASSWORD, [PAPER, KEY, a_factor(8, Form.TOTP), APP]).offers

    assert offers == (Form.TOTP, Form.WEBAUTHN, Form.RECOVERY)


@pytest.mark.parametrize("state", [State.PENDING, State.LOST, State.REMOVED, State.DISABLED])
def test_only_an_active_factor_is_offered(state: State) -> None:
    assert Form.WEBAUTHN not in needed(rules(), PASSWORD, [APP, a_factor(9, Form.WEBAUTHN, state)]).offers


def test_who_never_had_a_factor_comes_in_by_the_password_to_enrol_one() -> None:
    assert needed(rules(), PASSWORD, []).done
    assert needed(rules(), PASSWORD, [GIVEN_UP]).done
    assert duty_of(rules(), PASSWORD, Why.NOTHING, []) == "enrol"


def test_who_lost_the_only_factor_needs_the_desk_not_just_the_password() -> None:
    assert needed(rules(), PASSWORD, [LOST]).offers == (Form.TEMPORARY,)


def test_who_lost_the_only_factor_may_take_a_recovery_code_and_must_then_enrol() -> None:
    assert needed(rules(), PASSWORD, [LOST, PAPER]).offers == (Form.RECOVERY, Form.TEMPORARY)
    assert duty_of(rules(), PASSWORD.plus(Method.RECOVERY, 4), Why.NOTHING, [PAPER]) == "enrol"


def test_a_code_from_the_desk_leaves_no_duty_while_a_factor_is_there() -> None:
    assert duty_of(rules(), PASSWORD.plus(Method.TEMPORARY, 5), Why.NOTHING, [APP, DESK]) == ""


def test_a_card_alone_needs_the_password() -> None:
    assert needed(rules(), Proofs().plus(Method.CERTIFICATE, 3), [CARD, APP]).password


def test_a_key_that_is_the_only_proof_must_verify_its_user() -> None:
    assert asks_verified(Proofs())
    assert asks_verified(Proofs().plus(Method.CERTIFICATE, 3))
    assert not asks_verified(PASSWORD)


# --- without a second factor by waiver


def test_where_no_second_factor_is_asked_for_the_password_does() -> None:
    assert needed(rules(second_factor=False), PASSWORD, [LOST, PAPER]).done
    assert duty_of(rules(second_factor=False), PASSWORD, Why.NOTHING, []) == ""


def test_who_enrolled_one_all_the_same_is_asked_for_it() -> None:
    assert needed(rules(second_factor=False), PASSWORD, [APP]).offers == (Form.TOTP,)


# --- where a phishing-resistant factor is asked for


def test_an_enrolled_key_is_the_only_way_where_the_rules_ask_for_one() -> None:
    assert needed(STRICT, PASSWORD, [APP, KEY, PAPER]).offers == (Form.WEBAUTHN,)
    assert needed(STRICT, PASSWORD, [APP, KEY, CARD, DESK]).offers == (
        Form.WEBAUTHN, Form.CERTIFICATE, Form.TEMPORARY,
    )  # fmt: skip


@pytest.mark.parametrize("method", [Method.TOTP, Method.TOKEN, Method.RECOVERY])
def test_a_code_in_the_place_of_the_key_does_not_complete_the_login(method: Method) -> None:
    assert needed(STRICT, PASSWORD.plus(method, 1), [APP, KEY]).offers == (Form.WEBAUTHN,)


def test_without_a_key_the_app_opens_a_session_that_may_only_enrol_one() -> None:
    proofs = PASSWORD.plus(Method.TOTP, 1)

    assert needed(STRICT, proofs, [APP]).done
    assert duty_of(STRICT, proofs, Why.NOTHING, [APP]) == "enrol"


@pytest.mark.parametrize("method", [Method.KEY, Method.VERIFIED_KEY, Method.CERTIFICATE])
def test_a_key_or_a_card_fulfils_them(method: Method) -> None:
    proofs = PASSWORD.plus(method, 2)

    assert needed(STRICT, proofs, [APP, KEY, CARD]).done
    assert duty_of(STRICT, proofs, Why.NOTHING, [APP, KEY]) == ""


def test_the_desk_stands_in_for_a_key_left_at_home_but_opens_nothing_more_than_enrolment() -> None:
    proofs = PASSWORD.plus(Method.TEMPORARY, 5)

    assert needed(STRICT, proofs, [KEY]).done
    assert duty_of(STRICT, proofs, Why.NOTHING, [KEY]) == "enrol"


# --- duties


@pytest.mark.parametrize("why", [Why.TEMPORARY, Why.ROTATION, Why.POLICY, Why.LEAK])
def test_a_password_to_change_comes_first(why: Why) -> None:
    assert duty_of(rules(), PASSWORD, why, []) == "password"
    assert duty_of(rules(), PASSWORD.plus(Method.TOTP, 1), why, [APP]) == "password"


@pytest.mark.parametrize(
    ("asked", "methods", "falls_short"),
    [
        (rules(), (Method.PASSWORD,), True),
        (rules(), (Method.PASSWORD, Method.TOTP), False),
        (rules(), (Method.VERIFIED_KEY,), False),
        (rules(second_factor=False), (Method.PASSWORD,), False),
        (STRICT, (Method.PASSWORD, Method.TOTP), True),
        (STRICT, (Method.VERIFIED_KEY,), False),
    ],
)
def test_proofs_that_fall_short_of_the_rules_are_seen(
    asked: SigninRules, methods: tuple[Method, ...], falls_short: bool
) -> None:
    assert lacking(asked, Proofs(tuple((method, 1) for method in methods))) is falls_short


# --- what a system asks for beyond the person's own rules


RESISTANT = Needs(2, resistant=True)


def test_a_system_that_asks_for_what_cannot_be_passed_on_is_given_nothing_else() -> None:
    lax = rules(second_factor=False)
    assert needed(lax, PASSWORD, [APP, KEY, PAPER, DESK], RESISTANT).offers == (Form.WEBAUTHN,)
    assert needed(lax, PASSWORD.plus(Method.TOTP, 1), [APP, KEY, DESK], RESISTANT).offers == (Form.WEBAUTHN,)
    assert needed(lax, PASSWORD.plus(Method.TEMPORARY, 5), [KEY, DESK], RESISTANT).offers == (Form.WEBAUTHN,)
    assert needed(lax, PASSWORD.plus(Method.KEY, 2), [APP, KEY], RESISTANT).done


@pytest.mark.parametrize(
    ("needs", "held", "missing"),
    [
        (Needs(), [], False),
        (Needs(2), [], True),
        (Needs(2), [LOST], True),
        (Needs(2), [APP], False),
        (RESISTANT, [APP, PAPER, DESK], True),
        (RESISTANT, [CARD], False),
    ],
)
def test_who_holds_nothing_that_would_do_is_told_so_and_not_kept_waiting(
    needs: Needs, held: list[Authenticator], missing: bool
) -> None:
    assert out_of_reach(needs, held) is missing
    assert not missing or needed(rules(second_factor=False), PASSWORD, [], needs).done
