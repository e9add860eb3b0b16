"""The books of what systems are given: the clients, and what was issued to them.

The one law: *a row holds no secret*: whoever reads these tables can sign in nowhere.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text

from iam.record.store import Instant, Json, Number, metadata

client_table = Table(
    "client",
    metadata,
    Column("id", Number, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("entitlement", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("former_secret_hash", Text, nullable=False),
    Column("former_until", Instant),
    Column("detail", Json, nullable=False),
    # As `detail` says it, where a statement can see it; "" for who wants no word of a sign-out.
    Column("logout_uri", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("case_id", ForeignKey("office_case.id")),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

issued_table = Table(
    "issued_token",
    metadata,
    Column("id", Number, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("client_id", ForeignKey("client.id"), nullable=False),
    Column("person_id", ForeignKey("person.id")),
    Column("session_id", Number),
    Column("family", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
    Column("revoked_reason", Text, nullable=False),
)
Index("ix_issued_token_family", issued_table.c.family)
Index("ix_issued_token_person", issued_table.c.person_id, issued_table.c.kind)
Index("ix_issued_token_session", issued_table.c.session_id)
Index("ix_issued_token_expires", issued_table.c.expires_at)
