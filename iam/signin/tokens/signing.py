"""The keys that tokens are signed with: made ahead, shown before they sign, shown on after they signed.

The one law: *whoever verifies has seen the key before it signs*, so that a key rolls without anybody being refused;
private halves are sealed by the key ring.  ES256 and EdDSA alone (R42, ASVS 9.1.2); RS256 for clients under a waiver.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, UniqueConstraint

from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.record.store import Instant, Json, Number, Store, metadata
from iam.signin.tokens.details import Algorithm

signing_key_table = Table(
    "signing_key",
    metadata,
    Column("id", Number, primary_key=True),
    Column("kid", Text, nullable=False, unique=True),
    Column("algorithm", Text, nullable=False),
    # Counts the keys of an algorithm: of two who make the next one at once, one does.
    Column("generation", Integer, nullable=False),
    Column("public", Json, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("signs_from", Instant, nullable=False),
    Column("signs_until", Instant, nullable=False),
    Column("shown_until", Instant, nullable=False),
    UniqueConstraint("algorithm", "generation"),
)

SIGNS: Final = timedelta(days=90)
"""How long a key signs."""

AHEAD: Final = timedelta(days=7)
"""How long before its turn the next one is made and shown; at least `SHOWN` whatever happens."""

SHOWN: Final = timedelta(days=1)
"""How long a key is shown before it signs, and after: longer than a signed token lives or a party keeps our keys."""

FRESH: Final = timedelta(seconds=30)
"""How long a process believes what it read."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What signs now.  `pem`: the private half, PKCS #8, unencrypted: for joserfc, never for a log."""

    kid: str
    algorithm: Algorithm
    pem: bytes = field(repr=False)


class Signer:
    """The keys of one process; threads share one.  Reads the table at most twice a minute."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def signing_key(self, algorithm: Algorithm, at: datetime) -> SigningKey:
        """The key that signs at this instant; on an empty database the first keys are made.

        Raises:
            IntegrityError: when the key ring cannot open it; StoreError, Busy.
        """
        raise NotImplementedError

    def jwks(self, at: datetime) -> list[dict[str, Any]]:
        """The public keys that are shown (RFC 7517): kty, crv, x, y, kid, alg, use; the same for all, by kid."""
        raise NotImplementedError


def roll_due(store: Store) -> list[str]:
    """Make what must be made by now (the first keys, the next ones), forget what is shown no more; the new kids."""
    raise NotImplementedError


def roll_now(act: Act, keys: KeyRing) -> Mapping[Algorithm, str]:
    """A key may be known to somebody: new ones sign at once, the old are trusted no more; the new kids."""
    raise NotImplementedError
