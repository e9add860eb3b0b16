"""The keys that tokens are signed with: made ahead, shown before they sign, shown on after they signed.

The one law: *whoever verifies has seen the key before it signs*, so that a key rolls without anybody being refused;
private halves are sealed by the key ring.  ES256 and EdDSA alone (R42, ASVS 9.1.2).
"""

from sqlalchemy import Column, LargeBinary, Table, Text

from iam.record.store import Instant, Json, Number, metadata

signing_key_table = Table(
    "signing_key",
    metadata,
    Column("id", Number, primary_key=True),
    Column("kid", Text, nullable=False, unique=True),
    Column("algorithm", Text, nullable=False),
    Column("public", Json, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("signs_from", Instant, nullable=False),
    Column("signs_until", Instant, nullable=False),
    Column("shown_until", Instant, nullable=False),
)
