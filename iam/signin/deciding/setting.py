"""The setting: what a decision needs of the body's files, worked out once for a door.

The one law: *no rule without a clause of this body*: where the profile states no
value of its own, the clause is the body's with the same control, or `baseline`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from types import MappingProxyType

from iam.access.wanted import Rules
from iam.errors import NotFound
from iam.policy.cited import BASELINE
from iam.policy.clauses import clauses_of
from iam.policy.entry.signin import SigninRules
from iam.policy.entry.systems import EntryRules
from iam.policy.profile import Profile
from iam.signin.deciding.question import CLAUSES
from iam.signin.door import Door


class Setting:
    """What `facts` asks of profile, access model and networks; threads share one."""

    def __init__(self) -> None:
        self._wanted: dict[str, Rules] = {}
        self._signin: dict[tuple[frozenset[str], bool, date], tuple[SigninRules, str]] = {}
        self._entry: dict[frozenset[str], EntryRules] = {}
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
            profile = door.profile
            zones = {zone.code: zone for zone in profile.zones} | {"": profile.default_zone}
            overlap = {code: each.handover_overlap_days for code, each in zones.items()}
            self._wanted[source] = Rules(
                door.model,
                overlap={code: (days.value, days.clause) for code, days in overlap.items()},
                absence_runs={source: door.absence.get(source, profile.accounts.absence_runs.value)},
                unit=lambda _code, _day: ("", ""),
                lifecycle_clause=self.clauses(door)["standing"],
                lapsed_grace_days=profile.accounts.lapsed_grace_days.value,
            )
        return self._wanted[source]

    def signin(self, door: Door, zones: Iterable[str], *, privileged: bool, on: date) -> tuple[SigninRules, str]:
        """The strictest rules of signing in over these zones; and why two kinds are not asked for, "" when they are."""
        key = frozenset(zones), privileged, on
        if key not in self._signin:
            if any(day != on for _, _, day in list(self._signin)):
                self._signin = {}
            rules = door.profile.signin.resolved(key[0], privileged=privileged, on=on)
            self._signin[key] = rules, "" if rules.second_factor else _waiver(door.profile)
        return self._signin[key]

    def entry(self, door: Door, zones: Iterable[str]) -> EntryRules:
        """The strictest rules of coming into a system over these zones."""
        key = frozenset(zones)
        if key not in self._entry:
            self._entry[key] = door.profile.entry.resolved(key)
        return self._entry[key]


def own_clauses(profile: Profile) -> Mapping[str, str]:
    """The body's own clause behind each of CLAUSES."""
    known, prefix = clauses_of(profile), profile.body.prefix
    found = {}
    for name, clause in CLAUSES.items():
        control = known[clause].control
        mine = [each.id for each in known.values() if each.control == control and prefix and each.prefix == prefix]
        found[name] = clause if clause in mine else next(iter(mine), BASELINE)
    return MappingProxyType(found)


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
