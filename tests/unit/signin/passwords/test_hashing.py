"""Wrapping and verifying, in the smallest measure of Argon2id."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2.low_level import Type, hash_secret
from hypothesis import given
from hypothesis import strategies as st

from iam.errors import Busy, ConfigurationError, IntegrityError
from iam.record.keys import KeyRing
from iam.signin.passwords.hashing import Hasher, Parameters, parameters_of
from tests.cheap import CheapParameters, cheap_hasher

OLD = KeyRing("one", {"one": bytes(range(32))})
KEYS = KeyRing("two", {"one": bytes(range(32)), "two": bytes(range(32, 64))})
HASHER = cheap_hasher(KEYS)
ANA = 7
BEN = 8

texts = st.text(st.characters(codec="utf-8"), max_size=40)


def test_the_default_is_the_second_choice_of_rfc_9106() -> None:
    assert Parameters() == Parameters(time=3, memory_kib=64 * 1024, lanes=4)


def test_the_floor_of_46_mib_with_one_pass_and_one_lane_is_accepted() -> None:
    assert Parameters(time=1, memory_kib=47_104, lanes=1).memory_kib == 47_104


@pytest.mark.parametrize(("time", "memory", "lanes"), [(0, 65_536, 4), (3, 47_103, 4), (3, 65_536, 0)])
def test_below_the_floor_is_refused_with_the_cure(time: int, memory: int, lanes: int) -> None:
    with pytest.raises(ConfigurationError, match="46 MiB以上"):
        Parameters(time=time, memory_kib=memory, lanes=lanes)


@given(texts, texts)
def test_the_right_password_opens_and_no_other(right: str, other: str) -> None:
    sealed = HASHER.wrap(ANA, right)
    assert HASHER.verify(ANA, sealed, right)
    assert HASHER.verify(ANA, sealed, other + "x") == (other + "x" == right)


def test_a_composed_and_a_decomposed_password_are_one() -> None:
    sealed = HASHER.wrap(ANA, "がぎぐげご-é-パスワード")
    assert HASHER.verify(ANA, sealed, "か\u3099き\u3099く\u3099け\u3099こ\u3099-e\u0301-ハ\u309aスワート\u3099")


def test_width_and_case_make_another_password() -> None:
    sealed = HASHER.wrap(ANA, "Kagi-ｶｷﾞ")
    assert not HASHER.verify(ANA, sealed, "kagi-ｶｷﾞ")
    assert not HASHER.verify(ANA, sealed, "Kagi-カギ")


def test_the_last_of_128_characters_counts() -> None:
    sealed = HASHER.wrap(ANA, "鍵" * 127 + "a")
    assert HASHER.verify(ANA, sealed, "鍵" * 127 + "a")
    assert not HASHER.verify(ANA, sealed, "鍵" * 127 + "b")


def test_129_characters_are_never_cut_to_128() -> None:
    sealed = HASHER.wrap(ANA, "鍵" * 128)
    assert not HASHER.verify(ANA, sealed, "鍵" * 129)
    with pytest.raises(ValueError, match="128"):
        HASHER.wrap(ANA, "鍵" * 129)


def test_128_characters_are_counted_after_composition() -> None:
    sealed = HASHER.wrap(ANA, "e\u0301" * 128)
    assert HASHER.verify(ANA, sealed, "é" * 128)


@pytest.mark.parametrize("odd", ["", "\0", "\ud800", "a\0b", "\N{ZERO WIDTH JOINER}", "👩‍👩‍👧‍👦" * 40])
def test_odd_input_is_merely_wrong(odd: str) -> None:
    assert not HASHER.verify(ANA, HASHER.wrap(ANA, "a"), odd)
    assert not HASHER.verify(ANA, None, odd)


def test_nobody_has_no_password_not_even_the_dummy() -> None:
    assert not HASHER.verify(0, None, "誰のパスワードでもない値")


def test_a_hash_moved_to_another_person_is_refused_as_forged() -> None:
    sealed = HASHER.wrap(ANA, "ana's own")
    with pytest.raises(IntegrityError):
        HASHER.verify(BEN, sealed, "ana's own")


@given(st.data())
def test_a_changed_byte_is_refused_as_forged(data: st.DataObject) -> None:
    sealed = bytearray(HASHER.wrap(ANA, "x"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IntegrityError):
        HASHER.verify(ANA, bytes(sealed), "x")


def test_the_stored_value_holds_parameters_salt_and_tag_under_the_key_alone() -> None:
    sealed = HASHER.wrap(ANA, "secret")
    assert b"argon2" not in sealed
    encoded = KEYS.open(f"password of person {ANA}", sealed).decode()
    _, variant, version, costs, salt, tag = encoded.split("$")
    assert (variant, version, costs) == ("argon2id", "v=19", "m=8,t=1,p=1")
    assert len(salt) == len("x" * 22)  # 16 bytes in base64 without padding
    assert len(tag) == len("x" * 43)  # 32 bytes


def test_equal_passwords_are_stored_differently() -> None:
    assert HASHER.wrap(ANA, "same") != HASHER.wrap(ANA, "same")


def test_a_password_under_todays_parameters_and_key_stays() -> None:
    assert not HASHER.outdated(ANA, HASHER.wrap(ANA, "x"))


@pytest.mark.parametrize("changed", [{"time": 2}, {"memory_kib": 16}, {"lanes": 2, "memory_kib": 16}])
def test_other_parameters_ask_for_a_new_hash_and_the_old_one_still_opens(changed: dict[str, int]) -> None:
    sealed = HASHER.wrap(ANA, "x")
    raised = Hasher(KEYS, CheapParameters(**{"time": 1, "memory_kib": 8, "lanes": 1, **changed}), at_once=1, waiting=1)
    assert raised.outdated(ANA, sealed)
    assert raised.verify(ANA, sealed, "x")
    assert not raised.outdated(ANA, raised.wrap(ANA, "x"))


def test_a_rotated_key_asks_for_a_new_seal_and_the_old_one_still_opens() -> None:
    sealed = cheap_hasher(OLD).wrap(ANA, "x")
    assert HASHER.outdated(ANA, sealed)
    assert HASHER.verify(ANA, sealed, "x")


def test_a_hash_of_another_kind_is_refused() -> None:
    weaker = hash_secret(b"x", bytes(16), 1, 8, 1, 32, Type.I)
    with pytest.raises(IntegrityError):
        parameters_of(weaker)


def test_the_hasher_does_not_show_its_keys() -> None:
    assert "secrets" not in repr(HASHER)


def test_whoever_finds_every_place_taken_is_told_to_come_again() -> None:
    hasher = Hasher(KEYS, CheapParameters(time=1, memory_kib=8, lanes=1), at_once=1, waiting=2)
    go = threading.Event()
    with ThreadPoolExecutor(3) as callers:
        three = [callers.submit(_hold, hasher, go) for _ in range(3)]
        _until_full(hasher)
        with pytest.raises(Busy, match="混み合って"):
            hasher.verify(ANA, None, "x")
        go.set()
        assert [each.result(timeout=30) for each in three] == [None] * 3
    assert not hasher.verify(ANA, None, "x")


def _hold(hasher: Hasher, go: threading.Event) -> None:
    with hasher._turn():  # noqa: SLF001 - a hash that takes as long as the test wants
        assert go.wait(30)


def _until_full(hasher: Hasher) -> None:
    places = hasher._places  # noqa: SLF001 - the condition that is waited for
    while places.acquire(blocking=False):
        places.release()
