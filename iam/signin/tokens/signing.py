"""The keys that tokens are signed with: made ahead, shown before they sign, shown on after they signed.

The one law: *whoever verifies has seen the key before it signs*, so that a key rolls without anybody being refused;
private halves are sealed by the key ring.  ES256 and EdDSA alone (R42, ASVS 9.1.2); RS256 for clients under a waiver.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    Row,
    Table,
    Text,
    UniqueConstraint,
    delete,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from iam.errors import Busy, Conflict
from iam.record.act import Act
from iam.record.columns import canonical_json
from iam.record.store import Instant, Json, Number, Store, metadata
from iam.signin.tokens.clients import ClientKind, OidcDetail, clients
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


ROUTINE: Final = (Algorithm.ES256, Algorithm.EDDSA)
"""Always there; RS256 only while a client has it."""

ACTOR: Final = "keys"
"""Who makes a key when its time has come, in the audit."""

_PURPOSE: Final = "token signing key"
_RSA_BITS: Final = 3072
_FORGOTTEN: Final = timedelta(days=400)
_EC_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What signs now.  `pem`: the private half, PKCS #8, unencrypted: for whoever writes the token, never for a log."""

    kid: str
    algorithm: Algorithm
    pem: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """A key that others may see: JWK of its public half (RFC 7517), and its days."""

    algorithm: Algorithm
    generation: int
    public: Mapping[str, Any]
    sealed: bytes = field(repr=False)
    signs_from: datetime
    signs_until: datetime
    shown_until: datetime

    @property
    def kid(self) -> str:
        """Its name in tokens: the thumbprint of RFC 7638."""
        return str(self.public["kid"])


class Signer:
    """The keys of one process; threads share one.  Reads the table at most twice a minute."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: tuple[datetime, Sequence[Shown]] | None = None
        self._opened: dict[str, SigningKey] = {}

    def signing_key(self, algorithm: Algorithm, at: datetime) -> SigningKey:
        """The key that signs at this instant; on an empty database the first keys are made.

        Raises:
            IntegrityError: when the key ring cannot open it; Conflict: RS256, which no client has; StoreError, Busy.
        """
        found = signs(self._shown(at), algorithm, at)
        if found is None:
            roll_due(self._store)
            self._read = None
            at = self._store.clock()  # the first key is younger than the question
            found = signs(self._shown(at), algorithm, at)
        if found is None:
            raise Conflict(f"{algorithm} の署名鍵がありません。連携先の登録の、署名の方式を確かめてください。")
        opened = self._opened.get(found.kid)
        if opened is None:
            opened = SigningKey(found.kid, algorithm, self._store.keys.open(_PURPOSE, found.sealed))
            self._opened[found.kid] = opened
        return opened

    def jwks(self, at: datetime) -> list[dict[str, Any]]:
        """The public keys that are shown (RFC 7517): those that sign, signed a day ago, will sign."""
        found = self._shown(at)
        if any(signs(found, algorithm, at) is None for algorithm in ROUTINE):
            roll_due(self._store)
            self._read = None
            found = self._shown(at)
        return [dict(each.public) for each in found if at < each.shown_until]

    def _shown(self, at: datetime) -> Sequence[Shown]:
        known = self._read
        if known is not None and timedelta(0) <= at - known[0] < FRESH:
            return known[1]
        with self._store.glance() as connection:
            found = shown(connection, at)
        if any(next_turn(found, algorithm, at) for algorithm in {each.algorithm for each in found}):
            # The worker ought to have done it; the present key goes on meanwhile.
            with suppress(Busy):
                roll_due(self._store)
            with self._store.glance() as connection:
                found = shown(connection, at)
        self._read = (at, found)
        return found


def shown(connection: Connection, at: datetime) -> list[Shown]:
    """The keys that are shown at this instant, the oldest of each algorithm first."""
    columns = signing_key_table.c
    query = select(signing_key_table).where(columns.shown_until > at).order_by(columns.algorithm, columns.generation)
    return [_shown_in(row) for row in connection.execute(query)]


def signs(found: Iterable[Shown], algorithm: Algorithm, at: datetime) -> Shown | None:
    """The one key of an algorithm that signs at this instant."""
    begun = [each for each in found if each.algorithm is algorithm and each.signs_from <= at < each.shown_until]
    return max(begun, key=lambda each: each.generation, default=None)


def next_turn(found: Iterable[Shown], algorithm: Algorithm, at: datetime) -> datetime | None:
    """From when the key that must be made now will sign; None while none must be made.

    At once when there is none; else when the present one has signed long enough, yet never before it was shown.
    """
    mine = [each for each in found if each.algorithm is algorithm and at < each.shown_until]
    newest = max(mine, key=lambda each: each.generation, default=None)
    if newest is None:
        return at
    return max(newest.signs_until, at + SHOWN) if at >= newest.signs_until - AHEAD else None


def roll_due(store: Store) -> list[str]:
    """Make what must be made by now (the first keys, the next ones), forget what is long over; the new kids.

    Of two that do it at once, each key is made by one.
    """
    at = store.clock()
    with store.read() as connection:
        found = shown(connection, at)
        due = [each for each in _wanted(connection) if next_turn(found, each, at)]
    # Made before the act: an RSA key takes its time.
    fresh = [_Pair.new(algorithm) for algorithm in due]
    if not fresh:
        return []
    with store.act(ACTOR) as act:
        act.connection.execute(delete(signing_key_table).where(signing_key_table.c.shown_until < act.at - _FORGOTTEN))
        return [pair.kid for pair in fresh if _roll(act, store, pair)]


def _roll(act: Act, store: Store, pair: "_Pair") -> bool:
    """Write the next key, if it is still due; whoever signs too long signs on until the next was shown long enough."""
    newest = _newest(act.connection, pair.algorithm)
    begins = next_turn([newest] if newest else [], pair.algorithm, act.at)
    if begins is None or not _keep(act, store, pair, newest, begins):
        return False
    if newest is not None and act.at < newest.shown_until:
        query = update(signing_key_table).where(signing_key_table.c.kid == newest.kid)
        act.connection.execute(query.values(signs_until=begins, shown_until=begins + SHOWN))
    return True


def roll_now(store: Store, actor: str, first: Callable[[Act], object] = lambda _: None) -> list[str]:
    """A key may be known to somebody: new ones sign at once, the old are trusted no more; the new kids.

    `first`: what else is done in the act, before anything of this.

    Raises:
        Conflict: when a key was made at the same moment; nothing is changed then.  Whatever `first` raises.
    """
    with store.read() as connection:
        fresh = [_Pair.new(algorithm) for algorithm in _wanted(connection)]
    columns = signing_key_table.c
    with store.act(actor) as act:
        first(act)
        over = update(signing_key_table).where(columns.shown_until > act.at)
        gone = act.connection.execute(over.values(signs_until=act.at, shown_until=act.at).returning(columns.kid))
        act.record("signing_key.withdrawn", "signing keys", {"kids": sorted(gone.scalars())})
        for pair in fresh:
            if not _keep(act, store, pair, _newest(act.connection, pair.algorithm), act.at):
                raise Conflict("ちょうど同じときに署名鍵が作られました。もう一度実行してください。")
    return [pair.kid for pair in fresh]


def _newest(connection: Connection, algorithm: Algorithm) -> Shown | None:
    """The newest key of an algorithm, also one that is shown no more."""
    columns = signing_key_table.c
    query = select(signing_key_table).where(columns.algorithm == algorithm).order_by(columns.generation.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else _shown_in(row)


def _wanted(connection: Connection) -> list[Algorithm]:
    """The algorithms that are in use: RS256 while an active client has it."""
    known = (each.detail for each in clients(connection, ClientKind.OIDC) if each.active)
    waived = any(isinstance(each, OidcDetail) and each.algorithm is Algorithm.RS256 for each in known)
    return [*ROUTINE, Algorithm.RS256] if waived else [*ROUTINE]


def _keep(act: Act, store: Store, pair: "_Pair", newest: Shown | None, begins: datetime) -> bool:
    """Write the key after `newest`; False when another process just did."""
    columns = signing_key_table.c
    generation = 1 if newest is None else newest.generation + 1
    values = {
        "kid": pair.kid, "algorithm": pair.algorithm, "generation": generation, "public": pair.public,
        "sealed": store.keys.seal(_PURPOSE, pair.pem), "made_at": act.at, "signs_from": begins,
        "signs_until": begins + SIGNS, "shown_until": begins + SIGNS + SHOWN,
    }  # fmt: skip
    into = postgresql.insert if act.connection.dialect.name == "postgresql" else sqlite.insert
    query = into(signing_key_table).values(**values).on_conflict_do_nothing().returning(columns.id)
    if act.connection.execute(query).scalar_one_or_none() is None:
        return False
    detail = {"algorithm": pair.algorithm, "generation": generation, "signs_from": begins}
    act.record("signing_key.made", pair.kid, detail)
    return True


def _shown_in(row: Row[Any]) -> Shown:
    return Shown(
        Algorithm(row.algorithm), row.generation, row.public, row.sealed, row.signs_from, row.signs_until,
        row.shown_until,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pair:
    """A fresh key: its JWK, and its private half."""

    algorithm: Algorithm
    public: Mapping[str, str]
    pem: bytes = field(repr=False)

    @property
    def kid(self) -> str:
        return self.public["kid"]

    @classmethod
    def new(cls, algorithm: Algorithm) -> "_Pair":
        key, members = _generated(algorithm)
        kid = _text(hashlib.sha256(canonical_json(members).encode()).digest())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(algorithm, {**members, "kid": kid, "alg": algorithm.value, "use": "sig"}, pem)


_Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def _generated(algorithm: Algorithm) -> tuple[_Private, dict[str, str]]:
    """A key and the members of its JWK that a thumbprint is made of (RFC 7638 §3.2, RFC 8037 §2)."""
    if algorithm is Algorithm.EDDSA:
        edwards = ed25519.Ed25519PrivateKey.generate()
        raw = edwards.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return edwards, {"kty": "OKP", "crv": "Ed25519", "x": _text(raw)}
    if algorithm is Algorithm.RS256:
        modular = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        numbers = modular.public_key().public_numbers()
        return modular, {"kty": "RSA", "n": _text(_bytes(numbers.n)), "e": _text(_bytes(numbers.e))}
    curve = ec.generate_private_key(ec.SECP256R1())
    point = curve.public_key().public_numbers()
    x, y = point.x.to_bytes(_EC_BYTES, "big"), point.y.to_bytes(_EC_BYTES, "big")
    return curve, {"kty": "EC", "crv": "P-256", "x": _text(x), "y": _text(y)}


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
