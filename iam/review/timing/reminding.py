"""Who is reminded of a review, and when: reviewers with something open, then the general officers.

The one law: *once each, on working days, to whoever can still answer*: whoever has left is not written to, their
successor is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from iam.record.act import Act
from iam.review.campaigns import Campaign
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Reminded:
    """Who was (or would be) written to.  `open`: person -> items without an answer.  `why_not`: why nobody is."""

    kind: str
    open: Mapping[int, int]
    why_not: str = ""


def open_items(connection: Connection, door: Door, campaign: Campaign, on: date) -> dict[int, int]:
    """Person -> how many lines and persons wait for an answer that they may give today."""
    raise NotImplementedError


def remind_now(act: Act, door: Door, campaign: Campaign) -> Reminded:
    """Write to every reviewer with something open, at most once a day, never on a day on which offices are closed."""
    raise NotImplementedError


def would_remind(connection: Connection, door: Door, campaign: Campaign, on: date) -> Reminded:
    """To whom `remind_now` would write on a day."""
    raise NotImplementedError


def remind_due(act: Act, door: Door, campaign: Campaign) -> Reminded | None:
    """The reminder or the escalation that is due today, once; None when none is."""
    raise NotImplementedError
