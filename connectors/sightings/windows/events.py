"""Events of the Windows security log: which are sign-ins of people.

The one law: *what machines and services do is counted, not judged*; whatever a person may have done is a sighting.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connectors.sightings.reading import (
    ANONYMOUS,
    MACHINES,
    NO_SIGN_IN,
    SERVICES,
    address_of,
    fingerprint,
    instant_part,
)
from iam.ports import Sighted, Sighting

EVENTS: Final = {
    4624: Sighted.SIGNED_IN,
    4625: Sighted.FAILED,
    4672: Sighted.RAISED,
    4634: Sighted.ENDED,
    4647: Sighted.ENDED,
}
"""4624 logon, 4625 failed logon, 4672 special privileges, 4634 and 4647 logoff."""

_SERVICE_SIDS: Final = ("S-1-5-18", "S-1-5-19", "S-1-5-20", "S-1-5-80-", "S-1-5-82-", "S-1-5-90-", "S-1-5-96-")
_SERVICE_NAMES: Final = frozenset({"system", "local service", "network service", "iusr", "システム"})
_SERVICE_PREFIXES: Final = ("dwm-", "umfd-")
_NOBODY: Final = frozenset({"", "-", "anonymous logon"})


@dataclass(frozen=True, slots=True)
class Event:
    """One event with the account it speaks of.  `logon_id`, `kind` (logon type), `port`: "" where it does not say."""

    number: int
    at: datetime
    host: str
    login: str
    sid: str = ""
    kind: str = ""
    logon_id: str = ""
    address: str = ""
    port: str = ""


def sighting_of(event: Event, place: str) -> Sighting | str:
    """The sighting that `event` is, or why it is none."""
    what = EVENTS.get(event.number)
    if what is None:
        return NO_SIGN_IN
    if reason := _why_nobody(event):
        return reason
    address = address_of(event.address)
    mark = fingerprint(
        "windows", str(event.number), instant_part(event.at), event.login.casefold(), _number(event.logon_id),
        event.kind, address, event.port.strip("-"),
    )  # fmt: skip
    return Sighting(place, event.host, event.login, event.at, what, address, mark)


def _why_nobody(event: Event) -> str:
    name = event.login.casefold()
    if name in _NOBODY:
        return ANONYMOUS
    if name.endswith("$"):
        return MACHINES
    # Not by its logon type: a service that runs under a person's or a privileged ID is a use of that ID.
    service = event.sid.startswith(_SERVICE_SIDS)
    return SERVICES if service or name in _SERVICE_NAMES or name.startswith(_SERVICE_PREFIXES) else ""


def _number(logon_id: str) -> str:
    try:
        return str(int(logon_id, 16))
    except ValueError:
        return ""
