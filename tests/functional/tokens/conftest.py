"""A body with two systems connected, and somebody signed in, over both databases."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from iam.signin import sessions
from iam.signin.door import entrant
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import session_of
from iam.signin.tokens.clients import Client, ClientKind
from iam.signin.tokens.issued import Alive, Dead, Token, TokenKind, alive, issue, use_once
from tests.bodies import Body
from tests.clients import a_client
from tests.entrance import HERE, Entrance, Person, an_entrance

BOTH = Proofs().plus(Method.PASSWORD).plus(Method.VERIFIED_KEY, 1)
LIFE = timedelta(minutes=5)
AGREED: dict[str, Any] = {
    "redirect_uris": ["https://gw.sakura.test/cb"], "logout_uri": "https://gw.sakura.test/bye", "refresh": True,
}  # fmt: skip
QUIET: dict[str, Any] = {"redirect_uris": ["https://zei.sakura.test/cb"]}


@dataclass
class Counter:
    """Where tokens are given out: `gw` hears of sign-outs, `zei` does not."""

    hall: Entrance
    person: Person
    gw: Client
    zei: Client
    families: dict[str, str] = field(default_factory=dict)

    def session(self, person: Person | None = None) -> int:
        """Somebody signs in; the number of the session."""
        hall, who = self.hall, person or self.person
        with hall.store.act("test") as act:
            found = entrant(act.connection, hall.door, who.id, act.at)
            return sessions.open_session(act, hall.door, found, HERE, proofs=BOTH, duty="")[1]

    def given(
        self, kind: TokenKind, session_id: int, *, client: Client | None = None, family: str = "",
        life: timedelta = LIFE, person: Person | None = None,
    ) -> str:  # fmt: skip
        """A token of that session."""
        with self.hall.store.act("test") as act:
            return issue(
                act, kind, client or self.gw, life=life, detail={"scope": "openid"}, session_id=session_id,
                person_id=(person or self.person).id, family=family,
            )  # fmt: skip

    def used(self, kind: TokenKind, token: str, client: Client | None = None) -> Token | Dead:
        """Somebody brings a token that is used once."""
        with self.hall.store.act("test") as act:
            return use_once(act, client or self.gw, kind, token)

    def alive(self, kind: TokenKind, token: str, *, touch: bool = False) -> Alive | Dead:
        """Whose it is now."""
        return alive(self.hall.store, self.hall.door, kind, token, self.hall.clock.now, touch=touch)

    def why_dead(self, kind: TokenKind, token: str) -> str:
        """Why it does not hold; "" when it does."""
        found = self.alive(kind, token)
        return found.reason if isinstance(found, Dead) else ""

    def seen_at(self, session_id: int) -> object:
        """When the session was used last."""
        with self.hall.store.read() as connection:
            found = session_of(connection, session_id)
        assert found
        return found.seen_at


@pytest.fixture
def hall(body: Body) -> Iterator[Entrance]:
    """A door with nobody before it yet."""
    made = an_entrance(body)
    yield made
    made.store.dispose()


@pytest.fixture
def counter(hall: Entrance) -> Counter:
    """Two systems, and somebody without a password: sessions are opened for them."""
    person = hall.staff(1, password=None)
    gw, _ = a_client(hall.store, ClientKind.OIDC, "gw", AGREED)
    zei, _ = a_client(hall.store, ClientKind.OIDC, "zei", QUIET)
    return Counter(hall, person, gw, zei)
