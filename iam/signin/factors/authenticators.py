"""Authenticators: what is bound to whom, since when, and how it ended.

The one law: *one device, one person, once* (R26): a handle (credential id,
certificate, serial) that was ever bound is never bound again.
"""

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text, UniqueConstraint

from iam.record.store import Instant, Json, Number, metadata

authenticator_table = Table(
    "authenticator",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("form", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("handle", Text),
    Column("sealed", LargeBinary),
    Column("data", Json, nullable=False),
    Column("counter", Number, nullable=False),
    Column("enrolled_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("used_at", Instant),
    Column("ended_at", Instant),
    Column("end_reason", Text, nullable=False),
    UniqueConstraint("form", "handle"),
)

code_table = Table(
    "single_code",
    metadata,
    Column("code_hash", Text, primary_key=True),
    Column("authenticator_id", ForeignKey("authenticator.id"), nullable=False, index=True),
    Column("lapses_at", Instant),
    Column("used_at", Instant),
)

stock_table = Table(
    "token_stock",
    metadata,
    Column("serial", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("data", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("authenticator_id", Number),
    Column("batch", Text, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
