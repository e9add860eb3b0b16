"""What a profile answers to those who ask it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from iam.errors import NotFound
from iam.policy.profile import Band, Role
from iam.ports import OrderKind
from tests.unit.policy.given import a_profile

shares = some.integers(0, 10_000).map(lambda parts: parts / 10_000)


@some.composite
def bands(draw: some.DrawFn) -> Band:
    count = draw(some.none() | some.integers(0, 500))
    share = draw(shares if count is None else some.none() | shares)
    minimum = draw(some.integers(0, 20 if count is None else min(20, count)))
    return Band(count=count, share=share, minimum=minimum, clause="baseline")


@given(bands(), some.integers(0, 200_000))
def test_a_band_lets_through_no_more_than_its_count_and_its_share_and_no_less_than_its_minimum(
    band: Band, total: int
) -> None:
    limit = band.limit(total)

    assert limit >= band.minimum
    assert limit == band.minimum or band.count is None or limit <= band.count
    assert limit == band.minimum or band.share is None or limit <= Decimal(str(band.share)) * total


@given(bands(), some.integers(0, 200_000))
def test_one_more_account_never_lets_less_through_and_at_most_one_more(band: Band, total: int) -> None:
    assert band.limit(total) <= band.limit(total + 1) <= band.limit(total) + 1


@pytest.mark.parametrize(
    ("total", "limit"),
    [(0, 1), (5, 1), (40, 2), (399, 19), (400, 20), (5_000, 20)],
)
def test_twenty_or_five_percent_whichever_is_smaller(total: int, limit: int) -> None:
    assert Band(count=20, share=0.05, minimum=1, clause="baseline").limit(total) == limit


def test_a_share_is_the_decimal_that_was_written() -> None:
    assert Band(share=0.29, clause="baseline").limit(100) == 29


def test_every_order_of_a_plan_has_a_band() -> None:
    plan = a_profile().guard.plan

    # A secret is set by an errand, which has a guard of its own.
    planned = [kind for kind in OrderKind if kind is not OrderKind.SECRET]

    assert [plan[kind].clause for kind in planned] == ["baseline"] * len(planned)


def test_a_kind_of_change_without_a_band_is_an_error() -> None:
    with pytest.raises(KeyError):
        _ = a_profile().guard.plan["rename"]


def test_an_unknown_category_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match="regular、yearly"):
        a_profile().category("intern")


def test_a_system_that_names_no_zone_lives_in_the_default_zone() -> None:
    profile = a_profile()

    assert profile.zone("") == profile.zone("office")


def test_an_unknown_zone_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match="office、sealed"):
        a_profile().zone("cloud")


def test_without_zones_the_whole_network_is_one_with_the_values_of_the_network() -> None:
    profile = a_profile(
        """
        [without]
        zones = { value = ["office", "sealed"], clause = "baseline" }
        [default_zone]
        value = ""
        clause = "baseline"
        """
    )

    assert profile.zones == ()
    assert profile.zone("").dormancy_days.value == 90


def test_a_zone_that_states_no_age_has_that_of_the_network() -> None:
    profile = a_profile()

    assert [profile.zone(code).dormancy_days.value for code in ("office", "sealed")] == [90, 60]


def test_a_role_is_held_by_the_title_that_its_own_was_merged_into() -> None:
    profile = a_profile(
        """
        [titles."監査"]
        state = "merged"
        into = "人事"
        roles = ["auditor"]
        clause = "baseline"
        """
    )

    holder = profile.holder(Role.AUDITOR)

    assert holder is not None
    assert holder.post == "総務課長"


def test_an_unmapped_title_holds_no_role() -> None:
    profile = a_profile('[titles."監査"]\nstate = "unmapped"\nroles = ["auditor"]\nclause = "baseline"')

    assert profile.holder(Role.AUDITOR) is None


def test_titles_merged_in_a_circle_hold_no_role() -> None:
    profile = a_profile(
        """
        [titles."監査"]
        state = "merged"
        into = "運用"
        roles = ["auditor"]
        clause = "baseline"
        [titles."運用"]
        state = "merged"
        into = "監査"
        clause = "baseline"
        """
    )

    assert profile.holder(Role.AUDITOR) is None


def test_no_value_of_a_profile_can_be_changed() -> None:
    profile = a_profile()

    with pytest.raises(ValidationError):
        profile.accounts.retention_days.value = 0  # type: ignore[misc]  # the test is that this cannot be done


def test_the_digest_is_of_the_content_and_not_of_the_file() -> None:
    assert a_profile().digest == a_profile("").digest


def test_the_digest_changes_with_any_rule_and_with_the_clause_behind_it() -> None:
    longer = a_profile('[accounts]\nretention_days = { value = 366, clause = "baseline" }')
    cited = a_profile('[accounts]\nretention_days = { value = 365, clause = "X-1" }')

    assert len({a_profile().digest, longer.digest, cited.digest}) == 3
