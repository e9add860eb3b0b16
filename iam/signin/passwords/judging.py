"""Judging a new password: length, blocklist, words that others know of its owner.

The one law: *every refusal tells its reason, and none asks for a mixture of
characters* (R30, NIST SP 800-63B-4 3.1.1.2): what counts is length and that
nobody would try it among the first.  Pure; the list is asked by `listed`.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from iam.people.japanese import NotADate, parse_date
from iam.signin.passwords.hashing import MAXIMUM, normal
from iam.signin.passwords.shapes import folded, forms, left_over, repeats, runs_on, sounds
from iam.signin.passwords.words import WordKind, Words, everyday, words_of

__all__ = ["Code", "Problem", "WordKind", "Words", "judge", "words_of"]

_OWN_REST: Final = 6
"""Characters that must remain beside known words of the person or the body."""

_EVERYDAY_REST: Final = 3
"""Characters that must remain beside everyday words, unless there are many of them."""

_MANY: Final = 5
"""Different everyday words whose combination is beyond guessing."""


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


_SENTENCES: Final = {
    Code.EMPTY: "パスワードを入力してください。",
    Code.SHORT: "パスワードは{minimum}文字以上にしてください（いまは{length}文字です）。",
    Code.LONG: "パスワードは{maximum}文字以内にしてください（いまは{length}文字です）。",
    Code.CONTROL: "改行やタブなどの制御文字は使えません。取り除いてください。",
    Code.LISTED: "よく使われる言葉やパスワード、または流出が知られているパスワードです"
    "（数字や記号を足したものも含みます）。別のものにしてください。",
    Code.REPEATED: "同じ文字や言葉の繰り返しです。別のものにしてください。",
    Code.SEQUENCE: "文字やキーの並び順（12345、qwerty など）でできています。別のものにしてください。",
    Code.DATE: "日付だけのパスワードは使えません。別のものにしてください。",
    Code.CONTEXT: "ほとんどが{whose}でできていて、推測されやすいパスワードです。別のものにしてください。",
    Code.PAST: "いま使っているパスワードか、前に使ったパスワードと同じです。使ったことのないものにしてください。",
}
_WHOSE: Final = {
    WordKind.NAME: "氏名やその読み",
    WordKind.NUMBER: "職員番号",
    WordKind.MAIL: "メールアドレス",
    WordKind.BODY: "団体や所属の名前",
    WordKind.SYSTEM: "システムの名前",
}


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
        kind = self.values.get("kind")
        whose = _WHOSE[kind] if isinstance(kind, WordKind) else ""
        return _SENTENCES[self.code].format(**self.values, whose=whose)


def judge(password: str, *, minimum: int, words: Words, listed: Callable[[str], bool]) -> list[Problem]:
    """What stands against this password, the plainest first; empty when it may be set.

    `minimum` is in code points after NFC.  `words` come from `words_of`.
    `listed` (blocklist.listed) is asked with the value as it is and with its
    comparable forms.
    """
    value = normal(password)
    if not value:
        return [Problem(Code.EMPTY)]
    if len(value) > MAXIMUM:
        return [Problem(Code.LONG, {"maximum": MAXIMUM, "length": len(value)})]
    problems = []
    if len(value) < minimum:
        problems.append(Problem(Code.SHORT, {"minimum": minimum, "length": len(value)}))
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in value):
        return [*problems, Problem(Code.CONTROL)]
    return problems + _guessable(value, words, listed)


def _guessable(value: str, words: Words, listed: Callable[[str], bool]) -> list[Problem]:
    if repeats(value):
        return [Problem(Code.REPEATED)]
    if runs_on(value):
        return [Problem(Code.SEQUENCE)]
    if _a_date(value):
        return [Problem(Code.DATE)]
    if kind := _made_of(value, words):
        return [Problem(Code.CONTEXT, {"kind": kind})]
    if any(map(listed, {value, *forms(value)})) or _everyday(value):
        return [Problem(Code.LISTED)]
    return []


def _made_of(value: str, words: Words) -> WordKind | None:
    """Whose words it consists of, when what they leave over is too little and not more than they took."""
    for text in sorted(sounds(value)):
        known = [word for word in words if word in text]
        found, rest = left_over(text, {*known, *everyday()} if known else ())
        own = [word for word in found if word in words]
        if own and len(rest) < _OWN_REST and len(rest) <= sum(map(len, found)):
            return words[own[0]]
    return None


def _everyday(value: str) -> bool:
    for text in sounds(value):
        found, rest = left_over(text, everyday())
        if 0 < len(found) < _MANY and len(rest) < min(_EVERYDAY_REST, sum(map(len, found))):
            return True
    return False


def _a_date(value: str) -> bool:
    try:
        parse_date(folded(value))
    except NotADate:
        return False
    return True
