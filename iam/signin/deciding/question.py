"""What is asked and what is answered: the values of a decision.

The one law: *a question says everything*: what an answer rests on stands in it,
so that the same question gets the same answer at every door and on every day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from iam.access.places.networks import Place
from iam.access.places.permissions import Permission
from iam.access.places.terminals import Terminal
from iam.policy.cited import BASELINE
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

    @property
    def strictness(self) -> int:
        """0 for the loosest."""
        return list(Outcome).index(self)


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
    """What somebody holds who has signed in.  `zone`: in which the session was opened.

    `idle`, `ends_at`: the session's own limits, beside those of the system's zone; None: it has none of its own.
    """

    proofs: Proofs
    zone: str
    signed_in_at: datetime
    proved_at: datetime
    seen_at: datetime
    locked: bool = False
    duty: str = ""
    idle: timedelta | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that a decision rests on.

    `standing`: "" in service, else why the person may not come in ("suspended" or a status).
    `rights`: what they may do in the system today; None: they have no ID there.  `because`: why, as (words, clause).
    `held`: None while nobody has signed in; they would then sign in at a portal in the zone `portal`.
    `terminal`: None when it is not in the register; `presented`: something of it was shown all the same.
    `signin`, `entry`: the rules of the system's zone and of the person, the strictest of each already.
    `flow`: the clause that lets the zone of `place` into the zone of the system; "" when none does.
    `via`: the clause that lets the zone of the session (while there is none, `portal`) into it; "" when none does.
    `waiver`: why, and until when, two kinds of factor are not asked for; "" when they are.
    `clauses`: the body's own clause behind each rule that no table of the profile states, by its name (CLAUSES).
    Zones are codes, "" where the network is not divided.
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
    portal: str = ""
    via: str = ""
    because: tuple[str, str] = ("", BASELINE)
    waiver: str = ""
    clauses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def clause(self, name: str) -> str:
        """The clause behind one of CLAUSES."""
        return self.clauses.get(name, BASELINE)


CLAUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "standing": "OITA-S8.2.1.2a",
        "right": "OITA-S8.2.1.1",
        "lost": "OITA-S6.4.1",
        "lent": "OITA-S8.2.2.5",
        "registered": "OITA-S8.2.3",
        "elsewhere": "OITA-S8.1.19.2",
        "dedicated": "OITA-S5.1.1",
        "place": "OITA-S8.1.8",
        "device": "OITA-S8.2.2.5",
        "proofs": "OITA-S8.2.2.3",
        "limits": "OITA-S8.2.4",
    }
)
"""What stands behind rules that every body has: a clause of one body, and by its control those of the others."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for or against.  `sentence` says what, `cure` what the asker can do; "" when nothing.

    `code` never changes its meaning (docs/接続手引き.md lists them).
    """

    code: str
    outcome: Outcome
    clause: str
    sentence: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a step up asks for.  `max_age`: the last proof must be younger than this."""

    kinds: int = 1
    resistant: bool = False
    max_age: timedelta | None = None

    def and_(self, other: "Needs") -> "Needs":
        """What satisfies both."""
        ages = [age for age in (self.max_age, other.max_age) if age is not None]
        return Needs(max(self.kinds, other.kinds), self.resistant or other.resistant, min(ages) if ages else None)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer.  `reasons`: those of the outcome first; never empty.

    `until`: how long the answer may be believed: the first instant at which time alone could change it.
    `rights`: what the person may do inside; empty unless allowed.
    `idle`, `overall`: how long whoever is let in may be idle and stay at all (R38): the strictest of system and person.
    `day_ends`: when a permission, a lending, a post or a right may have run out; unlike `until` no limit of a session.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    needs: Needs = Needs()
    until: datetime | None = None
    rights: frozenset[str] = frozenset()
    idle: timedelta | None = None
    overall: timedelta | None = None
    day_ends: datetime | None = None
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What was looked at, for whoever asks for an explanation: label in Japanese to words."""

    @property
    def allowed(self) -> bool:
        """Whether the person may come in now."""
        return self.outcome is Outcome.ALLOW

    def stay(self, at: datetime) -> timedelta | None:
        """How long somebody who comes in at `at` may stay where nobody asks again: their overall limit, but not past
        the day, with which what lets them in may end; None: no limit is known."""
        left = None if self.day_ends is None else max(self.day_ends - at, timedelta())
        return min((limit for limit in (self.overall, left) if limit is not None), default=None)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons of this very outcome, in order."""
        return tuple(reason.code for reason in self.reasons if reason.outcome is self.outcome)
