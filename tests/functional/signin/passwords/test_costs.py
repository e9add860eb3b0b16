"""What one hash costs, and what many at once may cost: time and memory at the product's own parameters."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from iam.record.keys import KeyRing
from iam.signin.passwords.hashing import Hasher, Parameters, parameters_of

CALLERS = 200
AT_ONCE = 2
HASH_MIB = 64


@pytest.fixture(scope="module")
def hasher(tmp_path_factory: pytest.TempPathFactory) -> Hasher:
    return Hasher(KeyRing.create(tmp_path_factory.mktemp("keys") / "keys.json"), at_once=AT_ONCE, waiting=8)


def test_the_stored_hash_says_argon2id_64_mib_3_passes_4_lanes(hasher: Hasher, tmp_path: Path) -> None:
    keys = KeyRing.create(tmp_path / "keys.json")
    sealed = Hasher(keys, at_once=1, waiting=0).wrap(5, "secret")
    encoded = keys.open("password of person 5", sealed)
    assert parameters_of(encoded) == (3, 64 * 1024, 4)
    assert encoded.startswith(b"$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_verification_takes_less_than_a_second(hasher: Hasher) -> None:
    sealed = hasher.wrap(5, "secret")
    assert min(_seconds(hasher, sealed) for _ in range(5)) < 1


def test_nobody_takes_as_long_as_somebody(hasher: Hasher) -> None:
    sealed = hasher.wrap(5, "secret")
    turns = [(_seconds(hasher, sealed), _seconds(hasher, None)) for _ in range(7)]
    somebody, nobody = (min(times) for times in zip(*turns, strict=True))
    assert 0.5 < nobody / somebody < 2


def test_200_callers_take_the_memory_of_two(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.functional.signin.passwords.crowd",
        str(tmp_path),
        str(AT_ONCE),
        str(CALLERS),
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    before, peak, right, busy = map(int, said.split())
    assert (right, busy) == (CALLERS - busy, busy)
    assert right > AT_ONCE
    assert busy > 0
    assert peak - before < (AT_ONCE * HASH_MIB + 48) * 1024


def test_the_default_is_what_the_documents_promise() -> None:
    assert (Parameters().time, Parameters().memory_kib, Parameters().lanes) == (3, 65_536, 4)


def _seconds(hasher: Hasher, sealed: bytes | None) -> float:
    started = time.perf_counter()
    hasher.verify(5, sealed, "another")
    return time.perf_counter() - started
