"""Coming into a protected application: a ticket from the portal, and for it a visit at the application's own host.

The one law: *a ticket opens one host, once, for the browser that asked for it*, and only while the decision,
asked anew from where that host is entered, lets the person in.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from iam.record.act import Act
from iam.record.store import Store
from iam.signin import sessions
from iam.signin.deciding.decision import Asked, Decision
from iam.signin.deciding.facts import Knock, judge
from iam.signin.deciding.pulse import Whence
from iam.signin.door import DOOR, Door, hash_of
from iam.signin.tokens import issued
from iam.signin.tokens.clients import Client
from iam.signin.tokens.issued import Alive, Dead, TokenKind

BY: Final = "forward"
"""The name of this door in decisions."""

TICKET_LIFE: Final = timedelta(seconds=60)
"""As an authorization code (ASVS 10.4.8): the browser is sent on at once."""

_VISIT_LIFE: Final = timedelta(days=1)
"""At most; it ends with the session."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A visit that was opened.  `token`: for the cookie; `to`: the path that the browser wanted."""

    token: str
    to: str


def knock_of(found: Alive, whence: Whence, at: datetime) -> Knock:
    """Whoever stands behind a ticket or a visit, at the door of its client's system."""
    wanted = Asked(entitlement=found.client.entitlement)
    return Knock(found.who, found.session, found.client.system, whence, at, by=BY, asked=wanted)


def give_ticket(act: Act, client: Client, session: sessions.Session, *, browser: str, to: str) -> str:
    """A ticket for whoever was let in.  `browser`: hash of what the browser holds at the application's host."""
    detail: dict[str, Any] = {"browser": browser, "to": to}
    person_id, session_id = session.person_id, session.id
    return issued.issue(
        act, TokenKind.TICKET, client, life=TICKET_LIFE, detail=detail, person_id=person_id, session_id=session_id
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser brings to an application's own host.  `browser`: what it holds there since it asked to come in."""

    client: Client
    ticket: str
    browser: str


def enter(store: Store, door: Door, shown: Shown, whence: Whence) -> Entered | Decision | Dead:
    """Take the ticket and open the visit; a Decision when the person is not let in from there.

    Dead: as `issued.use_once`; "other_browser" for a ticket that another browser asked for, which may have been
    planted to sign somebody in as somebody else.
    """
    at = store.clock()
    with store.glance() as connection:
        token = issued.find(connection, TokenKind.TICKET, shown.ticket, at)
    if token is not None and token.client_id == shown.client.id:
        found = issued.living(store, door, token, at)
        if isinstance(found, Dead):
            return found
        decision = judge(store, door, knock_of(found, whence, at))
        if not decision.allowed:
            return decision
    with store.act(DOOR) as act:
        return _taken(act, shown)


def _taken(act: Act, shown: Shown) -> Entered | Dead:
    used = issued.use_once(act, shown.client, TokenKind.TICKET, shown.ticket)
    if isinstance(used, Dead):
        return used
    if not hmac.compare_digest(str(used.detail.get("browser")), hash_of(shown.browser)):
        issued.revoke(act, "other_browser", family=used.family)
        detail = {"client": shown.client.code, "why": "other_browser"}
        act.record("ticket.refused", f"person {used.person_id}", detail)
        return Dead("other_browser", used)
    opened = issued.issue(
        act, TokenKind.VISIT, shown.client, life=_VISIT_LIFE, detail={}, person_id=used.person_id,
        session_id=used.session_id, family=used.family,
    )  # fmt: skip
    return Entered(opened, str(used.detail.get("to", "/")))


def leave(store: Store, token: str) -> None:
    """End a visit; the session at the portal goes on."""
    with store.act(DOOR) as act:
        found = issued.find(act.connection, TokenKind.VISIT, token, act.at)
        if found is not None:
            issued.revoke(act, "left", token_id=found.id)
