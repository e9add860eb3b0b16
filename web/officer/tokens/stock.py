"""The stock of tokens: what there is, where each one is, who has it.

The one law: *one token, one place*: whoever looks here knows who holds each, and since when.
"""

from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext
from wtforms import Form

from iam.people.japanese import comparable
from iam.signin.factors import stock
from iam.signin.factors.stock import DESTRUCTIBLE, LENDABLE, RESTOCKABLE, Place, Token
from web.officer.officer import officer
from web.officer.pager import pager
from web.site.access import TABLE
from web.site.face.forms import Line
from web.site.site import the_site

pages = Blueprint("tokens", __name__)

_LOSABLE: Final = frozenset({Place.LENT, Place.IN_STOCK, Place.RETURNED})
_SIZE: Final = 50
TONES: Final = {
    Place.IN_STOCK: "success", Place.LENT: "info", Place.RETURNED: "warning", Place.LOST: "error", Place.DESTROYED: "",
}  # fmt: skip


class FilterForm(Form):
    """Which tokens are shown, beside their place."""

    q = Line(lazy_gettext("製造番号、職員番号、氏名"))


@pages.get("/office/tokens")
def page() -> str:
    """The stock."""
    form = FilterForm(request.args)
    place = _place(request.args.get("place", ""))
    with the_site().store.read() as connection:
        counts, found = stock.places(connection), stock.tokens(connection, place)
    shown = [each for each in found if _says(each, comparable(form.q.data or ""))]
    listed = pager(len(shown), _SIZE)
    return render_template(
        "officer/tokens/stock.html", form=form, place=place, counts=counts, places=list(Place),
        total=sum(counts.values()), tokens=shown[listed.skip : listed.last], pager=listed, tones=TONES, may=may(),
    )  # fmt: skip


@pages.get("/office/tokens/one")
def one() -> str:
    """One token, and what may become of it."""
    token = wanted()
    ways = {
        "lend": token.place in LENDABLE, "give_back": token.place is Place.LENT, "lost": token.place in _LOSABLE,
        "resync": token.place is Place.LENT, "restock": token.place in RESTOCKABLE,
        "destroy": token.place in DESTRUCTIBLE,
    }  # fmt: skip
    allowed = may()
    return render_template(
        "officer/tokens/one.html", device=token, tones=TONES,
        moves=[name for name, possible in ways.items() if possible and name in allowed],
    )  # fmt: skip


def wanted() -> Token:
    """The token that the address names.

    Raises:
        NotFound: there is none.
    """
    with the_site().store.read() as connection:
        return stock.token(connection, request.args.get("serial", "")[: stock.LONGEST_SERIAL])


def may() -> set[str]:
    """What this officer may do with tokens: names of pages of token_moves, and "take_in"."""
    mine = officer().who.roles
    rows = {name: row for name, row in TABLE.items() if name.startswith("token_") and row.roles & mine}
    return {"take_in" if name == "token_files.page" else name.partition(".")[2] for name in rows}


def _place(text: str) -> Place | None:
    return Place(text) if text in set(Place) else None


def _says(token: Token, word: str) -> bool:
    return any(word.lower() in comparable(text).lower() for text in (token.serial, token.staff_number, token.name))
