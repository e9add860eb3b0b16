"""Kinds, not counts (R22): every pair of ways to prove oneself, and what a sign-in makes of it."""

from itertools import combinations_with_replacement, permutations

import pytest

from iam.signin.factors.authenticators import Form
from iam.signin.kinds import PROVES, Kind, Method, Proofs, kinds_of, two_kinds
from iam.signin.steps import needed
from tests.unit.signin.given import a_factor, rules

HELD = [a_factor(number, form) for number, form in enumerate(Form, start=1)]
POSSESSIONS = [Method.TOTP, Method.TOKEN, Method.KEY, Method.CERTIFICATE, Method.RECOVERY, Method.TEMPORARY]


@pytest.mark.parametrize(("one", "other"), list(combinations_with_replacement(Method, 2)))
def test_a_pair_opens_a_session_if_and_only_if_it_proves_two_kinds(one: Method, other: Method) -> None:
    kinds = PROVES[one] | PROVES[other]

    for first, second in {(one, other), (other, one)}:
        proofs = Proofs().plus(first, 1).plus(second, 2)
        assert needed(rules(), proofs, HELD).done is (len(kinds) >= 2)


@pytest.mark.parametrize("pair", list(permutations(POSSESSIONS, 2)))
def test_two_possessions_never_do(pair: tuple[Method, ...]) -> None:
    assert not two_kinds(pair)
    assert needed(rules(), Proofs(tuple((method, 1) for method in pair)), HELD).password


@pytest.mark.parametrize("method", POSSESSIONS)
def test_the_password_and_any_possession_do(method: Method) -> None:
    assert two_kinds([Method.PASSWORD, method])


def test_a_password_given_twice_is_one_kind() -> None:
    assert not two_kinds([Method.PASSWORD, Method.PASSWORD])


def test_only_a_key_that_verified_its_user_does_alone() -> None:
    assert [method for method in Method if two_kinds([method])] == [Method.VERIFIED_KEY]


def test_no_way_by_mail_message_or_question_exists() -> None:
    assert {method.value for method in Method} == {
        "password", "totp", "token", "key", "verified_key", "certificate", "recovery", "temporary",
    }  # fmt: skip


def test_proofs_read_back_as_they_were_written() -> None:
    proofs = Proofs().plus(Method.PASSWORD).plus(Method.TOTP, 7)

    assert Proofs.of([["password", 0], ["totp", 7]]) == proofs
    assert proofs.kinds == kinds_of([Method.PASSWORD, Method.TOTP]) == {Kind.KNOWLEDGE, Kind.POSSESSION}


@pytest.mark.parametrize("odd", [None, "password", [["question", 1]], [["totp"]]])
def test_what_are_no_proofs_is_not_believed(odd: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        Proofs.of(odd)
