"""Kept passwords: set, verified, expired, remembered so that they do not come back.

The one law: *nobody but its owner ever knows or chooses a password*
(OITA-S7.4.3.1, R33): what is stored is a wrapped hash, and officers can only
have a random temporary one issued.

Hashing is slow and never done inside a transaction, so every deed has three
parts: read what to compare (`kept_of`, `compared_with`), compare with the
hasher, write if it is still true.  The writers take the `Kept` that was read
and change nothing when somebody was there in between.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Boolean, Column, Connection, ForeignKey, Integer, LargeBinary, Table, Text

from iam.policy.signin import SigninRules
from iam.record.act import Act
from iam.record.store import Instant, Number, metadata
from iam.signin.passwords.hashing import Hasher

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
    Column("temporary", Boolean, nullable=False),
)


class Why(StrEnum):
    """Why a password must be changed before anything else."""

    NOTHING = ""
    TEMPORARY = "temporary"
    ROTATION = "rotation"
    POLICY = "policy"
    LEAK = "leak"


@dataclass(frozen=True, slots=True)
class Kept:
    """The password that a person has now."""

    person_id: int
    sealed: bytes = field(repr=False)
    set_at: datetime
    signins: int
    """How often it was used since it was set."""
    must_change: Why
    lapses_at: datetime | None
    """Of a temporary one: when it dies.  None: the person's own."""
    used_at: datetime | None
    """Of a temporary one: when it was used; it is not taken twice."""

    @property
    def temporary(self) -> bool:
        """Whether it was issued, not chosen."""
        return self.lapses_at is not None

    def usable(self, at: datetime) -> bool:
        """Whether it may be tried at all: a temporary one only once, and before it lapses."""
        return self.lapses_at is None or (self.used_at is None and at < self.lapses_at)


def kept_of(connection: Connection, person_id: int) -> Kept | None:
    """The person's password, or None."""
    raise NotImplementedError


def compared_with(connection: Connection, person_id: int, history: int) -> tuple[bytes, ...]:
    """What a new password must differ from: the present one, the last `history` own ones, every temporary one kept.

    Sealed; give them to `is_among` after the transaction.
    """
    raise NotImplementedError


def is_among(hasher: Hasher, person_id: int, sealed: Iterable[bytes], password: str) -> bool:
    """Whether `password` is one of these.  Slow: one hash each, never inside a transaction.

    Raises:
        Busy, IntegrityError: as `Hasher.verify`.
    """
    raise NotImplementedError


def set_own(act: Act, person_id: int, sealed: bytes, *, was: Kept | None, history: int) -> None:
    """The owner's own new password, judged and compared beforehand; the old one goes to the history.

    Raises:
        Conflict: when the password is not `was` any more.
    """
    raise NotImplementedError


def issue_temporary(act: Act, person_id: int, sealed: bytes, *, life: timedelta) -> None:
    """A temporary password in place of whatever there was; one use, then it must be changed (R32)."""
    raise NotImplementedError


def note_used(act: Act, kept: Kept) -> bool:
    """Count one sign-in with this password; False when it was replaced, used or lapsed meanwhile: then refuse.

    Of two processes that present one temporary password at once, one gets True.
    """
    raise NotImplementedError


def rewrap(act: Act, kept: Kept, sealed: bytes) -> bool:
    """The same password under today's parameters and key; False, and nothing done, when it was replaced meanwhile."""
    raise NotImplementedError


def require_change(act: Act, person_id: int, why: Why) -> None:
    """From now on this password must be changed before anything else: POLICY (re-tested and too weak) or LEAK."""
    raise NotImplementedError


def why_must_change(kept: Kept, rules: SigninRules, at: datetime) -> Why:
    """Why, or NOTHING.  `kept` as it was read before this sign-in is counted: n sign-ins pass, the next one asks."""
    raise NotImplementedError


def rotation_due(kept: Kept, rules: SigninRules) -> date | None:
    """The day in Japan from which rotation by days asks for another; None when it does not."""
    raise NotImplementedError


def random_temporary() -> str:
    """A temporary password: easily read aloud and typed, no confusable characters, meets every policy."""
    raise NotImplementedError
