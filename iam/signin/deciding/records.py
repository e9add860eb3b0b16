"""What was decided: a row for each different answer, repeats counted; the audit holds the first of each.

The one law: *every answer is remembered*, a repeat within the window as one more of its kind.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from iam.record.store import Instant, Json, Number, metadata

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
