"""Facts: what a decision rests on, read in as few queries as can be; and the one verb that every door calls.

The one law: *every door asks here* and gets the same answer; what the ledger says at
this instant counts, not what it said at sign-in.
"""

from dataclasses import dataclass
from datetime import datetime

from iam.record.store import Store
from iam.signin.deciding.decision import NOTHING_MORE, Asked, Decision
from iam.signin.deciding.pulse import Pulse, Whence
from iam.signin.door import Door, Entrant
from iam.signin.kinds import Proofs
from iam.signin.sessions import Session

__all__ = ["Knock", "Whence", "explain", "judge", "proved_now"]


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the door of a system.  `session`: None while they have not signed in; as it stood before this knock
    touched it, so that the idle limit of the system's zone is seen.

    `by`: the door that asks ("oidc", "forward", "radius", "validate", "saml"); "" for an officer's question.
    """

    who: Entrant
    session: Session | None
    system: str
    whence: Whence
    at: datetime
    by: str = ""
    asked: Asked = NOTHING_MORE


def proved_now(door: Door, who: Entrant, proofs: Proofs, at: datetime, address: str = "") -> Session:
    """A session that stands in no table (id 0): for doors at which people prove themselves and hold nothing after it
    (RADIUS, the terminal API), and for an officer who asks what would be."""
    raise NotImplementedError


def judge(store: Store, door: Door, knock: Knock, pulse: Pulse | None = None) -> Decision:
    """May they come in: answered, and recorded (sampled for repeats).

    On a hot path the door reads the `pulse` in the query by which it finds the session (`pulse_columns`, bound by
    `pulse_binds(knock.whence, knock.at)`); an answer that is remembered under it then costs no query at all.
    Elsewhere leave it out: one query more.

    Raises:
        NotFound: when the body has no such system.
        StoreError, Busy: when a new answer could not be recorded: nobody comes in unrecorded.
    """
    raise NotImplementedError


def explain(store: Store, door: Door, knock: Knock) -> Decision:
    """The same answer without being recorded as an entry: for an officer who asks what would be.

    Raises:
        NotFound: when the body has no such system.
    """
    raise NotImplementedError
