"""The organisation (組織) over time: which unit a code means on a day.

The one law: *a code means something only on a day*.  Codes are reused with a
new meaning from one 年度 to the next, so nothing here answers without a date;
intervals are inclusive at both ends.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from operator import attrgetter
from typing import Protocol, Self

from iam.errors import ConfigurationError
from iam.people.japanese import NotADate, Open, narrow, parse_date


class OrgText(Protocol):
    """One row of the organisation list, as text.  `place` names it for people."""

    @property
    def place(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def parent(self) -> str:
        """The code of the unit above, or "" at the top."""

    @property
    def valid_from(self) -> str:
        """The first day in any form of `parse_date`; blank when it has always been."""

    @property
    def valid_until(self) -> str:
        """The last day; blank when no end is known."""


@dataclass(frozen=True, slots=True)
class OrgUnit:
    """One unit for as long as its code means it."""

    code: str
    name: str
    parent: str
    valid_from: date
    valid_until: date

    def on(self, day: date) -> bool:
        """Whether the unit exists on `day`."""
        return self.valid_from <= day <= self.valid_until

    def overlaps(self, first: date, last: date) -> bool:
        """Whether the unit exists on any day from `first` to `last`."""
        return self.valid_from <= last and first <= self.valid_until


class Organisation:
    """All units of a body.  Made whole by `from_rows` or `of`; never changed afterwards."""

    def __init__(self, units: Mapping[str, Sequence[OrgUnit]]) -> None:
        self._units = units
        self._roots: dict[date, OrgUnit | None] = {}
        self.begins = min((unit.valid_from for held in units.values() for unit in held), default=date.max)
        """The first day of which the list says anything."""

    @classmethod
    def of(cls, units: Iterable[OrgUnit]) -> Self:
        """The organisation of `units`.

        Raises:
            ConfigurationError: with every overlap of one code, unknown parent and circle.
        """
        return cls._proved([("", unit) for unit in units], [])

    @classmethod
    def from_rows(cls, rows: Iterable[OrgText]) -> Self:
        """The organisation of a list as text.

        Raises:
            ConfigurationError: with every mistake of the list, each with its place.
        """
        problems: list[str] = []
        placed: list[tuple[str, OrgUnit]] = []
        for row in rows:
            unit = _unit(row, problems)
            if unit is not None:
                placed.append((f"{row.place}: ", unit))
        return cls._proved(placed, problems)

    @classmethod
    def _proved(cls, placed: Sequence[tuple[str, OrgUnit]], problems: list[str]) -> Self:
        by_code: defaultdict[str, list[OrgUnit]] = defaultdict(list)
        for _, unit in placed:
            by_code[unit.code].append(unit)
        for units in by_code.values():
            units.sort(key=attrgetter("valid_from"))
        organisation = cls({code: tuple(units) for code, units in by_code.items()})
        problems.extend(organisation._overlaps())
        problems.extend(organisation._unknown_parents(placed))
        problems.extend(organisation._circles())
        if problems:
            raise ConfigurationError(problems)
        return organisation

    def __len__(self) -> int:
        """How many units there are, over all time."""
        return sum(map(len, self._units.values()))

    def __iter__(self) -> Iterator[OrgUnit]:
        """Every unit, over all time."""
        for units in self._units.values():
            yield from units

    def at(self, code: str, day: date) -> OrgUnit | None:
        """What `code` means on `day`."""
        for unit in self._units.get(code, ()):
            if unit.on(day):
                return unit
        return None

    def during(self, code: str, first: date, last: date) -> Sequence[OrgUnit]:
        """Everything that `code` means on some day from `first` to `last`, oldest first."""
        return [unit for unit in self._units.get(code, ()) if unit.overlaps(first, last)]

    def path(self, code: str, day: date) -> tuple[OrgUnit, ...]:
        """The units from the top down to `code` on `day`; empty when it means nothing then."""
        found: list[OrgUnit] = []
        unit = self.at(code, day)
        while unit is not None and unit not in found:
            found.append(unit)
            unit = self.at(unit.parent, day) if unit.parent else None
        return tuple(reversed(found))

    def department(self, code: str, day: date) -> OrgUnit | None:
        """The department (部) of `code` on `day`: the highest unit above it below the root.

        When a single unit has no parent that day, it is the body itself, and
        the departments are the units right below it; otherwise the units
        without a parent are the departments.
        """
        path = self.path(code, day)
        if not path:
            return None
        below_root = len(path) > 1 and path[0] == self._root(day)
        return path[1] if below_root else path[0]

    def _root(self, day: date) -> OrgUnit | None:
        if day not in self._roots:
            tops = [unit for unit in self if unit.on(day) and not unit.parent]
            self._roots[day] = tops[0] if len(tops) == 1 else None
        return self._roots[day]

    def _above(self, unit: OrgUnit, day: date) -> OrgUnit | None:
        return self.at(unit.parent, day) if unit.parent else None

    def _overlaps(self) -> Iterator[str]:
        for code, units in self._units.items():
            for earlier, later in pairwise(units):
                if later.valid_from <= earlier.valid_until:
                    yield (
                        f"組織コード {code} の期間が重なっています"
                        f"（{earlier.name} {_span(earlier)} と {later.name} {_span(later)}）。"
                        "一方の有効終了日を直してください。"
                    )

    def _unknown_parents(self, placed: Iterable[tuple[str, OrgUnit]]) -> Iterator[str]:
        for place, unit in placed:
            if unit.parent and not self.during(unit.parent, unit.valid_from, unit.valid_until):
                yield (
                    f"{place}{unit.name}（{unit.code}）の上位組織コード {unit.parent} が、"
                    f"{_span(unit)} の組織の一覧にありません。"
                )

    def _circles(self) -> Iterator[str]:
        told: set[frozenset[str]] = set()
        for day in sorted({unit.valid_from for unit in self}):
            for unit in self:
                circle = self._circle(unit, day)
                if circle and frozenset(circle) not in told:
                    told.add(frozenset(circle))
                    yield f"組織コード {' → '.join((*circle, circle[0]))} の上下関係が循環しています。"

    def _circle(self, start: OrgUnit, day: date) -> list[str]:
        """The codes on the circle that starts and ends at `start`, if it lies on one."""
        codes: list[str] = []
        unit: OrgUnit | None = start if start.on(day) else None
        while unit is not None and unit.code not in codes:
            codes.append(unit.code)
            unit = self._above(unit, day)
        return codes if unit is not None and unit.code == start.code else []


def _span(unit: OrgUnit) -> str:
    first = "" if unit.valid_from == date.min else unit.valid_from.isoformat()
    last = "" if unit.valid_until == date.max else unit.valid_until.isoformat()
    return f"{first}〜{last}"


def _unit(row: OrgText, problems: list[str]) -> OrgUnit | None:
    known = len(problems)
    code = narrow(row.code)
    if not code:
        problems.append(f"{row.place}: 組織コードが空です。")
    if not row.name.strip():
        problems.append(f"{row.place}: 組織名が空です。")
    first = _date(row.place, "有効開始日", row.valid_from, date.min, problems)
    last = _date(row.place, "有効終了日", row.valid_until, date.max, problems)
    if first > last:
        problems.append(f"{row.place}: 有効終了日 {last} が有効開始日 {first} より前です。")
    if len(problems) > known:
        return None
    return OrgUnit(code, row.name.strip(), narrow(row.parent), first, last)


def _date(place: str, name: str, text: str, when_open: date, problems: list[str]) -> date:
    try:
        found = parse_date(text)
    except NotADate as error:
        problems.append(f"{place}: {name}「{text}」は{error}。")
        return when_open
    return when_open if isinstance(found, Open) else found
