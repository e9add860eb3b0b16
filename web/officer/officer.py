"""The officer at this request, and the units of the body that an officer may ask about.

The one law: *the officer is the session's*, and what a page offers is what the
core would do: the same rule that hides a button refuses the deed.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from iam.office.roles import within
from iam.people.organisation import Organisation
from iam.record.columns import jst_day
from iam.signin.desk.deeds import Officer
from web.site.site import at, entrant, the_site


def officer() -> Officer:
    """The officer of this request."""
    site = the_site()
    return Officer(site.store, site.door, site.deployment.organisation, entrant())


def today() -> date:
    """The calendar day in Japan of this request."""
    return jst_day(at())


@dataclass(frozen=True)
class Unit:
    """One unit as it is chosen from a list.  `depth`: how far below the top."""

    code: str
    name: str
    depth: int

    @property
    def indented(self) -> str:
        """Its name, further to the right the deeper it lies."""
        return "\u3000" * self.depth + self.name


def units(organisation: Organisation, on: date, bounds: Collection[str] | None = None) -> list[Unit]:
    """Every unit of a day in the order of the tree; with `bounds` those within one of these units."""
    paths = {unit.code: organisation.path(unit.code, on) for unit in organisation if unit.on(on)}
    ordered = sorted(paths.values(), key=lambda path: [each.code for each in path])
    kept = [path for path in ordered if bounds is None or any(each.code in bounds for each in path)]
    least = min((len(path) for path in kept), default=1)
    return [Unit(path[-1].code, path[-1].name, len(path) - least) for path in kept]


def below(organisation: Organisation, code: str, on: date) -> frozenset[str]:
    """The codes of a unit and of all that lies below it."""
    codes = {unit.code for unit in organisation if unit.on(on)}
    return frozenset({code} | {each for each in codes if within(organisation, {code}, each, on)})


def place(org_code: str, told: str) -> str:
    """A unit with what lies above it: 総務部 人事課 人事係; as it was `told` where no list knows it."""
    organisation = the_site().deployment.organisation
    path = organisation.path(org_code, today())
    if not path:
        return told
    top = organisation.department(org_code, today())
    names = [unit.name for unit in path[path.index(top) if top in path else 0 :]]
    # A name that says itself what lies above it (総務部人事課) needs no second telling.
    return " ".join([*(name for name, next_ in pairwise(names) if not next_.startswith(name)), names[-1]])


def reading(kana: str) -> str:
    """A reading in full width, as people read it; the ledger keeps it as it was told."""
    return unicodedata.normalize("NFKC", kana)
