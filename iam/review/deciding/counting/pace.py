"""Pace: reviewers who answer more, and faster, than anybody can look.

The one law: *it is a signal, not a verdict*: the general officer sees it and asks; nothing is undone by it.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from iam.review.campaigns import Campaign


@dataclass(frozen=True, slots=True)
class Pace:
    """How one reviewer answered.  `seconds`: on each answer, None for a single act; `kept_found`: lines with findings
    that were kept; `words`: the reason that stands most often, `same`: how often.  `hasty`: too many too fast."""

    person_id: int
    name: str
    number: int
    kept: int
    kept_found: int
    bulk: int
    seconds: float | None
    words: str
    same: int
    hasty: bool

    @property
    def kept_share(self) -> float:
        """The share of KEEP among the answers, 0 to 1."""
        return self.kept / self.number if self.number else 0.0


def paces(connection: Connection, campaign: Campaign) -> list[Pace]:
    """Everybody who answered lines, who answered most first; the numbers are those of `campaign.terms`."""
    raise NotImplementedError
