"""What was issued: codes, access and refresh tokens, pushed requests, tickets and visits; each a random name of a row.

The one law: *a token lives no longer than the session behind it*, and is asked about
anew whenever it is used, so that a suspension or a leave kills it at once (R02, R41).
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, exists, insert, or_, select, update

from iam.people.ledger import person_table
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin import sessions
from iam.signin.door import Door, Entrant, hash_of, known, new_token, stamp_columns, stamp_of
from iam.signin.sessions import Gone, Session, session_table
from iam.signin.tokens.books import client_table, issued_table
from iam.signin.tokens.clients import Client, ClientState, client_in

__all__ = [
    "Alive", "Dead", "Token", "TokenKind", "alive", "find", "issue", "new_family", "revoke", "tidy", "use_once",
]  # fmt: skip


class TokenKind(StrEnum):
    """What a row is.  REQUEST: a pushed authorization request (RFC 9126); TICKET and VISIT: of the forward door."""

    CODE = "code"
    ACCESS = "access"
    REFRESH = "refresh"
    REQUEST = "request"
    TICKET = "ticket"
    VISIT = "visit"


ONCE: Final = frozenset({TokenKind.CODE, TokenKind.REFRESH, TokenKind.REQUEST, TokenKind.TICKET})
"""What is used once: see `use_once`."""

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

    `reason`: "unknown" (no such token, or of another kind), "expired", "used" (by `find`s of use-once kinds), "reused"
    (its family is revoked now), "mixed_up" (another client brought it; the same), "revoked", "client_stopped",
    "no_session", or why the session ended (sessions.END_REASONS).  `token`: the row, when there is one.
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
    its `use_once`; "" for a new one.  The one who uses a CODE or REFRESH issues in the same act.
    """
    raise NotImplementedError


def find(connection: Connection, kind: TokenKind, token: str, at: datetime) -> Token | None:
    """The row, when it is of this kind, not used, not revoked and has not run out; the session is not asked."""
    raise NotImplementedError


def use_once(act: Act, client: Client, kind: TokenKind, token: str) -> Token | Dead:
    """Take a CODE, REFRESH, REQUEST or TICKET: of several who try at once exactly one gets it.

    A refusal is a value, for it must be remembered: let the act end.  One that was used before, or that another client
    brings, revokes its whole family (R41; RFC 6749 §4.1.2, RFC 9700 §4.14.2); both are recorded.
    The session is not asked: see `alive_session` of this answer by `living`.
    """
    raise NotImplementedError


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
    """Revoke one token, or all of a family, a person, a session, a client (what is given must all hold); how many."""
    raise NotImplementedError


def alive(store: Store, door: Door, kind: TokenKind, token: str, at: datetime, *, touch: bool = False) -> Alive | Dead:
    """Whose token this is, if it and its client and session hold and the person may come in; one query.

    A session that ran out, or whose owner may not come in any more, is ended on the spot, as by `sessions.look`.
    `touch`: the person is at work with it (a visit), so the session's idle time begins anew.
    Works for used codes too when the caller has just used one: ask `living` for that.
    """
    raise NotImplementedError


def living(store: Store, door: Door, token: Token, at: datetime) -> Alive | Dead:
    """The same for a row that `use_once` has just given: is the session behind it alive, whose is it?"""
    raise NotImplementedError


def tidy(act: Act) -> int:
    """Drop what ran out more than `KEPT` ago, and no session that lives needs; how many."""
    raise NotImplementedError
