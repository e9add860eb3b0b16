"""Judging a new password: length, blocklist, words that others know of its owner; and how strong it looks.

The one law: *every refusal tells its reason, and none asks for a mixture of
characters* (R30, NIST SP 800-63B-4 3.1.1.2): what counts is length and that
nobody would try it among the first.  Pure; the list is asked by `listed`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Code(StrEnum):
    """Why a password is refused."""

    EMPTY = "empty"
    SHORT = "short"
    LONG = "long"
    CONTROL = "control"
    LISTED = "listed"
    REPEATED = "repeated"
    SEQUENCE = "sequence"
    DATE = "date"
    CONTEXT = "context"
    PAST = "past"
    """Not found by `judge`, for it needs the hashes: whoever compared them adds it (kept.py)."""


class WordKind(StrEnum):
    """Whose word it is that a password may not consist of."""

    NAME = "name"
    NUMBER = "number"
    MAIL = "mail"
    BODY = "body"
    SYSTEM = "system"


Words = Mapping[str, WordKind]
"""Words in comparable form (see `words_of`), each with its kind."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason against a password.  `values` never hold a piece of it.

    SHORT: minimum, length; LONG: maximum, length; CONTEXT: kind (a WordKind); the rest: nothing.
    """

    code: Code
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence_ja(self) -> str:
        """The reason and the cure."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Strength:
    """How long it would resist guessing: 0 (refused or guessed at once) to 4, and a code for each step."""

    score: int

    @property
    def code(self) -> str:
        """What a page translates: refused, weak, fair, good, strong."""
        raise NotImplementedError


def judge(password: str, *, minimum: int, words: Words, listed: Callable[[str], bool]) -> list[Problem]:
    """What stands against this password, the plainest first; empty when it may be set.

    `minimum` is in code points after NFC.  `listed` is asked with comparable forms (blocklist.listed).
    """
    raise NotImplementedError


def strength(password: str, problems: Iterable[Problem], words: Words) -> Strength:
    """How strong it looks, capped by the problems that were found."""
    raise NotImplementedError


def words_of(
    *,
    names: Iterable[str] = (),
    kana: Iterable[str] = (),
    numbers: Iterable[str] = (),
    emails: Iterable[str] = (),
    body: Iterable[str] = (),
    systems: Iterable[str] = (),
) -> Words:
    """The context words of one person: names with every reading, numbers, mail, the body's own words (R30)."""
    raise NotImplementedError
