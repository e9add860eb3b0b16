"""The book of IDs that are nobody's own: shared, service, development, test and contractors' IDs (共用ID台帳など).

The one law: *each has a keeper and an end*: whoever answers for it, until when, and who knew its secret when it was
last changed stands here, or a review says that it does not.
"""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text

from iam.people.ledger import person_table
from iam.record.store import Instant, Number, metadata

kept_id_table = Table(
    "kept_id",
    metadata,
    Column("id", Number, primary_key=True),
    Column("system", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("comparable", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("keeper_id", ForeignKey(person_table.c.id), index=True),
    Column("keeper_since", Instant),
    Column("sponsor_id", ForeignKey(person_table.c.id)),
    Column("project", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("valid_until", Date),
    Column("secret_changed_on", Date),
    Column("registered_by", Text, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("retired_at", Instant),
    CheckConstraint("kind IN ('shared', 'service', 'development', 'test', 'contractor')", name="kind_of_kept_id"),
)
Index(
    "uq_kept_id_in_force",
    kept_id_table.c.system, kept_id_table.c.comparable,
    unique=True,
    sqlite_where=kept_id_table.c.retired_at.is_(None),
    postgresql_where=kept_id_table.c.retired_at.is_(None),
)  # fmt: skip

kept_member_table = Table(
    "kept_member",
    metadata,
    Column("kept_id", ForeignKey("kept_id.id"), primary_key=True),
    Column("person_id", ForeignKey(person_table.c.id), primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("valid_until", Date),
)
