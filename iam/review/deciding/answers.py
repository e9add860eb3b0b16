"""Answers: taking them in, one or ten thousand, from pages, sheets and commands alike.

The one law: *an answer names what its giver saw* (the campaign's revision): of two reviewers at once the second is told
who answered what and when, and nothing is lost; and an answer after a signature clears the signature.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from iam.errors import IamError
from iam.record.act import Act
from iam.review.deciding.verdicts import Answer
from iam.review.words import How, Part, Verdict
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers, in which campaign and part, and how it came in.  `by`: person id; `sheet_id` with How.SHEET."""

    campaign_id: int
    part: Part
    by: int
    how: How = How.PAGE
    sheet_id: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be answered, about a line (OWNER, GENERAL) or about a person (HR).

    `seen`: the campaign's revision that the giver saw (of the page, of the sheet).  `rights`: REDUCE.  `until`: LAPSE
    (last day of the account), LEFT (last day in service).  `given_to`: KEEPER, REASSIGN.
    """

    verdict: Verdict
    seen: int
    line_id: int | None = None
    person_id: int | None = None
    reason: str = ""
    rights: tuple[str, ...] = ()
    until: date | None = None
    given_to: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A wish that was not taken, and why: Conflict (somebody was first), Forbidden, NotFound, SheetError."""

    wish: Wish
    why: IamError


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of many wishes.  `revision`: of the campaign afterwards.  `same`: said already, word for word."""

    taken: int
    same: int
    refused: tuple[Refused, ...]
    revision: int


def answer(act: Act, door: Door, who: Answering, wish: Wish) -> Answer:
    """Take one answer in; it replaces what this part said before.  The same again changes nothing.

    Raises:
        Conflict: when somebody else answered after `seen` (names who, what and when), or the campaign is not open;
        Forbidden: when `who.by` may not; NotFound: no such line or person; SheetError: what is missing in the answer.
    """
    raise NotImplementedError


def answer_many(act: Act, door: Door, who: Answering, wishes: Iterable[Wish], *, all_or_none: bool = False) -> Taken:
    """Take up to 10,000 answers in one act.  Every one is checked; those refused are named and the others taken, or
    with `all_or_none` nothing is written while one is refused.

    Raises:
        Conflict: when the campaign is not open; SheetError: for more than 10,000.
    """
    raise NotImplementedError
