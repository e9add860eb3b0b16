"""Logins: from a template, free of collisions, never used twice."""

import re
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.access.naming import comparable_login, login_for, romaji
from iam.people.ledger import Person
from tests.bodies import row
from tests.values import person

TARO = replace(person(row(1)), name_kana="ヤマダ　タロウ", email="t.yamada@city.example.jp")


@pytest.mark.parametrize(
    ("template", "login"),
    [
        ("{staff_number}", "0000001"),
        ("{family_romaji}.{given_romaji}", "yamada.tarou"),
        ("{given_initial}-{family_romaji}", "t-yamada"),
        ("{email_local}", "t.yamada"),
        ("X{staff_number}", "x0000001"),
    ],
)
def test_a_template_is_filled_from_the_person(template: str, login: str) -> None:
    assert login_for(template, TARO, set()) == login


def test_a_login_that_is_taken_gets_a_number_behind_it() -> None:
    taken: set[str] = set()
    for expected in ("yamada", "yamada2", "yamada3"):
        login = login_for("{family_romaji}", TARO, taken)
        assert login == expected
        taken.add(comparable_login(login))


def test_case_and_width_do_not_make_another_login() -> None:
    assert comparable_login("ＹＡＭＡＤＡ") == comparable_login("yamada")
    assert login_for("{family_romaji}", TARO, {comparable_login("Yamada")}) == "yamada2"


@pytest.mark.parametrize("someone", [replace(TARO, name_kana=""), replace(TARO, name_kana="・")])
def test_a_person_of_whom_the_template_says_nothing_has_no_login(someone: Person) -> None:
    with pytest.raises(ValueError, match="family_romaji"):
        login_for("{family_romaji}", someone, set())


@pytest.mark.parametrize(
    ("kana", "letters"),
    [
        ("ヤマダ", "yamada"),
        ("いのうえ", "inoue"),
        ("コウイチ", "kouichi"),
        ("ﾔﾏﾀﾞ", "yamada"),
        ("シンジョウ", "shinjou"),
        ("チュウゼンジ", "chuuzenji"),
    ],
)
def test_kana_become_letters(kana: str, letters: str) -> None:
    assert romaji(kana) == letters


_KANA = st.text(st.characters(min_codepoint=0x30A1, max_codepoint=0x30FC), min_size=0, max_size=12)


@given(_KANA, _KANA, st.integers(0, 30))
def test_whatever_the_reading_a_login_is_plain_and_free(family: str, given_name: str, others: int) -> None:
    someone = replace(TARO, name_kana=f"{family} {given_name}")
    taken: set[str] = set()
    for _ in range(others + 1):
        try:
            login = login_for("{family_romaji}.{given_romaji}", someone, taken)
        except ValueError:
            return
        assert comparable_login(login) not in taken
        assert re.fullmatch(f"[{string.ascii_lowercase}{string.digits}._-]+", login)
        assert login[0] not in "._-"
        taken.add(comparable_login(login))
