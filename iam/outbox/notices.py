"""Notices: what a person is shown at the next sign-in, whether or not a letter reaches them.

The one law: *a notice stays until its owner has seen it*; it holds a topic and
that topic's values, and the page finds the words.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Integer, Table, Text, delete, select, update

from iam.outbox.topics import Topic, Value, harmless
from iam.record.act import Act
from iam.record.columns import among
from iam.record.store import Instant, Json, Number, metadata

notice_table = Table(
    "notice",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", Integer, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Column("at", Instant, nullable=False),
    Column("seen_at", Instant),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice.  In `detail` dates and instants are texts in ISO 8601, as JSON holds them."""

    id: int
    topic: Topic
    detail: Mapping[str, str | int]
    at: datetime
    seen_at: datetime | None


def notice(act: Act, person_id: int, topic: Topic, values: Mapping[str, Value]) -> None:
    """Leave a notice for a person, without a letter.

    Raises:
        ValueError, TypeError: when the values are not the topic's.
    """
    act.connection.execute(
        notice_table.insert().values(person_id=person_id, kind=topic, detail=harmless(topic, values), at=act.at)
    )


def unseen(connection: Connection, person_id: int) -> list[Notice]:
    """What a person has not seen yet, the newest first."""
    mine = (notice_table.c.person_id == person_id) & notice_table.c.seen_at.is_(None)
    rows = connection.execute(select(notice_table).where(mine).order_by(notice_table.c.id.desc()))
    return [Notice(row.id, Topic(row.kind), row.detail, row.at, row.seen_at) for row in rows]


def seen(act: Act, person_id: int, ids: Collection[int]) -> None:
    """Note that a person has seen these notices; another person's are left alone."""
    mine = (notice_table.c.person_id == person_id) & notice_table.c.seen_at.is_(None)
    act.connection.execute(update(notice_table).where(mine, among(notice_table.c.id, list(ids))).values(seen_at=act.at))


def forget_seen(act: Act, before: datetime) -> int:
    """Drop notices that were seen before an instant; answers how many."""
    return act.connection.execute(delete(notice_table).where(notice_table.c.seen_at < before)).rowcount
