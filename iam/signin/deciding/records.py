"""What was decided: a row for each different answer, repeats counted; the audit holds the first of each.

The one law: *every answer is remembered*, a repeat within the window as one more of its kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, Index, Integer, Table, Text

from iam.record.act import Act
from iam.record.store import Instant, Json, Number, metadata
from iam.signin.deciding.question import Outcome

decision_table = Table(
    "decision",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", ForeignKey("person.id")),
    Column("system", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("address", Text, nullable=False),
    Column("terminal_id", ForeignKey("terminal.id")),
    Column("session_id", Number),
    Column("rules", Text, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("times", Integer, nullable=False),
)
Index("ix_decision_person", decision_table.c.person_id, decision_table.c.id)
Index("ix_decision_system", decision_table.c.system, decision_table.c.id)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One row: the same answer `times` times.  `reasons`: pairs of code and clause, those of the outcome first."""

    id: int
    person_id: int | None
    system: str
    door: str
    outcome: Outcome
    reasons: Sequence[tuple[str, str]]
    address: str
    terminal_id: int | None
    session_id: int | None
    rules: str
    first_at: datetime
    last_at: datetime
    times: int


def recent(
    connection: Connection,
    *,
    system: str = "",
    person_id: int | None = None,
    outcome: Outcome | None = None,
    before: int | None = None,
    most: int = 50,
) -> list[Recorded]:
    """The newest rows first; `before`: only those older than this id, for the next page."""
    raise NotImplementedError


def forget(act: Act, before: datetime) -> int:
    """Drop rows whose last repeat is older; the audit keeps the first of each.  How many there were."""
    raise NotImplementedError
