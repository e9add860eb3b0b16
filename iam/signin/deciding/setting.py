"""The setting: what a decision needs of the body's files, worked out once for a door.

The one law: *no rule without a clause of this body*: where the profile states no
value of its own, the clause is the body's with the same control, or `baseline`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from iam.access.wanted import Rules, rules_for
from iam.errors import NotFound
from iam.policy.cited import BASELINE
from iam.policy.clauses import own_clause
from iam.policy.entry.signin import SecondFactor, SigninRules, Tightening
from iam.policy.entry.systems import EntryRules, EntryTier
from iam.policy.profile import Profile
from iam.signin.deciding.question import CLAUSES
from iam.signin.door import Door

_NEAREST: Final = ("second_factor", "phishing_resistant", "unregistered", "outside", "public", "across")
"""Rules that a zone and the body as a whole may both state, each by a clause of its own."""


class Setting:
    """What `facts` asks of profile, access model and networks; threads share one."""

    def __init__(self) -> None:
        self._wanted: dict[str, Rules] = {}
        self._signin: dict[tuple[str, frozenset[str], bool, date], tuple[SigninRules, str]] = {}
        self._entry: dict[tuple[str, frozenset[str]], EntryRules] = {}
        self._clauses: Mapping[str, str] | None = None
        self._digest = ""

    def clauses(self, door: Door) -> Mapping[str, str]:
        """The body's clause behind each of CLAUSES."""
        if self._clauses is None:
            self._clauses = own_clauses(door.profile)
        return self._clauses

    def digest(self, door: Door) -> str:
        """64 hex digits that stand for everything that the body's files say of who may come in."""
        if not self._digest:
            parts = (door.profile.digest, door.model.digest, door.networks.digest, door.zone)
            self._digest = sha256("\n".join(parts).encode()).hexdigest()
        return self._digest

    def wanted(self, door: Door, source: str) -> Rules:
        """What `access.wanted` needs to know of persons of this source; names of units are not asked here."""
        if source not in self._wanted:
            runs = door.absence.get(source, door.profile.accounts.absence_runs.value)
            self._wanted[source] = rules_for(
                door.model, door.profile, absence_runs={source: runs}, unit=lambda _code, _day: ("", "")
            )
        return self._wanted[source]

    def signin(
        self, profile: Profile, zone: str, others: Iterable[str], *, privileged: bool, on: date
    ) -> tuple[SigninRules, str]:
        """The strictest rules of signing in for a system in `zone` over these and other zones; and why two kinds are
        not asked for, "" when they are."""
        key = zone, frozenset(others), privileged, on
        if key not in self._signin:
            if any(each[-1] != on for each in list(self._signin)):
                self._signin = {}
            rules = profile.signin.resolved({zone, *others}, privileged=privileged, on=on)
            rules = replace(rules, clauses=_nearest(rules, profile.signin.zones.get(zone), on))
            self._signin[key] = rules, "" if rules.second_factor else _waiver(profile)
        return self._signin[key]

    def entry(self, profile: Profile, zone: str, others: Iterable[str]) -> EntryRules:
        """The strictest rules of coming into a system in `zone` over this and other zones."""
        key = zone, frozenset(others)
        if key not in self._entry:
            rules = profile.entry.resolved({zone, *others})
            clauses = _nearest(rules, profile.entry.zones.get(zone), date.min)
            self._entry[key] = replace(rules, clauses=clauses)
        return self._entry[key]


def _nearest(rules: SigninRules | EntryRules, tier: Tightening | EntryTier | None, on: date) -> Mapping[str, str]:
    """The clauses of `rules`; where the system's own zone states the same value by a clause of the body, that one.

    Among equals the most general would stand there, and an auditor of the zone asks for the zone's.
    """
    clauses = dict(rules.clauses)
    for name in _NEAREST:
        stated = getattr(tier, name, None)
        if stated is None or stated.clause == BASELINE:
            continue
        value = stated.effective(on) if isinstance(stated, SecondFactor) else stated.value
        if value == getattr(rules, name):
            clauses[name] = stated.clause
    return MappingProxyType(clauses)


def own_clauses(profile: Profile) -> Mapping[str, str]:
    """The body's own clause behind each of CLAUSES."""
    return MappingProxyType({name: own_clause(profile, clause) for name, clause in CLAUSES.items()})


def zone_code(profile: Profile, code: str) -> str:
    """The zone that a code means, "" the default; one that the profile knows no more stays as it is: no zone's own."""
    try:
        return profile.zone(code).code
    except NotFound:
        return code


def _waiver(profile: Profile) -> str:
    """Why two kinds are not asked for: the general rule is always one of those that were set aside (OITA-S9.4.1)."""
    rule = profile.signin.general.second_factor
    return f"{rule.waiver}、{rule.waiver_until}まで"
