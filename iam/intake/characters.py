"""Names that not every system can show, counted over one reading, whatever kind of source it is of.

The one law: a name is taken in as it is written; what may become of it is said
once, with how many people and where the first of them stand.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from iam.people.feed import FeedRow
from iam.people.japanese import outside_cp932, private_use

SHOWN: Final = 3
"""Places that are named."""

_RULES: Mapping[str, Callable[[str], list[str]]] = {
    "外字（その人事システムだけの文字）": private_use,
    "CP932（Shift_JIS）にない文字": outside_cp932,
}
_CURE: Final = "そのまま取り込みます。表示できないシステムがあります。"


@dataclass
class Characters:
    """What was noticed: by kind of character, the staff number and its first place."""

    _found: dict[str, dict[str, str]] = field(default_factory=lambda: {kind: {} for kind in _RULES})

    def look(self, row: FeedRow) -> None:
        """Notice what is in the name of one row."""
        names = row.name + row.name_kana
        for kind, characters in _RULES.items():
            if characters(names):
                self._found[kind].setdefault(row.staff_number, row.place)

    def sentences(self) -> Iterator[str]:
        """One sentence for each kind that was found; no name and no character, for not everybody is announced."""
        for kind, places in self._found.items():
            if places:
                first = "、".join(list(places.values())[:SHOWN])
                more = " など" if len(places) > SHOWN else ""
                yield f"氏名に{kind}のある職員が{len(places):,}人います（{first}{more}）。{_CURE}"
