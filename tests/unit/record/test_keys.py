"""What the key ring seals, signs and refuses."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.errors import ConfigurationError, IntegrityError
from iam.record.keys import KeyRing, key_id_of, keys_of_pem, pem_of, signed_by

OLD = KeyRing("one", {"one": bytes(range(32))})
RING = KeyRing("two", {"one": bytes(range(32)), "two": bytes(range(32, 64))})


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_again(secret: bytes, purpose: str) -> None:
    assert RING.open(purpose, RING.seal(purpose, secret)) == secret


def test_what_an_old_key_sealed_opens_after_rotation() -> None:
    assert RING.open("totp", OLD.seal("totp", b"secret")) == b"secret"


def test_a_seal_names_its_key_and_hides_its_secret() -> None:
    sealed = RING.seal("totp", b"secret")
    assert sealed.startswith(b"two:")
    assert b"secret" not in sealed
    assert sealed != RING.seal("totp", b"secret")


def test_a_seal_does_not_open_for_another_purpose() -> None:
    with pytest.raises(IntegrityError, match="別の用途"):
        RING.open("vault", RING.seal("totp", b"secret"))


@given(st.data())
def test_no_changed_seal_opens(data: st.DataObject) -> None:
    sealed = bytearray(RING.seal("totp", b"secret"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IntegrityError):
        RING.open("totp", bytes(sealed))


@pytest.mark.parametrize("cut", [0, 3, 4, 10, 20])
def test_a_cut_seal_does_not_open(cut: int) -> None:
    with pytest.raises(IntegrityError):
        RING.open("totp", RING.seal("totp", b"secret")[:cut])


def test_a_missing_key_is_named() -> None:
    with pytest.raises(IntegrityError, match="鍵 two がありません"):
        OLD.open("totp", RING.seal("totp", b"secret"))


def test_each_purpose_and_key_has_its_own_mac() -> None:
    macs = {RING.mac(purpose, b"x", key) for purpose in ("head", "other") for key in ("one", "two")}
    assert len(macs) == 4


def test_a_signature_holds_for_its_message_and_key_alone() -> None:
    signature = RING.sign(b"message")
    assert signed_by(RING.public_key("two"), signature, b"message")
    assert not signed_by(RING.public_key("two"), signature, b"massage")
    assert not signed_by(RING.public_key("one"), signature, b"message")
    assert not signed_by(RING.public_key("two"), b"", b"message")


def test_public_keys_travel_as_pem_under_ids_made_from_themselves() -> None:
    keys = keys_of_pem("余分な行\n" + pem_of(RING.public_keys()))
    assert keys == {key_id_of(key): key for key in RING.public_keys().values()}


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        keys_of_pem(text)


def test_a_ring_does_not_show_its_secrets() -> None:
    assert "secret" not in repr(RING)
    assert base64.b64encode(bytes(range(32))).decode() not in repr(RING)
    assert json.loads(RING.text())["current"] == "two"
