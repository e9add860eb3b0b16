"""Kept passwords: set, verified, expired, remembered so that they do not come back.

The one law: *nobody but its owner ever knows or chooses a password*
(OITA-S7.4.3.1, R33): what is stored is a wrapped hash, and officers can only
have a random temporary one issued.
"""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, Table, Text

from iam.record.store import Instant, Number, metadata

password_table = Table(
    "password",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("signins", Integer, nullable=False),
    Column("must_change", Text, nullable=False),
    Column("lapses_at", Instant),
    Column("used_at", Instant),
)

past_password_table = Table(
    "past_password",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("replaced_at", Instant, nullable=False),
)
