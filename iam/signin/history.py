"""What happened at the door: every sign-in, failure and sign-out of a person, for the person and for officers.

The one law: *the owner is told* (OITA-S8.2.4, R36): the last success, failure
and sign-out at every sign-in, and a notice when a sign-in is unusual.
"""

from sqlalchemy import Column, Index, Integer, Table, Text

from iam.record.store import Instant, Json, Number, metadata

event_table = Table(
    "signin_event",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("methods", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("terminal", Text, nullable=False),
    Column("session_id", Number),
)
Index("ix_signin_event_person", event_table.c.person_id, event_table.c.at)
