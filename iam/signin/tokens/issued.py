"""What was issued: codes, access and refresh tokens, pushed requests, tickets and visits; each a random name of a row.

The one law: *a token lives no longer than the session behind it*, and is asked about
anew whenever it is used, so that a suspension or a leave kills it at once (R02, R41).
"""

from enum import StrEnum

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from iam.record.store import Instant, Json, Number, metadata

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


class TokenKind(StrEnum):
    """What a row is.  REQUEST: a pushed authorization request (RFC 9126); TICKET and VISIT: of the forward door."""

    CODE = "code"
    ACCESS = "access"
    REFRESH = "refresh"
    REQUEST = "request"
    TICKET = "ticket"
    VISIT = "visit"
