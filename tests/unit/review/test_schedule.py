"""When a review is due, and when officers must know that none was held: across the April boundary."""

from datetime import date, timedelta

import pytest

from iam.policy.entry.review import Review
from iam.policy.loading import load
from iam.review.timing.schedule import Past, due, following, why_alarm
from iam.review.words import CampaignKind

REVIEW: Review = load("baseline").review
QUARTERLY, APRIL = CampaignKind.QUARTERLY, CampaignKind.APRIL


def test_each_quarter_has_its_review_and_april_one_more_and_none_is_opened_twice_or_in_the_next_quarter() -> None:
    held: set[tuple[CampaignKind, int, int]] = set()
    opened = []
    day = date(2026, 1, 1)
    while day < date(2027, 5, 1):
        for slot in due(day, REVIEW, held):
            # Nothing was opened while the server stood still from July to September.
            if not date(2026, 7, 1) <= day < date(2026, 10, 1):
                held.add(slot.key)
                opened.append((day, *slot.key))
        day += timedelta(days=1)
    assert opened == [
        (date(2026, 1, 15), QUARTERLY, 2025, 4),
        (date(2026, 4, 10), APRIL, 2026, 0),
        (date(2026, 4, 15), QUARTERLY, 2026, 1),
        (date(2026, 10, 15), QUARTERLY, 2026, 3),
        (date(2027, 1, 15), QUARTERLY, 2026, 4),
        (date(2027, 4, 10), APRIL, 2027, 0),
        (date(2027, 4, 15), QUARTERLY, 2027, 1),
    ]


@pytest.mark.parametrize(
    ("day", "opens_on", "kind"),
    [
        (date(2026, 3, 31), date(2026, 4, 10), APRIL),
        (date(2026, 4, 10), date(2026, 4, 15), QUARTERLY),
        (date(2026, 4, 15), date(2026, 7, 15), QUARTERLY),
        (date(2026, 12, 31), date(2027, 1, 15), QUARTERLY),
    ],
)
def test_the_next_review_is_found_over_the_ends_of_quarters_and_years(
    day: date, opens_on: date, kind: CampaignKind
) -> None:
    slot = following(day, REVIEW)
    assert (slot.opens_on, slot.kind) == (opens_on, kind)


OLD = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("day", "past", "since", "said"),
    [
        # A month before the fiscal year ends, and not a day earlier.
        (date(2026, 2, 28), [Past(date(2026, 1, 15), None), Past(date(2025, 1, 15), date(2025, 2, 1))], OLD, ""),
        (
            date(2026, 3, 1),
            [Past(date(2026, 1, 15), None), Past(date(2025, 1, 15), date(2025, 2, 1))],
            OLD,
            "令和7年度に終えた棚卸がまだ",
        ),
        # Closed on 31 March counts for the year that ends; on 1 April for the one that begins.
        (date(2026, 3, 31), [Past(date(2026, 1, 15), date(2026, 3, 31))], OLD, ""),
        (date(2026, 4, 1), [Past(date(2026, 1, 15), None)], OLD, "令和7年度に終えた棚卸がありません"),
        (date(2026, 4, 2), [Past(date(2026, 1, 15), date(2026, 4, 1))], OLD, ""),
        # A service that began in spring is not asked about the year before; one that began in February is.
        (date(2026, 4, 20), [], date(2026, 4, 2), ""),
        (date(2026, 4, 20), [], date(2026, 2, 2), "令和7年度"),
        # Nothing was opened for longer than the interval.
        (date(2026, 7, 30), [Past(date(2026, 4, 15), date(2026, 5, 1))], OLD, "令和8年4月15日のあと"),
        (date(2026, 7, 29), [Past(date(2026, 4, 15), date(2026, 5, 1))], OLD, ""),
    ],
)
def test_officers_learn_of_a_year_without_a_review_and_of_a_gap(
    day: date, past: list[Past], since: date, said: str
) -> None:
    found = why_alarm(day, past, since, 3)
    assert said in found
    assert bool(said) == bool(found)
