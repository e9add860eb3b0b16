"""The register of terminals and devices: what each is, where it belongs, who has it.

The one law: *a terminal is known by what it cannot lend to another*: a
certificate, a MAC or a fixed address, each of which names one terminal at most
(OITA-S8.2.3); one that was lost is known and lets nobody in (OITA-S6.4.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Boolean, CheckConstraint, Column, Connection, Date, ForeignKey, Table, Text

from iam.record.store import Instant, Json, Number, metadata

terminal_table = Table(
    "terminal",
    metadata,
    Column("id", Number, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("tasks", Json, nullable=False),
    Column("certificate", Text, unique=True),
    Column("mac", Text, unique=True),
    Column("address", Text, unique=True),
    Column("state", Text, nullable=False),
    Column("person_id", ForeignKey("person.id")),
    Column("lent_until", Date),
    Column("outside", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    CheckConstraint("(state = 'lent') = (person_id IS NOT NULL)", name="lent_to_somebody"),
)


class TerminalKind(StrEnum):
    """What sort of thing it is.  DEVICE: nobody signs in at it (printer, switch, scanner)."""

    PC = "pc"
    TABLET = "tablet"
    DEVICE = "device"


class TerminalState(StrEnum):
    """Where a terminal is.  Only IN_USE and LENT let anybody in."""

    IN_STOCK = "in_stock"
    IN_USE = "in_use"
    LENT = "lent"
    LOST = "lost"
    RETIRED = "retired"

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {"in_stock": "保管中", "in_use": "使用中", "lent": "貸出中", "lost": "紛失", "retired": "廃止"}[
            self.value
        ]


@dataclass(frozen=True, slots=True)
class Terminal:
    """One terminal.

    `code`: its asset number (管理番号).  `zone`: the zone it belongs to, "" where there are none.
    `tasks`: codes of the systems that it is set apart for (専用端末), empty for general use.
    `certificate`: SHA-256 of its certificate (DER) in 64 hex digits; `mac`: aa:bb:cc:dd:ee:ff; `address`: its fixed
    address; each "" when it has none.  `person_id`, `lent_until`: to whom it is lent, until which day (inclusive).
    `outside`: whether it may leave the office.
    """

    id: int
    code: str
    name: str
    kind: TerminalKind
    zone: str
    tasks: Sequence[str]
    certificate: str
    mac: str
    address: str
    state: TerminalState
    person_id: int | None
    lent_until: date | None
    outside: bool
    note: str
    registered_at: datetime
    changed_at: datetime


def terminal_of(
    connection: Connection, *, certificate: str = "", mac: str = "", address: str = "", code: str = ""
) -> Terminal | None:
    """The terminal that what was presented names: its certificate first, then its MAC, then its fixed address.

    `certificate`: SHA-256 in hex; `mac`: in any spelling; `code`: its asset number, where an officer asks.  None when
    the register holds none, and when what was presented names two.  One that was lost or retired is given as well.
    """
    raise NotImplementedError
