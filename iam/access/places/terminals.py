"""The register of terminals and devices: what each is, where it belongs, who has it.

The one law: *a terminal is known by what it cannot lend to another*: a
certificate, a MAC or a fixed address, each of which names one terminal at most
(OITA-S8.2.3); one that was lost is known and lets nobody in (OITA-S6.4.1).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    ForeignKey,
    Row,
    Select,
    Table,
    Text,
    func,
    or_,
    select,
)

from iam.access.places.marks import address_of, certificate_of, mac_of, spelt
from iam.errors import NotFound
from iam.people.ledger import person_table
from iam.record.columns import among
from iam.record.store import Instant, Json, Number, metadata

LONGEST: Final = 200
"""Characters of a question that are looked at."""

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

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {"pc": "パソコン", "tablet": "タブレット", "device": "機器"}[self.value]


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

    @property
    def lets_in(self) -> bool:
        """Whether it is in anybody's use now; one that is kept, was lost or retired lets nobody in."""
        return self.state in {TerminalState.IN_USE, TerminalState.LENT}


@dataclass(frozen=True, slots=True)
class Listed:
    """A terminal and to whom it is lent: "" where it is not."""

    terminal: Terminal
    staff_number: str
    name: str


@dataclass(frozen=True, slots=True)
class Sought:
    """Which terminals are asked for.  `words`: each stands in code, name, note, MAC, address or the holder's name or
    number.  `zone` None: of any; "" is the undivided network."""

    words: str = ""
    state: TerminalState | None = None
    kind: TerminalKind | None = None
    zone: str | None = None
    person_id: int | None = None


def terminal_of(
    connection: Connection,
    *,
    certificate: str = "",
    mac: str = "",
    address: str = "",
    code: str = "",
    checked: bool = False,
) -> Terminal | None:
    """The terminal that what was presented names: its certificate first, then its MAC, then its fixed address.

    `certificate`: SHA-256 in hex; `mac`: in any spelling; `code`: its asset number, where an officer asks.  None when
    the register holds none, when what was presented names two, and when one of the marks that was presented is not
    the one that the register has of it.  One that was lost or retired is given as well, and whatever else was shown
    beside its certificate or MAC: a second mark is no way round a loss.
    `checked`: a certificate is asked for there; one that the register has and nobody showed is then not replaced by an
    address, which anybody can take.
    """
    shown = _shown(certificate, mac, address, code)
    if not shown:
        return None
    columns = terminal_table.c
    query = select(terminal_table).where(or_(*(columns[name] == value for name, value in shown.items())))
    found = [_terminal(row) for row in connection.execute(query)]
    if barred := [each for each in found if not each.lets_in and _bears(each, shown)]:
        return barred[0]
    if len(found) != 1 or any(_another(found[0], shown, mark) for mark in ("certificate", "mac")):
        return None
    unproved = checked and bool(found[0].certificate) and not _bears(found[0], shown)
    return None if unproved and found[0].lets_in else found[0]


def _shown(certificate: str, mac: str, address: str, code: str) -> dict[str, str]:
    """What was presented, as the register writes it.  What cannot be read is kept as it is: it names nobody."""
    shown = {"code": _storable(code)}
    for name, given, form in (
        ("certificate", certificate, certificate_of),
        ("mac", mac, mac_of),
        ("address", address, address_of),
    ):
        try:
            shown[name] = form(given)
        except ValueError:
            shown[name] = _storable(given)
    return {name: value for name, value in shown.items() if value}


def _storable(text: str) -> str:
    """Without what no database holds: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _bears(found: Terminal, shown: dict[str, str]) -> bool:
    """Whether it is known by something that another terminal does not come to by chance."""
    return any(shown.get(mark) == getattr(found, mark) for mark in ("certificate", "mac", "code"))


def _another(found: Terminal, shown: dict[str, str], mark: str) -> bool:
    """Whether something was shown that cannot be of this terminal."""
    known = getattr(found, mark)
    return bool(known) and mark in shown and shown[mark] != known


def terminal(connection: Connection, code: str) -> Terminal:
    """One terminal, by its asset number.

    Raises:
        NotFound: the register has none.
    """
    row = connection.execute(select(terminal_table).where(terminal_table.c.code == _storable(code))).first()
    if row is None:
        raise NotFound(f"管理番号「{code}」の端末は台帳にありません。番号を確かめてください。")
    return _terminal(row)


def terminal_by_id(connection: Connection, terminal_id: int) -> Terminal:
    """One terminal, by its row.

    Raises:
        NotFound: the register has none.
    """
    row = connection.execute(select(terminal_table).where(terminal_table.c.id == terminal_id)).first()
    if row is None:
        raise NotFound("その端末は台帳にありません。一覧から開き直してください。")
    return _terminal(row)


def terminals_by_code(connection: Connection, codes: Collection[str]) -> dict[str, Terminal]:
    """Those of the register with one of these asset numbers."""
    query = select(terminal_table).where(among(terminal_table.c.code, list(codes)))
    return {row.code: _terminal(row) for row in connection.execute(query)}


def terminals(connection: Connection, sought: Sought, *, skip: int = 0, limit: int = 100_000) -> list[Listed]:
    """What fits, by asset number; `skip` of them are passed over, at most `limit` are answered."""
    person = person_table.c
    query = _fitting(select(terminal_table, person.staff_number, person.name.label("holder")), sought)
    rows = connection.execute(query.order_by(terminal_table.c.code).offset(skip).limit(limit))
    return [Listed(_terminal(row), row.staff_number or "", row.holder or "") for row in rows]


def how_many(connection: Connection, sought: Sought) -> int:
    """How many fit."""
    found: int = connection.execute(_fitting(select(func.count()), sought)).scalar_one()
    return found


def states(connection: Connection) -> dict[TerminalState, int]:
    """How many terminals are in each state."""
    query = select(terminal_table.c.state, func.count()).group_by(terminal_table.c.state)
    return {TerminalState(state): count for state, count in connection.execute(query)}


def _fitting(query: Select[Any], sought: Sought) -> Select[Any]:
    columns, person = terminal_table.c, person_table.c
    query = query.select_from(terminal_table.outerjoin(person_table, person.id == columns.person_id))
    asked = {
        columns.state: sought.state,
        columns.kind: sought.kind,
        columns.zone: sought.zone,
        columns.person_id: sought.person_id,
    }
    query = query.where(*(column == value for column, value in asked.items() if value is not None))
    for word in _storable(sought.words[:LONGEST]).split():
        places = (columns.code, columns.name, columns.note, columns.address, person.staff_number, person.name)
        ways = [place.icontains(word, autoescape=True) for place in places]
        query = query.where(or_(*ways, columns.mac == spelt(mac_of, word)))
    return query


def _terminal(row: Row[Any]) -> Terminal:
    return Terminal(
        row.id, row.code, row.name, TerminalKind(row.kind), row.zone, tuple(row.tasks), row.certificate or "",
        row.mac or "", row.address or "", TerminalState(row.state), row.person_id, row.lent_until, row.outside,
        row.note, row.registered_at, row.changed_at,
    )  # fmt: skip
