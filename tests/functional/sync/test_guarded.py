"""R04: a feed that lost more than its band changes nothing and waits for two officers; whatever it lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bodies import Body, Row, a_guard, fiscal, leaver, mover, row
from tests.functional.sync.conftest import MakeBody, SqliteBody

Settled = Callable[[int], Body]
LEDGER = ("plan", "plan_change", "actual_group", "night", "person.pending")
"""What a held night may write: the plan that waits, whom it is about, and what it read of the targets."""


def staff(count_: int) -> list[Row]:
    return [row(number, ("0101", "0201", "0202", "0301")[number % 4]) for number in range(1, count_ + 1)]


@pytest.fixture
def settled(sqlite_body: SqliteBody) -> Iterator[Settled]:
    """A body of so many people under the bands of the baseline, two nights old."""
    opened: list[Body] = []

    def make(count_: int) -> Body:
        body = sqlite_body(guard=a_guard())
        opened.append(body)
        body.rows = staff(count_)
        body.night()
        body.nights(1)
        return body

    yield make
    for body in opened:
        body.store.dispose()


@contextmanager
def nothing_may_change(body: Body) -> Iterator[None]:
    targets = {system: target.content() for system, target in body.targets.items()}
    ledger = body.content(*LEDGER)
    yield
    assert {system: target.content() for system, target in body.targets.items()} == targets
    assert body.content(*LEDGER) == ledger


_WAYS: dict[str, Callable[[Row], list[Row]]] = {
    "dropped": lambda _: [],
    "retired": lambda one: [leaver(one, "2026-03-02")],
    "unreadable": lambda one: [{**one, "category": "?"}, {**one, "valid_from": "?"}],
}


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(20, 60), st.sampled_from(["dropped", "retired"]), st.randoms(use_true_random=False), st.floats(0, 1))
def test_a_feed_that_lost_more_than_its_band_changes_nothing(
    settled: Settled, people: int, way: str, chance: Random, share: float
) -> None:
    body = settled(people)
    limit = max(1, int(people * 0.05))
    lost = limit + 1 + int(share * (people - limit - 1))
    victims = set(chance.sample(range(1, people + 1), lost))
    body.rows = [
        told for n, one in enumerate(staff(people), 1) for told in (_WAYS[way](one) if n in victims else [one])
    ]
    with nothing_may_change(body):
        (report,) = body.nights(1)
        assert report.holds
        assert report.held is not None
    body.rows = staff(people)
    (after,) = body.nights(1)
    assert (after.changes, after.holds) == ([], [])


@pytest.mark.parametrize(
    "rows", [[], staff(40)[:20], [{"name": "?"}] * 40, [{**r, "category": "?"} for r in staff(40)]]
)
def test_an_empty_half_or_garbled_feed_locks_nobody_out(make_body: MakeBody, rows: list[Row]) -> None:
    body = make_body(guard=a_guard())
    body.rows = staff(40)
    body.night()
    before = {system: target.content() for system, target in body.targets.items()}
    body.rows = rows
    for _ in body.nights(5):
        assert {system: target.content() for system, target in body.targets.items()} == before
    body.rows = staff(40)
    (after,) = body.nights(1)
    assert (after.changes, after.holds) == ([], [])


def test_one_department_may_not_vanish_behind_a_feed_that_is_long_enough(make_body: MakeBody) -> None:
    body = make_body(guard=a_guard())
    body.rows = [row(number, "0101") for number in range(1, 201)] + [row(500 + n, "0301") for n in range(8)]
    body.night()
    body.rows = [row(number, "0101") for number in range(1, 206)] + [row(500 + n, "0301") for n in range(3)]
    (report,) = body.nights(1)
    assert report.held is not None
    assert body.is_on(503) is True


def test_a_held_feed_lets_dates_pass(make_body: MakeBody) -> None:
    """What was told before and believed goes on: the leaver of today is not kept in service by a bad file."""
    body = make_body(guard=a_guard())
    body.rows = [leaver(one, "2026-03-10") if one["staff_number"] == "0000001" else one for one in staff(40)]
    body.night()
    body.rows = []
    body.night("2026-03-10")
    assert body.is_on(1) is True
    report = body.night("2026-03-11")
    assert report.held is not None
    assert (body.is_on(1), body.is_on(2)) == (False, True)


def test_people_who_vanish_a_few_at_a_time_are_held_when_their_count_is_up(make_body: MakeBody) -> None:
    body = make_body(guard=a_guard())
    body.rows = staff(60)
    body.night()
    gone: list[int] = []
    for number in (1, 5, 9, 13, 17):
        gone.append(number)
        body.forget(*gone)
        body.nights(1)
    off = [number for number in range(1, 61) if body.is_on(number) is False]
    assert len(off) <= 3 * 3, "no night may switch off more than its band"
    assert set(off) <= set(gone)


APRIL = "2026-04-01"


def announced(body: Body, on: str) -> None:
    """Twenty of eighty move on 1 April, a quarter of each department, and HR says so on the night `on`."""
    people = staff(80)
    body.rows = people
    body.night("2026-03-02")
    # A file of the newest appointments alone stays as long as it was.
    moved = [mover(one, "0301" if one["org_code"] == "0202" else "0202", APRIL)[-1] for one in people[:20]]
    body.rows = [*moved, *people[20:]]
    assert body.night(on).holds == []


def test_a_rehearsal_lets_the_announced_pass_but_no_absence(make_body: MakeBody) -> None:
    body = make_body(guard=a_guard())
    announced(body, "2026-03-20")
    rehearsed = body.rehearse(APRIL)
    assert len(rehearsed.changes) > 40
    body.night("2026-03-31")
    report = body.night(APRIL)
    assert (report.holds, len(report.changes)) == ([], len(rehearsed.changes))
    assert body.rights(1, "zei") >= {"view"}

    body.forget(*range(50, 60))
    reports = body.nights(3)
    assert all(r.held is not None for r in reports)
    assert body.is_on(55) is True


def test_without_a_rehearsal_1_april_waits_for_two_officers(make_body: MakeBody) -> None:
    body = make_body(guard=a_guard())
    announced(body, "2026-03-20")
    body.night("2026-03-31")
    report = body.night(APRIL)
    assert report.held is not None
    assert any("予告のない" in hold.reason for hold in report.holds)
    assert body.targets["zei"].is_on("0000001") is None


def test_what_is_told_on_the_day_itself_counts_though_it_was_rehearsed(make_body: MakeBody) -> None:
    body = make_body(guard=a_guard())
    body.rows = staff(80)
    body.night("2026-03-31")
    body.clock.today = date(2026, 3, 31)
    body.rehearse(APRIL)
    body.clock.today = date(2026, 4, 1)
    people = staff(80)
    body.rows = [mover(one, "0301" if one["org_code"] == "0202" else "0202", APRIL)[-1] for one in people[:20]]
    body.rows = [*body.rows, *people[20:]]
    assert body.night().held is not None


def test_terms_that_lapse_all_at_once_unrehearsed_are_held(make_body: MakeBody) -> None:
    body = make_body(guard=a_guard())
    body.rows = [*staff(20), *(fiscal(100 + n, 2025) for n in range(20))]
    body.night("2026-03-31")
    assert body.night("2026-04-01").held is not None
    assert body.is_on(100) is True
