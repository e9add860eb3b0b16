"""The books of changes by two officers: exceptions for a time, and the configuration in force.

The one law: *two persons* (OITA-S8.1.4.3, R19): that whoever proposes and whoever confirms differ is a constraint of
the database.
"""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text

from iam.office.books import case_table
from iam.people.ledger import person_table
from iam.record.store import Instant, Json, Number, metadata

waiver_table = Table(
    "waiver",
    metadata,
    Column("id", Number, primary_key=True),
    Column("control", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("measure", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("case_id", ForeignKey(case_table.c.id)),
    Column("asked_by", ForeignKey(person_table.c.id), nullable=False),
    Column("approved_by", ForeignKey(person_table.c.id)),
    Column("given_at", Instant, nullable=False),
    Column("emergency_until", Instant),
    Column("withdrawn_at", Instant),
    CheckConstraint("approved_by IS NULL OR approved_by <> asked_by", name="two_persons"),
    CheckConstraint("valid_from <= valid_until", name="begins_before_its_end"),
    CheckConstraint("approved_by IS NOT NULL OR emergency_until IS NOT NULL", name="approved_or_emergency"),
)
Index("ix_waiver_control", waiver_table.c.control, waiver_table.c.valid_until)

configuration_table = Table(
    "configuration",
    metadata,
    Column("id", Number, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("content", Json, nullable=False),
    Column("case_id", ForeignKey(case_table.c.id)),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("confirmed_by", Text),
    Column("confirmed_at", Instant),
    Column("emergency_until", Instant),
    Column("seal", Text),
    CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_persons"),
)
Index("ix_configuration_digest", configuration_table.c.digest)

key_permit_table = Table(
    "key_permit",
    metadata,
    Column("id", Number, primary_key=True),
    Column("deed", Text, nullable=False),
    Column("case_id", ForeignKey(case_table.c.id), unique=True),
    Column("given_by", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("used_at", Instant),
    Column("used_by", Text),
    CheckConstraint("case_id IS NOT NULL OR used_at IS NOT NULL", name="a_case_or_an_emergency"),
)
