"""A letter says what its topic says, and can carry nothing else."""

import re
import string
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.outbox.letters import LETTERS, address_is_sound
from iam.outbox.topics import LONGEST_TEXT, TEXTS, Topic, Value, composed, harmless, one_line

CANARY = "canary-secret-5f2a"
AT = datetime(2027, 4, 1, 0, 5, tzinfo=UTC)
SAMPLES: Mapping[type, Value] = {str: "総務課 山田", int: 4, date: date(2027, 4, 1), datetime: AT}


def sample(topic: Topic) -> dict[str, Value]:
    """A value for each field."""
    return {name: SAMPLES[kind] for name, kind in TEXTS[topic].fields.items()}


@pytest.mark.parametrize("topic", Topic)
def test_every_topic_has_a_text_that_uses_each_of_its_fields(topic: Topic) -> None:
    text = TEXTS[topic]
    used = {name for _, name, _, _ in string.Formatter().parse(text.subject + text.body) if name}
    assert used == set(text.fields)


@pytest.mark.parametrize("topic", Topic)
def test_no_topic_has_a_field_for_a_secret(topic: Topic) -> None:
    words = {"password", "secret", "code", "codes", "pin", "key", "seed", "token", "hash", "cookie", "link", "url"}
    assert not {part for name in TEXTS[topic].fields for part in name.split("_")} & words


@pytest.mark.parametrize("topic", Topic)
def test_a_letter_has_one_line_of_subject_and_no_link(topic: Topic) -> None:
    subject, body = composed(topic, sample(topic))
    assert subject.startswith("【鍵守】")
    assert subject.isprintable()
    assert "://" not in body
    assert "{" not in subject + body


@pytest.mark.parametrize("topic", Topic)
def test_a_secret_that_is_handed_in_under_its_own_name_is_refused(topic: Topic) -> None:
    for name in ("password", "code", "detail"):
        with pytest.raises(ValueError, match="fields"):
            composed(topic, {**sample(topic), name: CANARY})


@pytest.mark.parametrize("topic", Topic)
def test_bytes_are_never_a_value(topic: Topic) -> None:
    for name in TEXTS[topic].fields:
        with pytest.raises(TypeError):
            composed(topic, {**sample(topic), name: CANARY.encode()})  # type: ignore[dict-item]


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(ValueError, match="fields"):
        composed(Topic.FACTOR_LOST, {"at": AT, "form": "認証アプリ"})


@pytest.mark.parametrize("wrong", [True, date(2027, 4, 1), "2027-04-01"])
def test_a_value_of_another_type_is_refused(wrong: Value) -> None:
    with pytest.raises(TypeError):
        harmless(Topic.PASSWORD_CHANGED, {"at": wrong})


def test_instants_are_told_in_japans_time_and_numbers_of_cases_stay_whole() -> None:
    _, body = composed(Topic.PASSWORD_CHANGED, {"at": AT})
    assert "2027年4月1日 9:05" in body
    _, body = composed(Topic.CASE_DECIDED, {"case": "仮パスワード", "number": 1234, "decision": "承認"})
    assert "受付番号 1234" in body


def test_a_name_with_braces_stays_a_name() -> None:
    _, body = composed(Topic.FACTOR_REMOVED, {"at": AT, "form": "認証アプリ", "name": "{at.__class__}{form}"})
    assert "「{at.__class__}{form}」" in body


@given(st.text(max_size=400))
def test_whatever_a_name_holds_it_is_one_short_line(text: str) -> None:
    shown = one_line(text)
    assert len(shown) <= LONGEST_TEXT
    assert len(shown.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", shown)


@pytest.mark.parametrize(
    "address", ["a@sakura.test", "yamada.taro+mail@city.sakura.lg.jp", "x_y-z@a-b.example", "o'brien@sakura.test"]
)
def test_an_address_of_staff_is_sound(address: str) -> None:
    assert address_is_sound(address)


@pytest.mark.parametrize(
    "address",
    [
        "", " ", "yamada", "@sakura.test", "yamada@", "a@b@c", "a b@sakura.test", "山田@sakura.test",
        "a@sakura.test\r\nBcc: b@sakura.test", "a@sakura.test\n", "a@sakura.test, b@sakura.test",
        "<a@sakura.test>", "山田 <a@sakura.test>", ".a@sakura.test", "a..b@sakura.test", "a@-sakura.test",
        "a@sakura..test", "a@[192.0.2.1]", f"{'a' * 65}@sakura.test", f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}",
        "a@sakura.test\x00", "a@sаkura.test",
    ],
)  # fmt: skip
def test_anything_else_is_no_address(address: str) -> None:
    assert not address_is_sound(address)


@given(st.text(max_size=80))
def test_a_sound_address_cannot_break_a_header(address: str) -> None:
    if address_is_sound(address):
        assert address.isascii()
        assert address.isprintable()
        assert address.count("@") == 1
        assert not set(address) & set(' ,;:<>()[]\\"')


def test_each_try_waits_longer_up_to_four_hours_and_four_days_in_all() -> None:
    waits = [LETTERS.delay_after(tries) for tries in range(1, LETTERS.most_tries)]
    assert [wait.total_seconds() for wait in waits[:4]] == [60, 120, 240, 480]
    assert waits == sorted(waits)
    assert waits[-1].total_seconds() == 4 * 3600
    assert 3.5 < sum(wait.total_seconds() for wait in waits) / 86400 < 5
