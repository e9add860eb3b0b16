"""What fits a sheet: names that spreadsheets allow, and rows as high as their text.

The one law: *no name is refused and none comes twice*, whatever departments are called; and no text is cut on paper for
want of height (a spreadsheet that opens a file does not always measure it again).
"""

import re
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

_UNIT: Final = 0.9
"""Units of a column's width that half a full-width character of 9 points takes, with some room to spare."""


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
    # CP932 takes two bytes for what is printed in full width: the quickest measure, and near enough for all else.
    halves = len(text) if text.isascii() else len(text.encode("cp932", "replace"))
    return max(1, -int(-halves * _UNIT // (width - 0.8)))
