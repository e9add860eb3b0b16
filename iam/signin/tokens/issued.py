"""What was issued: codes, access and refresh tokens, pushed requests, tickets and visits; each a random name of a row.

The one law: *a token lives no longer than the session behind it*, and is asked about
anew whenever it is used, so that a suspension or a leave kills it at once (R02, R41).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, RowMapping, Select, bindparam, delete, exists, insert, select, update

from iam.errors import Conflict
from iam.people.ledger import person_table
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin import sessions
from iam.signin.door import Door, Entrant, hash_of, known, new_token, stamp_columns, stamp_of
from iam.signin.sessions import Gone, Session, session_in, session_table
from iam.signin.tokens.books import client_table, issued_table
from iam.signin.tokens.clients import Client, ClientState, client_in


class TokenKind(StrEnum):
    """What a row is.  REQUEST: a pushed authorization request (RFC 9126); TICKET and VISIT: of the forward door;
    ASSERTION: that a SAML request was answered, named by the request (asserting/given)."""

    CODE = "code"
    ACCESS = "access"
    REFRESH = "refresh"
    REQUEST = "request"
    TICKET = "ticket"
    VISIT = "visit"
    ASSERTION = "assertion"


FAMILIES: Final = frozenset({TokenKind.CODE, TokenKind.REFRESH})
"""What ends its whole family when it comes twice; a pushed request or a ticket may be loaded twice by a browser."""

KEPT: Final = timedelta(days=1)
"""How long a row is kept after it ran out: a code or token that comes again is then still known for what it is."""


@dataclass(frozen=True, slots=True)
class Token:
    """One row.  `family`: everything that came of one sign-in at one client; it dies as one.

    `detail`: what the door that issued it must know again (scopes, nonce, challenge, …): no secret.
    """

    id: int
    kind: TokenKind
    client_id: int
    person_id: int | None
    session_id: int | None
    family: str
    detail: Mapping[str, Any]
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str


@dataclass(frozen=True, slots=True)
class Alive:
    """A token that holds at this instant: whose, by which session, for which client."""

    token: Token
    client: Client
    session: Session
    who: Entrant


@dataclass(frozen=True, slots=True)
class Dead:
    """A token that does not hold.

    `reason`: "unknown" (no such token, or of another kind), "expired", "used", "reused" (by `use_once`; the family of a
    code or refresh token is revoked now), "mixed_up" (another client brought it; the same), "revoked",
    "client_stopped", "no_session", or why the session ended (sessions.END_REASONS).  `token`: the row, if any.
    """

    reason: str
    token: Token | None = None


def new_family() -> str:
    """A name for everything that will come of one sign-in at one client."""
    return secrets.token_urlsafe(16)


def issue(
    act: Act,
    kind: TokenKind,
    client: Client,
    *,
    life: timedelta,
    detail: Mapping[str, Any],
    person_id: int | None = None,
    session_id: int | None = None,
    family: str = "",
) -> str:
    """A new token of 256 bits; the database keeps its hash alone.

    It ends after `life`, never after the session.  `family`: that of the token it is given for, in the same act as
    the `use_once` of that one, else whoever uses it again at the same moment cannot revoke it; "" for a new one.

    Raises:
        Conflict: when the session has ended.
    """
    token, token_hash = new_token()
    values = {
        "kind": kind, "hash": token_hash, "client_id": client.id, "person_id": person_id, "session_id": session_id,
        "family": family or new_family(), "detail": dict(detail), "issued_at": act.at,
        "expires_at": min(act.at + life, _end_of(act, session_id)), "revoked_reason": "",
    }  # fmt: skip
    act.connection.execute(insert(issued_table).values(**values))
    return token


def _end_of(act: Act, session_id: int | None) -> datetime:
    if session_id is None:
        return _NEVER
    columns = session_table.c
    query = select(columns.ends_at).where(columns.id == session_id, columns.ended_at.is_(None))
    ends_at: datetime | None = act.connection.execute(query).scalar_one_or_none()
    if ends_at is None:
        raise Conflict("サインインはもう終わっています。もう一度サインインしてください。")
    return ends_at


def find(connection: Connection, kind: TokenKind, token: str, at: datetime) -> Token | None:
    """The row, when it is of this kind, not used, not revoked and has not run out; the session is not asked."""
    found = _token(connection.execute(_BY_HASH, {"hash": hash_of(token), "kind": kind}).one_or_none())
    return found if found is not None and not why_dead(found, at) else None


def why_dead(token: Token, at: datetime) -> str:
    """Why the row itself does not hold: "revoked", "used", "expired"; or ""."""
    if token.revoked_at is not None:
        return "revoked"
    if token.used_at is not None:
        return "used"
    return "expired" if at >= token.expires_at else ""


# --- once


def use_once(act: Act, client: Client, kind: TokenKind, token: str) -> Token | Dead:
    """Take a CODE, REFRESH, REQUEST or TICKET: of several who try at once exactly one gets it.

    A refusal is a value, for it must be remembered: let the act end.  A CODE or REFRESH that was used before, or that
    another client brings, revokes its whole family (R41; RFC 6749 §4.1.2, RFC 9700 §4.14.2).
    The session is not asked: see `living`.
    """
    columns, hashed = issued_table.c, hash_of(token)
    mine = columns.hash == hashed, columns.kind == kind, columns.client_id == client.id
    free = columns.used_at.is_(None), columns.revoked_at.is_(None), columns.expires_at > act.at
    query = update(issued_table).where(*mine, *free).values(used_at=act.at).returning(*columns)
    taken = _token(act.connection.execute(query).one_or_none())
    if taken is not None:
        return taken
    there = _token(act.connection.execute(_BY_HASH, {"hash": hashed, "kind": kind}).one_or_none())
    return Dead("unknown") if there is None else _refused(act, client, there)


def _refused(act: Act, client: Client, token: Token) -> Dead:
    """Why it was not to be had; whatever may mean that it was stolen is recorded, and ends its family."""
    if token.client_id != client.id:
        reason = "mixed_up"
    elif token.used_at is not None:
        reason = "reused"
    else:
        return Dead(why_dead(token, act.at), token)
    if token.kind in FAMILIES:
        revoke(act, reason, family=token.family)
    detail = {"kind": token.kind, "token": token.id, "person": token.person_id}
    act.record(f"token.{reason}", f"client {client.code}", detail)
    return Dead(reason, token)


def revoke(
    act: Act,
    reason: str,
    *,
    token_id: int | None = None,
    family: str | None = None,
    person_id: int | None = None,
    session_id: int | None = None,
    client_id: int | None = None,
) -> int:
    """Revoke one token, or all of a family, a person, a session, a client; how many still held.

    Of several that are given, all must fit a token.

    Raises:
        ValueError: when none is given.
    """
    columns = issued_table.c
    asked = {
        columns.id: token_id, columns.family: family, columns.person_id: person_id, columns.session_id: session_id,
        columns.client_id: client_id,
    }  # fmt: skip
    which = {column: value for column, value in asked.items() if value is not None}
    if not which:
        raise ValueError("nobody revokes every token")
    held = columns.revoked_at.is_(None), columns.expires_at > act.at
    query = update(issued_table).where(*held, *(column == value for column, value in which.items()))
    found = query.values(revoked_at=act.at, revoked_reason=reason).returning(columns.id)
    count = len(act.connection.execute(found).all())
    if count:
        words = {column.name: value for column, value in which.items()}
        act.record("token.revoked", "tokens", {"reason": reason, "count": count, **words})
    return count


# --- alive


def alive(store: Store, door: Door, kind: TokenKind, token: str, at: datetime, *, touch: bool = False) -> Alive | Dead:
    """Whose token this is, if it and its client and session hold and the person may come in; one query as a rule.

    A session that ran out, or whose owner may not come in any more, is ended on the spot, as by `sessions.look`.
    `touch`: the person is at work with it (a visit), so the session's idle time begins anew.
    """
    return _asked(store, door, _ALIVE_BY_HASH, {"hash": hash_of(token), "kind": kind}, at, touch=touch)


def living(store: Store, door: Door, token: Token, at: datetime, *, touch: bool = False) -> Alive | Dead:
    """The same for a row that `use_once` has just given (in an act that has ended)."""
    return _asked(store, door, _ALIVE_BY_ID, {"token": token.id}, at, touch=touch)


def _asked(
    store: Store, door: Door, query: Select[Any], named: Mapping[str, object], at: datetime, *, touch: bool
) -> Alive | Dead:
    with store.glance() as connection:
        row = connection.execute(query, {**named, "day": jst_day(at)}).one_or_none()
        if row is None:
            return Dead("unknown")
        values = row._mapping
        token = token_in(values)
        if reason := _why_not(values, token, at, used=query is _ALIVE_BY_ID):
            return Dead(reason, token)
        who = known(connection, door, values[session_table.c.person_id], stamp_of(row, at), at)
    now = sessions.held(store, session_in(values), who, at, touch=touch)
    if isinstance(now, Gone):
        return Dead(now.reason, token)
    return Alive(token, client_in(values), now.session, now.entrant)


def _why_not(values: RowMapping, token: Token, at: datetime, *, used: bool) -> str:
    """Why a token does not hold, as far as its rows tell; "" when they do not.  `used`: its use is what is going on."""
    dead = why_dead(replace(token, used_at=None) if used else token, at)
    if dead:
        return dead
    if values[client_table.c.state] != ClientState.ACTIVE:
        return "client_stopped"
    session = session_table.c
    if values[session.id] is None or values[session.person_id] != token.person_id:
        return "no_session"
    return "" if values[session.ended_at] is None else str(values[session.end_reason])


def tidy(act: Act) -> int:
    """Drop what ran out more than `KEPT` ago and belongs to no session that lives, and every request that ran out;
    how many.

    A session that lives still needs it: who was given something must hear of its end.
    """
    columns, session = issued_table.c, session_table.c
    lives = exists().where(session.id == columns.session_id, session.ended_at.is_(None))
    done = (columns.kind == TokenKind.REQUEST) | ((columns.expires_at < act.at - KEPT) & ~lives)
    gone = delete(issued_table).where(columns.expires_at < act.at, done)
    return act.connection.execute(gone).rowcount


def token_in(values: RowMapping) -> Token:
    """The token in a row that has every column of the table, perhaps beside others."""
    c = issued_table.c
    return Token(
        values[c.id], TokenKind(values[c.kind]), values[c.client_id], values[c.person_id], values[c.session_id],
        values[c.family], values[c.detail], values[c.issued_at], values[c.expires_at], values[c.used_at],
        values[c.revoked_at], values[c.revoked_reason],
    )  # fmt: skip


def _token(row: Row[Any] | None) -> Token | None:
    return None if row is None else token_in(row._mapping)


_NEVER: Final = datetime.max.replace(tzinfo=UTC)

_BY_HASH: Final = select(issued_table).where(
    issued_table.c.hash == bindparam("hash"), issued_table.c.kind == bindparam("kind")
)

# The stamp first: of columns with one name, a row gives the first by its name.
_ALIVE: Final = (
    select(*stamp_columns(), issued_table, client_table, session_table)
    .join_from(issued_table, client_table, client_table.c.id == issued_table.c.client_id)
    .outerjoin(session_table, session_table.c.id == issued_table.c.session_id)
    .outerjoin(person_table, person_table.c.id == session_table.c.person_id)
)
_ALIVE_BY_HASH: Final = _ALIVE.where(issued_table.c.hash == bindparam("hash"), issued_table.c.kind == bindparam("kind"))
_ALIVE_BY_ID: Final = _ALIVE.where(issued_table.c.id == bindparam("token"))
