"""A hasher that tests can afford: Argon2id in the smallest measure there is.

The product has no way to it: its parameters refuse anything below their floor,
and only this class, which no setting names, does without one.
"""

from iam.record.keys import KeyRing
from iam.signin.passwords.hashing import Hasher, Parameters


class CheapParameters(Parameters):
    """Parameters without a floor."""

    def _see_floor(self) -> None:
        """Nothing is too little for a test."""


CHEAP = CheapParameters(time=1, memory_kib=8, lanes=1)


def cheap_hasher(keys: KeyRing, *, at_once: int = 4, waiting: int = 64) -> Hasher:
    return Hasher(keys, CHEAP, at_once=at_once, waiting=waiting)
