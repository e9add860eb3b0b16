"""The days on which public offices work in Japan: what a deadline in working days counts.

The one law: *a deadline falls on a day on which somebody is there*: Saturdays, Sundays, national holidays and the days
from 29 December to 3 January are none (行政機関の休日に関する法律 第1条; 地方自治法 第4条の2).
"""

from datetime import date, timedelta
from typing import Final

import jpholiday

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


def is_working_day(day: date) -> bool:
    """Whether public offices are open on `day`."""
    return day.weekday() < _SATURDAY and not _year_end(day) and not jpholiday.is_holiday(day)


def working_days_after(day: date, count: int) -> date:
    """The day that is `count` working days after `day`; for 0 the first working day from `day` on.

    Raises:
        ValueError: for a negative count.
    """
    if count < 0:
        raise ValueError(f"a deadline lies ahead: {count}")
    found = day
    while not is_working_day(found) and count == 0:
        found += _DAY
    for _ in range(count):
        found += _DAY
        while not is_working_day(found):
            found += _DAY
    return found


def _year_end(day: date) -> bool:
    return (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
