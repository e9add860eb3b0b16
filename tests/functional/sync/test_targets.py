"""Targets that are away, that refuse, that die in the middle, and that other hands have been on."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from iam.access.accounts import account_table, block_table, grant_table, holding_table
from iam.intake.taking import mark_pending
from iam.ports import OrderKind
from iam.sync.actual.reconcile import Protection, link, protect
from tests.bodies import Body, a_guard, leaver, mover, on_leave, row, seconded_out
from tests.functional.sync.conftest import MakeBody


@pytest.fixture
def town(body: Body) -> Body:
    """Twenty people, settled; odd numbers at the tax section."""
    body.rows = [row(number, "0202" if number % 2 else "0101") for number in range(1, 21)]
    body.night()
    return body


def back(body: Body, system: str = "gw") -> None:
    """The target answers again."""
    target = body.targets[system]
    target.away, target.dies_after, target.dies_mute = False, None, False


def test_a_dead_target_does_not_block_the_other(town: Body) -> None:
    town.rows = [*town.rows, row(99, "0202")]
    town.targets["gw"].away = True
    (report,) = town.nights(1)
    assert report.broken
    assert town.is_on(99, "zei") is True
    back(town)
    town.settle()
    assert town.is_on(99) is True


@pytest.mark.parametrize("mute", [False, True])
@pytest.mark.parametrize("orders", [0, 1, 7, 30])
def test_a_target_that_dies_in_the_middle_is_finished_on_the_next_nights(body: Body, orders: int, mute: bool) -> None:
    body.rows = [row(number, "0202") for number in range(1, 16)]
    target = body.targets["gw"]
    target.dies_after, target.dies_mute = orders, mute
    first = body.night()
    assert first.broken
    assert first.applied is not None
    assert first.applied.away.keys() == {"gw"}
    back(body)
    body.settle()
    for number in range(1, 16):
        assert body.rights(number) == {"mail", "shimin"}
    created = [order.login for system, order in body.journal if (system, order.kind) == ("gw", OrderKind.CREATE)]
    assert len(created) == len(set(created)), "an account was ordered twice although the first order was seen"


def test_what_one_night_was_allowed_to_do_the_next_one_may_finish(make_body: MakeBody) -> None:
    """A first load that breaks off is not a surprise of hundreds of accounts on the night after."""
    body = make_body(guard=a_guard())
    body.rows = [row(number, "0202") for number in range(1, 121)]
    body.targets["gw"].dies_after = 50
    body.night()
    back(body)
    (report,) = body.nights(1)
    assert report.holds == []
    body.settle()
    assert body.rights(120) == {"mail", "shimin"}


def test_what_somebody_else_undid_is_counted_even_if_a_night_once_failed_to_do_it(make_body: MakeBody) -> None:
    body = make_body(guard=a_guard())
    body.rows = [row(number, "0202") for number in range(1, 121)]
    body.targets["gw"].dies_after = 50
    body.night()
    back(body)
    body.settle()
    for number in range(60, 121):
        body.targets["gw"].remove(f"{number:07}")
    (report,) = body.nights(1)
    assert report.held is not None


def test_a_refused_entry_does_not_stop_the_others(town: Body) -> None:
    town.rows = [*town.rows, row(98), row(99)]
    town.targets["gw"].refuse = {"0000098"}
    (report,) = town.nights(1)
    assert report.applied is not None
    assert {change.login for change in report.applied.failed} == {"0000098"}
    assert (town.is_on(99), town.is_on(98)) == (True, None)
    town.targets["gw"].refuse = set()
    town.settle()
    assert town.rights(98) == {"mail", "soumu"}


def test_what_a_target_refuses_for_the_moment_is_tried_again_the_same_night(town: Body) -> None:
    town.rows = [*town.rows, row(99)]
    town.targets["gw"].hesitate = {"0000099": 2}
    (report,) = town.nights(1)
    assert not report.broken
    assert town.waits == [1.0, 5.0]


def test_no_right_of_the_new_post_is_given_while_one_of_the_old_cannot_be_taken(town: Body) -> None:
    town.targets["zei"].refuse = {"0000001"}
    town.say(mover(row(1, "0202"), "0101", "2026-03-03"))
    town.nights(1)
    assert (town.rights(1, "zei"), town.rights(1)) == ({"view", "edit"}, {"mail"})
    town.targets["zei"].refuse = set()
    town.settle()
    assert (town.rights(1, "zei"), town.rights(1)) == (set(), {"mail", "soumu"})


# --- what other hands did


def test_what_was_changed_by_hand_is_put_right_and_said_to_be_so(town: Body) -> None:
    gw = town.targets["gw"]
    gw.touch("0000001", enabled=False)
    gw.touch("0000002", ou="勝手な課")
    gw.groups["mail"].discard("uid=0000003")
    gw.groups["kacho"] = {"uid=0000004"}
    gw.remove("0000005")
    (report,) = town.nights(1)
    kinds = {(str(c.kind), c.login): c.drift for c in report.changes if c.login != "0000005"}
    assert kinds == {
        ("enable", "0000001"): True,
        ("modify", "0000002"): False,
        ("grant", "0000003"): True,
        ("revoke", "0000004"): True,
    }
    assert [c.drift for c in report.changes if c.kind == "create"] == [True]
    town.settle()
    assert (town.is_on(1), town.rights(3), town.rights(4), town.is_on(5)) == (
        True,
        {"mail", "shimin"},
        {"mail", "soumu"},
        True,
    )


def test_what_hands_do_again_is_undone_again(town: Body) -> None:
    """The group is then exactly as it was when it was last read, but not as it was left."""
    for _ in range(3):
        town.targets["gw"].groups["kacho"] = {"uid=0000004"}
        town.nights(1)
        assert town.rights(4) == {"mail", "soumu"}


def test_a_group_that_was_written_to_and_then_vanished_is_missed(town: Body) -> None:
    town.rows = [*town.rows, row(98), row(99, "0202")]
    town.nights(1)
    for right in ("mail", "soumu"):
        del town.targets["gw"].groups[right]
    town.settle()
    assert town.rights(98) == {"mail", "soumu"}


def test_an_account_under_a_persons_number_is_linked_not_doubled(body: Body) -> None:
    gw = body.targets["gw"]
    gw.place("yamada", "0000001", rights=["mail", "kacho"], cn="やまだ")
    body.rows = [row(1)]
    report = body.night()
    assert report.changes[0].kind in ("revoke", "link")
    assert (body.login(1), len(gw.accounts), body.rights(1)) == ("yamada", 1, {"mail", "soumu"})
    assert body.night().changes == []


def test_an_account_under_the_old_number_of_somebody_reemployed_is_linked(body: Body) -> None:
    body.targets["gw"].away = True
    body.rows = [leaver(row(1), "2026-03-31"), row(901, since="2026-04-01", previous_number="0000001")]
    body.night()
    back(body)
    body.targets["gw"].place("yamada", "0000001")
    body.night("2026-04-01")
    assert (body.login(901), len(body.targets["gw"].accounts)) == ("yamada", 1)


@pytest.mark.parametrize("cure", ["remove", "protect", "link"])
def test_somebody_elses_account_of_the_same_login_waits_for_a_decision(body: Body, cure: str) -> None:
    gw = body.targets["gw"]
    gw.place("0000001", cn="だれか")
    body.rows = [row(1), row(2)]
    assert [d.login for d in body.night().disputes] == ["0000001"]
    assert [d.login for d in body.night().disputes] == ["0000001"]
    assert gw.accounts["uid=0000001"].attributes["cn"] == ("だれか",)

    if cure == "remove":
        gw.remove("0000001")
    elif cure == "link":
        gw.place("0000001", "0000001", cn="だれか")
        body.night()
        with body.store.act("tanaka") as act:
            link(act, "gw", gw.accounts["uid=0000001"], body.today)
    else:
        with body.store.act("unyou") as act:
            protect(act, "gw", Protection("0000001", "情報政策課", "保守用", date(2026, 12, 31)), body.today)
    body.nights(1)
    assert body.login(1) == ("00000012" if cure == "protect" else "0000001")
    assert body.rights(1) == {"mail", "soumu"}
    assert body.night().disputes == []


def test_two_accounts_under_one_number_are_left_alone_and_no_third_is_made(body: Body) -> None:
    gw = body.targets["gw"]
    gw.place("yamada", "0000001")
    gw.place("yamada2", "0000001")
    body.rows = [row(1), row(2)]
    for _ in range(2):
        report = body.night()
        assert [d.staff_number for d in report.disputes] == ["0000001"]
        assert set(gw.accounts) == {"uid=yamada", "uid=yamada2", "uid=0000002"}
    gw.remove("yamada2")
    body.nights(1)
    with body.store.act("tanaka") as act:
        link(act, "gw", gw.accounts["uid=yamada"], body.today)
    body.nights(1)
    assert (body.login(1), body.rights(1)) == ("yamada", {"mail", "soumu"})


def test_a_protected_account_is_left_alone_until_its_last_day(town: Body) -> None:
    with town.store.act("unyou") as act:
        protect(act, "gw", Protection("0000001", "情報政策課", "移行中", date(2026, 3, 10)), town.today)
    town.say(leaver(row(1, "0202"), "2026-03-02"))
    town.targets["gw"].touch("0000001", ou="手作業")
    town.nights(1)
    town.night("2026-03-10")
    assert (town.is_on(1), town.is_on(1, "zei")) == (True, False)
    town.night("2026-03-11")
    assert (town.is_on(1), town.rights(1)) == (False, set())


# --- what higher floors ask for


def test_a_block_suspends_and_its_end_restores_with_everything_intact(town: Body) -> None:
    person = town.person(1)
    with town.store.act("toukatsu") as act:
        act.connection.execute(
            block_table.insert().values(
                id=1, person_id=person.id, system="", origin="suspension", clause="OITA-S8.2.1.2a", reason="調査中",
                valid_from=date(2026, 3, 3), valid_until=date(2026, 3, 5),
            )
        )  # fmt: skip
        mark_pending(act.connection, [person.id])
    town.nights(1)
    assert (town.is_on(1), town.is_on(1, "zei"), town.rights(1, "zei")) == (False, False, {"view", "edit"})
    town.nights(2)
    assert town.is_on(1) is False
    town.nights(1)
    assert (town.is_on(1), town.is_on(1, "zei")) == (True, True)


def test_a_grant_is_held_for_its_days_and_no_longer(town: Body) -> None:
    person = town.person(2)
    with town.store.act("toukatsu") as act:
        act.connection.execute(
            grant_table.insert().values(
                id=1, person_id=person.id, system="zei", entitlement="view", origin="request 1", clause="baseline",
                valid_from=date(2026, 3, 4), valid_until=date(2026, 3, 6),
            )
        )  # fmt: skip
    town.nights(1)
    assert town.targets["zei"].is_on("0000002") is None
    town.nights(1)
    assert town.rights(2, "zei") == {"view"}
    town.nights(3)
    assert (town.is_on(2, "zei"), town.rights(2, "zei")) == (False, set())


# --- what is kept


@pytest.mark.parametrize("away", [seconded_out, on_leave])
def test_the_account_of_somebody_who_will_be_back_is_never_deleted(make_body: MakeBody, away: object) -> None:
    assert callable(away)
    body = make_body(retention_days=30)
    body.rows = [row(1, "0202"), row(2, "0202")]
    body.night()
    body.say([row(1, "0202"), away(row(1), "2026-03-10", "2027-03-31")])
    body.night("2026-03-10")
    for later in ("2026-04-10", "2026-06-01", "2027-03-31", "2027-04-01"):
        report = body.night(later)
        assert "delete" not in {change.kind for change in report.changes}
    assert (body.is_on(1, "zei"), body.rights(1, "zei")) == (True, {"view", "edit"})


def test_a_blocked_account_is_not_deleted(make_body: MakeBody) -> None:
    body = make_body(retention_days=30)
    body.rows = [row(1, "0202"), row(2, "0202")]
    body.night()
    with body.store.act("toukatsu") as act:
        act.connection.execute(
            block_table.insert().values(
                id=1, person_id=body.person(1).id, system="", origin="suspension", clause="OITA-S8.2.1.2a",
                reason="調査中", valid_from=body.today + timedelta(days=1), valid_until=date(2026, 12, 31),
            )
        )  # fmt: skip
    body.nights(1)
    assert body.is_on(1, "zei") is False
    body.night("2026-06-01")
    assert body.is_on(1, "zei") is False


def test_the_ledger_remembers_what_was_held_from_when_until_when(town: Body) -> None:
    town.say(mover(row(1, "0202"), "0101", "2026-03-03"))
    town.nights(1)
    columns = holding_table.c
    query = (
        select(columns.entitlement, columns.held_until.is_(None))
        .join(account_table, account_table.c.id == columns.account_id)
        .where(account_table.c.login == "0000001")
    )
    with town.store.read() as connection:
        held = {(row[0], bool(row[1])) for row in connection.execute(query)}
    assert held == {("mail", True), ("soumu", True), ("shimin", False), ("view", False), ("edit", False)}
