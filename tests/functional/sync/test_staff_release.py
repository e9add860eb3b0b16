"""A held plan that officers release in the portal: two people with the role today, whoever they were before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import update

from iam.errors import Conflict, Forbidden, IamError, IntegrityError
from iam.jobs.job import Job
from iam.jobs.night import nightly
from iam.jobs.released import any_released, carry_out_all_released, carry_out_released
from iam.office.deputies import Wish
from iam.outbox import Topic, unseen
from iam.policy.profile import Role
from iam.record.columns import jst_day
from iam.sync.stored.plans import PlanState, StoredPlan, plan, plan_table
from iam.sync.stored.release import Releasers, released_by_posts, sign
from tests.bodies import DAY, OFFICERS, a_guard, leaver, row
from tests.entrance import Person
from tests.functional.conftest import MakeBody
from tests.offices import POSTS, Office, a_profile, a_title, an_office

GENERAL, OPERATOR = Role.GENERAL_OFFICER, Role.OPERATOR
STAFF = [row(number) for number in range(11, 51)]


@pytest.fixture
def office(make_body: MakeBody) -> Iterator[Office]:
    """A town with its officers, and forty others."""
    with ExitStack() as opened:
        office = an_office(make_body(guard=a_guard()))
        opened.callback(office.store.dispose)
        office.settle(*STAFF)
        for number, role in enumerate((GENERAL, OPERATOR, OPERATOR, Role.HR_OFFICER, Role.AUDITOR, Role.APPROVER), 1):
            office.settle(row(number, title_code=POSTS[role]))
        office.body.settle()
        office.hall.clock.on(days=(office.body.today - jst_day(office.hall.clock())).days)
        yield office


@pytest.fixture
def held(office: Office) -> StoredPlan:
    """All forty leave at once."""
    office.body.say(*(leaver(each, (office.today - DAY).isoformat()) for each in STAFF))
    report = office.body.night(office.today)
    assert report.held is not None
    return report.held


def job(office: Office, **changed: object) -> Job:
    return replace(office.body.job(), offices=office.offices, officers=(), **changed)  # type: ignore[arg-type] # fields of a job


def signs(office: Office, number: int | str, held: StoredPlan, seen: str = "") -> StoredPlan:
    number = f"{number:07}" if isinstance(number, int) else number
    with office.store.act(f"staff:{number}") as act:
        officers = Releasers(act.connection, office.offices, jst_day(act.at))
        return sign(act, office.store.keys, held.id, officers, seen or held.hash)


def state_of(office: Office, held: StoredPlan) -> PlanState:
    with office.store.read() as connection:
        return plan(connection, held.id).state


def off(office: Office) -> int:
    return sum(not account.enabled for account in office.body.targets["gw"].accounts.values())


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 3), (3, 1)])
def test_two_officers_of_today_release_it_and_the_worker_carries_it_out(
    office: Office, held: StoredPlan, first: int, second: int
) -> None:
    assert signs(office, first, held).state is PlanState.HELD
    assert not any_released(office.store)
    assert signs(office, second, held).state is PlanState.RELEASED
    assert any_released(office.store)
    (done,) = carry_out_all_released(job(office))
    assert (done.id, done.state) == (held.id, PlanState.APPLIED)
    assert off(office) == len(STAFF)
    assert not any_released(office.store)
    assert carry_out_all_released(job(office)) == []
    assert office.body.audit_breaks() == ""


@pytest.mark.parametrize("number", [4, 5, 11])
def test_nobody_without_the_role_signs_not_even_an_auditor(office: Office, held: StoredPlan, number: int) -> None:
    with pytest.raises(Forbidden, match="担当者ではありません"):
        signs(office, number, held)
    signs(office, 1, held)
    with pytest.raises(Forbidden, match="担当者ではありません"):
        signs(office, number, held)


@pytest.mark.parametrize("actor", ["tanaka", "root", "", "staff:", "staff:9999999", "0000001", "Staff:0000001"])
def test_no_account_of_the_operating_system_signs(office: Office, held: StoredPlan, actor: str) -> None:
    with pytest.raises(Forbidden), office.store.act(actor) as act:
        sign(act, office.store.keys, held.id, Releasers(act.connection, office.offices, office.today), held.hash)


def test_nobody_signs_twice_not_even_under_another_number(office: Office, held: StoredPlan) -> None:
    signs(office, 1, held)
    with pytest.raises(Forbidden, match="同じ人"):
        signs(office, 1, held)
    assert state_of(office, held) is PlanState.HELD


def test_a_new_staff_number_makes_no_second_officer(office: Office, held: StoredPlan) -> None:
    """再任用 changes the number, and the person may have signed under the old one."""
    signs(office, 1, held)
    with office.store.act("hr") as act:
        act.connection.exec_driver_sql(
            "INSERT INTO staff_number (number, person_id, given_at) SELECT '8000001', person_id, given_at "
            "FROM staff_number WHERE number = '0000001'"
        )
        act.connection.exec_driver_sql("UPDATE person SET staff_number = '8000001' WHERE staff_number = '0000001'")
    with pytest.raises(Forbidden, match="同じ人"):
        signs(office, "8000001", held)
    # Also not where the database says that both signed.
    with office.store.act("root") as act:
        act.connection.execute(
            update(plan_table)
            .where(plan_table.c.id == held.id)
            .values(state=PlanState.RELEASED, second_officer="staff:8000001", second_seal="x:1", second_at=act.at)
        )
    with pytest.raises(IntegrityError, match="二人の確認"):
        carry_out_released(job(office), held.id)
    assert off(office) == 0


def test_an_account_and_a_person_do_not_make_two(office: Office, held: StoredPlan) -> None:
    """Whoever signed as an account before the portal released plans counts for nothing afterwards."""
    with office.store.act("tanaka") as act:
        sign(act, office.store.keys, held.id, OFFICERS, held.hash)
    with pytest.raises(Conflict, match="もう担当者ではありません"):
        signs(office, 1, held)


def test_a_signature_of_somebody_who_has_the_role_no_more_does_not_count(office: Office, held: StoredPlan) -> None:
    signs(office, 1, held)
    signs(office, 2, held)
    moved = a_profile(a_title(OPERATOR).model_copy(update={"held_by": ()}))
    elsewhere = replace(office.offices, profile=moved)
    with pytest.raises(Conflict, match="もう担当者ではありません"):
        carry_out_released(replace(job(office), offices=elsewhere), held.id)
    assert off(office) == 0
    carry_out_all_released(replace(job(office), offices=elsewhere))
    assert (off(office), state_of(office, held)) == (0, PlanState.SUPERSEDED)


def test_a_deputy_may_sign(office: Office, held: StoredPlan) -> None:
    head, approver, deputy = (Person(office.hall, office.id_of(number), f"{number:07}") for number in (1, 6, 11))
    office.deputise(head, approver, Wish(deputy.id, GENERAL, head.id, office.today, office.today + 3 * DAY))
    signs(office, 11, held)
    assert signs(office, 1, held).state is PlanState.RELEASED


def test_another_hash_than_the_one_shown_is_refused(office: Office, held: StoredPlan) -> None:
    for seen in ("0" * 64, held.hash[:4]):
        with pytest.raises(Conflict, match="照合値"):
            signs(office, 1, held, seen)
    assert signs(office, 1, held, held.hash[:12]).first_officer == "staff:0000001"


def test_a_forged_signature_of_staff_releases_nothing(office: Office, held: StoredPlan) -> None:
    with office.store.act("root") as act:
        act.connection.execute(
            update(plan_table).where(plan_table.c.id == held.id).values(
                state=PlanState.RELEASED, first_officer="staff:0000001", second_officer="staff:0000002",
                first_at=act.at, second_at=act.at, first_seal="x:1", second_seal="x:2",
            )
        )  # fmt: skip
    with pytest.raises(IntegrityError):
        carry_out_all_released(job(office))
    assert (off(office), state_of(office, held)) == (0, PlanState.SUPERSEDED)


def test_a_plan_that_waits_is_told_once_to_whoever_may_release_it(office: Office) -> None:
    office.body.say(*(leaver(each, (office.today - DAY).isoformat()) for each in STAFF))
    for _ in range(2):
        report = nightly(job(office))
        assert report.held is not None
    with office.store.read() as connection:
        told = {number: unseen(connection, office.id_of(number)) for number in (1, 2, 3, 4, 5, 11)}
    assert {number: len(notices) for number, notices in told.items()} == {1: 1, 2: 1, 3: 1, 4: 0, 5: 0, 11: 0}
    assert report.held is not None
    assert (told[1][0].topic, told[1][0].detail["plan"]) == (Topic.PLAN_HELD, report.held.id)


def test_of_two_second_signatures_at_once_one_stands(office: Office, held: StoredPlan) -> None:
    signs(office, 1, held)
    together = Barrier(2)

    def second(number: int) -> str:
        together.wait()
        try:
            return signs(office, number, held).second_officer or ""
        except IamError:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(second, (2, 3)))
    assert found[0] == "refused"
    assert found[1] in {"staff:0000002", "staff:0000003"}
    assert state_of(office, held) is PlanState.RELEASED


def test_one_officer_from_two_windows_signs_once(office: Office, held: StoredPlan) -> None:
    together = Barrier(2)

    def both(_window: int) -> bool:
        together.wait()
        try:
            signs(office, 1, held)
        except IamError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(both, (1, 2))) == [False, True]
    assert state_of(office, held) is PlanState.HELD


def test_the_portal_releases_only_where_posts_hold_the_roles(office: Office) -> None:
    assert released_by_posts(office.offices)
    nobody = tuple(a_title(role).model_copy(update={"held_by": ()}) for role in (GENERAL, OPERATOR))
    assert not released_by_posts(replace(office.offices, profile=a_profile(*nobody)))


def test_the_night_carries_out_what_no_worker_did(office: Office, held: StoredPlan) -> None:
    signs(office, 1, held)
    signs(office, 2, held)
    nightly(job(office))
    assert (off(office), state_of(office, held)) == (len(STAFF), PlanState.APPLIED)
