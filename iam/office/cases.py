"""Cases: what one officer asks for and another confirms.

The one law: *nobody decides their own case* (design law 4, OITA-S3.7.1,
OITA-S8.1.4.3).  That asker, decider and subject are three persons is a
constraint of the database and one function here; the confirmation is bound to
a hash of what was asked.
"""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text

from iam.record.store import Instant, Json, Number, metadata

case_table = Table(
    "office_case",
    metadata,
    Column("id", Number, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject_id", ForeignKey("person.id")),
    Column("content", Json, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", ForeignKey("person.id"), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("lapses_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", ForeignKey("person.id")),
    Column("decided_at", Instant),
    Column("decision_reason", Text, nullable=False),
    CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="two_persons"),
    CheckConstraint("subject_id IS NULL OR asked_by <> subject_id", name="not_for_oneself"),
    CheckConstraint(
        "subject_id IS NULL OR decided_by IS NULL OR decided_by <> subject_id", name="not_deciding_own_case"
    ),
)
Index("ix_office_case_state", case_table.c.state, case_table.c.kind)
