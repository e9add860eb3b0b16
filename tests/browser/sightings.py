"""A log of the city's finance system, taken in: so that the pages about findings have something to show."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from connectors.sightings import Content, open_log
from iam.privilege.seen.evidence import Setting
from iam.privilege.seen.taking import take_in
from tests.browser.city import City
from web.practice.portal.privileged import ACTOR, FINANCE

_LINES: Final = (
    "ap01 sshd[7]: Failed password for root from 203.0.113.9 port 51022 ssh2",
    "ap01 sshd[8]: Accepted password for root from 203.0.113.9 port 51023 ssh2",
    "ap01 su[9]: (to root) hoshu on pts/0",
)


@dataclass(frozen=True)
class Seen:
    """What can be looked at: a finding that is open, and the log that it was read from."""

    finding: int
    log: int

    def at(self) -> dict[tuple[str, str], object]:
        """What each page asks for: endpoint and name to a number."""
        pages = {
            "privilege_findings.one": self.finding, "privilege_findings.settling": self.finding,
            "sighting_files.one": self.log,
        }  # fmt: skip
        return {(endpoint, "id_"): id_ for endpoint, id_ in pages.items()}


def furnish_seen(city: City) -> Seen:
    """Somebody came in as root, whom no register knows; the last line is broken."""
    at = city.store.clock() - timedelta(hours=1)
    lines = [f"{(at + timedelta(minutes=n)).isoformat()} {said}" for n, said in enumerate(_LINES)]
    content = Content.sent("auth.log", "\n".join([*lines, "こわれた行", ""]).encode(), city.store.clock())
    done = take_in(city.store, Setting(city.door.model, city.door.offices), ACTOR, FINANCE, open_log(content))
    assert done.file_id is not None
    return Seen(done.findings[0], done.file_id)
