"""Comments: what reviewers, 人事 and officers tell each other about a line or a person.

The one law: *a comment decides nothing and is never changed*.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from iam.errors import Conflict, Forbidden, NotFound, SheetError
from iam.people.ledger import person_table
from iam.record.act import Act
from iam.review.books import campaign_comment_table
from iam.review.campaigns import campaign, line, person_of
from iam.review.deciding.reviewers import Reviewer, reviewer
from iam.review.deciding.taking.refusing import why_not_words
from iam.review.words import CampaignState, Part
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class About:
    """What is spoken of: a line or a person."""

    campaign_id: int
    line_id: int | None = None
    person_id: int | None = None


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


def comment(act: Act, door: Door, by: int, about: About, words: str) -> Comment:
    """Say something about a line or a person; whoever has a worklist in a campaign may, about themselves as well.

    Raises:
        Conflict: when the campaign is over; Forbidden: when `by` reviews nothing of it; NotFound; SheetError: nothing
            said, or what must not be.
    """
    words = words.strip()
    wrong = why_not_words(words) if words else "書いてください。"
    if wrong:
        raise SheetError([f"コメント: {wrong}"])
    of = campaign(act.connection, about.campaign_id)
    if of.state not in {CampaignState.OPEN, CampaignState.SIGNED}:
        raise Conflict(f"この棚卸は「{of.state.label_ja}」のため、コメントは書けません。")
    system = _system(act.connection, about)
    if not may_comment(reviewer(act.connection, door, by, act.at), system):
        raise Forbidden("この棚卸に回答する担当者ではないため、コメントは書けません。")
    values = {**asdict(about), "words": words, "said_by": by, "said_at": act.at}
    act.connection.execute(campaign_comment_table.insert().values(values))
    subject = f"{of.subject} line {about.line_id}" if about.line_id else f"{of.subject} person {about.person_id}"
    act.record("review.commented", subject, {"by": by, "words": words})
    return comments(act.connection, about)[-1]


def may_comment(who: Reviewer, system: str) -> bool:
    """Whether somebody may say something about a line of this system, or ("") about a person: pure."""
    parts = who.parts
    return Part.GENERAL in parts or Part.HR in parts or (Part.OWNER in parts and (not system or system in who.systems))


def _system(connection: Connection, about: About) -> str:
    """The system of the line that is spoken of, "" for a person."""
    if about.line_id is not None:
        found = line(connection, about.line_id)
        if found.campaign_id == about.campaign_id and about.person_id is None:
            return found.system
    elif about.person_id is not None and person_of(connection, about.campaign_id, about.person_id) is not None:
        return ""
    raise NotFound("その行はこの棚卸にありません。一覧から開き直してください。")


def comments(connection: Connection, about: About) -> list[Comment]:
    """What was said about a line or a person, the oldest first."""
    columns = campaign_comment_table.c
    same = columns.line_id == about.line_id if about.line_id is not None else columns.person_id == about.person_id
    query = (
        select(
            columns.id, columns.line_id, columns.person_id, columns.words, columns.said_by, person_table.c.name,
            columns.said_at,
        )
        .join(person_table, person_table.c.id == columns.said_by)
        .where(columns.campaign_id == about.campaign_id, same)
        .order_by(columns.id)
    )  # fmt: skip
    return [Comment(*row) for row in connection.execute(query)]
