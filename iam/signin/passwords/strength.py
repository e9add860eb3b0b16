"""How strong a password looks, for the meter beside the field.

The one law: *never kinder than the judgement*: what is refused scores nothing.
The estimate is zxcvbn's, which knows guessing, not character classes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from zxcvbn import zxcvbn

from iam.signin.passwords.judging import Problem
from iam.signin.passwords.shapes import spoken
from iam.signin.passwords.words import Words, everyday

LOOKED_AT: Final = 64
"""Characters that are estimated; the time grows with the square, and by then the score is full."""

_CODES: Final = ("refused", "weak", "fair", "good", "strong")


@dataclass(frozen=True, slots=True)
class Strength:
    """0 (refused) to 4."""

    score: int

    @property
    def code(self) -> str:
        """What a page translates: refused, weak, fair, good, strong."""
        return _CODES[self.score]


def strength(password: str, problems: Collection[Problem], words: Words) -> Strength:
    """How strong it looks.  `problems` are what `judge` found."""
    if problems:
        return Strength(0)
    known = [*words, *sorted(everyday())]
    # The words are known by their sound alone, so it is heard, too.
    tried = {password[:LOOKED_AT], spoken(password)[:LOOKED_AT]}
    return Strength(max(1, min(int(zxcvbn(each, user_inputs=known)["score"]) for each in tried if each)))
