"""One deed of an officer with its reason: what it is about and what will happen stand there before it is done.

The one law: *what is refused is said where it was asked*, in the words of the rule that refused it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from flask import flash, redirect, render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from iam.errors import Conflict
from web.site.face.forms import PageForm, paragraph

CONFLICT: Final = 409

Answer = Response | tuple[str, int]
Pair = tuple[str, str]


class ReasonForm(PageForm):
    """Why it is done, or what is said to it."""

    reason = paragraph(lazy_gettext("理由"))


@dataclass(frozen=True)
class Shown:
    """A deed before it is done.

    `way`: label and address of the pages above, the last of which is gone back to; `asks`: what the field is called
    when it is not a reason; `support`: what to write there; `seen`: sent back with it, for what is shown.
    """

    title: str
    label: str
    effects: Sequence[str]
    facts: Sequence[Pair]
    way: Sequence[Pair]
    asks: str = ""
    support: str = ""
    danger: bool = False
    seen: str = ""


def answer(shown: Shown, do: Callable[[str], str], *, onward: str = "") -> Answer:
    """The page; once it is sent, the deed, and back to where it was begun (or `onward`) with what `do` says of it."""
    form = ReasonForm.read()
    form.reason.label.text = shown.asks or form.reason.label.text
    if form.sent():
        try:
            said = do(form.reason.data or "")
        except Conflict as conflict:
            form.form_errors.append(gettext(str(conflict)))
            return _page(shown, form, CONFLICT)
        flash(said, "success")
        return redirect(onward or shown.way[-1][1], 303)
    return _page(shown, form, form.status)


def _page(shown: Shown, form: ReasonForm, status: int) -> tuple[str, int]:
    return render_template("officer/privilege/deed.html", shown=shown, form=form), status
