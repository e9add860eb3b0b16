"""The books of the office: what was asked and decided, and the roles given for a time.

The one law: *three persons*: that whoever asks, decides and is meant differ is
a constraint of the database, whatever door the row came through.
"""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text

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

assignment_table = Table(
    "role_assignment",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("deputises_id", ForeignKey("person.id")),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("case_id", ForeignKey("office_case.id")),
    Column("reason", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    CheckConstraint("deputises_id IS NULL OR deputises_id <> person_id", name="deputy_of_another"),
)
