"""Sessions: what holds after a sign-in, for how long, and how it ends.

The one law: *the server decides*: a cookie is a name for a row here, stored
only as its hash; the row ends by hand, by idleness, by its overall limit, or
at the next look after the person's standing ended (R02, R37, R38).
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from iam.record.store import Instant, Json, Number, metadata

session_table = Table(
    "session",
    metadata,
    Column("id", Number, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("proofs", Json, nullable=False),
    Column("duty", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("terminal", Text, nullable=False),
    Column("signed_in_at", Instant, nullable=False),
    Column("proved_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("idle_seconds", Integer, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("ended_at", Instant),
    Column("end_reason", Text, nullable=False),
)
Index("ix_session_person", session_table.c.person_id, session_table.c.ended_at)
