"""What fits a sheet: names that spreadsheets allow, and rows as high as their text.

The one law: *no name is refused and none comes twice*, whatever departments are called; and no text is cut on paper for
want of height (a spreadsheet that opens a file does not always measure it again).
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import count
from typing import Final

LONGEST: Final = 31
"""UTF-16 units of a sheet's name, as spreadsheets count."""

_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f\[\]:*?/\\]")


_LINE: Final = 12.0
"""Points that a line of 9 points takes."""

_HIGHEST: Final = 409.0
"""Points: no row is higher."""

_WIDE, _NARROW = 1.75, 0.95
"""Units of a column's width that a character of 9 points takes, with some room to spare."""


def tab_name(name: str, taken: set[str]) -> str:
    """`name` as a sheet may be called, added to `taken` (case-folded names); a second one gets （2）."""
    safe = _UNSAFE.sub("_", name).strip().strip("'").strip() or "_"
    for number in count(1):
        end = "" if number == 1 else f"（{number}）"
        made = _cut(safe, LONGEST - len(end)) + end
        if made.casefold() not in taken:
            taken.add(made.casefold())
            return made
    raise AssertionError


def _cut(text: str, units: int) -> str:
    while len(text.encode("utf-16-le", "replace")) // 2 > units:
        text = text[:-1]
    return text.rstrip("'")


def row_height(cells: Iterable[tuple[str, float]]) -> float:
    """The height in points of a row of wrapped texts, each with the width of its column."""
    lines = max((sum(_lines(line, width) for line in text.split("\n")) for text, width in cells), default=1)
    return min(lines * _LINE + 3, _HIGHEST)


def _lines(text: str, width: float) -> int:
    if text.isascii():
        units = len(text) * _NARROW
    else:
        units = sum(_WIDE if unicodedata.east_asian_width(each) in "WFA" else _NARROW for each in text)
    return max(1, -int(-units // (width - 0.8)))
