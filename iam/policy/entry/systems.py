"""What a body asks of coming into a system: from which network, with which terminal, from outside the office.

The one law: *the strictest wins*, as for signing in: a zone can only add to the
general rules; whoever is under several is held to the strictest value of each,
and that value brings the clause it came from.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final, TypeVar

from pydantic import Field, Strict

from iam.handwritten import Frozen
from iam.policy.cited import Cited


class Unregistered(StrEnum):
    """What becomes of a terminal that is not in the register; each is stricter than the one before."""

    ALLOW = "allow"
    STEP_UP = "step_up"
    DENY = "deny"


class Outside(StrEnum):
    """What becomes of somebody outside the office; never less than a live permission (R27)."""

    PERMISSION = "permission"
    DENY = "deny"


class Across(StrEnum):
    """From which other zones one may come in: by listed flows alone, or from none."""

    FLOWS = "flows"
    NONE = "none"


class UnregisteredRule(Cited):
    """What becomes of a terminal that is not in the register (OITA-S8.1.19.1)."""

    value: Unregistered


class OutsideRule(Cited):
    """What becomes of somebody outside the office, or on a public line (OITA-S8.2.2)."""

    value: Outside


class AcrossRule(Cited):
    """From which other zones one may come in (OITA-S5.1.1)."""

    value: Across


ORDERS: Final[Mapping[str, Sequence[StrEnum]]] = MappingProxyType(
    {
        "unregistered": tuple(Unregistered),
        "outside": tuple(Outside),
        "public": tuple(Outside),
        "across": tuple(Across),
    }
)
"""The values of each rule, the stricter the later."""


class EntryTier(Frozen):
    """What one zone asks beyond the general rules; what is not stated adds nothing.

    `public` is judged with `outside`: a public line is never treated better than another line from outside.
    """

    unregistered: UnregisteredRule | None = None
    outside: OutsideRule | None = None
    public: OutsideRule | None = None
    across: AcrossRule | None = None


class EntryGeneral(EntryTier):
    """What holds for every system."""

    unregistered: UnregisteredRule
    outside: OutsideRule
    public: OutsideRule
    across: AcrossRule


@dataclass(frozen=True, slots=True)
class EntryRules:
    """The RESOLVED, strictest rules for one system on one day.  `clauses`: from which clause each value came, by field.

    `unregistered`: of a terminal that the register does not hold.  `outside`, `public`: of addresses outside the office
    and of public lines.  `across`: of addresses in another zone.
    """

    unregistered: Unregistered
    outside: Outside
    public: Outside
    across: Across
    clauses: Mapping[str, str]


class Entry(Frozen):
    """[entry]: the general rules, and what zones add."""

    general: EntryGeneral
    zones: Mapping[Annotated[str, Strict()], EntryTier] = Field(default_factory=dict)

    @property
    def tiers(self) -> Mapping[str, EntryTier]:
        """The tiers by the key of their table, the most general first."""
        return {"entry.general": self.general, **{f"entry.zones.{code}": tier for code, tier in self.zones.items()}}

    def resolved(self, zones: Iterable[str]) -> EntryRules:
        """The strictest value of each rule for a system in these zones.

        `zones` are codes; one that states nothing of its own, and the "" of an undivided network, add nothing.
        """
        tiers = [self.general, *(self.zones[code] for code in sorted(set(zones)) if code in self.zones)]
        unregistered = _strictest([tier.unregistered for tier in tiers], ORDERS["unregistered"])
        outside = _strictest([tier.outside for tier in tiers], ORDERS["outside"])
        # A public line is a line from outside as well: what shuts the one shuts the other.
        public = _strictest([outside, *(tier.public for tier in tiers)], ORDERS["public"])
        across = _strictest([tier.across for tier in tiers], ORDERS["across"])
        clauses = {
            "unregistered": unregistered.clause, "outside": outside.clause, "public": public.clause,
            "across": across.clause,
        }  # fmt: skip
        return EntryRules(unregistered.value, outside.value, public.value, across.value, MappingProxyType(clauses))


R = TypeVar("R", UnregisteredRule, OutsideRule, AcrossRule)


def _strictest(stated: Iterable[R | None], order: Sequence[StrEnum]) -> R:
    """The strictest of what is stated; among equals the last, whose clause says most about where it is asked."""
    said = [rule for rule in stated if rule is not None]
    return max(reversed(said), key=lambda rule: order.index(rule.value))
