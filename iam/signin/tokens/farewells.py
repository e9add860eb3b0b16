"""Farewells: word to a client that a session ended (OpenID Connect Back-Channel Logout 1.0), kept until it was taken.

The one law: *the row says what is still to do*: whoever sends is one worker of several, and may be killed.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from iam.record.store import Instant, Number, metadata

farewell_table = Table(
    "farewell",
    metadata,
    Column("id", Number, primary_key=True),
    Column("client_id", ForeignKey("client.id"), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("session_id", Number, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("settled_at", Instant),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
Index("ix_farewell_due", farewell_table.c.settled_at, farewell_table.c.due_at)
