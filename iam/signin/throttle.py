"""Throttling: how long somebody who failed must wait, shared by all processes.

The one law: *an attacker may slow a password down, never lock its owner out of
a phishing-resistant factor* (R35, NIST SP 800-63B-4 3.2.2): what is counted is
one authenticator of one account, and a key or a card is not counted at all.
"""

from sqlalchemy import Column, Integer, Table, Text

from iam.record.store import Instant, metadata

throttle_table = Table(
    "throttle",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Instant, nullable=False),
    Column("blocked_until", Instant),
)
