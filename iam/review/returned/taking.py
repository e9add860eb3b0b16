"""A sheet that came back: examined outside any act, then taken.

The one law: *what was altered is not taken, and what was answered meanwhile is not overwritten*.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from iam.ports import ReturnedBook
from iam.record.act import Act
from iam.review.returned.told import Refused, Taken
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that may be taken, and what it says."""

    sheet_id: int
    book: ReturnedBook


def examine(
    connection: Connection, door: Door, book: ReturnedBook, at: datetime, *, campaign_id: int | None = None
) -> Examined | Refused:
    """What `book` says, with everything wrong in it; `campaign_id`: the campaign on whose page it was handed in."""
    raise NotImplementedError


def take_back(act: Act, door: Door, examined: Examined | Refused, by: int) -> Taken | Refused:
    """Take the answers of `by`; a refusal is remembered too."""
    raise NotImplementedError
