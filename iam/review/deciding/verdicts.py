"""Verdicts: what comes of all that was answered about a line.

The one law: *the most restrictive of several answers wins* (R10): whatever one of them takes away is taken away,
rights and days as well as the account, and no answer gives back what another took.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from iam.review.campaigns import Line
from iam.review.words import How, Part, Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it stands: of 人事 about a person (`line_id` None), or about a line.  `answered_by` None: silence.

    `rights`: REDUCE, the codes that go.  `until`: LAPSE, the last day of the account; LEFT, the last day in service.
    `given_to`: KEEPER, REASSIGN.  `revision`: of the campaign when it was given.
    """

    id: int
    campaign_id: int
    part: Part
    line_id: int | None
    person_id: int | None
    verdict: Verdict
    rights: tuple[str, ...]
    until: date | None
    given_to: int | None
    reason: str
    how: How
    sheet_id: int | None
    answered_by: int | None
    answered_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of a line.  `verdict`: the heaviest that was answered; 人事's LEFT reads as REMOVE.

    Carry out all that stands here: `rights` go at once; `until` is the last day of the account (None with REMOVE: it
    goes at once; None else: no end); `given_to` is its keeper (verdict KEEPER) or owner (REASSIGN) where `keeper` or
    `owner` says so.  A REMOVE with a day comes from 人事's LEFT, whose day may lie ahead.
    `silent`: nobody answered, and silence had its effect.
    """

    verdict: Verdict
    rights: tuple[str, ...] = ()
    until: date | None = None
    keeper: int | None = None
    owner: int | None = None
    silent: bool = False
    reasons: tuple[str, ...] = ()


def weigh(answers: Iterable[Answer]) -> Outcome | None:
    """What wins of the answers about one line (owner's, general officer's, 人事's of whoever owns it); None: nobody has
    answered yet.  The order of answers makes no difference."""
    raise NotImplementedError


def outcomes(connection: Connection, lines: Iterable[Line]) -> Iterator[tuple[Line, Outcome | None]]:
    """Each of `lines` (`campaigns.lines`), in their order, with what comes of it; memory stays bounded."""
    raise NotImplementedError


def answers_of(connection: Connection, lines: Iterable[Line]) -> dict[int, list[Answer]]:
    """All answers that weigh on each line, by line id: of the owner, the general officer, and 人事 about its person."""
    raise NotImplementedError


def answers_about(connection: Connection, campaign_id: int, person_ids: Iterable[int]) -> dict[int, Answer]:
    """What 人事 answered about each of these persons; who is not answered yet is left out."""
    raise NotImplementedError
