"""The outbox: letters that wait to be sent, and notices that wait to be read.

The one law: *a letter is written in the act that gives rise to it*, so neither
can stand without the other; it never carries a secret (ASVS 6.4.1, R49), only
what happened and where to look.
"""

from sqlalchemy import Column, Index, Integer, Table, Text

from iam.record.store import Instant, Json, Number, metadata

letter_table = Table(
    "letter",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("settled_at", Instant),
    Column("outcome", Text, nullable=False),
)
Index("ix_letter_due", letter_table.c.settled_at, letter_table.c.due_at)

notice_table = Table(
    "notice",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", Integer, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("detail", Json, nullable=False),
    Column("at", Instant, nullable=False),
    Column("seen_at", Instant),
)
