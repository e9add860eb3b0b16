"""What may be opened as a review on a day."""

from datetime import date, timedelta

import pytest

from iam.review.opening.plan import Opening, why_not_open
from iam.review.words import CampaignKind

DUE = timedelta(days=14)


@pytest.mark.parametrize(
    ("kind", "day", "may"),
    [
        (CampaignKind.APRIL, date(2026, 4, 1), True),
        (CampaignKind.APRIL, date(2026, 6, 30), True),
        (CampaignKind.APRIL, date(2026, 7, 1), False),
        (CampaignKind.APRIL, date(2027, 3, 31), False),
        (CampaignKind.QUARTERLY, date(2026, 11, 20), True),
        (CampaignKind.EXTRA, date(2026, 11, 20), True),
    ],
)
def test_the_review_after_april_is_opened_in_its_quarter_alone(kind: CampaignKind, day: date, may: bool) -> None:
    assert (why_not_open(Opening(kind), day, day + DUE) == "") is may
