"""What is asked of coming into a system: the strictest of each, and what nobody may go live with."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from iam.errors import ConfigurationError
from iam.policy.checking import Problem, judge
from iam.policy.clauses import Clause
from iam.policy.entry.systems import ORDERS, Across, Entry, EntryRules, EntryTier, Outside, Unregistered
from iam.policy.rules import rules
from tests.unit.policy.given import a_profile

TODAY = date(2026, 4, 1)
BODY = '[body]\nname = "山里市"\nkind = "市"\npolicy = "方針"\nprefix = "YAMAZATO"\n'
CLAUSES = {
    "YAMAZATO-K6": Clause("YAMAZATO-K6", "山里市", "6", "強靱化", "要旨", "mfa-enforcement"),
    "YAMAZATO-K7": Clause("YAMAZATO-K7", "山里市", "7", "分割", "要旨", "zone-flow-restriction"),
}
WAIVED = '{ value = false, waiver = "7号", waiver_until = 2026-09-30, clause = "baseline" }'


def tier(*, whole: bool) -> some.SearchStrategy[dict[str, dict[str, str]]]:
    values = {
        name: some.builds(
            lambda value: {"value": value.value, "clause": f"X-{value.value.replace('_', '')}"},
            some.sampled_from(order),
        )
        for name, order in ORDERS.items()
    }
    return some.fixed_dictionaries(values if whole else {}, optional={} if whole else values)


entries = some.builds(
    lambda general, zones: Entry.model_validate({"general": general, "zones": zones}),
    tier(whole=True),
    some.dictionaries(some.sampled_from(["a", "b", "c"]), tier(whole=False)),
)
zones = some.lists(some.sampled_from(["a", "b", "c", "", "other"]), max_size=4)


def strength(rules: EntryRules) -> dict[str, int]:
    return {name: order.index(getattr(rules, name)) for name, order in ORDERS.items()}


@given(entries, zones, some.sampled_from(["a", "b", "c"]))
def test_one_more_zone_never_makes_any_rule_looser(entry: Entry, held: list[str], more: str) -> None:
    before, after = strength(entry.resolved(held)), strength(entry.resolved([*held, more]))
    assert all(after[name] >= before[name] for name in ORDERS)


@given(entries, zones)
def test_every_rule_is_the_strictest_that_was_stated_and_brings_its_clause(entry: Entry, held: list[str]) -> None:
    found = entry.resolved(held)
    tiers: list[EntryTier] = [entry.general, *(entry.zones[zone] for zone in held if zone in entry.zones)]
    for name, order in ORDERS.items():
        stated = [rule for each in tiers if (rule := getattr(each, name)) is not None]
        if name == "public":
            stated += [each.outside for each in tiers if each.outside is not None]
        value = max((rule.value for rule in stated), key=order.index)
        assert getattr(found, name) == value
        assert found.clauses[name] in {rule.clause for rule in stated if rule.value == value}


@given(entries, zones)
def test_a_public_line_is_never_treated_better_than_another_from_outside(entry: Entry, held: list[str]) -> None:
    found = strength(entry.resolved(held))
    assert found["public"] >= found["outside"]


def test_a_zone_adds_its_own_and_keeps_the_rest() -> None:
    entry = a_profile().entry
    assert entry.resolved(["sealed"]) == EntryRules(
        Unregistered.DENY, Outside.PERMISSION, Outside.DENY, Across.NONE, dict.fromkeys(ORDERS, "baseline")
    )
    assert entry.resolved([""]) == entry.resolved(["office"]) == entry.resolved([])


def test_what_is_asked_in_a_zone_goes_with_the_zone() -> None:
    gone = a_profile('[without]\nzones = { value = ["sealed"], clause = "X-1" }')
    assert (gone.entry.zones, gone.signin.zones) == ({}, {})
    with pytest.raises(ConfigurationError, match=r"body\.toml: entry\.zones\.seald: この領域は zones にありません"):
        a_profile('[entry.zones.seald]\nacross = { value = "none", clause = "baseline" }')


def test_what_is_asked_is_told_in_words_with_its_clause() -> None:
    profile = a_profile('[entry.zones.sealed]\nunregistered = { value = "deny", clause = "X-1" }')
    told = {rule.key: (rule.label, rule.value, rule.clause) for rule in rules(profile)}
    assert told["entry.zones.sealed.unregistered"] == (
        "システムへの入り方 領域 sealed 台帳にない端末", "認めない", "X-1",
    )  # fmt: skip
    assert told["entry.general.across"] == ("システムへの入り方 どこでも ほかの領域から", "定めた通信だけ", "baseline")


def found_in(*overlays: str, on: date = TODAY) -> list[Problem]:
    return judge(a_profile(*overlays), CLAUSES, on)


def test_a_zone_that_asks_less_than_everywhere_is_pointed_out_and_changes_nothing() -> None:
    looser = '[entry.zones.office]\nunregistered = { value = "allow", clause = "baseline" }'
    (found,) = found_in(looser)
    assert (found.key, found.stops) == ("entry.zones.office.unregistered", False)
    assert a_profile(looser).entry.resolved(["office"]).unregistered is Unregistered.STEP_UP


@pytest.mark.parametrize(
    ("clause", "factor", "on", "stops"),
    [
        ("YAMAZATO-K6", WAIVED, TODAY, True),
        ("YAMAZATO-K6", WAIVED, date(2026, 10, 1), False),
        ("YAMAZATO-K6", '{ value = true, clause = "baseline" }', TODAY, False),
        ("YAMAZATO-K7", WAIVED, TODAY, False),
    ],
)
def test_no_waiver_lets_one_kind_into_a_zone_whose_clause_orders_two(
    clause: str,
    factor: str,
    on: date,
    stops: bool,
) -> None:
    ordered = f'{BODY}[entry.zones.sealed]\nacross = {{ value = "none", clause = "{clause}" }}'
    found = found_in(ordered, f"[signin.general]\nsecond_factor = {factor}", on=on)
    assert [each.key for each in found if each.stops] == ["signin.zones.sealed.second_factor"] * stops
