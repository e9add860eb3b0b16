"""The register of terminals: what there is, where each one belongs, who has it.

The one law: *whoever looks finds it by whatever they know of it*: its number, its name, a mark or who has it.
"""

from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext, lazy_gettext
from wtforms import Form, SelectField

from iam.access.places import terminals
from iam.access.places.terminals import Sought, Terminal, TerminalState
from iam.people.ledger import people
from web.officer.officer import officer, today
from web.officer.pager import pager
from web.site.access import TABLE
from web.site.face.forms import Line
from web.site.site import the_site

pages = Blueprint("terminals", __name__)

TONES: Final = {
    TerminalState.IN_STOCK: "", TerminalState.IN_USE: "success", TerminalState.LENT: "info",
    TerminalState.LOST: "error", TerminalState.RETIRED: "",
}  # fmt: skip
_SIZE: Final = 50
_ANY: Final = "-"
"""Any zone; "" is the undivided network's own code."""

_KEPT: Final = frozenset({TerminalState.IN_STOCK, TerminalState.IN_USE})
_WAYS: Final = {
    "lend": _KEPT,
    "give_back": frozenset({TerminalState.LENT}),
    "found": frozenset({TerminalState.LOST}),
    "prolong": frozenset({TerminalState.LENT}),
    "use": frozenset({TerminalState.IN_STOCK}),
    "keep": frozenset({TerminalState.IN_USE}),
    "change": frozenset(TerminalState) - {TerminalState.RETIRED},
    "lost": _KEPT | {TerminalState.LENT},
    "retire": _KEPT | {TerminalState.LOST},
}
"""What may become of a terminal, by where it is."""


class FilterForm(Form):
    """Which terminals are shown, beside where they are."""

    q = Line(lazy_gettext("管理番号、名前、MACアドレス、職員"))
    zone = SelectField(lazy_gettext("領域"))


@pages.get("/office/terminals")
def page() -> str:
    """The register."""
    form, state = _form(), _state(request.args.get("state", ""))
    sought = Sought(form.q.data or "", state, zone=None if form.zone.data == _ANY else form.zone.data)
    with the_site().store.read() as connection:
        counts = terminals.states(connection)
        listed = pager(terminals.how_many(connection, sought), _SIZE)
        found = terminals.terminals(connection, sought, skip=listed.skip, limit=_SIZE)
    return render_template(
        "officer/terminals/list.html", form=form, state=state, states=list(TerminalState), counts=counts,
        total=sum(counts.values()), terminals=found, pager=listed, tones=TONES, may=may(), zone_of=zone_of,
        zoned=bool(zones()), today=today(),
    )  # fmt: skip


@pages.get("/office/terminals/one")
def one() -> str:
    """One terminal, and what may become of it."""
    terminal = wanted()
    with the_site().store.read() as connection:
        holder = next(iter(people(connection, [terminal.person_id])), None) if terminal.person_id else None
    allowed = may()
    systems = the_site().door.model.systems
    return render_template(
        "officer/terminals/one.html", terminal=terminal, holder=holder, tones=TONES, zone_of=zone_of,
        zoned=bool(zones()), tasks=[systems[code].name if code in systems else code for code in terminal.tasks],
        moves=[name for name, states in _WAYS.items() if terminal.state in states and name in allowed],
        overdue=terminal.lent_until is not None and terminal.lent_until < today(),
    )  # fmt: skip


def wanted() -> Terminal:
    """The terminal that the address names.

    Raises:
        NotFound: there is none.
    """
    with the_site().store.read() as connection:
        return terminals.terminal(connection, request.args.get("code", "")[: terminals.LONGEST])


def zones() -> list[tuple[str, str]]:
    """The body's zones, code and name; () where its network is not divided."""
    return [(zone.code, zone.label) for zone in the_site().door.profile.zones]


def zone_of(code: str) -> str:
    """The name of a zone, or its code where the profile knows it no more."""
    return dict(zones()).get(code, code)


def may() -> set[str]:
    """What this officer may do: names of pages of terminal_moves and terminal_books, and "take_in"."""
    mine = officer().who.roles
    rows = {name: row for name, row in TABLE.items() if name.startswith("terminal_") and row.roles & mine}
    return {"take_in" if name == "terminal_files.page" else name.partition(".")[2] for name in rows}


def _form() -> FilterForm:
    form = FilterForm(request.args)
    form.zone.choices = [(_ANY, gettext("すべて")), *zones()]
    form.zone.data = form.zone.data if form.zone.data in dict(zones()) else _ANY
    return form


def _state(text: str) -> TerminalState | None:
    return TerminalState(text) if text in set(TerminalState) else None
