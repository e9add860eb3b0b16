"""What one person should have on a day."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.access.accounts import RETURNED, Account, AccountKind, AccountState, Block, Grant
from iam.access.wanted import Rules, Wanted, wanted
from iam.people.ledger import LedgerChange
from tests.bodies import MODEL, Row, concurrent, fiscal, leaver, mover, on_leave, row, rules, seconded_out
from tests.values import person

APRIL = date(2026, 4, 1)
RULES = rules()
OVERLAP = rules(overlap={"mnu": (5, "HANDOVER"), "lgwan": (0, "baseline")})


def want(
    *rows: Row | list[Row],
    on: date = APRIL,
    by: Rules = RULES,
    held: tuple[str, ...] = (),
    grants: tuple[Grant, ...] = (),
    blocks: tuple[Block, ...] = (),
    absent_runs: int = 0,
) -> dict[str, Wanted]:
    accounts = [account(system) for system in held]
    return wanted(person(*rows, absent_runs=absent_runs), on, by, accounts=accounts, grants=grants, blocks=blocks)


def account(system: str, state: AccountState = AccountState.ACTIVE) -> Account:
    return Account(1, system, "0000001", 1, AccountKind.PERSONAL, state, "uid=0000001", None)


def rights(found: dict[str, Wanted], system: str = "gw") -> set[str]:
    return set(found[system].entitlements) if system in found else set()


def on_off(found: dict[str, Wanted]) -> dict[str, bool]:
    return {system: each.enabled for system, each in found.items()}


# --- birthrights


@pytest.mark.parametrize(
    ("said", "gw", "zei"),
    [
        (row(1, "0101"), {"mail", "soumu"}, set()),
        (row(1, "0201"), {"mail", "shimin"}, set()),
        (row(1, "0202"), {"mail", "shimin"}, {"view", "edit"}),
        (row(1, "0202", category="fiscal_year"), {"mail", "shimin"}, {"view"}),
        (row(1, "0301", title_code="20"), {"mail", "kacho"}, set()),
    ],
)
def test_unit_title_and_category_earn_their_rights(said: Row, gw: set[str], zei: set[str]) -> None:
    found = want(said, on=date(2021, 1, 1))
    assert (rights(found), rights(found, "zei")) == (gw, zei)


def test_a_rule_for_the_primary_post_is_not_earned_by_a_concurrent_one() -> None:
    found = want(row(1, "0301"), concurrent(row(1, title_code="20"), "0202", "2020-04-01"))
    assert (rights(found), rights(found, "zei")) == ({"mail", "shimin"}, {"view"})


def test_every_right_names_the_rule_the_clause_and_the_appointment_that_gave_it() -> None:
    found = want(row(1, "0202", kind="transfer", org_name="税務課"))
    cause = found["zei"].entitlements["view"]
    assert (cause.rule, cause.clause, cause.effective) == ("zei", "baseline", date(2020, 4, 1))
    assert cause.entry is not None
    assert cause.words == "2020-04-01 異動 税務課 主事（標準付与 zei）"


def test_nobody_has_anything_before_the_first_day() -> None:
    assert want(row(1, since="2026-04-02")) == {}
    assert on_off(want(row(1, since="2026-04-02"), held=("gw",))) == {"gw": False}


def test_a_system_that_the_new_post_does_not_earn_goes_off_with_its_rights() -> None:
    found = want(mover(row(1, "0202"), "0101", "2026-04-01"), held=("gw", "zei"))
    assert on_off(found) == {"gw": True, "zei": False}
    assert (rights(found), rights(found, "zei")) == ({"mail", "soumu"}, set())
    assert found["zei"].why.effective == APRIL


# --- suspension keeps, leaving takes


def test_leaving_takes_the_rights_and_says_the_day() -> None:
    found = want(leaver(row(1, "0202"), "2026-03-31"), held=("gw", "zei"))
    assert on_off(found) == {"gw": False, "zei": False}
    assert not rights(found) | rights(found, "zei")
    assert found["gw"].why.words == "2026-03-31 退職"
    assert found["gw"].attributes is None


@pytest.mark.parametrize(
    ("rows", "absent_runs"),
    [
        ([row(1, "0202")], 3),
        ([fiscal(1, 2025, "0202")], 0),
        ([row(1, "0202"), seconded_out(row(1), "2026-04-01")], 0),
        ([row(1, "0202"), on_leave(row(1), "2026-04-01")], 0),
    ],
    ids=["absent", "lapsed", "away", "on leave"],
)
def test_suspension_keeps_every_right_also_those_given_beside_birthright(rows: list[Row], absent_runs: int) -> None:
    grant = Grant("gw", "kacho", "request 1", "baseline", date(2026, 1, 1), date(2027, 3, 31))
    found = want(rows, held=("gw", "zei"), absent_runs=absent_runs, grants=(grant,))
    before = want(rows, on=date(2026, 3, 31), held=("gw", "zei"), grants=(grant,))
    assert found["gw"].enabled is False
    assert rights(found) == rights(before) == {"mail", "shimin", "kacho"}
    assert rights(found, "zei") == rights(before, "zei")


def test_absence_needs_as_many_complete_feeds_as_the_source_says() -> None:
    for runs, enabled in ((0, True), (2, True), (3, False), (9, False)):
        assert want(row(1), absent_runs=runs)["gw"].enabled is enabled
    assert want(row(1), absent_runs=1, by=rules(absence_runs=1))["gw"].enabled is False


def test_absence_is_a_surprise_and_a_dated_retirement_is_none() -> None:
    assert want(row(1), absent_runs=3)["gw"].why.surprise is True
    assert want(leaver(row(1), "2026-03-31"), held=("gw",))["gw"].why.surprise is False


def test_a_post_that_ended_by_silence_is_a_surprise() -> None:
    someone = person(row(1, "0101"), concurrent(row(1), "0202", "2025-04-01", "2026-03-31"))
    *_, last = someone.entries
    someone = replace(someone, entries=(someone.entries[0], replace(last, change=LedgerChange.ENDED)))
    found = wanted(someone, APRIL, RULES, accounts=[account("zei")])
    assert (found["zei"].enabled, found["zei"].why.surprise) == (False, True)


def test_a_system_may_keep_accounts_on_during_leave() -> None:
    found = want(row(1, "0202"), on_leave(row(1), "2026-04-01"))
    assert on_off(found) == {"gw": False, "zei": True}


def test_only_who_is_expected_back_is_marked_to_return() -> None:
    leave = want(row(1), on_leave(row(1), "2026-04-01"), held=("gw",))
    gone = want(leaver(row(1), "2026-03-31"), held=("gw",))
    moved = want(mover(row(1, "0202"), "0101", "2026-04-01"), held=("zei",))
    assert (leave["gw"].to_return, gone["gw"].to_return, moved["zei"].to_return) == (True, False, False)


def test_a_lapsed_term_loses_its_rights_once_the_grace_is_over() -> None:
    lapsed = [fiscal(1, 2025, "0202")]
    for on, kept in ((date(2026, 5, 30), {"view"}), (date(2026, 5, 31), set())):
        found = want(lapsed, on=on, held=("gw", "zei"))
        assert (found["zei"].enabled, rights(found, "zei")) == (False, kept)


# --- handover, grants, blocks


def test_a_handover_lets_the_old_rights_live_on_for_its_days_and_no_longer() -> None:
    moved = mover(row(1, "0202"), "0101", "2026-04-01")
    for on, old in ((date(2026, 4, 1), {"view", "edit"}), (date(2026, 4, 5), {"view", "edit"})):
        found = want(moved, on=on, by=OVERLAP, held=("zei",))
        assert (rights(found, "zei"), found["zei"].enabled) == (old, True)
    assert rights(want(moved, on=date(2026, 4, 6), by=OVERLAP, held=("zei",)), "zei") == set()


def test_a_handover_is_the_zones_own_and_says_its_end_and_clause() -> None:
    found = want(mover(row(1, "0202"), "0101", "2026-04-01"), by=OVERLAP)
    assert rights(found) == {"mail", "soumu"}
    cause = found["zei"].entitlements["edit"]
    assert cause.clause == "HANDOVER"
    assert "2026-04-05まで" in cause.words


def test_no_handover_outlives_leaving() -> None:
    found = want(leaver(row(1, "0202"), "2026-03-31"), by=OVERLAP, held=("zei",))
    assert (found["zei"].enabled, rights(found, "zei")) == (False, set())


def test_a_grant_adds_a_right_on_its_days_inclusive() -> None:
    grant = Grant("zei", "view", "request 1", "CLAUSE", date(2026, 4, 1), date(2026, 4, 3))
    for on, expected in (
        (date(2026, 3, 31), set()), (APRIL, {"view"}), (date(2026, 4, 3), {"view"}), (date(2026, 4, 4), set()),
    ):  # fmt: skip
        assert rights(want(row(1), on=on, grants=(grant,)), "zei") == expected
    assert want(row(1), grants=(grant,))["zei"].why.clause == "CLAUSE"


@pytest.mark.parametrize(("origin", "given"), [("request 1", set()), ("use 1", {"admin"}), ("user 1", set())])
def test_a_privileged_right_is_given_by_a_use_alone(origin: str, given: set[str]) -> None:
    text = MODEL.replace(
        'view = { name = "照会" }', 'view = { name = "照会" }\nadmin = { name = "管理", privileged = true }'
    )
    grant = Grant("zei", "admin", origin, "CLAUSE", APRIL, APRIL)
    assert rights(want(row(1), by=rules(text), grants=(grant,)), "zei") == given


def test_a_grant_does_not_outlive_leaving() -> None:
    grant = Grant("zei", "view", "request 1", "CLAUSE", date(2026, 1, 1), date(2027, 3, 31))
    assert on_off(want(leaver(row(1), "2026-03-31"), grants=(grant,), held=("zei",))) == {"zei": False}


@pytest.mark.parametrize(("system", "off"), [("", {"gw", "zei"}), ("zei", {"zei"})])
def test_a_block_switches_off_and_keeps_the_rights(system: str, off: set[str]) -> None:
    block = Block(system, "suspension 1", "CLAUSE", "調査中", APRIL, APRIL)
    found = want(row(1, "0202"), blocks=(block,))
    assert {code for code, each in found.items() if not each.enabled} == off
    assert rights(found, "zei") == {"view", "edit"}
    assert found["zei"].why.words == "権利停止: 調査中"
    assert not {code for code, on in on_off(want(row(1, "0202"), on=date(2026, 4, 2), blocks=(block,))).items()
                if not on}  # fmt: skip


# --- rights given back


def given_back(system: str, entitlement: str = "", since: date = APRIL) -> Block:
    return Block(system, RETURNED, "OITA-S8.2.1.2b", "担当替え", since, date.max, entitlement)


def test_a_right_given_back_is_wanted_no_more_and_the_others_are() -> None:
    found = want(row(1, "0202"), blocks=(given_back("zei", "edit"),))
    assert rights(found, "zei") == {"view"}
    assert on_off(found) == {"gw": True, "zei": True}
    cause = found["zei"].withheld["edit"]
    assert (cause.words, cause.clause) == ("本人が返却: 担当替え", "OITA-S8.2.1.2b")


def test_a_right_is_given_back_in_one_system_and_from_its_day_on() -> None:
    block = given_back("zei", "view")
    assert rights(want(row(1, "0202"), on=date(2026, 3, 31), blocks=(block,)), "zei") == {"view", "edit"}
    assert rights(want(row(1, "0202"), on=date(2099, 1, 1), blocks=(block,)), "zei") == {"edit"}
    assert rights(want(row(1, "0202"), blocks=(given_back("gw", "view"),)), "zei") == {"view", "edit"}


def test_an_account_given_back_is_off_without_rights_and_nobody_waits_for_its_return() -> None:
    found = want(row(1, "0202"), blocks=(given_back("zei"),))
    assert (found["zei"].enabled, rights(found, "zei"), found["zei"].to_return) == (False, set(), False)
    assert found["zei"].why.words == "本人が返却: 担当替え"
    assert set(found["zei"].withheld) == {"view", "edit"}
    assert found["gw"].enabled


def test_a_granted_right_may_be_given_back_too() -> None:
    grant = Grant("gw", "kacho", "request 1", "CLAUSE", APRIL, APRIL)
    assert "kacho" not in rights(want(row(1), grants=(grant,), blocks=(given_back("gw", "kacho"),)))


def test_a_suspension_says_why_whatever_was_given_back() -> None:
    suspension = Block("", "suspension 1", "CLAUSE", "調査中", APRIL, APRIL)
    found = want(row(1, "0202"), blocks=(given_back("zei"), given_back("gw", "mail"), suspension))
    assert {each.why.words for each in found.values()} == {"権利停止: 調査中"}
    assert all(each.to_return for each in found.values())
    assert "mail" not in rights(found)


def test_what_a_leaver_gave_back_changes_nothing_of_the_leaving() -> None:
    found = want(leaver(row(1), "2026-03-31"), blocks=(given_back("gw", "mail"),), held=("gw",))
    assert on_off(found) == {"gw": False}
    assert "退職" in found["gw"].why.words


# --- attributes


def test_attributes_are_filled_from_person_and_primary_post() -> None:
    model = MODEL.replace('cn = "{name}"', 'cn = "{name}"\nsn = "{family}"\nx = "{department}/{title}/{category}"')
    found = want(row(1, "0202", name="山田　太郎"), by=rules(model))
    attributes = found["gw"].attributes
    assert attributes is not None
    assert attributes["sn"] == ("山田",)
    assert attributes["x"] == ("市民部/主事/regular",)
    assert attributes["ou"] == ("税務課",)


def test_an_empty_attribute_is_wanted_away() -> None:
    model = MODEL.replace('cn = "{name}"', 'mail = "{email}"')
    attributes = want(row(1), by=rules(model))["gw"].attributes
    assert attributes is not None
    assert attributes["mail"] == ()


# --- what always holds

_DAYS = st.dates(date(2026, 3, 1), date(2026, 5, 31))


@given(
    st.lists(st.tuples(st.sampled_from(["0101", "0201", "0202", "0301"]), _DAYS), min_size=1, max_size=3,
             unique_by=lambda each: each[1]),
    st.none() | _DAYS, st.none() | _DAYS, _DAYS, st.integers(0, 4),
)  # fmt: skip
def test_only_who_is_in_service_is_on_and_every_right_is_earned(
    posts: list[tuple[str, date]], retires: date | None, leaves: date | None, on: date, absent_runs: int
) -> None:
    rows: list[Row] = [row(1, org, first.isoformat()) for org, first in posts]
    rows += [on_leave(row(1), leaves.isoformat())] if leaves else []
    rows += [{**row(1), "kind": "retire", "valid_from": retires.isoformat()}] if retires else []
    found = want(rows, on=on, held=("gw", "zei"), absent_runs=absent_runs)
    now = RULES.standing(person(*rows, absent_runs=absent_runs), on)
    if now.status.value not in ("in_service", "on_leave"):
        assert not any(on_off(found).values())
    held_now = {post.entry.told.org_code for post in now.posts}
    earned = {"view", "edit"} if "0202" in held_now else set()
    assert rights(found, "zei") == earned or now.status.value == "lapsed"
    for each in found.values():
        for cause in each.entitlements.values():
            assert cause.effective is None or cause.effective <= on
