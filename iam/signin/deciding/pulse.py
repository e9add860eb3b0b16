"""The pulse: one query that says whether anything changed on which an answer rests.

The one law: *what was remembered is believed while the pulse is the same*, for
half a minute at most: a suspension, a leave, a right given back, a lost terminal, a
permission that was withdrawn act at the very next ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from iam.signin.door import Stamp


@dataclass(frozen=True, slots=True)
class Whence:
    """Where somebody comes from, as far as a listed proxy or an authenticated door vouches for it.

    `certificate`: SHA-256 (64 hex digits) of the terminal's certificate; `mac`: aa:bb:cc:dd:ee:ff; `terminal`: its
    asset number where an officer asks what would be.  "" for what is not known.
    """

    address: str = ""
    certificate: str = ""
    mac: str = ""
    terminal: str = ""


class Pulse(NamedTuple):
    """What must be unchanged for a remembered answer to hold."""

    stamp: Stamp
    granted: int
    stopped: int
    permitted: int
    terminals: tuple[object, ...]


def pulse_columns() -> list[Any]:
    """Columns of a query on `person` that give a `Pulse`; it binds what `pulse_binds` gives."""
    raise NotImplementedError


def pulse_binds(whence: Whence, at: datetime) -> Mapping[str, object]:
    """The values that a query with `pulse_columns` binds."""
    raise NotImplementedError


def pulse_of(row: Row[Any], at: datetime) -> Pulse:
    """The pulse in a row that has `pulse_columns`."""
    raise NotImplementedError
