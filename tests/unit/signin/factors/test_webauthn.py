"""Security keys: what is believed, and each way in which an answer may be wrong.  The key is one in software."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from iam.record.keys import KeyRing
from iam.signin.factors.authenticators import Authenticator, Form, State
from iam.signin.factors.webauthn import (
    Ceremony,
    KeyRefused,
    KeyRules,
    NewKey,
    Site,
    Verified,
    authentication_options,
    claimed_handle,
    registration_options,
    user_handle,
    verify_authentication,
    verify_registration,
)
from tests.softkey import MODEL, Maker, SoftKey, b64, raw

ORIGIN = "https://id.example.lg.jp"
SITE = Site.at(ORIGIN, "さくら市")
ANY = KeyRules()
VERIFIED = KeyRules(verified=True)
USER = b64(b"u" * 32)
AT = datetime(2027, 4, 1, tzinfo=UTC)
ROTATED = {"old": bytes(range(32)), "new": bytes(range(1, 33))}


def asked(rules: KeyRules = ANY) -> Ceremony:
    return registration_options(SITE, rules, user=USER, account="100123", name="山田 太郎", existing=[])


def registered(key: SoftKey, rules: KeyRules = ANY, /, **bent: object) -> NewKey | KeyRefused:
    ceremony = asked(rules)
    return verify_registration(SITE, rules, key.create(ceremony.options, ORIGIN, **bent), ceremony.challenge)


def kept(key: NewKey, **data: object) -> Authenticator:
    said = {**key.data, "user": USER, **data}
    return Authenticator(
        7, 1, Form.WEBAUTHN, "鍵", State.ACTIVE, key.handle, None, said, key.counter, AT, AT, None, None, ""
    )  # fmt: skip


def enrolled(key: SoftKey, **data: object) -> Authenticator:
    made = registered(key, KeyRules(synced=True))
    assert isinstance(made, NewKey)
    return kept(made, **data)


def judged(
    key: SoftKey, found: Authenticator | None, rules: KeyRules = ANY, origin: str = ORIGIN, /, **bent: object
) -> Verified | KeyRefused:
    ceremony = authentication_options(SITE, rules)
    return verify_authentication(SITE, rules, found, key.get(ceremony.options, origin, **bent), ceremony.challenge)


def test_a_key_is_enrolled_and_signs_in_ever_after() -> None:
    key = SoftKey()
    found = enrolled(key)
    for count in (1, 2, 3):
        assert judged(key, found, VERIFIED) == Verified(7, user_verified=True, counter=count)
        found = replace(found, counter=count)


def test_the_options_offer_what_the_body_asks_and_name_nobody() -> None:
    said = json.loads(asked(KeyRules(verified=True, approved=frozenset({MODEL}))).options)
    assert said["rp"] == {"id": "id.example.lg.jp", "name": "さくら市"}
    assert said["attestation"] == "direct"
    assert said["authenticatorSelection"]["userVerification"] == "required"
    assert said["authenticatorSelection"]["residentKey"] == "preferred"
    assert said["user"]["id"] == USER
    assert json.loads(asked().options)["attestation"] == "none"


def test_every_challenge_is_new_and_256_bits_long() -> None:
    challenges = {authentication_options(SITE, ANY).challenge for _ in range(100)}
    assert len(challenges) == 100
    assert all(len(each) == 43 for each in challenges)


def test_keys_that_are_enrolled_are_not_offered_for_enrolment_again_but_for_signing_in() -> None:
    found, removed = enrolled(SoftKey()), replace(enrolled(SoftKey()), state=State.REMOVED)
    ceremony = registration_options(SITE, ANY, user=USER, account="1", name="a", existing=[found, removed])
    assert [each["id"] for each in json.loads(ceremony.options)["excludeCredentials"]] == [found.handle]
    offered = json.loads(authentication_options(SITE, ANY, [found, removed]).options)["allowCredentials"]
    assert offered == [{"id": found.handle, "type": "public-key", "transports": ["usb"]}]


def test_a_persons_handle_tells_no_number_and_outlives_a_rotation_of_the_ring() -> None:
    old, new = KeyRing("old", ROTATED), KeyRing("new", ROTATED)
    assert user_handle(old, 1, []) != user_handle(old, 2, [])
    assert len(user_handle(old, 1, [])) == 43
    first = enrolled(SoftKey(), user=user_handle(old, 1, []))
    assert user_handle(new, 1, [replace(first, state=State.REMOVED)]) == user_handle(old, 1, [])


@pytest.mark.parametrize(
    ("bent", "code"),
    [
        ({"challenge": b64(b"x" * 32)}, "challenge"),
        ({"framed": True}, "origin"),
        ({"site": "evil.example"}, "site"),
        ({"kind": "webauthn.get"}, "malformed"),
    ],
)
def test_an_enrolment_that_was_not_for_us_is_refused(bent: Mapping[str, object], code: str) -> None:
    assert registered(SoftKey(), **bent) == KeyRefused(code)


@pytest.mark.parametrize("origin", ["https://id.example.lg.jp.evil.example", "http://id.example.lg.jp", "null", ""])
def test_an_enrolment_on_another_page_is_refused(origin: str) -> None:
    ceremony = asked()
    answer = SoftKey().create(ceremony.options, origin)
    assert verify_registration(SITE, ANY, answer, ceremony.challenge) == KeyRefused("origin")


@pytest.mark.parametrize(
    ("key", "rules", "code"),
    [
        (SoftKey(touched=False), ANY, "presence"),
        (SoftKey(verifies=False), VERIFIED, "verification"),
        (SoftKey(synced=True), ANY, "synced"),
        (SoftKey(), KeyRules(approved=frozenset({"0" * 36})), "model"),
        (SoftKey(), KeyRules(attested=True), "attestation"),
        (SoftKey(maker=Maker()), KeyRules(attested=True, roots=(Maker().root(),)), "attestation"),
        (SoftKey(maker=Maker(), claimed_model="1" * 32), KeyRules(attested=True), "attestation"),
    ],
)
def test_a_key_that_the_body_does_not_take_is_not_enrolled(key: SoftKey, rules: KeyRules, code: str) -> None:
    refused = registered(key, rules)
    assert refused == KeyRefused(code)
    assert isinstance(refused, KeyRefused)
    assert refused.sentence_ja.endswith("。")


def test_a_key_whose_maker_vouches_for_an_approved_model_is_enrolled() -> None:
    maker = Maker()
    rules = KeyRules(attested=True, approved=frozenset({MODEL}), roots=(maker.root(),))
    made = registered(SoftKey(maker=maker), rules)
    assert isinstance(made, NewKey)
    assert (made.data["aaguid"], made.data["attestation"]) == (MODEL, "packed")


def test_a_synced_key_is_enrolled_where_the_body_lets_it() -> None:
    made = registered(SoftKey(synced=True), KeyRules(synced=True))
    assert isinstance(made, NewKey)
    assert made.data["synced"] is True


@pytest.mark.parametrize(
    ("bent", "code"),
    [
        ({"challenge": b64(b"x" * 32)}, "challenge"),
        ({"challenge": ""}, "challenge"),
        ({"framed": True}, "origin"),
        ({"site": "example.lg.jp"}, "site"),
        ({"kind": "webauthn.create"}, "malformed"),
        ({"signer": ec.generate_private_key(ec.SECP256R1())}, "signature"),
        ({"user": b64(b"v" * 32)}, "owner"),
    ],
)
def test_an_answer_that_is_not_this_keys_to_us_now_does_not_sign_in(bent: Mapping[str, object], code: str) -> None:
    key = SoftKey()
    assert judged(key, enrolled(key), ANY, ORIGIN, **bent) == KeyRefused(code, 7)


@pytest.mark.parametrize(
    "origin", ["https://id.examp1e.lg.jp", "http://id.example.lg.jp", "https://id.example.lg.jp:8443"]
)
def test_an_answer_on_another_page_does_not_sign_in(origin: str) -> None:
    key = SoftKey()
    assert judged(key, enrolled(key), ANY, origin) == KeyRefused("origin", 7)


def test_an_answer_is_not_believed_without_a_challenge_of_ours() -> None:
    key = SoftKey()
    found = enrolled(key)
    answer = key.get(authentication_options(SITE, ANY).options, ORIGIN, challenge="")
    assert verify_authentication(SITE, ANY, found, answer, "") == KeyRefused("challenge", 7)


def test_a_key_that_did_not_verify_its_user_is_only_a_possession() -> None:
    key = SoftKey(verifies=False)
    found = enrolled(key)
    assert judged(key, found) == Verified(7, user_verified=False, counter=1)
    assert judged(key, found, VERIFIED) == KeyRefused("verification", 7)


@pytest.mark.parametrize("count", [0, 4, 5])
def test_a_count_that_does_not_rise_betrays_a_copy(count: int) -> None:
    key = SoftKey(count=5)
    refused = judged(key, enrolled(key), count=count)
    assert refused == KeyRefused("counter", 7)
    assert isinstance(refused, KeyRefused)
    assert refused.cloned


def test_a_forged_answer_with_an_old_count_does_not_have_the_key_taken_for_a_copy() -> None:
    key = SoftKey(count=5)
    refused = judged(key, enrolled(key), count=1, signer=ec.generate_private_key(ec.SECP256R1()))
    assert refused == KeyRefused("signature", 7)


def test_a_key_that_never_counts_signs_in_again_and_again() -> None:
    key = SoftKey(counts=False)
    found = enrolled(key)
    assert judged(key, found) == judged(key, found) == Verified(7, user_verified=True, counter=None)


def test_a_synced_key_does_not_sign_in_where_the_rules_became_stricter() -> None:
    key = SoftKey(synced=True)
    found = enrolled(key)
    assert isinstance(judged(key, found, KeyRules(synced=True)), Verified)
    assert judged(key, found) == KeyRefused("synced", 7)
    key.synced = False
    assert judged(key, found) == KeyRefused("synced", 7)


def test_a_model_that_is_approved_no_more_does_not_sign_in() -> None:
    key = SoftKey()
    assert judged(key, enrolled(key), KeyRules(approved=frozenset({"0" * 36}))) == KeyRefused("model", 7)


def test_a_key_that_is_unknown_somebody_elses_or_ended_does_not_sign_in() -> None:
    key, other = SoftKey(), SoftKey()
    assert judged(key, None) == KeyRefused("unknown")
    assert judged(key, enrolled(other)) == KeyRefused("unknown")
    assert judged(key, replace(enrolled(key), state=State.LOST)) == KeyRefused("ended", 7)
    assert judged(key, replace(enrolled(key), form=Form.TOKEN)) == KeyRefused("unknown")


def test_an_answer_names_its_key() -> None:
    key = SoftKey()
    assert claimed_handle(key.get(authentication_options(SITE, ANY).options, ORIGIN)) == enrolled(key).handle
    assert claimed_handle("{}") == ""


def test_every_code_has_its_sentence() -> None:
    codes = {
        "malformed", "challenge", "origin", "site", "presence", "verification", "signature", "synced", "model",
        "attestation", "unknown", "ended", "owner", "counter",
    }  # fmt: skip
    assert all(KeyRefused(code).sentence_ja.endswith("。") for code in codes)


@given(
    st.one_of(
        st.text(), st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner)).map(json.dumps)
    )
)
def test_no_text_whatever_is_more_than_a_refusal(text: str) -> None:
    challenge = b64(b"c" * 32)
    assert verify_registration(SITE, ANY, text, challenge) == KeyRefused("malformed")
    assert verify_authentication(SITE, ANY, None, text, challenge) == KeyRefused("malformed")


_KEY = SoftKey()
_ASKED = asked()
_CREATED = json.loads(_KEY.create(_ASKED.options, ORIGIN))
_FOUND = enrolled(_KEY)
_WANTED = authentication_options(SITE, ANY)
_GOT = json.loads(_KEY.get(_WANTED.options, ORIGIN))


@given(st.sampled_from(["clientDataJSON", "attestationObject"]), st.data())
def test_no_bent_enrolment_raises(part: str, data: st.DataObject) -> None:
    answer = bent(_CREATED, part, data)
    result = verify_registration(SITE, ANY, answer, _ASKED.challenge)
    assert isinstance(result, NewKey | KeyRefused)


@given(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), st.data())
def test_no_bent_answer_signs_in(part: str, data: st.DataObject) -> None:
    answer = bent(_GOT, part, data)
    result = verify_authentication(SITE, ANY, _FOUND, answer, _WANTED.challenge)
    assert isinstance(result, KeyRefused)


def bent(answer: Mapping[str, object], part: str, data: st.DataObject) -> str:
    """The answer with one byte of a part changed, or its end cut off, or other bytes in its place."""
    response = dict(answer["response"])  # type: ignore[call-overload]
    whole = bytearray(raw(response[part]))
    at = data.draw(st.integers(0, len(whole) - 1))
    how = data.draw(st.sampled_from(["flip", "cut", "other"]))
    if how == "flip":
        whole[at] ^= data.draw(st.integers(1, 255))
    elif how == "cut":
        del whole[at:]
    else:
        whole = bytearray(data.draw(st.binary()))
    response[part] = b64(bytes(whole))
    return json.dumps({**answer, "response": response})
