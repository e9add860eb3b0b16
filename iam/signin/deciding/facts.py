"""Facts: what a decision rests on, read in as few queries as can be; and the one verb that every door calls.

The one law: *every door asks here* and gets the same answer; what the ledger says at
this instant counts, not what it said at sign-in.
"""

from dataclasses import dataclass
from datetime import datetime

from iam.record.store import Store
from iam.signin.deciding.decision import NOTHING_MORE, Asked, Decision
from iam.signin.door import Door, Entrant
from iam.signin.sessions import Session


@dataclass(frozen=True, slots=True)
class Whence:
    """Where somebody comes from, as far as a listed proxy or an authenticated door vouches for it.

    `certificate`: SHA-256 (64 hex digits) of the terminal's certificate; `mac`: aa:bb:cc:dd:ee:ff; `terminal`: its
    asset number where an officer asks what would be.  "" for what is not known.
    """

    address: str = ""
    certificate: str = ""
    mac: str = ""
    terminal: str = ""


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the door of a system.  `session`: None while they have not signed in.

    `by`: the door that asks ("oidc", "forward", "radius", "validate", "saml"); "" for an officer's question.
    """

    who: Entrant
    session: Session | None
    system: str
    whence: Whence
    at: datetime
    by: str = ""
    asked: Asked = NOTHING_MORE


def judge(store: Store, door: Door, knock: Knock) -> Decision:
    """May they come in: answered, and recorded (sampled for repeats).

    Raises:
        NotFound: when the body has no such system.
    """
    raise NotImplementedError


def explain(store: Store, door: Door, knock: Knock) -> Decision:
    """The same answer without being recorded as an entry: for an officer who asks what would be.

    Raises:
        NotFound: when the body has no such system.
    """
    raise NotImplementedError
