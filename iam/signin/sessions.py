"""Sessions: what holds after a sign-in, for how long, and how it ends.

The one law: *the server decides*: a cookie is a name for a row here, stored
only as its hash; the row ends by hand, by idleness, by its overall limit, or
at the next look after the person's standing ended (R02, R37, R38).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from iam.errors import Busy, Conflict
from iam.people.ledger import person_table
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.store import Instant, Json, Number, Store, metadata
from iam.signin import history
from iam.signin.door import DOOR, Door, Entrant, Where, hash_of, new_token, recognised, stamp_columns, stamp_of
from iam.signin.history import Outcome
from iam.signin.kinds import Proofs
from iam.signin.steps import drop_all, lacking
from iam.signin.tokens import farewells

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


END_REASONS: Final = frozenset(
    {
        "signed_out", "idle", "overall", "standing", "suspended", "ended_by_owner", "ended_by_officer",
        "password_changed", "factor_lost", "factor_removed",
    }
)  # fmt: skip

TOUCHES: Final = timedelta(minutes=1)
"""How often `seen_at` is written at most; the idle time is counted from what is written, so it errs to the strict."""

_LOOK: Final = (
    select(session_table, *stamp_columns())
    .join(person_table, person_table.c.id == session_table.c.person_id)
    .where(session_table.c.token_hash == bindparam("hash"))
)
_LIVE_OF: Final = (
    select(session_table)
    .where(session_table.c.person_id == bindparam("person"), session_table.c.ended_at.is_(None))
    .order_by(session_table.c.id.desc())
)
_OPENED: Final = insert(session_table).returning(session_table.c.id)


def look(store: Store, door: Door, token: str, at: datetime, *, touch: bool = True) -> Present | Gone:
    """Whose session this is.  A look counts as use unless `touch` is False (a page that asks how long is left).

    One query as a rule; a session that ran out, or whose owner may not come in any more, is ended on the spot (R02).
    """
    row = next(iter(store.rows(_LOOK, hash=hash_of(token), day=jst_day(at))), None)
    if row is None:
        return Gone("unknown")
    if row.ended_at is not None:
        return Gone(row.end_reason)
    who = recognised(store, door, row.person_id, stamp_of(row, at), at)
    return held(store, _session(row), who, at, touch=touch)


def held(store: Store, session: Session, who: Entrant, at: datetime, *, touch: bool) -> Present | Gone:
    """What holds of a session that had not ended when it was read a moment ago with its owner; see `look`."""
    if reason := why_over(session, who, at):
        with store.act(DOOR) as act:
            end(act, session.id, reason)
        return Gone(reason)
    if touch and not session.locked and at - session.seen_at >= TOUCHES:
        session = _touched(store, session)
    if not session.duty and lacking(who.rules, session.proofs):
        # The rules became stricter, or the owner an officer, while the session held.
        session = replace(session, duty="enrol")
    return Present(session, who)


def why_over(session: Session, who: Entrant, at: datetime) -> str:
    """Why the session does not hold at this instant, or ""."""
    if not who.in_service:
        return "suspended" if who.suspended else "standing"
    if at >= session.ends_at:
        return "overall"
    return "idle" if at - session.seen_at >= session.idle else ""


def open_session(act: Act, door: Door, who: Entrant, where: Where, *, proofs: Proofs, duty: str) -> tuple[str, int]:
    """A new session: the token for the cookie, and its id.  Its limits are those of now (R38)."""
    token, token_hash = new_token()
    values = {
        "token_hash": token_hash, "person_id": who.person_id, "proofs": proofs.given, "duty": duty, "zone": door.zone,
        "address": where.address, "terminal": where.terminal, "signed_in_at": act.at, "proved_at": act.at,
        "seen_at": act.at, "idle_seconds": int(who.rules.idle.total_seconds()), "ends_at": act.at + who.rules.overall,
        "locked": False, "end_reason": "",
    }  # fmt: skip
    return token, int(act.connection.execute(_OPENED, values).scalar_one())


def rotate(act: Act, session_id: int, proofs: Proofs, duty: str, *, proved: bool) -> str:
    """A new token for the same session, unlocked; the old one is dead.  `proved`: its owner just proved themselves.

    Raises:
        Conflict: when it ended meanwhile.
    """
    token, token_hash = new_token()
    values: dict[str, object] = {"token_hash": token_hash, "proofs": proofs.given, "duty": duty, "locked": False}
    if proved:
        values |= {"proved_at": act.at}
    if not _change(act, session_id, seen_at=act.at, **values):
        raise Conflict("この画面のサインインは終わっています。もう一度サインインしてください。")
    return token


def extend(act: Act, session_id: int) -> bool:
    """Begin the idle time anew; never beyond `ends_at`.  False when it ended meanwhile."""
    return _change(act, session_id, seen_at=act.at)


def lock(act: Act, session_id: int) -> bool:
    """Quick lock for a shared terminal: nothing but `login.unlock` is left.  False when it ended meanwhile."""
    if not _change(act, session_id, locked=True):
        return False
    act.record("session.locked", f"session {session_id}")
    return True


def end(act: Act, session_id: int, reason: str, *, person_id: int | None = None) -> bool:
    """End one session (with `person_id` only if it is that person's); False when there was none to end."""
    mine = [session_table.c.id == session_id]
    if person_id is not None:
        mine.append(session_table.c.person_id == person_id)
    return bool(_end(act, mine, reason))


def end_all(act: Act, person_id: int, reason: str, *, but: int | None = None) -> int:
    """End every session of a person but one, and every half-done login; how many sessions there were."""
    drop_all(act, person_id)
    mine = [session_table.c.person_id == person_id]
    if but is not None:
        mine.append(session_table.c.id != but)
    return _end(act, mine, reason)


def end_lapsed(act: Act) -> int:
    """End what ran out without a further look; how many there were."""
    columns = session_table.c
    query = select(session_table).where(columns.ended_at.is_(None), columns.seen_at < act.at - TOUCHES)
    over: dict[str, list[int]] = {}
    for row in act.connection.execute(query):
        session = _session(row)
        if act.at >= session.ends_at:
            over.setdefault("overall", []).append(session.id)
        elif act.at - session.seen_at >= session.idle:
            over.setdefault("idle", []).append(session.id)
    return sum(_end(act, [columns.id == id_], reason) for reason, ids in over.items() for id_ in ids)


def forget_ended(act: Act, before: datetime) -> int:
    """Drop sessions that ended before an instant; the audit and the history keep what is to be kept."""
    old = session_table.c.ended_at < before
    return len(act.connection.execute(delete(session_table).where(old).returning(session_table.c.id)).all())


def of_person(connection: Connection, person_id: int, at: datetime) -> list[Session]:
    """The person's live sessions, newest first."""
    found = [_session(row) for row in connection.execute(_LIVE_OF, {"person": person_id})]
    return [each for each in found if time_left(each, at) > timedelta(0)]


def session_of(connection: Connection, session_id: int) -> Session | None:
    """One session that has not ended; its limits are not asked."""
    query = select(session_table).where(session_table.c.id == session_id, session_table.c.ended_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else _session(row)


def recently_proved(session: Session, at: datetime, door: Door) -> bool:
    """Whether a sensitive act needs no new proof (R39)."""
    return timedelta(0) <= at - session.proved_at < door.reauthentication


def time_left(session: Session, at: datetime) -> timedelta:
    """Until the session ends by itself, if nothing is done."""
    return min(session.ends_at, session.seen_at + session.idle) - at


def _touched(store: Store, session: Session) -> Session:
    # No record: that somebody opened one more page is no deed.  Nor is it worth a page that does not open.
    try:
        with store.act(DOOR) as act:
            _change(act, session.id, seen_at=act.at)
            return replace(session, seen_at=act.at)
    except Busy:
        return session


def _change(act: Act, session_id: int, **values: object) -> bool:
    columns = session_table.c
    query = update(session_table).where(columns.id == session_id, columns.ended_at.is_(None)).values(**values)
    return act.connection.execute(query.returning(columns.id)).one_or_none() is not None


def _end(act: Act, which: Sequence[ColumnElement[bool]], reason: str) -> int:
    if reason not in END_REASONS:
        raise ValueError(f"no reason for a session to end: {reason!r}")
    columns = session_table.c
    query = update(session_table).where(columns.ended_at.is_(None), *which)
    ended = query.values(ended_at=act.at, end_reason=reason)
    rows = act.connection.execute(
        ended.returning(columns.id, columns.person_id, columns.address, columns.terminal)
    ).all()
    outcome = Outcome.SIGNOUT if reason == "signed_out" else Outcome.ENDED
    for row in rows:
        where = Where(row.address, row.terminal)
        history.note(act, row.person_id, outcome, where, reason=reason, session_id=row.id)
        act.record("session.ended", f"person {row.person_id}", {"session": row.id, "reason": reason})
    farewells.write(act, [row.id for row in rows])
    return len(rows)


def session_in(values: RowMapping) -> Session:
    """The session in a row that has every column of the table, perhaps beside others."""
    return _session([values[column] for column in session_table.c])


def _session(row: Sequence[Any]) -> Session:
    """The session in a row that begins with every column of the table."""
    (
        id_, _, person_id, proofs, duty, zone, address, terminal,
        signed_in_at, proved_at, seen_at, idle, ends_at, locked, *_,
    ) = row  # fmt: skip
    return Session(
        id_, person_id, Proofs.of(proofs), duty, zone, address, terminal,
        signed_in_at, proved_at, seen_at, timedelta(seconds=idle), ends_at, locked,
    )  # fmt: skip
