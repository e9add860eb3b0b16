"""A held plan: two officers, exactly what they saw, or not at all."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import update

from iam.errors import Busy, Conflict, Forbidden, IntegrityError
from iam.jobs.night import carry_out_released, nightly
from iam.ports import Authority
from iam.sync.stored.plans import (
    PlanState,
    StoredPlan,
    change_table,
    changes_of,
    plan,
    plan_table,
    plans,
)
from iam.sync.stored.release import sign
from tests.bodies import Body, Row, a_guard, leaver, row
from tests.functional.sync.conftest import MakeBody

OFFICERS = ("tanaka", "suzuki", "satou")


def signed(body: Body, officer: str, stored: StoredPlan) -> StoredPlan:
    with body.store.act(officer) as act:
        return sign(act, body.store.keys, stored.id, OFFICERS, stored.hash)


def released(body: Body, stored: StoredPlan) -> None:
    for officer in OFFICERS[:2]:
        signed(body, officer, stored)


def state_of(body: Body, stored: StoredPlan) -> PlanState:
    with body.store.read() as connection:
        return plan(connection, stored.id).state


def waiting(body: Body) -> list[StoredPlan]:
    with body.store.read() as connection:
        return plans(connection, PlanState.HELD)


@pytest.fixture
def town(make_body: MakeBody) -> Body:
    """Forty people under the bands of the baseline, settled."""
    body = make_body(guard=a_guard())
    body.rows = [row(number, "0202" if number % 2 else "0101") for number in range(1, 41)]
    body.night()
    return body


@pytest.fixture
def held(town: Body) -> StoredPlan:
    """Ten of the forty leave without anybody having announced it."""
    town.say(*(leaver(row(number, "0202" if number % 2 else "0101"), "2026-03-02") for number in range(1, 11)))
    (report,) = town.nights(1)
    assert report.held is not None
    return report.held


def test_a_held_plan_touches_neither_targets_nor_ledger(town: Body) -> None:
    """It is stored, with what was read of the targets, and whom it is about is looked at again."""
    kept = ("plan", "plan_change", "night", "actual_group", "person.pending")
    before, ledger = town.targets["gw"].content(), town.content(*kept)
    town.say(*(leaver(row(number), "2026-03-02") for number in range(1, 11)))
    (report,) = town.nights(1)
    assert report.holds
    assert town.targets["gw"].content() == before
    assert town.content(*kept) == ledger


def test_a_plan_released_by_two_officers_applies_exactly_as_shown(town: Body, held: StoredPlan) -> None:
    with town.store.read() as connection:
        shown = [(c.system, c.kind, c.login, c.entitlement) for c in changes_of(connection, held.id)]
    town.journal.clear()
    released(town, held)
    applied = carry_out_released(town.job(), held.id)
    assert applied.whole
    assert sorted((s, o.kind, o.login, o.entitlement) for s, o in town.journal) == sorted(shown)
    assert state_of(town, held) is PlanState.APPLIED
    again = town.night()
    assert (again.changes, again.holds) == ([], [])


def test_one_officer_is_not_enough(town: Body, held: StoredPlan) -> None:
    signed(town, "tanaka", held)
    with pytest.raises(Conflict):
        carry_out_released(town.job(), held.id)
    assert town.is_on(1) is True


@pytest.mark.parametrize(
    ("officer", "cure"),
    [("tanaka", "別の担当者"), ("yamada", r"\[officers\] release")],
)
def test_the_second_signature_is_another_officers(town: Body, held: StoredPlan, officer: str, cure: str) -> None:
    signed(town, "tanaka", held)
    with pytest.raises(Forbidden, match=cure):
        signed(town, officer, held)
    assert state_of(town, held) is PlanState.HELD


def test_the_database_itself_refuses_one_officer_twice(town: Body, held: StoredPlan) -> None:
    signed(town, "tanaka", held)
    columns = plan_table.c
    forged = {"second_officer": "tanaka", "state": PlanState.RELEASED}
    with pytest.raises(Exception, match="two_officers"), town.store.act("tanaka") as act:
        act.connection.execute(update(plan_table).where(columns.id == held.id).values(**forged))
    alone = {"second_officer": None, "state": PlanState.RELEASED}
    with pytest.raises(Exception, match="released_by_two"), town.store.act("tanaka") as act:
        act.connection.execute(update(plan_table).where(columns.id == held.id).values(**alone))


def test_a_release_names_the_hash_that_was_seen(town: Body, held: StoredPlan) -> None:
    for seen in ("0" * 64, held.hash[:4], ""):
        with pytest.raises(Conflict), town.store.act("tanaka") as act:
            sign(act, town.store.keys, held.id, OFFICERS, seen)


def test_a_plan_altered_in_the_database_is_not_applied(town: Body, held: StoredPlan) -> None:
    released(town, held)
    columns = change_table.c
    with town.store.act("mallory") as act:
        act.connection.execute(
            update(change_table).where(columns.plan_id == held.id, columns.number == 1).values(login="0000040")
        )
    with pytest.raises(IntegrityError):
        carry_out_released(town.job(), held.id)
    assert (town.is_on(40), town.is_on(1)) == (True, True)


def test_a_plan_altered_between_its_release_and_its_carrying_out_is_not_finished(town: Body, held: StoredPlan) -> None:
    released(town, held)
    town.targets["gw"].dies_after = 3
    columns = change_table.c
    with pytest.raises(KeyboardInterrupt):
        carry_out_released(town.job(pause=_interrupt), held.id)
    with town.store.act("mallory") as act:
        act.connection.execute(
            update(change_table).where(columns.plan_id == held.id, columns.number > 3).values(login="0000040")
        )
    town.targets["gw"].away, town.targets["gw"].dies_after = False, None
    with pytest.raises(IntegrityError):
        town.night()
    assert town.is_on(40) is True


def _interrupt(_seconds: float) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_release_is_finished_by_the_next_run(town: Body, held: StoredPlan) -> None:
    released(town, held)
    town.targets["gw"].dies_after = 5
    with pytest.raises(KeyboardInterrupt):
        carry_out_released(town.job(pause=_interrupt), held.id)
    town.targets["gw"].away, town.targets["gw"].dies_after = False, None
    report = town.night(date(2026, 3, 4))
    assert (report.changes, report.holds) == ([], [])
    assert [town.is_on(number) for number in range(1, 12)] == [False] * 10 + [True]
    assert state_of(town, held) is PlanState.APPLIED


def test_what_is_in_the_ledger_already_is_finished_whichever_source_is_read(town: Body, held: StoredPlan) -> None:
    released(town, held)
    town.targets["gw"].dies_after = 5
    with pytest.raises(KeyboardInterrupt):
        carry_out_released(town.job(pause=_interrupt), held.id)
    town.targets["gw"].away, town.targets["gw"].dies_after = False, None
    nightly(town.job(feeds=[]))
    assert (state_of(town, held), town.is_on(10)) == (PlanState.APPLIED, False)


def test_a_release_that_nobody_carried_out_is_carried_out_by_the_next_run(town: Body, held: StoredPlan) -> None:
    released(town, held)
    report = town.night()
    assert (report.changes, report.holds) == ([], [])
    assert town.is_on(1) is False


def test_a_plan_whose_feed_came_right_again_is_withdrawn(town: Body, held: StoredPlan) -> None:
    """Also when the feed then says exactly what it said before, so that there is nothing to take in."""
    town.rows = [row(number, "0202" if number % 2 else "0101") for number in range(1, 41)]
    (report,) = town.nights(1)
    assert (report.changes, report.holds) == ([], [])
    assert waiting(town) == []
    with pytest.raises(Conflict):
        signed(town, "tanaka", held)


def test_a_plan_held_for_two_nights_is_the_newer_one(town: Body, held: StoredPlan) -> None:
    (report,) = town.nights(1)
    assert report.held is not None
    assert [p.id for p in waiting(town)] == [report.held.id]


def test_two_runs_of_one_night_keep_the_first_signature(town: Body, held: StoredPlan) -> None:
    signed(town, "tanaka", held)
    report = town.night()
    assert report.held is not None
    assert (report.held.id, report.held.first_officer) == (held.id, "tanaka")


def test_a_later_night_withdraws_a_plan_even_if_its_source_could_not_be_read(town: Body, held: StoredPlan) -> None:
    """Dates went on since: what it shows may no longer be true."""
    town.sources["jinji"].cut_after = 3
    town.nights(1)
    with pytest.raises(Conflict):
        signed(town, "tanaka", held)
    town.sources["jinji"].cut_after = None
    (report,) = town.nights(1)
    assert report.held is not None


def test_a_release_is_refused_once_the_rules_have_changed(town: Body, held: StoredPlan) -> None:
    released(town, held)
    town.policy = replace(town.policy, digest="2")
    with pytest.raises(Conflict):
        carry_out_released(town.job(), held.id)
    assert town.is_on(1) is True


def test_a_released_plan_that_is_no_longer_true_does_not_stop_the_nights(town: Body, held: StoredPlan) -> None:
    released(town, held)
    town.policy = replace(town.policy, digest="2")
    (report,) = town.nights(1)
    assert state_of(town, held) is PlanState.SUPERSEDED
    assert report.held is not None
    assert town.is_on(1) is True


def test_a_night_of_another_source_leaves_a_released_plan_to_its_own(town: Body, held: StoredPlan) -> None:
    released(town, held)
    nightly(town.job(feeds=[]))
    assert state_of(town, held) is PlanState.RELEASED
    with pytest.raises(Conflict, match="jinji"):
        carry_out_released(town.job(feeds=[]), held.id)
    town.night()
    assert (state_of(town, held), town.is_on(1)) == (PlanState.APPLIED, False)


def test_a_release_of_a_system_that_is_no_longer_configured_fails_in_words(town: Body, held: StoredPlan) -> None:
    released(town, held)
    del town.targets["zei"]
    applied = carry_out_released(town.job(), held.id)
    assert "[targets]" in applied.away["zei"]
    assert (town.is_on(1), state_of(town, held)) == (False, PlanState.PARTLY)


def test_two_runs_at_once_are_refused(town: Body) -> None:
    with town.store.exclusive("sync"), pytest.raises(Busy):
        town.night()


def test_a_hold_on_one_source_lets_the_other_pass_and_mixes_up_nobody(make_body: MakeBody) -> None:
    """Both sources bring somebody new; only one of them is believed tonight."""
    body = make_body(guard=a_guard(), sources={"a": tuple(Authority), "b": tuple(Authority)})

    def staff(first: int, count: int) -> list[Row]:
        return [row(number, "0202" if number % 2 else "0101") for number in range(first, first + count)]

    body.sources["a"].rows = [*staff(1, 40)]
    body.sources["b"].rows = [*staff(101, 40)]
    body.night()
    body.sources["a"].rows = [*staff(1, 40), *staff(41, 30)]
    body.sources["b"].rows = [*staff(101, 40), row(141), row(142)]
    (report,) = body.nights(1)
    assert report.held is not None
    assert body.is_on(141) is True

    released(body, report.held)
    assert carry_out_released(body.job(), report.held.id).whole
    for number in (*range(1, 71), *range(101, 143)):
        assert body.login(number) == f"{number:07}"
        assert body.targets["gw"].accounts[f"uid={number:07}"].link == f"{number:07}"
    with body.store.read() as connection:
        wrong = [
            (change.staff_number, change.appointment)
            for change in changes_of(connection, report.held.id)
            if change.appointment not in [entry.id for entry in body.person(change.staff_number).entries]
        ]
    assert wrong == []
    assert body.night().changes == []
