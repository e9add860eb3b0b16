"""When a review is due: each quarter of the fiscal year, and once after 1 April; pure.

The one law: *at least once a fiscal year* (OITA-S11.2.1, R11): the schedule knows nothing of who is busy, and a review
that was not held is said, not forgotten.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from iam.people.japanese import fiscal_year, wareki
from iam.policy.entry.review import Review
from iam.review.words import CampaignKind

QUARTERS: Final = {4: 1, 7: 2, 10: 3, 1: 4}
"""First month -> quarter of the fiscal year."""

FLOOR_FROM: Final = (3, 1)
"""From this day on a fiscal year without a finished review is alarmed: a month is left to hold one."""

LATE: Final = timedelta(days=14)
"""How much longer than the interval two openings may lie apart: a New Year, a server that stood still."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A review of the schedule: opened from `opens_on` on, until the quarter ends.

    `quarter`: 1 is April to June; of APRIL it is 0.
    """

    opens_on: date
    kind: CampaignKind
    fiscal_year: int
    quarter: int

    @property
    def key(self) -> tuple[CampaignKind, int, int]:
        """What the books allow once."""
        return self.kind, self.fiscal_year, self.quarter


def due(day: date, review: Review, held: Collection[tuple[CampaignKind, int, int]]) -> list[Slot]:
    """The reviews that are to be opened on a day and were not (`held`: `Slot.key` of those that were).

    One that was not opened in its quarter is not opened in the next: that quarter has its own.
    """
    return [slot for slot in _slots(_quarter_begins(day), review) if slot.opens_on <= day and slot.key not in held]


def following(day: date, review: Review) -> Slot:
    """The next review that opens after a day."""
    here = _quarter_begins(day)
    slots = [*_slots(here, review), *_slots(_next_quarter(here), review)]
    return min(slot for slot in slots if slot.opens_on > day)


def _slots(begins: date, review: Review) -> Iterator[Slot]:
    """The reviews of the quarter that begins on a day."""
    year, quarter = fiscal_year(begins), QUARTERS[begins.month]
    yield Slot(begins.replace(day=review.opens_on.value), CampaignKind.QUARTERLY, year, quarter)
    if quarter == 1 and review.after_april.value:
        yield Slot(begins.replace(day=review.april_on.value), CampaignKind.APRIL, year, 0)


def _quarter_begins(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _next_quarter(begins: date) -> date:
    return _quarter_begins(begins + timedelta(days=100))


@dataclass(frozen=True, slots=True)
class Past:
    """A review that was held: the days on which it was opened and closed."""

    opened_on: date
    closed_on: date | None


def why_alarm(day: date, past: Sequence[Past], since: date, longest: int) -> str:
    """What officers must know of reviews that were not held, in one sentence, or "" (R11).

    `since`: the first day of this service, before which nothing is asked.  `longest`: months between two openings.
    """
    closed = {fiscal_year(each.closed_on) for each in past if each.closed_on is not None}
    year = fiscal_year(day)
    if since < date(year, *FLOOR_FROM) and not closed & {year - 1, year}:
        return f"{_named(year - 1)}に終えた棚卸がありません。年度ごとに一度は要ります。すぐに棚卸を終えてください。"
    if day >= date(year + 1, *FLOOR_FROM) and year not in closed:
        return f"{_named(year)}に終えた棚卸がまだありません。3月31日までに、開いている棚卸を終えてください。"
    last = max([since, *(each.opened_on for each in past)])
    if day > _months_after(last, longest) + LATE:
        told = f"{wareki(last)}のあと、新しい棚卸を始めていません（間隔は{longest}か月まで）。"
        return told + "iam review open で始められない理由を確かめてください。"
    return ""


def _named(year: int) -> str:
    """A fiscal year as offices write it: 令和8年度."""
    return wareki(date(year, 4, 1)).partition("年")[0] + "年度"


def _months_after(day: date, months: int) -> date:
    """The first day of the month that is so many months later, and as many days on."""
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, 1) + timedelta(days=day.day - 1)
