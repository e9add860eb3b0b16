"""Names of sheets: what spreadsheets allow, each once.

The one law: *no name is refused and none comes twice*, whatever departments are called.
"""

import re
from itertools import count
from typing import Final

LONGEST: Final = 31
"""UTF-16 units of a sheet's name, as spreadsheets count."""

_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f\[\]:*?/\\]")


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
