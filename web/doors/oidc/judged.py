"""Every answer is a decision: whoever stands behind a code or a token is judged anew each time it is used.

The one law: *what was given is not believed, it is asked about*: a right given back, a lost terminal, a
suspension, a system that is not the client's own end it at once (R02, R42).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, TokenMixin

from iam.signin.deciding.decision import Asked, Decision
from iam.signin.deciding.facts import Knock, Whence, judge
from iam.signin.door import Entrant
from iam.signin.sessions import Session
from iam.signin.tokens.clients import Client
from iam.signin.tokens.issued import Alive, Token
from web.doors.oidc.server import Registered
from web.site.site import at, the_site

DOOR = "oidc"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for beyond the rules.  `max_age`: how old the last proof may be; None: as old as it is."""

    kinds: int = 1
    resistant: bool = False
    max_age: timedelta | None = None

    def asked(self, client: Client) -> Asked:
        """The same, as a decision wants it."""
        return Asked(self.max_age, self.resistant, self.kinds, client.entitlement)


@dataclass(frozen=True, slots=True)
class Granted:
    """Somebody who may come in now: whose rights `decision` holds."""

    who: Entrant
    session: Session
    client: Client
    decision: Decision
    whence: Whence
    detail: Mapping[str, Any]


def judged(client: Client, who: Entrant, session: Session, whence: Whence, wish: Wish) -> Decision:
    """May they come into the client's system: answered and recorded."""
    site = the_site()
    knock = Knock(who, session, client.system, whence, at(), DOOR, wish.asked(client))
    return judge(site.store, site.door, knock)


def granted(found: Alive) -> Granted | Decision:
    """Whoever a living code or token stands for, if they may still come in from where they came; else why not."""
    detail = found.token.detail
    whence = Whence(detail["address"], detail["certificate"], checked=detail["checked"])
    # How old the proof may be was judged when they came in; a session is not to be proved anew every few minutes.
    wish = Wish(detail["kinds"], detail["resistant"])
    decision = judged(found.client, found.who, found.session, whence, wish)
    return Granted(found.who, found.session, found.client, decision, whence, detail) if decision.allowed else decision


class Held(AuthorizationCodeMixin, TokenMixin):
    """A code or token as Authlib asks about it: it lives, for it was just asked about."""

    def __init__(self, found: Alive, text: str) -> None:
        self.found = found
        self.text = text
        self.code_challenge: str = found.token.detail.get("challenge", "")
        self.code_challenge_method = "S256"

    def check_client(self, client: Registered) -> bool:
        """Whether it was given to this client."""
        return self.found.client.id == client.client.id

    def get_redirect_uri(self) -> str:
        """Where its browser was sent."""
        uri: str = self.found.token.detail["redirect_uri"]
        return uri

    def get_scope(self) -> str:
        """What it is good for."""
        scope: str = self.found.token.detail["scope"]
        return scope

    def is_expired(self) -> bool:
        """It is not, or it would not be here."""
        return False

    def is_revoked(self) -> bool:
        """The same."""
        return False


class Known(TokenMixin):
    """A token of ours that may be dead already: for whoever gives it back."""

    def __init__(self, token: Token) -> None:
        self.token = token

    def check_client(self, client: Registered) -> bool:
        """Whether it was given to this client."""
        return self.token.client_id == client.client.id
