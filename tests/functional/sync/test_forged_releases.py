"""Whoever owns only the database gets nothing applied: signatures, plans and readings are held against the keys."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import delete, update

from iam.errors import Conflict, IntegrityError
from iam.intake.staging import feed_run_table
from iam.jobs.night import carry_out_released, nightly
from iam.sync.stored.plans import PlanState, StoredPlan, change_table, plan_table
from iam.sync.stored.release import sign
from tests.bodies import OFFICERS, Body, leaver, row, rules
from tests.bodies import a_guard as bands
from tests.functional.sync.conftest import MakeBody


@pytest.fixture
def town(make_body: MakeBody) -> Body:
    body = make_body(guard=bands())
    body.rows = [row(number) for number in range(1, 41)]
    body.night("2026-03-02")
    return body


@pytest.fixture
def held(town: Body) -> StoredPlan:
    town.rows = [leaver(row(number), "2026-03-02") for number in range(1, 41)]
    report = town.night("2026-03-03")
    assert report.held is not None
    return report.held


def by_hand(body: Body, plan: StoredPlan, **values: object) -> None:
    with body.store.act("root") as act:
        act.connection.execute(update(plan_table).where(plan_table.c.id == plan.id).values(**values))


def disabled(body: Body) -> int:
    return sum(not account.enabled for account in body.targets["gw"].accounts.values())


@pytest.mark.parametrize("state", [PlanState.RELEASED, PlanState.READY])
def test_officers_written_into_the_database_release_nothing(town: Body, held: StoredPlan, state: PlanState) -> None:
    by_hand(
        town, held, state=state, first_officer="tanaka", second_officer="suzuki", first_at=held.made_at,
        second_at=held.made_at, first_seal="x:1", second_seal="x:2",
    )  # fmt: skip

    with pytest.raises(IntegrityError):
        nightly(town.job())

    assert disabled(town) == 0


def test_a_seal_of_another_plan_or_officer_is_no_seal(town: Body, held: StoredPlan) -> None:
    with town.store.act("tanaka") as act:
        signed = sign(act, town.store.keys, held.id, OFFICERS, held.hash)
    by_hand(
        town, held, state=PlanState.RELEASED, second_officer="suzuki", second_at=held.made_at,
        second_seal=signed.first_seal,
    )  # fmt: skip

    with pytest.raises(IntegrityError):
        carry_out_released(town.job(), held.id)

    assert disabled(town) == 0


def test_a_signature_of_somebody_who_is_an_officer_no_more_does_not_count(town: Body, held: StoredPlan) -> None:
    with town.store.act("tanaka") as act:
        sign(act, town.store.keys, held.id, OFFICERS, held.hash)

    with pytest.raises(Conflict), town.store.act("suzuki") as act:
        sign(act, town.store.keys, held.id, ("suzuki", "satou"), held.hash)


def test_a_change_is_of_whoever_has_its_staff_number(town: Body, held: StoredPlan) -> None:
    for officer in OFFICERS[:2]:
        with town.store.act(officer) as act:
            sign(act, town.store.keys, held.id, OFFICERS, held.hash)
    with town.store.act("root") as act:
        act.connection.execute(update(change_table).where(change_table.c.plan_id == held.id).values(person_id=1))

    carry_out_released(town.job(), held.id)

    with town.store.read() as connection:
        people = {
            r.person_id for r in connection.execute(change_table.select().where(change_table.c.plan_id == held.id))
        }
    assert len(people) == len(town.rows)


def test_without_the_record_of_the_last_reading_nothing_is_believed(town: Body) -> None:
    with town.store.act("root") as act:
        act.connection.execute(delete(feed_run_table))
    town.rows = town.rows[:10]

    with pytest.raises(IntegrityError):
        town.night("2026-03-03")

    assert disabled(town) == 0


def test_a_changed_rule_is_no_announcement_though_it_was_rehearsed(make_body: MakeBody) -> None:
    body = make_body(guard=bands())
    body.rows = [row(number, since="2020-04-01") for number in range(1, 41)]
    body.night("2026-03-02")
    nobody = body.policy.rules.model.model_copy(update={"birthright": ()})
    body.policy = replace(body.policy, rules=rules(nobody), digest="2")

    body.rehearse("2026-03-03")
    report = body.night(date(2026, 3, 3))

    assert report.held is not None
    assert disabled(body) == 0
