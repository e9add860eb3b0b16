"""What a body asks of coming into a system: from which network, with which terminal, from outside the office.

The one law: *the strictest wins*, as for signing in: a zone can only add to the general rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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
