"""A body over a directory of three systems, and what is wrong with it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Final

from connectors.ldap.openldap import OpenLdapTarget
from iam.jobs.job import Job
from iam.jobs.night import nightly
from iam.policy.profile import Profile
from iam.record.store import Store
from iam.review.opening.plan import Ground
from iam.review.words import FindingKind
from iam.sync.report import Report
from tests.bodies import Body, Row, unit
from tests.functional.review.directory import Directory
from tests.offices import Office, a_profile

AHEAD: Final = date(2027, 3, 31)


def number(of: int) -> str:
    """A staff number, and the login of whoever has it."""
    return f"{of:07}"


def a_lenient_profile() -> Profile:
    """Two kinds are asked for in the zones that ask themselves, and not everywhere."""
    profile = a_profile()
    general = profile.signin.general
    once = general.second_factor.model_copy(update={"value": False, "waiver": "移行の間", "waiver_until": AHEAD})
    general = general.model_copy(update={"second_factor": once})
    return profile.model_copy(update={"signin": profile.signin.model_copy(update={"general": general})})


@dataclass
class City:
    """The body and its directory.  `planted`: {kind: {(system, login), …}}, `ids`: staff number -> person."""

    office: Office
    directory: Directory
    targets: dict[str, OpenLdapTarget] = field(default_factory=dict)
    people: dict[int, Row] = field(default_factory=dict)
    planted: dict[FindingKind, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    ids: dict[int, int] = field(default_factory=dict)

    @property
    def body(self) -> Body:
        """The body."""
        return self.office.body

    @property
    def store(self) -> Store:
        """Its database, by the clock of the test."""
        return self.office.store

    @property
    def profile(self) -> Profile:
        """Its rules."""
        return self.office.hall.door.profile

    @property
    def job(self) -> Job:
        """A run over the real directory."""
        return self.body.job(targets=self.targets, store=self.store, offices=None)

    @property
    def ground(self) -> Ground:
        """What opening a review needs to know."""
        door = self.office.hall.door
        return Ground(door.profile, door.model, door.offices, unit)

    def on(self, day: date) -> None:
        """It is ten o'clock in the morning of the day."""
        self.body.clock.today = day
        self.office.hall.clock.now = datetime.combine(day, time(1), UTC)

    def night(self, day: date) -> Report:
        """The night of the day."""
        self.on(day)
        report = nightly(self.job)
        assert not report.holds, report.holds
        assert not report.broken, [each.error for each in report.targets]
        return report

    def plant(self, kind: FindingKind, logins: Iterable[str | int], system: str = "gw") -> list[str]:
        """These are what a review has to find."""
        found = [number(each) if isinstance(each, int) else each for each in logins]
        self.planted[kind] |= {(system, each) for each in found}
        return found
