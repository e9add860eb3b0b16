"""The pulse: one query that says whether anything changed on which an answer rests.

The one law: *what was remembered is believed while the pulse is the same*, for
half a minute at most: a suspension, a leave, a right given back, a lost terminal, a
permission that was withdrawn act at the very next ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Text, bindparam, cast, func, select

from iam.access.accounts import block_table, grant_table
from iam.access.places.marks import address_of, certificate_of, mac_of, spelt
from iam.access.places.permissions import permission_table
from iam.access.places.terminals import terminal_table
from iam.people.ledger import person_table
from iam.record.columns import jst_day
from iam.signin.door import Stamp, stamp_columns, stamp_of


@dataclass(frozen=True, slots=True)
class Whence:
    """Where somebody comes from, as far as a listed proxy or an authenticated door vouches for it.

    `certificate`: SHA-256 (64 hex digits) of the terminal's certificate; `mac`: aa:bb:cc:dd:ee:ff; `terminal`: its
    asset number where an officer asks what would be.  "" for what is not known.
    `checked`: a certificate is asked for there, so that a terminal that has one shows it.
    """

    address: str = ""
    certificate: str = ""
    mac: str = ""
    terminal: str = ""
    checked: bool = False


class Pulse(NamedTuple):
    """What must be unchanged for a remembered answer to hold.

    Grants, blocks and permissions are only ever added or closed, so their count and that of the closed ones tell of
    any change.  `terminals`: of each terminal that bears one of the marks of a `Whence`, when it was changed last.
    """

    stamp: Stamp
    granted: int
    stopped: int
    permitted: int
    terminals: tuple[object, ...]


_MARKS: Final = ("certificate", "mac", "address", "code")

_AS_IT_IS: Final = cast(terminal_table.c.changed_at, Text) + " " + terminal_table.c.state
"""What of a terminal changes whenever anything of it does."""


def pulse_columns() -> list[Any]:
    """Columns of a query on `person` that give a `Pulse`; it binds what `pulse_binds` gives.

    Those of `door.stamp_columns` are among them.
    """
    person, grant, block, permission = person_table.c.id, grant_table.c, block_table.c, permission_table.c
    counts = {"granted": grant.withdrawn_at, "stopped": block.lifted_at, "permitted": permission.withdrawn_at}
    return [
        *stamp_columns(),
        *(
            select(func.count() + func.count(closed)).where(closed.table.c.person_id == person)
            .scalar_subquery().label(name)
            for name, closed in counts.items()
        ),
        *(
            select(_AS_IT_IS).where(terminal_table.c[mark] == bindparam(f"whence_{mark}"))
            .scalar_subquery().label(f"terminal_{mark}")
            for mark in _MARKS
        ),
    ]  # fmt: skip


def pulse_binds(whence: Whence, at: datetime) -> Mapping[str, object]:
    """The values that a query with `pulse_columns` binds."""
    return {"day": jst_day(at), **_marks(whence)}


def pulse_of(row: Row[Any], at: datetime) -> Pulse:
    """The pulse in a row that has `pulse_columns`."""
    terminals = (row.terminal_certificate, row.terminal_mac, row.terminal_address, row.terminal_code)
    return Pulse(stamp_of(row, at), row.granted, row.stopped, row.permitted, terminals)


_PULSE: Final = select(*pulse_columns()).where(person_table.c.id == bindparam("person_id"))


def take_pulse(connection: Connection, person_id: int, whence: Whence, at: datetime) -> Pulse | None:
    """The pulse of a person who comes from there, in one query; None when the ledger has no such person."""
    row = connection.execute(_PULSE, {"person_id": person_id, **pulse_binds(whence, at)}).one_or_none()
    return None if row is None else pulse_of(row, at)


@lru_cache(maxsize=20_000)
def _marks(whence: Whence) -> Mapping[str, str | None]:
    """What the register would hold of a terminal that comes so, in the register's spelling."""
    return {
        "whence_certificate": spelt(certificate_of, whence.certificate) or None,
        "whence_mac": spelt(mac_of, whence.mac) or None,
        "whence_address": spelt(address_of, whence.address) or None,
        "whence_code": whence.terminal.replace("\0", "") or None,
    }
