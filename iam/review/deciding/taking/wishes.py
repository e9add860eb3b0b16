"""What is asked of the taking in: who answers, what, having seen what; and what became of it.

The one law: *a wish names what its giver saw*, so that it can be told from one that was overtaken.
"""

from dataclasses import dataclass
from datetime import date

from iam.errors import IamError
from iam.review.words import How, Part, Verdict


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
    """What became of many wishes.  `same`: said already, word for word.  `revision`: of the campaign afterwards."""

    taken: int
    same: int
    refused: tuple[Refused, ...]
    revision: int
