"""Whoever verifies has seen the key before it signs; a key that may be known is trusted no more."""

from datetime import datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from sqlalchemy import select

from iam.errors import Conflict, IntegrityError
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.tokens.clients import ClientKind
from iam.signin.tokens.details import Algorithm
from iam.signin.tokens.signing import AHEAD, FRESH, SHOWN, SIGNS, Signer, roll_due, roll_now, signing_key_table
from tests.clients import a_client
from tests.entrance import Entrance

ES256, EDDSA, RS256 = Algorithm.ES256, Algorithm.EDDSA, Algorithm.RS256
WAIVED = {
    "redirect_uris": ["https://old.sakura.test/cb"], "algorithm": "RS256",
    "waiver": "例外 7号", "waiver_until": "2027-03-31",
}  # fmt: skip
SECOND = timedelta(seconds=1)


def kids(signer: Signer, at: datetime, algorithm: Algorithm = ES256) -> list[str]:
    return [each["kid"] for each in signer.jwks(at) if each["alg"] == algorithm]


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # the name that OpenID Connect has for Ed25519
def test_what_the_private_half_signs_the_shown_half_verifies(hall: Entrance) -> None:
    a_client(hall.store, ClientKind.OIDC, "gw", WAIVED)
    signer, at = Signer(hall.store), hall.clock.now
    shown = signer.jwks(at)
    kinds: dict[Algorithm, type[ECKey | OKPKey | RSAKey]] = {ES256: ECKey, EDDSA: OKPKey, RS256: RSAKey}
    for algorithm, private in kinds.items():
        key = signer.signing_key(algorithm, at)
        header = {"alg": algorithm.value, "kid": key.kid}
        token = jwt.encode(header, {"sub": "1"}, private.import_key(key.pem), algorithms=[algorithm.value])
        keys = KeySet.import_key_set({"keys": [*shown, *signer.jwks(at + FRESH)]})
        assert jwt.decode(token, keys, algorithms=[algorithm.value]).claims == {"sub": "1"}
        head, body, _ = token.split(".")
        with pytest.raises(BadSignatureError):
            jwt.decode(f"{head}.{body}.{'A' * 86}", keys, algorithms=[algorithm.value])
        assert keys.get_by_kid(key.kid).thumbprint() == key.kid, "RFC 7638"


def test_there_is_no_key_for_rs256_unless_a_client_has_it(hall: Entrance) -> None:
    signer = Signer(hall.store)
    with pytest.raises(Conflict, match="RS256"):
        signer.signing_key(RS256, hall.clock.now)
    assert {each["alg"] for each in signer.jwks(hall.clock.now)} == {"ES256", "EdDSA"}


def test_a_private_half_is_sealed_and_opens_under_its_own_ring_alone(
    hall: Entrance, tmp_path_factory: pytest.TempPathFactory
) -> None:
    key = Signer(hall.store).signing_key(ES256, hall.clock.now)
    with hall.store.read() as connection:
        rows = connection.execute(select(signing_key_table)).all()
    assert key.pem.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert not any(b"PRIVATE" in row.sealed or "d" in row.public for row in rows)
    assert "PRIVATE" not in repr(key)
    stranger = Store(hall.store.url, KeyRing.create(tmp_path_factory.mktemp("other") / "keys.json"), hall.clock)
    with pytest.raises(IntegrityError):
        Signer(stranger).signing_key(ES256, hall.clock.now)
    stranger.dispose()


def test_through_two_rollings_every_signature_could_be_verified_by_what_was_shown_a_day_before_and_after(
    hall: Entrance,
) -> None:
    signer, by_kid, past = Signer(hall.store), set(), list[tuple[datetime, str, list[str]]]()
    for _ in range(2 * 2 * (SIGNS.days + 3)):
        at = hall.clock.on(hours=12)
        roll_due(hall.store)
        key = signer.signing_key(ES256, at).kid
        past.append((at, key, kids(signer, at)))
        by_kid.add(key)
    steps = int(SHOWN / timedelta(hours=12))
    assert len(by_kid) == 3
    for (_, _, before), (at, key, shown) in zip(past, past[steps:], strict=False):
        assert key in before, f"{at}: signs by a key that nobody had seen"
        assert len(shown) <= 2
    for (_, key, _), (at, _, later) in zip(past, past[steps - 1 :], strict=False):
        assert key in later, f"{at}: what was signed in this time can be verified no more"


def test_a_key_has_its_turn_to_the_second(hall: Entrance) -> None:
    signer, begun = Signer(hall.store), hall.clock.now
    first = signer.signing_key(ES256, begun).kid

    hall.clock.now = begun + SIGNS - AHEAD - SECOND
    assert roll_due(hall.store) == []
    hall.clock.now += SECOND
    assert len(roll_due(hall.store)) == 2, "one of each algorithm"
    assert roll_due(hall.store) == []
    first_, second = kids(signer, hall.clock.now)
    assert first_ == first

    turns = {begun + SIGNS - SECOND: first, begun + SIGNS: second}
    assert {at: signer.signing_key(ES256, at).kid for at in turns} == turns
    assert kids(signer, begun + SIGNS + SHOWN - SECOND) == [first, second]
    assert kids(signer, begun + SIGNS + SHOWN) == [second]


def test_where_no_worker_ran_the_key_signs_on_until_the_next_was_shown(hall: Entrance) -> None:
    first = Signer(hall.store).signing_key(ES256, hall.clock.now).kid
    late = hall.clock.on(days=90, hours=12)

    signer = Signer(hall.store)

    assert signer.signing_key(ES256, late).kid == first
    shown = kids(signer, late)
    assert len(shown) == 2
    assert signer.signing_key(ES256, late + SHOWN - SECOND).kid == first
    assert signer.signing_key(ES256, late + SHOWN).kid == shown[1]
    assert first in kids(signer, late + 2 * SHOWN - SECOND)


def test_a_body_that_slept_for_a_year_signs_by_a_new_key(hall: Entrance) -> None:
    signer = Signer(hall.store)
    first = signer.signing_key(ES256, hall.clock.now).kid
    assert signer.signing_key(ES256, hall.clock.on(days=400)).kid != first
    assert first not in kids(signer, hall.clock.now)


def test_an_urgent_roll_is_seen_by_every_process_within_a_minute(hall: Entrance) -> None:
    here, there = Signer(hall.store), Signer(hall.store)
    old = {each.signing_key(ES256, hall.clock.now).kid for each in (here, there)}
    hall.clock.on(days=85)
    roll_due(hall.store)
    waiting = set(kids(here, hall.clock.now)) - old

    fresh = roll_now(hall.store, "tanaka")

    at = hall.clock.on(seconds=60)
    for each in (here, there):
        assert each.signing_key(ES256, at).kid in fresh
        assert not set(kids(each, at)) & (old | waiting), "also the one that waited is trusted no more"
    ((actor, _, detail),) = hall.audited("signing_key.withdrawn")
    assert actor == "tanaka"
    assert old.pop() in detail
