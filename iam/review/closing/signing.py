"""Signing a review: the general officer and 人事, two persons, over the very result that each of them saw.

The one law: *two persons, one result* (R10, OITA-S3.7.1): a signature names the hash of every line's merged verdict;
any later answer takes it away, and that the two are not one person is a constraint of the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from iam.record.act import Act
from iam.review.campaigns import Campaign, CampaignSystem
from iam.review.words import Part, Verdict
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Result:
    """What a signature is about.  `hash`: of every line's merged verdict, in the order of the lines (`result_hash`).

    `undecided`: lines and persons without an answer.  `unread`: systems whose target was not read.
    `verdicts`: how many lines got which verdict.
    """

    hash: str
    revision: int
    undecided: int
    unread: tuple[CampaignSystem, ...]
    verdicts: Mapping[Verdict, int]


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody signs.  `part`: GENERAL or HR.  `seen_hash`: `Result.hash` as their page showed it.

    `partial_reason`: why it is closed though a target was not read; "" otherwise.
    """

    campaign_id: int
    part: Part
    by: int
    seen_hash: str
    partial_reason: str = ""


def result(connection: Connection, campaign: Campaign) -> Result:
    """What would be signed now."""
    raise NotImplementedError


def why_not_sign(connection: Connection, door: Door, campaign: Campaign, part: Part, by: int) -> str:
    """Why this person may not sign for this part today, whatever was decided, in one sentence; "" when they may."""
    raise NotImplementedError


def sign(act: Act, door: Door, wish: Signature) -> Campaign:
    """Sign; with the second signature the review is SIGNED, and what it changes is written down (`removals`).

    Raises:
        Forbidden: they may not (`why_not_sign`).
        Conflict: something is undecided, a target was not read and no reason is given, or what they saw has changed.
    """
    raise NotImplementedError


def withdraw(act: Act, door: Door, campaign_id: int, part: Part, by: int) -> Campaign:
    """Take back one's own signature while the other is missing.

    Raises:
        Conflict: it is not there, is somebody else's, or both have signed.
    """
    raise NotImplementedError
