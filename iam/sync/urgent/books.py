"""The book of errands: what must be so on one account of one target, now, until it was read back.

The one law: *the row says what is still to do* (design law 1): it is written in the act that makes it wanted, carried
out by `sync` alone, and settled only by what the target shows when it is read again.
"""

from sqlalchemy import Column, Index, Integer, Table, Text

from iam.record.store import Instant, Number, metadata

errand_table = Table(
    "errand",
    metadata,
    Column("id", Number, primary_key=True),
    Column("system", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("comparable", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("entitlement", Text, nullable=False),
    Column("secret_id", Number),
    Column("former_id", Number),
    Column("subject", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("settled_at", Instant),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
Index("ix_errand_due", errand_table.c.settled_at, errand_table.c.due_at)
Index("ix_errand_account", errand_table.c.system, errand_table.c.comparable)
Index("ix_errand_subject", errand_table.c.subject)
