"""Sheets that go out: which rows of a campaign, in which cells, under which keys.

The one law: *a row says itself whose it is*: its key is a MAC over sheet, line and every fixed cell, so that a row that
was changed, copied or brought from elsewhere is known, and so is the sheet by its signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from iam.record.act import Act
from iam.review.campaigns import Campaign
from iam.review.words import Part
from iam.signin.door import Door


class Bound(StrEnum):
    """What a sheet is bounded by."""

    ALL = "all"
    SYSTEM = "system"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows: everything that `part` is asked, or of one system or department (its code, "": of nobody's)."""

    bound: Bound = Bound.ALL
    code: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """One row of a sheet: cells in the order of `columns.fixed`, the key first, then of `columns.answered`."""

    fixed: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it goes out.  `control`: what the very hidden sheet holds, by name, signature and all."""

    id: int
    campaign: Campaign
    part: Part
    scope: Scope
    scope_words: str
    body: str
    made_at: datetime
    made_for: str
    contact: str
    rows: Sequence[Filled]
    control: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SheetRecord:
    """A sheet that went out, as it is on record."""

    id: int
    campaign_id: int
    part: Part
    scope: Scope
    made_by: str
    made_for: int | None
    made_at: datetime
    rows: int


def make_sheet(act: Act, door: Door, campaign: Campaign, part: Part, scope: Scope, for_: int | None) -> Sheet:
    """A sheet of what `part` is asked within `scope`, for the person `for_` (None: for whoever holds the part).

    Raises:
        Conflict: when the campaign takes no answers.
        NotFound: when nothing is asked there.
    """
    raise NotImplementedError


def sheets_of(connection: Connection, campaign_id: int) -> list[SheetRecord]:
    """The sheets of a campaign, the newest first."""
    raise NotImplementedError
