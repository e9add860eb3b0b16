"""Characters on their way out: formulas made harmless, 外字 listed, and what CP932 cannot hold replaced and listed.

The one law: *nothing changes silently*: whatever is not written as it was is named with its place and its substitute.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from iam.people.japanese import private_use

GETA: Final = "〓"
"""Stands where a character is missing, as printers have it."""

_FORMULA: Final = re.compile("[\\s\u200b-\u200f\u2060\ufeff]*[-=+@＝＋－＠]|[\t\r\n]")
"""How a text begins that a spreadsheet may take for a formula; in either width, behind spaces and what is unseen."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What is no character at all, and what turns the direction of those after it: an ID would be read as another."""

_ODD: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
"""Control characters but for line breaks, and private use: most cells hold none, and are passed over at once."""

_BREAK: Final = re.compile(r"\s*[\r\n]+\s*")

_ALIKE: Final = {
    "\u00a2": "￠", "\u00a3": "￡", "\u00a5": "￥", "\u00a6": "|", "\u00ac": "￢", "\u00a0": " ", "\u00b7": "・",
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "―", "\u2016": "∥", "\u2022": "・",
    "\u203e": "￣", "\u2212": "－", "\u2219": "・", "\u22c5": "・", "\u22ef": "…", "\u301c": "～", "\u30fb": "・",
    "\u2027": "・",
}  # fmt: skip
"""What looks the same in CP932: the two tables of JIS X 0208 differ here."""

_WITHOUT_SHAPE: Final = {"Mn", "Me", "Cf"}


@dataclass(frozen=True, slots=True)
class Odd:
    """A character that is no plain text in a file.  `row`: of the file, 1 is the headings; `column`: from 1.

    `instead`: what stands there, "" for nothing.
    """

    row: int
    column: int
    heading: str
    character: str
    instead: str
    why: str

    @property
    def code(self) -> str:
        """U+E001."""
        return f"U+{ord(self.character):04X}"


WHY_PRIVATE: Final = "外字（この文字の形は、作成した団体の端末でしか分かりません）"
WHY_OUTSIDE: Final = "CP932（Shift_JIS）にない文字"
WHY_CONTROL: Final = "文字ではない符号（制御文字など）"


def guarded(text: str) -> str:
    """`text` with ' in front where a spreadsheet might compute it; as documented in docs/棚卸の出力.md."""
    return f"'{text}" if _FORMULA.match(text) else text


def lost_in_cp932(text: str) -> list[str]:
    """The characters of `text` that would not come back from CP932 as they went, in order.

    More than CP932 lacks: it holds one character for 〜 and ～, and reads ¥ as a backslash.
    """
    if text.isascii() or text.encode("cp932", "ignore").decode("cp932") == text:
        return []
    return [each for each in text if each.encode("cp932", "ignore").decode("cp932") != each]


def substitute(character: str) -> str:
    """What stands for a character that CP932 loses: what looks the same, its plain form, or 〓; "" for what only
    changes the form of the one before it (a variation selector)."""
    if character in _ALIKE:
        return _ALIKE[character]
    if unicodedata.category(character) in _WITHOUT_SHAPE:
        return ""
    forms = (unicodedata.normalize(form, character) for form in ("NFKC", "NFKD"))
    plain = ("".join(each for each in form if unicodedata.category(each) not in _WITHOUT_SHAPE) for form in forms)
    return next((each for each in plain if each and each.isprintable() and not lost_in_cp932(each)), GETA)


def on_one_line(text: str) -> str:
    """`text` with / where its lines break: a line of a delimited file stays a line."""
    return _BREAK.sub(" / ", text) if "\n" in text or "\r" in text else text


def printable(text: str) -> str:
    """`text` with 〓 for what is no character at all; line breaks stay."""
    return _CONTROL.sub(lambda found: found[0] if found[0] == "\n" else GETA, text)


def in_cp932(text: str) -> str:
    """`text` as CP932 can hold it."""
    if missing := lost_in_cp932(text):
        text = text.translate({ord(each): substitute(each) for each in missing})
    return text


def odd_in(number: int, headings: Sequence[str], cells: Sequence[str], *, cp932: bool) -> Iterator[Odd]:
    """The odd characters of a row of a file, in order, line breaks left out; `cp932`: what it loses among them."""
    for column, (heading, cell) in enumerate(zip(headings, cells, strict=True), 1):
        missing = lost_in_cp932(cell) if cp932 else []
        if missing or _ODD.search(cell):
            for character, instead, why in _odd(cell, frozenset(missing)):
                yield Odd(number, column, heading, character, instead, why)


def _odd(cell: str, missing: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    private = set(private_use(cell))
    for each in cell:
        if _CONTROL.match(each) and each != "\n":
            yield each, GETA, WHY_CONTROL
        elif each in missing:
            yield each, substitute(each), WHY_OUTSIDE
        elif each in private:
            yield each, each, WHY_PRIVATE
