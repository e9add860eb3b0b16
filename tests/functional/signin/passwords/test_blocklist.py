"""The packaged lists, with the network away."""

import socket

import pytest

from iam.signin.passwords.blocklist import listed
from iam.signin.passwords.judging import Code, Words, judge, words_of

BODY = words_of(body=["さくら市", "企画課"], kana=["サトウ ハナコ"])


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the blocklist asked the network")

    monkeypatch.setattr(socket, "socket", refuse)


def codes(password: str, words: Words = BODY, minimum: int = 8) -> list[Code]:
    return [problem.code for problem in judge(password, minimum=minimum, words=words, listed=listed)]


@pytest.mark.parametrize(
    "word", ["password", "dragon", "iloveyou", "1q2w3e4r", "princess1", "correcthorsebatterystaple"]
)
def test_common_values_of_any_length_are_listed(word: str) -> None:
    assert listed(word)


@pytest.mark.parametrize("word", ["", "雨", "kx8vt2mz", "kx8vt2mz4qlw9rnb", "雨の港で三羽のかもめが歌う", "é" * 128])
def test_uncommon_values_are_not(word: str) -> None:
    assert not listed(word)


@pytest.mark.parametrize(
    "password",
    [
        "password12345678",
        "P@ssw0rd2026!!!!",
        "iloveyou20260401",
        "correct horse battery staple",
        "Charlie1",
        "sunshine99",
    ],
)
def test_breached_and_frequent_values_are_refused_in_every_guise(password: str) -> None:
    assert codes(password) == [Code.LISTED]


def test_a_breached_value_counts_in_the_case_in_which_it_leaked() -> None:
    assert not listed("eternalslumber")
    assert listed("EternalSlumber")
    assert codes("EternalSlumber") == [Code.LISTED]


@pytest.mark.parametrize(
    "password", ["さくら市役所2026", "jichitai2026", "sakura-shiyakusho", "企画課企画課2026", "Sato_Hanako1990"]
)
def test_words_of_a_japanese_office_are_refused(password: str) -> None:
    assert codes(password)[0] in {Code.CONTEXT, Code.LISTED}


@pytest.mark.parametrize("password", ["雨の港で三羽のかもめが歌う夜", "lamp shed quorum drizzle", "Kx8vT2mZ4qLw9RnB"])
def test_a_good_password_passes(password: str) -> None:
    assert codes(password, minimum=14) == []
