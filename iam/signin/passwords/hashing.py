"""Hashing passwords: Argon2id, wrapped by the key ring, a few at once.

The one law: *a password is hashed whole, and never outside the bounds*: what
stands in the database is an Argon2id hash (RFC 9106) sealed under a key outside
it and bound to its person, so that a stolen table gives nothing to guess
against and a hash moved to another person opens for nobody; and however many
callers come, only so many hashes take memory at once, the rest wait or are
told to come again (R34, ASVS 11.4.2).
"""

import re
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type, hash_secret, verify_secret

from iam.errors import Busy, ConfigurationError, IntegrityError
from iam.record.keys import KeyRing

MAXIMUM: Final = 128
"""Code points after NFC.  A longer value is refused where it is judged, and never reaches the hash."""

SALT_BYTES: Final = 16
TAG_BYTES: Final = 32
FLOOR_KIB: Final = 46 * 1024
"""46 MiB with one pass and one lane: the least that OWASP ASVS 5.0 appendix C takes at one pass."""

_SHRINKS: Final = 4
"""Characters that NFC makes one, at most (U+1F82)."""

_ENCODED: Final = re.compile(r"\$argon2id\$v=19\$m=([0-9]+),t=([0-9]+),p=([0-9]+)\$")
_DUMMY: Final = "誰のパスワードでもない値"


@dataclass(frozen=True, slots=True)
class Parameters:
    """The cost of one hash: passes, memory in KiB, lanes.  The default is RFC 9106's second choice.

    Raises:
        ConfigurationError: below 46 MiB, one pass, one lane.
    """

    time: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4

    def __post_init__(self) -> None:
        self._see_floor()

    def _see_floor(self) -> None:
        if self.time < 1 or self.lanes < 1 or self.memory_kib < FLOOR_KIB:
            least = f"メモリーは{FLOOR_KIB // 1024} MiB以上、反復回数と並列数は1以上"
            raise ConfigurationError([f"パスワードのハッシュ（Argon2id）の{least}にしてください。"])


class Hasher:
    """Wraps and verifies.  Threads share one; each process has its own bound.

    `at_once` hashes may run at the same time, so memory stays under
    `at_once` x `memory_kib`; `waiting` more callers may wait for their turn.
    """

    def __init__(self, keys: KeyRing, parameters: Parameters | None = None, *, at_once: int, waiting: int) -> None:
        self.parameters = parameters or Parameters()
        self._keys = keys
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._turns = threading.BoundedSemaphore(at_once)
        self._dummy = self._encoded(_DUMMY)

    def wrap(self, person_id: int, password: str) -> bytes:
        """The sealed hash of a password, readable only as this person's.

        Raises:
            ValueError: longer than `MAXIMUM`, which judging refuses first; Busy: too many are waiting.
        """
        with self._turn():
            encoded = self._encoded(password)
        return self._keys.seal(_purpose(person_id), encoded)

    def verify(self, person_id: int, sealed: bytes | None, password: str) -> bool:
        """Whether `password` is the one that `sealed` holds for this person.

        None, for somebody unknown or without a password, costs the same time and is never right.

        Raises:
            Busy: too many are waiting; IntegrityError: `sealed` was altered, or is another person's.
        """
        encoded = self._dummy if sealed is None else self._keys.open(_purpose(person_id), sealed)
        value = normal(password)
        known = sealed is not None and len(value) <= MAXIMUM
        with self._turn():
            # What is too long can be nobody's password, and takes the time of any other wrong one.
            return _same(encoded, value[:MAXIMUM]) and known

    def outdated(self, person_id: int, sealed: bytes) -> bool:
        """Whether a right password should be wrapped anew: other parameters are in force, or another key."""
        if sealed.partition(b":")[0] != self._keys.current.encode():
            return True
        return parameters_of(self._keys.open(_purpose(person_id), sealed)) != (
            self.parameters.time,
            self.parameters.memory_kib,
            self.parameters.lanes,
        )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Busy("ただいま混み合っています。少し待ってから、もう一度お試しください。")
        try:
            with self._turns:
                yield
        finally:
            self._places.release()

    def _encoded(self, password: str) -> bytes:
        value = normal(password)
        if len(value) > MAXIMUM:
            raise ValueError(f"a password is at most {MAXIMUM} characters")
        p = self.parameters
        return hash_secret(
            _bytes(value), secrets.token_bytes(SALT_BYTES), p.time, p.memory_kib, p.lanes, TAG_BYTES, Type.ID
        )


def normal(password: str) -> str:
    """The form that is counted and hashed: NFC, so that one password typed on two machines is one (NIST 3.1.1.2).

    What is too long in any form keeps its own: to put a flood of marks in order takes half a minute.
    """
    return password if len(password) > _SHRINKS * MAXIMUM else unicodedata.normalize("NFC", password)


def parameters_of(encoded: bytes) -> tuple[int, int, int]:
    """(passes, KiB, lanes) of an encoded hash.

    Raises:
        IntegrityError: when it is no Argon2id hash.
    """
    found = _ENCODED.match(encoded.decode("ascii", "replace"))
    if found is None:
        raise IntegrityError("保存されたパスワードの形式が正しくありません。")
    memory, time, lanes = (int(part) for part in found.groups())
    return time, memory, lanes


def _same(encoded: bytes, value: str) -> bool:
    try:
        return verify_secret(encoded, _bytes(value), Type.ID)
    except VerifyMismatchError:
        return False


def _bytes(value: str) -> bytes:
    # A lone surrogate is refused where it is judged; where somebody merely tries one, it is wrong, not an accident.
    return value.encode("utf-8", "surrogatepass")


def _purpose(person_id: int) -> str:
    return f"password of person {person_id}"
