"""Deadlines in working days: weekends, national holidays and the turn of the year do not count."""

from datetime import date

import pytest

from iam.people.holidays import is_working_day, working_days_after


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 4, 6), True),
        (date(2026, 4, 4), False),  # a Saturday
        (date(2026, 4, 29), False),  # 昭和の日
        (date(2026, 5, 6), False),  # a substitute for a holiday on a Sunday
        (date(2026, 9, 22), False),  # between two holidays
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),
        (date(2027, 1, 1), False),
        (date(2028, 1, 3), False),
        (date(2028, 1, 4), True),
    ],
)
def test_a_working_day_is_one_on_which_offices_are_open(day: date, *, works: bool) -> None:
    assert is_working_day(day) is works


@pytest.mark.parametrize(
    ("day", "count", "due"),
    [
        (date(2026, 4, 6), 1, date(2026, 4, 7)),
        (date(2026, 4, 3), 1, date(2026, 4, 6)),  # over a weekend
        (date(2026, 5, 1), 1, date(2026, 5, 7)),  # over the holidays of May
        (date(2026, 12, 28), 1, date(2027, 1, 4)),  # over the turn of the year
        (date(2026, 12, 30), 2, date(2027, 1, 5)),
        (date(2026, 4, 4), 0, date(2026, 4, 6)),
        (date(2026, 4, 6), 0, date(2026, 4, 6)),
    ],
)
def test_a_deadline_falls_on_a_working_day(day: date, count: int, due: date) -> None:
    assert working_days_after(day, count) == due


def test_no_deadline_lies_behind() -> None:
    with pytest.raises(ValueError, match="-1"):
        working_days_after(date(2026, 4, 6), -1)
