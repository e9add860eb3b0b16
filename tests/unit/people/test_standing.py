"""Who stands where on a day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.people.standing import Status, changed_post, held_posts, standing, turning_days
from tests.bodies import Row, concurrent, fiscal, leaver, mover, on_leave, row, seconded_out
from tests.values import entries

DAY = timedelta(days=1)


def day(text: str) -> date:
    return date.fromisoformat(text)


def units(rows: list[Row], on: str) -> list[str]:
    return [post.entry.told.org_code for post in standing(entries(*rows), day(on)).posts]


def status(rows: list[Row], on: str, *, absent: bool = False) -> Status:
    return standing(entries(*rows), day(on), absent=absent).status


@pytest.mark.parametrize(
    ("on", "expected"),
    [("2026-03-31", Status.FUTURE), ("2026-04-01", Status.IN_SERVICE), ("2040-01-01", Status.IN_SERVICE)],
)
def test_somebody_hired_is_to_come_until_the_first_day(on: str, expected: Status) -> None:
    assert status([row(1, since="2026-04-01")], on) is expected


def test_nobody_told_of_is_untold() -> None:
    assert standing([], day("2026-04-01")).status is Status.UNTOLD


def test_a_transfer_ends_the_open_post_the_day_before() -> None:
    rows = mover(row(1, "0101"), "0202", "2026-04-01")
    assert units(rows, "2026-03-31") == ["0101"]
    assert units(rows, "2026-04-01") == ["0202"]


def test_a_transfer_told_of_with_ends_is_the_same() -> None:
    rows = [row(1, "0101", valid_until="2026-03-31"), row(1, "0202", "2026-04-01")]
    assert (units(rows, "2026-03-31"), units(rows, "2026-04-01")) == (["0101"], ["0202"])


def test_two_transfers_in_one_month_leave_each_post_its_days() -> None:
    first = mover(row(1, "0101"), "0202", "2026-04-01")
    rows = [*first, row(1, "0301", "2026-04-16", kind="transfer")]
    assert [units(rows, on) for on in ("2026-03-31", "2026-04-15", "2026-04-16")] == [["0101"], ["0202"], ["0301"]]


def test_a_concurrent_post_has_its_own_dates_and_stands_after_the_primary() -> None:
    rows = [concurrent(row(1), "0202", "2019-04-01", "2026-04-30"), row(1, "0101")]
    assert units(rows, "2026-04-30") == ["0101", "0202"]
    assert units(rows, "2026-05-01") == ["0101"]


def test_a_concurrent_post_outlives_a_transfer() -> None:
    rows = [*mover(row(1, "0101"), "0102", "2026-04-01"), concurrent(row(1), "0202", "2025-04-01")]
    assert units(rows, "2026-04-01") == ["0102", "0202"]


def test_the_last_day_in_service_is_still_in_service() -> None:
    rows = [leaver(row(1), "2026-03-31")]
    assert status(rows, "2026-03-31") is Status.IN_SERVICE
    left = standing(entries(*rows), day("2026-04-01"))
    assert (left.status, left.since) == (Status.LEFT, day("2026-04-01"))


def test_a_retirement_ends_every_post_that_was_held() -> None:
    retire = {**row(1), "kind": "retire", "valid_from": "2026-03-31"}
    rows = [row(1), concurrent(row(1), "0202", "2025-04-01"), retire]
    assert units(rows, "2026-03-31") == ["0101", "0202"]
    assert units(rows, "2026-04-01") == []
    assert status(rows, "2026-04-01") is Status.LEFT


def test_who_is_employed_again_the_next_day_never_left() -> None:
    rows = [leaver(row(1, "0101"), "2026-03-31"), row(1, "0202", "2026-04-01", category="reappointed")]
    assert (units(rows, "2026-03-31"), units(rows, "2026-04-01")) == (["0101"], ["0202"])
    assert status(rows, "2026-04-01") is Status.IN_SERVICE


def test_who_is_hired_again_after_years_had_left_in_between() -> None:
    rows = [leaver(row(1), "2020-05-31"), row(1, "0202", "2026-04-01")]
    assert [status(rows, on) for on in ("2020-05-31", "2020-06-01", "2026-03-31", "2026-04-01")] == [
        Status.IN_SERVICE,
        Status.LEFT,
        Status.LEFT,
        Status.IN_SERVICE,
    ]


def test_a_retirement_told_for_after_the_term_is_leaving_all_the_same() -> None:
    rows = [row(1, valid_until="2026-03-31"), {**row(1), "kind": "retire", "valid_from": "2026-04-05"}]
    assert [status(rows, on) for on in ("2026-04-01", "2026-04-05", "2026-04-06")] == [
        Status.LAPSED,
        Status.LAPSED,
        Status.LEFT,
    ]
    assert day("2026-04-06") in turning_days(entries(*rows))


def test_a_leave_lies_over_the_post_and_ends_with_its_last_day() -> None:
    rows = [row(1), on_leave(row(1), "2026-04-01", "2027-03-31")]
    assert [status(rows, on) for on in ("2026-03-31", "2026-04-01", "2027-03-31", "2027-04-01")] == [
        Status.IN_SERVICE,
        Status.ON_LEAVE,
        Status.ON_LEAVE,
        Status.IN_SERVICE,
    ]
    assert units(rows, "2026-10-01") == ["0101"]


def test_a_secondment_out_is_away() -> None:
    rows = [row(1), seconded_out(row(1), "2026-04-01", "2028-03-31")]
    assert [status(rows, on) for on in ("2026-04-01", "2028-03-31", "2028-04-01")] == [
        Status.AWAY,
        Status.AWAY,
        Status.IN_SERVICE,
    ]


def test_who_leaves_while_on_leave_has_left() -> None:
    rows = [leaver(row(1), "2026-06-30"), on_leave(row(1), "2026-04-01", "2027-03-31")]
    assert status(rows, "2026-07-01") is Status.LEFT


def test_a_renewal_leaves_no_gap_between_31_march_and_1_april() -> None:
    rows = [fiscal(1, 2025), fiscal(1, 2026)]
    assert [status(rows, on) for on in ("2026-03-31", "2026-04-01", "2027-03-31")] == [Status.IN_SERVICE] * 3


def test_a_term_without_renewal_lapses_on_1_april() -> None:
    lapsed = standing(entries(fiscal(1, 2025)), day("2026-04-01"))
    assert (lapsed.status, lapsed.since) == (Status.LAPSED, day("2026-04-01"))
    assert lapsed.cause is not None


def test_a_real_gap_is_a_gap() -> None:
    rows = [fiscal(1, 2025), fiscal(1, 2026, valid_from="2026-05-01")]
    assert [status(rows, on) for on in ("2026-03-31", "2026-04-01", "2026-04-30", "2026-05-01")] == [
        Status.IN_SERVICE,
        Status.LAPSED,
        Status.LAPSED,
        Status.IN_SERVICE,
    ]


def test_silence_is_absence_only_for_who_is_in_service() -> None:
    assert status([row(1)], "2026-04-01", absent=True) is Status.ABSENT
    assert units([row(1)], "2026-04-01") == ["0101"]
    assert status([leaver(row(1), "2026-03-31")], "2026-04-01", absent=True) is Status.LEFT
    assert status([row(1, since="2026-04-02")], "2026-04-01", absent=True) is Status.FUTURE


_DAYS = st.dates(day("2025-01-01"), day("2026-12-31"))


@pytest.mark.parametrize(
    ("rows", "since", "on", "changed"),
    [
        ([row(1)], "2026-04-01", "2026-12-01", False),
        (mover(row(1, "0101"), "0202", "2026-07-01"), "2026-06-30", "2026-06-30", False),
        (mover(row(1, "0101"), "0202", "2026-07-01"), "2026-06-30", "2026-07-01", True),
        # The day on which something is taken away may be the first of the next post.
        (mover(row(1, "0101"), "0202", "2026-07-01"), "2026-07-01", "2026-12-01", False),
        # A renewal goes on, however often; a gap does not, nor does another title.
        ([fiscal(1, 2025), fiscal(1, 2026), fiscal(1, 2027)], "2026-01-01", "2027-06-01", False),
        ([fiscal(1, 2025), fiscal(1, 2027)], "2026-01-01", "2027-06-01", True),
        (
            [row(1, valid_until="2026-06-30"), row(1, since="2026-07-01", title_code="20")],
            "2026-06-01",
            "2026-07-01",
            True,
        ),
        # A second post beside the first changes nothing; whoever has none on the day has no new one.
        ([row(1), concurrent(row(1), "0202", "2026-07-01")], "2026-06-01", "2026-08-01", False),
        ([leaver(row(1), "2026-06-30")], "2026-06-01", "2026-08-01", False),
    ],
)
def test_a_post_has_changed_when_another_began_or_the_same_after_a_break(
    rows: list[Row], since: str, on: str, *, changed: bool
) -> None:
    assert changed_post(entries(*rows), day(since), day(on)) is changed


@st.composite
def _careers(draw: st.DrawFn) -> list[Row]:
    begins = sorted(draw(st.sets(_DAYS, min_size=1, max_size=4)))
    rows = [
        row(1, org, first.isoformat()) for org, first in zip(["0101", "0102", "0201", "0202"], begins, strict=False)
    ]
    beside: bool = draw(st.booleans())
    leaves: bool = draw(st.booleans())
    if beside:
        first = draw(_DAYS)
        rows.append(concurrent(row(1), "0301", first.isoformat(), (first + 30 * DAY).isoformat()))
    if leaves:
        rows.append({**row(1), "kind": "retire", "valid_from": draw(_DAYS).isoformat()})
    return rows


@given(_careers(), _DAYS)
def test_nobody_holds_two_primary_posts_on_one_day(rows: list[Row], on: date) -> None:
    posts = standing(entries(*rows), on).posts
    assert sum(not post.entry.told.concurrent for post in posts) <= 1


@given(_careers(), _DAYS)
def test_nothing_changes_but_on_turning_days(rows: list[Row], on: date) -> None:
    held = entries(*rows)
    if on + DAY not in turning_days(held):
        today, tomorrow = standing(held, on), standing(held, on + DAY)
        assert (today.status, today.posts) == (tomorrow.status, tomorrow.posts)


@given(_careers(), _DAYS)
def test_a_retirement_lasts_until_the_next_post_begins(rows: list[Row], on: date) -> None:
    held = entries(*rows)
    for end in (e for e in held if e.told.gives.value == "end"):
        last = end.told.valid_from
        begun = [e for e in held if e.told.gives.value == "post" and e.told.valid_from <= on]
        if begun and last < on and all(e.told.valid_from <= last for e in begun):
            assert standing(held, on).status is Status.LEFT


@given(_careers())
def test_posts_end_no_earlier_than_they_begin(rows: list[Row]) -> None:
    assert all(post.begins <= post.until for post in held_posts(entries(*rows)))
