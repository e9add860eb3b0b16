"""Shown and not done: previews, rehearsals, and what a change of the rules would do."""

from dataclasses import replace

import pytest

from iam.access.model import AccessModel
from iam.jobs.night import preview
from iam.sync.stored.plans import changes_of
from tests.bodies import MODEL, Body, a_guard, leaver, mover, row, rules
from tests.functional.sync.conftest import MakeBody

SHOWN = ("plan", "plan_change")


@pytest.fixture
def town(body: Body) -> Body:
    body.rows = [row(number, "0202" if number % 2 else "0101") for number in range(1, 21)]
    body.night()
    body.nights(1)
    return body


def ruled_by(body: Body, model: str) -> None:
    """From now on another access model holds."""
    parsed = AccessModel.parse(model, "access.toml")
    body.policy = replace(body.policy, rules=rules(parsed), digest=parsed.digest)


def test_a_preview_shows_what_the_night_then_does_and_touches_nothing(town: Body) -> None:
    town.say(mover(row(1, "0202"), "0101", "2026-03-03"), row(99))
    before, targets = town.content(*SHOWN), [target.content() for target in town.targets.values()]
    shown = preview(town.job())
    assert town.content(*SHOWN) == before
    assert [target.content() for target in town.targets.values()] == targets
    assert shown.plan is not None
    with town.store.read() as connection:
        sentences = {change.sentence for change in changes_of(connection, shown.plan.id)}

    done = town.night()
    assert {change.deed() for change in done.changes} == sentences
    assert sentences == {change.deed() for change in shown.changes}


def test_two_previews_of_the_same_are_the_same_plan(town: Body) -> None:
    town.rows = [*town.rows, row(99)]
    first, second = preview(town.job()), preview(town.job())
    assert first.plan is not None
    assert second.plan is not None
    assert first.plan.hash == second.plan.hash


def test_a_rehearsal_shows_the_day_and_touches_nothing(town: Body) -> None:
    town.say(mover(row(1, "0202"), "0101", "2026-04-01"), leaver(row(2), "2026-03-31"), row(99, since="2026-04-01"))
    town.nights(1)
    before = town.content(*SHOWN)
    shown = town.rehearse("2026-04-01")
    assert town.content(*SHOWN) == before
    town.night("2026-03-31")
    done = town.night("2026-04-01")
    assert {change.deed() for change in done.changes} == {change.deed() for change in shown.changes}


def test_a_new_rule_reaches_everybody_on_the_next_night(town: Body) -> None:
    ruled_by(town, MODEL + '\n[[birthright]]\nid = "k"\nclause = "baseline"\nsystem = "gw"\nentitlements = ["kacho"]\n')
    (report,) = town.nights(1)
    assert len(report.changes) == 20
    assert "kacho" in town.rights(7)
    assert town.night().changes == []


def test_a_rule_that_goes_takes_its_rights_along(town: Body) -> None:
    ruled_by(town, MODEL.replace('org = ["01*"]', 'org = ["09*"]'))
    town.nights(1)
    assert town.rights(2) == {"mail"}
    assert town.night().changes == []


def test_a_rule_that_would_take_too_much_waits_for_two_officers_every_night(make_body: MakeBody) -> None:
    body = make_body(guard=a_guard())
    body.rows = [row(number, "0202" if number % 2 else "0101") for number in range(1, 61)]
    body.night()
    ruled_by(body, MODEL.replace('org = ["01*"]', 'org = ["09*"]'))
    for report in body.nights(2):
        assert report.held is not None
    assert body.rights(2) == {"mail", "soumu"}
    ruled_by(body, MODEL)
    assert body.nights(1)[0].holds == []
