"""A sign-in as steps: the half-done login, what it has proved, and what it still needs.

The one law: *nothing is told before it is proved*: an unknown number, a wrong
password and a suspended person get the same words, status and time (R35,
ASVS 6.3.8); a refusal that must be remembered is returned, never raised.
"""

from sqlalchemy import Column, Integer, Table, Text

from iam.record.store import Instant, Json, Number, metadata

login_table = Table(
    "half_login",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("person_id", Integer),
    Column("purpose", Text, nullable=False),
    Column("session_id", Number),
    Column("proofs", Json, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("lapses_at", Instant, nullable=False, index=True),
)
