"""When a review is due: each quarter of the fiscal year, and once after 1 April; pure.

The one law: *at least once a fiscal year* (OITA-S11.2.1, R11): the schedule knows nothing of who is busy, and a review
that was not held is said, not forgotten.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from iam.policy.entry.review import Review
from iam.review.words import CampaignKind


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A review of the schedule: opened from `opens_on` on.  `quarter`: 1 is April to June; of APRIL it is 0."""

    opens_on: date
    kind: CampaignKind
    fiscal_year: int
    quarter: int

    @property
    def key(self) -> tuple[CampaignKind, int, int]:
        """What the books allow once."""
        return self.kind, self.fiscal_year, self.quarter


def due(day: date, review: Review, held: Collection[tuple[CampaignKind, int, int]]) -> list[Slot]:
    """The reviews that are to be opened on a day and were not (`held`: `Slot.key` of those that were)."""
    raise NotImplementedError


def following(day: date, review: Review) -> Slot:
    """The next review that opens after a day."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Past:
    """A review that was held: the days on which it was opened and closed."""

    opened_on: date
    closed_on: date | None


def why_alarm(day: date, past: Sequence[Past], since: date, longest: int) -> str:
    """What officers must know of reviews that were not held, in one sentence, or "" (R11).

    `since`: the first day of this service, before which nothing is asked.  `longest`: months between two openings.
    """
    raise NotImplementedError
