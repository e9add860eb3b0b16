"""A profile that says itself, and two that are compared."""

from collections.abc import Iterator

from pydantic import BaseModel

from iam.policy.cited import Cited
from iam.policy.rules import diff, rules
from tests.unit.policy.given import a_profile


def cited_in(part: object) -> Iterator[Cited]:
    if isinstance(part, Cited):
        yield part
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from cited_in(getattr(part, name))
    if isinstance(part, tuple):
        for item in part:
            yield from cited_in(item)
    if isinstance(part, dict):
        yield from cited_in(tuple(part.values()))


def test_every_rule_of_a_profile_is_listed_once() -> None:
    profile = a_profile('[without]\ncategories = { value = ["yearly"], clause = "X-1" }')

    listed = rules(profile)

    assert len(listed) == len(list(cited_in(profile)))
    assert len({rule.key for rule in listed}) == len(listed)


def test_a_value_is_said_with_its_unit_and_its_clause() -> None:
    said = {rule.key: (rule.value, rule.clause) for rule in rules(a_profile())}

    assert said["accounts.retention_days"] == ("365日", "baseline")
    assert said["guard.plan.disable"] == ("20件か5%の小さい方まで", "baseline")
    assert said["categories.yearly"] == ("会計年度任用職員（終期は任用年度の3月31日）", "baseline")


def test_a_profile_does_not_differ_from_itself() -> None:
    assert diff(a_profile(), a_profile("")) == []


def test_a_difference_has_value_and_clause_of_both_sides() -> None:
    (found,) = diff(a_profile(), a_profile('[accounts]\nretention_days = { value = 730, clause = "X-1" }'))

    assert found.key == "accounts.retention_days"
    assert found.left
    assert found.right
    assert (found.left.value, found.left.clause) == ("365日", "baseline")
    assert (found.right.value, found.right.clause) == ("730日", "X-1")
    assert found.in_value


def test_the_same_value_on_another_clause_is_a_difference_of_reason_only() -> None:
    (found,) = diff(a_profile(), a_profile('[accounts]\nretention_days = { value = 365, clause = "X-1" }'))

    assert not found.in_value


def test_what_a_body_did_away_with_is_compared_with_its_reason() -> None:
    (found,) = diff(a_profile(), a_profile('[without]\ncategories = { value = ["yearly"], clause = "X-1" }'))

    assert found.right
    assert (found.right.value, found.right.clause) == ("なし", "X-1")
