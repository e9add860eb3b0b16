"""Comments: what reviewers, 人事 and officers tell each other about a line or a person.

The one law: *a comment decides nothing and is never changed*.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from iam.record.act import Act
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said."""

    id: int
    line_id: int | None
    person_id: int | None
    words: str
    said_by: int
    name: str
    said_at: datetime


def comment(
    act: Act,
    door: Door,
    campaign_id: int,
    by: int,
    words: str,
    *,
    line_id: int | None = None,
    person_id: int | None = None,
) -> Comment:
    """Say something about a line or a person; whoever has a worklist in a campaign may, about themselves as well.

    Raises:
        Conflict: when the campaign is over; Forbidden: when `by` reviews nothing; NotFound; SheetError: nothing said.
    """
    raise NotImplementedError


def comments(
    connection: Connection, campaign_id: int, *, line_id: int | None = None, person_id: int | None = None
) -> list[Comment]:
    """What was said about a line or a person, the oldest first."""
    raise NotImplementedError
