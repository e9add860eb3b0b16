"""Opening a review: every target of its scope is read, then everything is frozen, found and hashed.

The one law: *what could not be read is said* (R09): a target that is away keeps no review from beginning, its lines are
those of the last reading, marked as such, and the review cannot end as complete before it was read.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from iam.jobs.job import Job
from iam.review.campaigns import Campaign, CampaignSystem
from iam.review.opening.plan import Ground, Opening
from iam.review.words import FindingKind


@dataclass
class Opened:
    """What was opened, or read again.  `put_away`: half-open campaigns that a killed run left."""

    campaign: Campaign
    systems: list[CampaignSystem]
    findings: Counter[FindingKind] = field(default_factory=Counter)
    put_away: list[int] = field(default_factory=list)

    @property
    def unread(self) -> list[CampaignSystem]:
        """Systems of which the campaign cannot say what they really hold."""
        return [each for each in self.systems if each.unread]


def open_review(job: Job, ground: Ground, opening: Opening) -> Opened:
    """Read every target of the scope, freeze, find, hash; then the campaign is OPEN.

    Raises:
        Busy: another run is under way; Conflict: the schedule's review was opened before; NotFound: no such system.
    """
    raise NotImplementedError


def read_again(job: Job, ground: Ground, campaign_id: int, systems: Collection[str] | None = None) -> Opened:
    """Read the targets that were away (of `systems`, all unread unless given), and freeze what they hold.

    A line that stays as it was keeps its answers; one that differs is asked about anew; signatures are void.

    Raises:
        Busy: another run is under way; Conflict: the campaign is not open; NotFound: there is none.
    """
    raise NotImplementedError
