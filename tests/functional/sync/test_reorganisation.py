"""1 April gives departments other names: nobody is missing for that, and who is missing is still seen."""

from dataclasses import replace

from iam.people.feed import FeedRow
from iam.policy.loading import load
from tests.bodies import Body, row
from tests.functional.sync.conftest import MakeBody

OLD, NEW = "総務部", "総務企画部"


def reorganised(body: Body, now: str, *names: str) -> None:
    """From now on the units of everybody belong to the department `now`; only `names` exist."""

    def department(_row: FeedRow) -> str:
        return now

    feed = body.feeds[0]
    rules = replace(feed.rules, digest=f"organisation of {now}", department=department, exists=names.__contains__)
    body.feeds[0] = replace(feed, rules=rules)


def staffed(make_body: MakeBody) -> Body:
    body = make_body(guard=load("baseline").guard)
    reorganised(body, OLD, OLD)
    body.rows = [row(number) for number in range(1, 41)]
    body.night("2026-03-31")
    return body


def test_a_department_with_a_new_name_lost_nobody(make_body: MakeBody) -> None:
    body = staffed(make_body)
    reorganised(body, NEW, NEW)

    report = body.night("2026-04-01")

    assert (report.holds, report.held) == ([], None)


def test_rows_that_all_change_with_the_name_are_not_looked_for_under_the_old_one(make_body: MakeBody) -> None:
    body = staffed(make_body)
    reorganised(body, NEW, NEW)
    body.rows = [row(number, title="主任") for number in range(1, 41)]

    assert body.night("2026-04-01").holds == []


def test_a_department_that_still_exists_and_lost_its_rows_is_held(make_body: MakeBody) -> None:
    body = staffed(make_body)
    reorganised(body, NEW, NEW, OLD)
    body.rows = [row(number, title="主任") for number in range(1, 41)]

    (hold,) = body.night("2026-04-01").holds

    assert OLD in hold.reason
