"""Worklists: what a reviewer still has to answer, page by page, with all that is needed to do so.

The one law: *nothing is shown that one may not answer without saying why*: a line about oneself stands there, locked.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from iam.review.campaigns import Campaign, CampaignPerson, Finding, Line
from iam.review.deciding.reviewers import Reviewer
from iam.review.deciding.verdicts import Answer, Outcome
from iam.review.words import FindingKind, Part

PAGE = 50
"""Lines on a page."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which lines are asked for.  `part`: OWNER lists the systems that one owns and is asked about; GENERAL what is
    asked of the general officer, with `everything` all lines.  `department`: of whoever owns the account, "" nobody's.
    `found`: with (True) or without findings.  `text`: in the login, the staff number or the name.
    """

    part: Part
    open_only: bool = True
    everything: bool = False
    system: str | None = None
    department: str | None = None
    finding: FindingKind | None = None
    found: bool | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A line with what was found, said and comes of it.  `why_not`: why this reviewer may not answer it, or "".

    `owner`, `keeper`: as frozen.  `comments`: how many.
    """

    line: Line
    owner: CampaignPerson | None
    keeper: CampaignPerson | None
    findings: tuple[Finding, ...]
    answers: tuple[Answer, ...]
    outcome: Outcome | None
    comments: int
    why_not: str


@dataclass(frozen=True, slots=True)
class PersonItem:
    """A person of 人事's worklist, with what 人事 answered and whether this reviewer may."""

    person: CampaignPerson
    answer: Answer | None
    comments: int
    why_not: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of lines.  `more`: what to give as `after` for the next, None on the last.  `revision`: what is seen."""

    items: tuple[Item, ...]
    more: int | None
    revision: int


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A page of persons."""

    items: tuple[PersonItem, ...]
    more: int | None
    revision: int


def worklist(
    connection: Connection, who: Reviewer, campaign: Campaign, chosen: Chosen, *, after: int = 0, most: int = PAGE
) -> Page:
    """One page of lines by their ids."""
    raise NotImplementedError


def line_ids(connection: Connection, who: Reviewer, campaign: Campaign, chosen: Chosen, most: int) -> list[int]:
    """The ids of all lines of a worklist, at most `most`: what a bulk answer is about."""
    raise NotImplementedError


def people_worklist(
    connection: Connection,
    who: Reviewer,
    campaign: Campaign,
    chosen: Chosen,
    *,
    after: int = 0,
    most: int = PAGE,
) -> PersonPage:
    """One page of persons by their ids; of `chosen` `open_only`, `department` and `text` count."""
    raise NotImplementedError


def person_ids(connection: Connection, who: Reviewer, campaign: Campaign, chosen: Chosen, most: int) -> list[int]:
    """The ids of all persons of 人事's worklist, at most `most`."""
    raise NotImplementedError
