"""What holds a run back: bands, and what does not count against them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.access.wanted import Cause
from iam.intake.staging import FeedRun, Reading
from iam.sync.guard import Hold, Population, expected, judge_feed, judge_plan
from iam.sync.plan import Change, ChangeKind
from tests.bodies import a_guard, row
from tests.values import entries

GUARD = a_guard()
TOLD_BEFORE, TOLD_ON_THE_DAY = datetime(2026, 3, 20, 16, tzinfo=UTC), datetime(2026, 3, 31, 16, tzinfo=UTC)
SHOWN = date(2026, 3, 25)
"""Midnight and more of 1 April in Japan is still 31 March in UTC."""
FIRST = date(2026, 4, 1)


def change(
    kind: ChangeKind,
    number: int = 1,
    *,
    department: str = "",
    before: Mapping[str, tuple[str, ...]] | None = None,
    after: Mapping[str, tuple[str, ...]] | None = None,
    known: datetime | None = None,
    drift: bool = False,
    surprise: bool = False,
) -> Change:
    entry = entries(row(number, since="2026-04-01"), known=known)[0] if known else None
    cause = Cause("all", "baseline", "異動", entry, FIRST if entry else None, surprise)
    return Change(
        kind, "gw", "グループウェア", f"{number:07}", number, f"{number:07}", "山田", department or f"部{number}",
        cause, drift=drift, before=before or {}, after=after or {},
    )  # fmt: skip


def many(kind: ChangeKind, count: int, **said: object) -> list[Change]:
    return [replace(change(kind, number), **said) for number in range(1, count + 1)]  # type: ignore[arg-type] # as fields


def holds(changes: list[Change], in_use: int = 1000, departments: Mapping[str, int] | None = None) -> list[Hold]:
    return judge_plan(changes, Population({"gw": in_use}, departments or {}), GUARD, {})


@pytest.mark.parametrize(
    ("kind", "in_use", "limit"),
    [
        (ChangeKind.DISABLE, 1000, 20),
        (ChangeKind.DISABLE, 100, 5),
        (ChangeKind.DISABLE, 10, 1),
        (ChangeKind.REVOKE, 1000, 50),
        (ChangeKind.CREATE, 1000, 100),
        (ChangeKind.CREATE, 10_000, 200),
        (ChangeKind.ENABLE, 1000, 100),
        (ChangeKind.GRANT, 1000, 200),
        (ChangeKind.DELETE, 1000, 20),
        (ChangeKind.DELETE, 10, 1),
    ],
)
def test_a_kind_may_happen_up_to_its_band_and_not_once_more(kind: ChangeKind, in_use: int, limit: int) -> None:
    assert holds(many(kind, limit), in_use) == []
    (hold,) = holds(many(kind, limit + 1), in_use)
    assert f"{limit + 1:,}件" in hold.reason
    assert f"許容は{limit:,}件" in hold.reason
    assert kind.label_ja in hold.reason


def test_a_first_load_passes_whatever_its_size() -> None:
    changes = [*many(ChangeKind.CREATE, 5000), *many(ChangeKind.GRANT, 20_000)]
    assert holds(changes, in_use=0) == []


def test_even_a_first_load_may_not_switch_off_what_it_finds() -> None:
    assert holds(many(ChangeKind.DISABLE, 2), in_use=0)


def test_links_never_count() -> None:
    assert holds(many(ChangeKind.LINK, 5000)) == []


def test_a_department_may_not_lose_more_than_its_share() -> None:
    for count, held in ((3, False), (4, True)):
        found = holds(many(ChangeKind.DISABLE, count, department="市民部"), departments={"市民部": 10})
        assert bool(found) is held
        assert all("市民部" in hold.reason for hold in found)


def test_a_small_department_may_lose_two() -> None:
    assert holds(many(ChangeKind.DISABLE, 2, department="監査"), departments={"監査": 3}) == []


def test_what_a_department_gains_is_not_counted_against_it() -> None:
    assert holds(many(ChangeKind.CREATE, 50, department="市民部"), departments={"市民部": 10}) == []


def test_one_attribute_overwritten_everywhere_is_held() -> None:
    overwritten = many(ChangeKind.MODIFY, 201, before={"cn": ("旧",)}, after={"cn": ("",)})
    assert any("「cn」" in hold.reason for hold in holds(overwritten))


def test_filling_an_empty_attribute_locks_nobody_out() -> None:
    filled = many(ChangeKind.MODIFY, 201, before={"cn": ()}, after={"cn": ("新",)})
    assert not any("「cn」" in hold.reason for hold in holds(filled))


# --- what does not count


def test_what_was_told_before_its_day_and_rehearsed_may_pass_in_any_number() -> None:
    changes = [change(ChangeKind.DISABLE, n, known=TOLD_BEFORE) for n in range(1, 500)]
    rehearsed = dict.fromkeys((each.key for each in changes), SHOWN)
    assert judge_plan(changes, Population({"gw": 1000}, {}), GUARD, rehearsed) == []
    assert judge_plan(changes, Population({"gw": 1000}, {}), GUARD, {}) != []


@pytest.mark.parametrize(
    ("case", "passes"),
    [
        (change(ChangeKind.DISABLE, known=TOLD_BEFORE), True),
        (change(ChangeKind.DISABLE, known=TOLD_ON_THE_DAY), False),
        (change(ChangeKind.DISABLE, known=TOLD_BEFORE, drift=True), False),
        (change(ChangeKind.DISABLE, known=TOLD_BEFORE, surprise=True), False),
        (change(ChangeKind.DISABLE), False),
    ],
    ids=["announced", "told on the day itself", "drift", "absence", "without an appointment"],
)
def test_absences_drift_and_the_untold_always_count(case: Change, passes: bool) -> None:
    assert expected(case, {case.key: SHOWN}) is passes
    assert expected(case, {}) is False


def test_a_correction_after_the_rehearsal_counts_again() -> None:
    shown = change(ChangeKind.DISABLE, known=TOLD_BEFORE)
    assert shown.cause.entry is not None
    corrected = replace(shown, cause=replace(shown.cause, entry=replace(shown.cause.entry, id=99)))
    assert expected(corrected, {shown.key: SHOWN}) is False


def test_other_values_than_the_rehearsed_count_again() -> None:
    shown = change(ChangeKind.MODIFY, known=TOLD_BEFORE)
    assert expected(replace(shown, after={"mail": ("attacker@example",)}), {shown.key: SHOWN}) is False


def test_a_rehearsal_on_the_day_itself_or_of_what_was_due_long_ago_vouches_for_nothing() -> None:
    due = change(ChangeKind.DISABLE, known=TOLD_BEFORE)
    assert due.cause.effective is not None
    assert expected(due, {due.key: due.cause.effective}) is False


def test_beyond_the_ceiling_nothing_passes_though_it_was_rehearsed() -> None:
    changes = [change(ChangeKind.DISABLE, n, known=TOLD_BEFORE) for n in range(1, 502)]
    rehearsed = dict.fromkeys((each.key for each in changes), SHOWN)
    (hold,) = judge_plan(changes, Population({"gw": 1000}, {}), GUARD, rehearsed)
    assert "予告の有無によらない" in hold.reason


def test_what_an_earlier_night_was_allowed_to_do_is_not_counted_twice_unless_undone_by_hand() -> None:
    changes = many(ChangeKind.DISABLE, 100)
    undone = {each.key for each in changes}
    people = Population({"gw": 1000}, {})
    assert judge_plan(changes, people, GUARD, {}, undone) == []
    assert judge_plan([replace(c, drift=True) for c in changes], people, GUARD, {}, undone) != []


# --- the feed


def last(total: int, departments: Mapping[str, int] | None = None) -> FeedRun:
    return FeedRun(1, TOLD_BEFORE, total, "1", departments or {})


def test_the_first_reading_has_nothing_to_be_held_against() -> None:
    assert judge_feed(Reading("jinji", total=100_000), None, GUARD) == []


@pytest.mark.parametrize(("total", "held"), [(1000, False), (950, False), (949, True), (1050, False), (1051, True)])
def test_a_feed_whose_size_leaves_its_band_is_held(total: int, held: bool) -> None:
    assert bool(judge_feed(Reading("jinji", total=total), last(1000), GUARD)) is held


def test_an_empty_feed_is_always_held() -> None:
    (hold,) = judge_feed(Reading("jinji", total=0), last(1), GUARD)
    assert "0行" in hold.reason


def test_a_department_that_shrinks_is_held_though_the_feed_is_as_long_as_ever() -> None:
    before = {"総務部": 500, "市民部": 100, "監査": 3}
    for now, held in (({**before, "市民部": 70}, False), ({**before, "市民部": 69, "総務部": 531}, True)):
        reading = Reading("jinji", total=1000, departments=now, departments_before=before)
        assert bool(judge_feed(reading, last(1000, before), GUARD)) is held
    gone = Reading("jinji", total=1000, departments={"総務部": 600}, departments_before=before)
    assert {"市民部" in h.reason or "監査" in h.reason for h in judge_feed(gone, last(1000, before), GUARD)} == {True}


@given(st.integers(0, 300), st.integers(1, 2000), st.sampled_from(["disable", "revoke", "create", "delete", "grant"]))
def test_more_of_the_same_is_never_held_less(count: int, in_use: int, kind: str) -> None:
    fewer = holds(many(ChangeKind(kind), count), in_use)
    more = holds(many(ChangeKind(kind), count + 1), in_use)
    assert len(more) >= len(fewer)
