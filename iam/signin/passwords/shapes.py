"""The shapes of a weak password: the forms under which it may be listed, repetition, sequences, what words leave over.

The one law: *pure, and quick for any 128 characters*: a page asks at every
pause in typing.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import jaconv

from iam.access.naming import romaji

_SHORTEST_FORM: Final = 3
_FEW: Final = 3
"""Different characters that are a play, however long it goes on."""

_RUN: Final = 4
"""A sequence moves to the next key at least so often for each leap elsewhere."""

_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop@[",
    "asdfghjkl;:]",
    "zxcvbnm,./",
    "1234567890-^",
    '!"#$%&()',
    "!@#$%^&*()_+",
    *("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/"),
    *("!qaz", '"wsx', "@wsx", "#edc", "$rfv", "%tgb", "&yhn", "^yhn", "'ujm", "&ujm"),
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん",
    "いろはにほへとちりぬるをわかよたれそつねならむうゐのおくやまけふこえてあさきゆめみしゑひもせす",
    "一二三四五六七八九十",
)
_STEPS: Final = frozenset(pair for row in _ROWS for a, b in pairwise(row) for pair in ((a, b), (b, a)))

_LEET: Final = {
    "@": "a", "4": "a", "8": "b", "3": "e", "€": "e", "9": "g", "0": "o",
    "$": "s", "5": "s", "7": "t", "+": "t", "2": "z",
}  # fmt: skip
_UNLEET: Final = tuple(str.maketrans({**_LEET, **dict.fromkeys("1!|", line)}) for line in "il")


_SPOKEN: Final = tuple(
    (re.compile(one), by)
    for one, by in (
        ("cch", "tch"), ("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("fu", "hu"), ("ji|di", "zi"), ("d?zu|du", "zu"),
        ("sh", "sy"), ("ch|cy", "ty"), ("j", "zy"), ("yy+", "y"), ("wo", "o"), ("m(?=[bmp])", "n"), ("nn+", "n"),
        ("oh(?![aeiouy])", "o"), ("o[ou]+", "o"), (r"([aeiu])\1+", r"\1"),
    )
)  # fmt: skip
"""To one spelling, whichever of Hepburn, Kunrei and what keyboards take was typed; long vowels short."""


def folded(text: str) -> str:
    """`text` without what a typist varies freely: width, case, hiragana or katakana."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return str(jaconv.kata2hira(plain))


def comparable(text: str) -> str:
    """`folded`, and of that only letters and digits."""
    kept = "".join(sign for sign in folded(text) if sign.isalnum() or unicodedata.category(sign)[0] == "M")
    return unicodedata.normalize("NFC", kept)


def spoken(text: str) -> str:
    """`comparable`, with kana read in Latin letters and every romanisation brought to one: しやくしょ, shiyakusyo."""
    word = romaji(comparable(text)).replace("-", "")
    for spelling, one in _SPOKEN:
        word = spelling.sub(one, word)
    return word


def forms(password: str) -> frozenset[str]:
    """The comparable forms under which it may stand in a list.

    As it is; without digits and signs at its end, or at both ends; with
    figures read as the letters that they stand for (p@ssw0rd); one unit of
    what is only repeated; and each of these backwards.
    """
    base = folded(password)
    stems = {base, _shorn(base, both=False), _shorn(base, both=True)}
    read = stems | {stem.translate(table) for stem in stems for table in _UNLEET}
    plain = {comparable(text) for text in read}
    plain |= {word[: period(word)] for word in plain}
    return frozenset(form for word in plain for form in (word, word[::-1]) if len(form) >= _SHORTEST_FORM)


def sounds(password: str) -> frozenset[str]:
    """The forms in which words are looked for: as it sounds, and with figures read as letters."""
    base = folded(password)
    return frozenset(spoken(text) for text in (base, *(base.translate(table) for table in _UNLEET)))


def left_over(text: str, words: Iterable[str]) -> tuple[list[str], str]:
    """(The words that stand in `text`, the longest first, none within another; what they leave, ends shorn)."""
    found = []
    for word in sorted((word for word in words if word in text), key=lambda word: (-len(word), word)):
        if word in text:
            found.append(word)
            text = text.replace(word, " ")
    return found, _shorn(text, both=True).replace(" ", "")


def period(text: str) -> int:
    """Of how many characters the unit is that `text` repeats; its whole length when it repeats nothing."""
    return next((size for size in range(1, len(text) // 2 + 1) if text[size:] == text[:-size]), len(text))


def repeats(password: str) -> bool:
    """Whether it is one unit over and over, or a play of very few characters."""
    text = folded(password)
    return period(text) < len(text) or len(set(text)) <= min(_FEW, len(text) // 5)


def runs_on(password: str) -> bool:
    """Whether it mostly goes from each character to the next one of an alphabet or a keyboard, or stays."""
    text = folded(password)
    leaps = sum(a != b and (a, b) not in _STEPS for a, b in pairwise(text))
    return 1 + leaps <= len(text) // _RUN


def _shorn(text: str, *, both: bool) -> str:
    end = next((at for at in range(len(text), 0, -1) if _letter(text[at - 1])), 0)
    start = next((at for at in range(end) if _letter(text[at])), end) if both else 0
    return text[start:end]


def _letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LM"
