"""The decision: allow, step up or deny, always with reasons, clauses and what the asker can do.

The one law: *a pure function* of everything it is told, so that every door gives
the same answer, and the strictest of several rules wins.  What is not known is
taken for the strictest of what it could be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from iam.access.places.networks import Place
from iam.access.places.permissions import Permission
from iam.access.places.terminals import Terminal
from iam.policy.entry.signin import SigninRules
from iam.policy.entry.systems import EntryRules
from iam.signin.kinds import Proofs


class Outcome(StrEnum):
    """What the answer is; each is stricter than the one before."""

    ALLOW = "allow"
    STEP_UP = "step_up"
    DENY = "deny"

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {"allow": "許可", "step_up": "追加の認証が必要", "deny": "不可"}[self.value]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the asking system wants beyond the rules.  `max_age`: how old the last proof may be; `resistant`: that a
    phishing-resistant method was used; `kinds`: how many kinds at least; `entitlement`: a right inside the system."""

    max_age: timedelta | None = None
    resistant: bool = False
    kinds: int = 1
    entitlement: str = ""


NOTHING_MORE: Final = Asked()


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody holds who has signed in.  `zone`: in which the session was opened."""

    proofs: Proofs
    zone: str
    signed_in_at: datetime
    proved_at: datetime
    seen_at: datetime
    locked: bool = False
    duty: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that a decision rests on.

    `standing`: "" in service, else why the person may not come in ("suspended" or a status).
    `rights`: what they may do in the system today; None: they have no ID there.
    `held`: None while nobody has signed in.
    `terminal`: None when it is not in the register; `presented`: something of it was shown all the same.
    `signin`, `entry`: the rules of the system's zone and of the person, the strictest of each already.
    `flow`: the clause that lets the zone of `place` into the zone of the system; "" when none does.
    """

    at: datetime
    person_id: int
    standing: str
    system: str
    system_name: str
    zone: str
    zone_label: str
    dedicated: bool
    rights: frozenset[str] | None
    held: Held | None
    place: Place
    flow: str
    terminal: Terminal | None
    presented: bool
    permission: Permission | None
    signin: SigninRules
    entry: EntryRules
    rules: str
    """Digest of the rules' version."""

    asked: Asked = NOTHING_MORE


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for or against.  `sentence` says what, `cure` what the asker can do; "" when nothing."""

    code: str
    outcome: Outcome
    clause: str
    sentence: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a step up asks for."""

    kinds: int = 1
    resistant: bool = False
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer.  `reasons`: those of the outcome first; never empty.  `until`: how long an ALLOW may be believed."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    needs: Needs = Needs()
    until: datetime | None = None
    rights: frozenset[str] = frozenset()
    facts: Mapping[str, str] = field(default_factory=dict)
    """What was looked at, for whoever asks for an explanation: label in Japanese to words."""

    @property
    def allowed(self) -> bool:
        """Whether the person may come in now."""
        return self.outcome is Outcome.ALLOW


def decide(question: Question) -> Decision:
    """The answer to `question`."""
    raise NotImplementedError
