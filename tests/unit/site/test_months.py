"""Uses of privileged IDs by day and by month."""

from datetime import UTC, date, datetime, timedelta

import pytest

from web.officer.privilege.watch.months import Month, Worked, by_day, charted

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def use(
    id_: int, began: datetime, minutes: int | None = 60, *, system: str = "finance", emergency: bool = False
) -> Worked:
    ended = None if minutes is None else began + timedelta(minutes=minutes)
    return Worked(id_, system, f"{system} admin", "山田", began, ended, emergency)


def test_a_use_over_midnight_stands_on_both_days_of_japan_and_one_that_is_open_until_now() -> None:
    over_midnight = use(1, datetime(2026, 10, 31, 14, 30, tzinfo=UTC))  # 23:30 in Japan
    open_one = use(2, NOW - timedelta(minutes=10), None)
    found = by_day([open_one, over_midnight], NOW)
    assert {day: [each.id for each in uses] for day, uses in found.items()} == {
        date(2026, 10, 31): [1], date(2026, 11, 1): [1], date(2026, 11, 21): [2],
    }  # fmt: skip
    assert open_one.minutes(NOW) == 10


def test_a_chart_counts_each_use_once_in_the_month_in_which_it_began() -> None:
    uses = [
        use(1, datetime(2026, 10, 31, 14, 30, tzinfo=UTC)),  # the last minutes of October in Japan
        use(2, datetime(2026, 10, 31, 15, 30, tzinfo=UTC), 30, emergency=True),
        use(3, NOW, None),
        use(4, datetime(2025, 11, 1, tzinfo=UTC)),  # a year and more ago: not in the chart
        use(5, NOW - timedelta(hours=2), system="gone"),
    ]
    rows = {row.system: row for row in charted(uses, ["finance", "juki"], Month(2026, 11), NOW + timedelta(minutes=5))}
    assert list(rows) == ["finance", "juki", "gone"]
    october, november = rows["finance"].bars[-2:]
    assert (october.uses, october.emergencies, october.minutes, october.height) == (1, 0, 60, 50.0)
    assert (november.uses, november.emergencies, november.minutes, november.height) == (2, 1, 35, 100.0)
    assert (rows["finance"].uses, rows["juki"].uses, rows["gone"].uses) == (3, 0, 1)
    assert [str(bar.month) for bar in rows["juki"].bars][::11] == ["2025-12", "2026-11"]


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-W01", "1999-12", "9999-12", "２０２６-11", "2026-11-01"])
def test_an_address_names_no_month_that_the_calendar_cannot_draw(text: str) -> None:
    assert Month.read(text) is None


def test_a_month_is_drawn_in_whole_weeks_from_sunday() -> None:
    weeks = Month(2026, 11).weeks
    assert [len(week) for week in weeks] == [7] * 5
    assert (weeks[0][0], weeks[4][1], weeks[4][2]) == (date(2026, 11, 1), date(2026, 11, 30), None)
    assert (str(Month(2026, 12).after(1)), str(Month(2026, 1).after(-1))) == ("2027-01", "2025-12")
