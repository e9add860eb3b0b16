"""Laying one file over another, and what is said of mistakes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from iam.errors import ConfigurationError
from iam.policy.loading import Layer, build
from tests.unit.policy.given import ROOT, a_profile, layer


def problems(*overlays: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        a_profile(*overlays)
    return list(caught.value.problems)


def test_a_body_writes_only_what_it_changes() -> None:
    profile = a_profile('[accounts]\nretention_days = { value = 730, clause = "X-1" }')

    assert (profile.accounts.retention_days.value, profile.accounts.retention_days.clause) == (730, "X-1")
    assert profile.accounts.absence_runs.value == 3


def test_a_rule_is_replaced_whole_so_that_no_value_inherits_a_clause() -> None:
    (problem,) = problems("[guard.plan]\ndisable = { count = 5 }")

    assert problem.startswith("body.toml: guard.plan.disable.clause: 根拠がありません。")


def test_a_replaced_rule_loses_the_parts_it_does_not_restate() -> None:
    band = a_profile('[guard.plan]\ndisable = { count = 5, clause = "X-1" }').guard.plan.disable

    assert (band.count, band.share) == (5, None)


def test_restating_a_zone_keeps_the_rules_inside_it() -> None:
    zone = a_profile('[zones.office]\nlabel = "執務"\nclause = "X-1"').zone("office")

    assert (zone.label, zone.handover_overlap_days.value) == ("執務", 5)


def test_a_rule_can_be_taken_away_with_the_clause_that_says_so() -> None:
    profile = a_profile('[without]\nzones = { value = ["sealed"], clause = "X-1" }')

    assert [zone.code for zone in profile.zones] == ["office"]
    assert [(gone.kind, gone.code, gone.clause) for gone in profile.removed] == [("zones", "sealed", "X-1")]


def test_a_rule_taken_away_and_written_again_is_there() -> None:
    profile = a_profile(
        '[without]\nzones = { value = ["sealed"], clause = "X-1" }',
        '[zones.sealed]\nlabel = "隔離"\nclause = "X-2"\nhandover_overlap_days = { value = 0, clause = "X-2" }',
    )

    assert profile.zone("sealed").clause == "X-2"
    assert profile.removed == ()


def test_laying_a_file_over_another_leaves_both_as_they_were() -> None:
    texts = (ROOT, '[zones.office]\nlabel = "執務"\nclause = "X-1"\n[without]\ntitles = { value = [], clause = "X-1" }')
    layers = [layer(text) for text in texts]

    build(layers)

    assert layers == [layer(text) for text in texts]


EVERYTHING_WRONG = """
source = "x"

[body]
name = "市"
kind = "市"
policy = "方針"
prefx = "X"

[without]
zones = { value = ["nowhere", 3], clause = "baseline" }
titles = { value = ["監査"], clause = "監査なし" }
categories = ["yearly"]
people = 3

[default_zone]
value = "cloud"
clause = "baseline"

[zones.Bad-Zone]
code = "bad"
label = ""
residual = "yes"
clause = "baseline"
dormancy_days = 90

[categories.intern]
label = "研修生"
kind = "guest"
default_end = "none"
clause = "OITA S8"

[titles."承認"]
state = "merged"
into = "だれか"
clause = "baseline"

[titles."統括"]
state = "assigned"
clause = "baseline"

[accounts]
absence_runs = { value = 1, clause = "baseline" }
retention_days = { value = "365", clause = "baseline" }
term_notice_days = { value = 30, clause = "baseline" }

[guard]
department = { clause = "baseline" }
attribute = { count = 3, minimum = 5, clause = "baseline" }
feed_total = { share = "5%", clause = "baseline" }

[guard.plan]
disabel = { count = 20, clause = "baseline" }
"""


@pytest.mark.parametrize(
    ("key", "cure"),
    [
        ("source", "この行を消してください"),
        ("body.prefx", "prefix の書き誤りではありませんか"),
        ("without.zones", "「nowhere」は継承元にありません"),
        ("without.zones", "「3」は継承元にありません"),
        ("without.titles.clause", "条項ID（例: OITA-S8.2.1.2a）"),
        ("without.categories", '{ value = ["…"], clause = "…" } の形'),
        ("without.people", "除けるのは zones、categories、titles だけ"),
        ("default_zone.value", "office、sealed、Bad-Zone から選んでください"),
        ("zones.Bad-Zone", "半角の英小文字で始め"),
        ("zones.Bad-Zone.code", "この行を消してください"),
        ("zones.Bad-Zone.label", "空にはできません"),
        ("zones.Bad-Zone.residual", "true か false"),
        ("zones.Bad-Zone.dormancy_days", '{ value = 90, clause = "baseline" } のような表'),
        ("categories.intern.kind", "staff、official、contractor、development、system のいずれか"),
        ("categories.intern.clause", "条項ID（例: OITA-S8.2.1.2a）"),
        ('titles."承認".into', "「だれか」は titles にありません"),
        ('titles."統括"', "post（充てる職）"),
        ("accounts.absence_runs.value", "2 以上で"),
        ("accounts.retention_days.value", "整数で"),
        ("accounts.term_notice_days.value", "[ ] で囲んだ並び"),
        ("guard.department", "count（件数）か share（割合）"),
        ("guard.attribute", "minimum（5）が count（3）より大きく"),
        ("guard.feed_total.share", "0.05 のような数"),
        ("guard.plan.disabel", "disable の書き誤りではありませんか"),
    ],
)
def test_every_mistake_is_reported_at_once_with_its_key_and_a_cure(key: str, cure: str) -> None:
    found = problems(EVERYTHING_WRONG)

    assert any(problem.startswith(f"body.toml: {key}: ") and cure in problem for problem in found), "\n".join(found)


def test_no_mistake_is_reported_that_was_not_made() -> None:
    assert len(problems(EVERYTHING_WRONG)) == 24


def test_a_mistake_is_blamed_on_the_file_that_made_it() -> None:
    region = layer('[accounts]\nretention_days = { value = -1, clause = "baseline" }', "region.toml")
    city = layer('[accounts]\nabsence_runs = { value = 1, clause = "baseline" }', "city.toml")

    with pytest.raises(ConfigurationError) as caught:
        build([layer(ROOT, "root.toml"), region, city])

    assert sorted(problem.split(": ")[0] for problem in caught.value.problems) == ["city.toml", "region.toml"]


def test_a_body_without_zones_leaves_the_default_zone_empty() -> None:
    (problem,) = problems('[without]\nzones = { value = ["office", "sealed"], clause = "baseline" }')

    assert problem == 'root.toml: default_zone.value: 領域を置かない団体では "" と書いてください。'


def test_the_body_names_its_own_file_of_clauses_relative_to_itself() -> None:
    body = '[body]\nname = "市"\nkind = "市"\npolicy = "方針"\nclauses = "条項.csv"'

    assert a_profile(body).body.clauses == "folder/条項.csv"


words = ("value", "clause", "zones", "office", "label", "into", "x")
tables = ("body", "zones", "titles", "categories", "guard", "accounts", "without", "default_zone", "network")
nonsense = some.recursive(
    some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(words), inner, max_size=4),
    max_leaves=8,
)


@given(some.dictionaries(some.sampled_from(tables), nonsense, min_size=1, max_size=3))
def test_whatever_is_written_gives_a_profile_or_mistakes_and_nothing_else(table: dict[str, object]) -> None:
    root = layer(ROOT, "root.toml")
    with contextlib.suppress(ConfigurationError):
        build([root, Layer("body.toml", root.folder, table)])
