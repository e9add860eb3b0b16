"""Uses put into the days of a month, and counted by system and month.

The one law: *a use stands on every day on which it was open* (JST), and is counted once, in the month it began.
"""

from calendar import Calendar
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Self

from iam.record.columns import jst_day

SPAN: Final = 12
"""Months of the chart."""

_SUNDAY: Final = 6
_DECEMBER: Final = 12
_WHOLE: Final = 100.0
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2999


@dataclass(frozen=True, order=True)
class Month:
    """One month of the calendar."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        """The month in which a day lies."""
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """2026-11, as an address says it; None for anything else, and for what no calendar of ours reaches."""
        try:
            day = date.fromisoformat(f"{text}-01")
        except ValueError:
            return None
        return cls.of(day) if _FIRST_YEAR <= day.year <= _LAST_YEAR else None

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after(1).first - timedelta(days=1)

    def after(self, months: int) -> "Month":
        """So many months later; earlier when it is negative."""
        years, number = divmod(self.year * _DECEMBER + self.number - 1 + months, _DECEMBER)
        return Month(years, number + 1)

    @property
    def weeks(self) -> list[list[date | None]]:
        """Its weeks from Sunday to Saturday; None for what belongs to another month."""
        found = Calendar(_SUNDAY).monthdatescalendar(self.year, self.number)
        return [[each if Month.of(each) == self else None for each in week] for week in found]


@dataclass(frozen=True)
class Worked:
    """One use as it stands in a calendar.  `ended` None: it is still open."""

    id: int
    system: str
    label: str
    person: str
    began: datetime
    ended: datetime | None
    emergency: bool

    def minutes(self, at: datetime) -> int:
        """How long it was open until now, in whole minutes, rounded up."""
        seconds = ((self.ended or at) - self.began).total_seconds()
        return max(0, -int(-seconds // 60))

    def days(self, at: datetime) -> list[date]:
        """The days on which it was open."""
        first, last = jst_day(self.began), jst_day(self.ended or at)
        return [first + timedelta(days=n) for n in range(max(0, (last - first).days) + 1)]


def by_day(uses: Iterable[Worked], at: datetime) -> dict[date, list[Worked]]:
    """The uses of each day that had one, in the order in which they began."""
    found: dict[date, list[Worked]] = {}
    for each in sorted(uses, key=lambda use: (use.began, use.id)):
        for day in each.days(at):
            found.setdefault(day, []).append(each)
    return found


@dataclass(frozen=True)
class Bar:
    """One month of one system.  `height`, `urgent`: in percent of the tallest bar, all uses and the emergencies."""

    month: Month
    uses: int
    emergencies: int
    minutes: int
    height: float
    urgent: float


@dataclass(frozen=True)
class Row:
    """The bars of one system."""

    system: str
    bars: Sequence[Bar]

    @property
    def uses(self) -> int:
        """All together."""
        return sum(bar.uses for bar in self.bars)


def charted(uses: Sequence[Worked], systems: Iterable[str], last: Month, at: datetime) -> list[Row]:
    """The uses of each system in the twelve months up to `last`; a system without any has bars of nothing."""
    months = [last.after(back) for back in range(1 - SPAN, 1)]
    counts = {kind: _counted(uses, at, kind) for kind in ("uses", "emergencies", "minutes")}
    known = list(dict.fromkeys([*systems, *sorted({each.system for each in uses})]))
    highest = max((counts["uses"][system, month] for system in known for month in months), default=0) or 1
    return [Row(system, [_bar(counts, system, month, highest) for month in months]) for system in known]


def _counted(uses: Iterable[Worked], at: datetime, kind: str) -> Counter[tuple[str, Month]]:
    found: Counter[tuple[str, Month]] = Counter()
    for each in uses:
        worth = {"uses": 1, "emergencies": int(each.emergency), "minutes": each.minutes(at)}[kind]
        found[each.system, Month.of(jst_day(each.began))] += worth
    return found


def _bar(counts: Mapping[str, Counter[tuple[str, Month]]], system: str, month: Month, highest: int) -> Bar:
    uses, urgent, minutes = (counts[kind][system, month] for kind in ("uses", "emergencies", "minutes"))
    return Bar(month, uses, urgent, minutes, round(uses * _WHOLE / highest, 2), round(urgent * _WHOLE / highest, 2))
