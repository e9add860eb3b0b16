"""A right that its holder gives back goes with the next night, and comes back when an officer lifts the return."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from iam.access.accounts import block_table
from iam.access.returns import CLAUSE, give_back, lift, returned, returned_by_all
from iam.errors import Conflict, Forbidden, NotFound
from iam.jobs.night import nightly
from iam.sync.stored.plans import changes_of
from tests.bodies import Body, leaver, row


@pytest.fixture
def town(body: Body) -> Body:
    """Two people, each with what their post earns."""
    body.rows = [row(1, "0202"), row(2, "0202")]
    body.night()
    body.settle()
    return body


def back(body: Body, number: int, system: str, entitlement: str = "", reason: str = "担当替え") -> int:
    with body.store.act(f"staff:{number:07}") as act:
        return give_back(act, body.person(number).id, system, entitlement, reason=reason, clause=CLAUSE)


def lifted(body: Body, block: int) -> None:
    with body.store.act("staff:0000009") as act:
        lift(act, block, by=9)


def test_a_right_goes_with_the_next_night_and_the_plan_says_why(town: Body) -> None:
    back(town, 1, "zei", "edit")
    report = town.night(town.today)
    (change,) = report.changes
    assert str(change) == (
        "zei 0000001（山田 0000001）から権限「更新」を外す ← 本人が返却: 担当替え [OITA-S8.2.1.2b]".replace(
            "zei ", "税務システム "
        )
    )
    assert town.rights(1, "zei") == {"view"}
    assert town.rights(2, "zei") == {"view", "edit"}
    assert report.plan is not None
    with town.store.read() as connection:
        assert [each.clause for each in changes_of(connection, report.plan.id)] == ["OITA-S8.2.1.2b"]
    assert town.night(town.today).changes == []


def test_it_stays_away_whatever_post_earns_it_until_an_officer_lifts_it(town: Body) -> None:
    block = back(town, 1, "zei", "edit")
    town.night(town.today)
    town.nights(3)
    assert town.rights(1, "zei") == {"view"}
    lifted(town, block)
    town.night(town.today)
    assert town.rights(1, "zei") == {"view", "edit"}
    assert town.night(town.today).changes == []


def test_a_whole_account_goes_off_with_its_rights_and_comes_back(town: Body) -> None:
    block = back(town, 1, "zei")
    town.night(town.today)
    assert (town.is_on(1, "zei"), town.rights(1, "zei")) == (False, set())
    assert town.is_on(1) is True
    lifted(town, block)
    town.night(town.today)
    assert (town.is_on(1, "zei"), town.rights(1, "zei")) == (True, {"view", "edit"})


@pytest.mark.parametrize(
    ("system", "entitlement"), [("zei", "nothing"), ("gw", "kacho"), ("nowhere", ""), ("gw", "edit")]
)
def test_nobody_gives_back_what_they_do_not_hold(town: Body, system: str, entitlement: str) -> None:
    before = town.content()
    with pytest.raises(NotFound):
        back(town, 1, system, entitlement)
    assert town.content() == before


def test_the_same_is_given_back_once(town: Body) -> None:
    back(town, 1, "zei", "edit")
    with pytest.raises(Conflict):
        back(town, 1, "zei", "edit")
    back(town, 1, "zei")
    for entitlement in ("", "view"):
        with pytest.raises(Conflict):
            back(town, 1, "zei", entitlement)
    with town.store.read() as connection:
        mine = returned(connection, town.person(1).id)
        assert [(each.system, each.entitlement, each.since) for each in mine] == [
            ("zei", "edit", town.today), ("zei", "", town.today),
        ]  # fmt: skip
        me = town.person(1).id
        assert returned_by_all(connection) == [(me, mine[1]), (me, mine[0])]


def test_only_a_return_is_lifted_and_only_once(town: Body) -> None:
    block = back(town, 1, "zei", "edit")
    lifted(town, block)
    with pytest.raises(Conflict):
        lifted(town, block)
    with pytest.raises(NotFound):
        lifted(town, block + 1)
    with town.store.act("root") as act:
        act.connection.execute(
            block_table.insert().values(
                person_id=town.person(2).id, system="", entitlement="", origin="suspension", clause="baseline",
                reason="調査", valid_from=town.today, valid_until=town.today,
            )
        )  # fmt: skip
        suspension = (
            act.connection.execute(select(block_table.c.id).order_by(block_table.c.id.desc())).scalars().first()
        )
    assert suspension is not None
    with pytest.raises(NotFound):
        lifted(town, suspension)


def test_nobody_lifts_what_they_gave_back_themselves(town: Body) -> None:
    block = back(town, 1, "zei", "edit")
    with pytest.raises(Forbidden), town.store.act("staff:0000001") as act:
        lift(act, block, by=town.person(1).id)


def test_whoever_leaves_has_nothing_more_to_give_back_but_what_is_there(town: Body) -> None:
    town.say(leaver(row(1, "0202"), town.today.isoformat()))
    town.nights(1)
    with pytest.raises(NotFound):
        back(town, 1, "zei", "edit")


def test_each_return_and_each_lift_is_recorded(town: Body) -> None:
    block = back(town, 1, "zei", "edit")
    lifted(town, block)
    assert town.audit_breaks() == ""


def night_with_a_click(body: Body, stage: str, click: Callable[[], object]) -> None:
    """A night during which somebody decides, once it says that it has come to `stage`."""
    clicks = [click]

    def progress(what: str, _done: int, _of: int) -> None:
        if what.startswith(stage) and clicks:
            clicks.pop()()

    nightly(replace(body.job(), progress=progress))
    assert not clicks


@pytest.mark.parametrize("stage", ["供給元", "システム", "変更"])
def test_what_is_decided_while_a_night_is_under_way_is_seen_by_the_next(town: Body, stage: str) -> None:
    # A reason of its own to look at the person, so that this night believes them settled.
    town.say(row(1, "0202", name="山田 改"))
    night_with_a_click(town, stage, lambda: back(town, 1, "zei", "edit"))
    town.night(town.today)
    assert town.rights(1, "zei") == {"view"}

    (block,) = _blocks(town)
    town.say(row(1, "0202", name="山田 再改"))
    night_with_a_click(town, stage, lambda: lifted(town, block))
    town.night(town.today)
    assert town.rights(1, "zei") == {"view", "edit"}


def _blocks(body: Body) -> list[int]:
    with body.store.read() as connection:
        return [each.id for each in returned(connection, body.person(1).id)]


def test_a_night_without_clicks_is_as_cheap_as_before(town: Body) -> None:
    back(town, 1, "zei", "edit")
    town.settle()
    before = town.content()
    assert nightly(town.job()).changes == []
    assert town.content() == before
