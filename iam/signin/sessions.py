"""Sessions: what holds after a sign-in, for how long, and how it ends.

The one law: *the server decides*: a cookie is a name for a row here, stored
only as its hash; the row ends by hand, by idleness, by its overall limit, or
at the next look after the person's standing ended (R02, R37, R38).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Boolean, Column, Connection, ForeignKey, Index, Integer, Table, Text

from iam.record.act import Act
from iam.record.store import Instant, Json, Number, Store, metadata
from iam.signin.door import Door, Entrant, Where
from iam.signin.kinds import Proofs

session_table = Table(
    "session",
    metadata,
    Column("id", Number, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("proofs", Json, nullable=False),
    Column("duty", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("terminal", Text, nullable=False),
    Column("signed_in_at", Instant, nullable=False),
    Column("proved_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("idle_seconds", Integer, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("locked", Boolean, nullable=False),
    Column("ended_at", Instant),
    Column("end_reason", Text, nullable=False),
)
Index("ix_session_person", session_table.c.person_id, session_table.c.ended_at)


@dataclass(frozen=True, slots=True)
class Session:
    """One session.  `duty`: "", "password" (change it first) or "enrol" (a second factor first); nothing else may be
    done before.  `idle` and `ends_at` were fixed at sign-in.  `proved_at`: when its owner proved themselves last."""

    id: int
    person_id: int
    proofs: Proofs
    duty: str
    zone: str
    address: str
    terminal: str
    signed_in_at: datetime
    proved_at: datetime
    seen_at: datetime
    idle: timedelta
    ends_at: datetime
    locked: bool


@dataclass(frozen=True, slots=True)
class Present:
    """A session that holds, and whose it is.  `session.duty` is that of this instant."""

    session: Session
    entrant: Entrant


@dataclass(frozen=True, slots=True)
class Gone:
    """No session: "unknown" (no such token), or why it ended (see END_REASONS)."""

    reason: str


END_REASONS = frozenset(
    {
        "signed_out", "idle", "overall", "standing", "suspended", "ended_by_owner", "ended_by_officer",
        "password_changed", "factor_lost", "factor_removed",
    }
)  # fmt: skip


def look(store: Store, door: Door, token: str, at: datetime, *, touch: bool = True) -> Present | Gone:
    """Whose session this is.  A look counts as use unless `touch` is False (a page that asks how long is left)."""
    raise NotImplementedError


def open_session(act: Act, door: Door, who: Entrant, where: Where, *, proofs: Proofs, duty: str) -> tuple[str, int]:
    """A new session: the token for the cookie, and its id."""
    raise NotImplementedError


def rotate(act: Act, session_id: int, proofs: Proofs, duty: str, *, proved: bool) -> str:
    """A new token for the same session, unlocked; the old one is dead.  `proved`: its owner just proved themselves.

    Raises:
        Conflict: when it ended meanwhile.
    """
    raise NotImplementedError


def extend(act: Act, session_id: int) -> bool:
    """Begin the idle time anew; never beyond `ends_at`.  False when it ended meanwhile."""
    raise NotImplementedError


def lock(act: Act, session_id: int) -> bool:
    """Quick lock for a shared terminal: nothing but `login.unlock` is left.  False when it ended meanwhile."""
    raise NotImplementedError


def end(act: Act, session_id: int, reason: str, *, person_id: int | None = None) -> bool:
    """End one session (with `person_id` only if it is that person's); False when there was none to end."""
    raise NotImplementedError


def end_all(act: Act, person_id: int, reason: str, *, but: int | None = None) -> int:
    """End every session of a person but one, and every half-done login; how many sessions there were."""
    raise NotImplementedError


def of_person(connection: Connection, person_id: int, at: datetime) -> list[Session]:
    """The person's live sessions, newest first."""
    raise NotImplementedError


def recently_proved(session: Session, at: datetime, door: Door) -> bool:
    """Whether a sensitive act needs no new proof (R39)."""
    raise NotImplementedError


def time_left(session: Session, at: datetime) -> timedelta:
    """Until the session ends by itself, if nothing is done."""
    raise NotImplementedError
