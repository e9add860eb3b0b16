"""Who holds which role today: by the post they hold, as a dated deputy, or as one of the first two officers.

The one law: *a role belongs to a post*, so it moves with the ledger on the day
of the appointment and nobody has to remember to take it away.
"""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Table, Text

from iam.record.store import Instant, Number, metadata

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
