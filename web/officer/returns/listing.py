"""Rights that staff gave back (OITA-S8.2.1.2b), and giving one back to its holder.

The one law: *an officer undoes it, never the holder*, with the reason recorded.
"""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam.access.returns import Returned, lift, returned_by_all
from iam.errors import Forbidden, NotFound
from iam.people.ledger import Person, people
from web.officer.officer import officer
from web.officer.pager import pager
from web.site.access import DESK
from web.site.face.forms import PageForm, line
from web.site.site import the_site

pages = Blueprint("returns", __name__)


class ReasonForm(PageForm):
    """Why it is given back to its holder."""

    reason = line(lazy_gettext("理由"))


@dataclass(frozen=True)
class Read:
    """One return in the words of the body."""

    returned: Returned
    person: Person
    system: str
    right: str


@pages.get("/office/returns")
def page() -> str:
    """What was given back and nobody lifted, the newest first."""
    me = officer().who
    with the_site().store.read() as connection:
        found = returned_by_all(connection)
        listed = pager(len(found))
        shown = [_read(connection, *each) for each in found[listed.skip : listed.skip + listed.size]]
    may = bool(me.roles & set(DESK))
    return render_template("officer/returns/list.html", found=shown, pager=listed, may=may, me=me.person_id)


@pages.route("/office/returns/<int:id_>/lift", methods=["GET", "POST"])
def lifted(id_: int) -> Response | tuple[str, int]:
    """Give a right back to its holder; the next run grants what is still earned."""
    me, form = officer(), ReasonForm.read()
    with me.store.read() as connection:
        chosen = next((each for each in returned_by_all(connection) if each[1].id == id_), None)
        if chosen is None:
            raise NotFound(gettext("その返却の記録はありません。画面を開き直してください。"))
        shown = _read(connection, *chosen)
    if shown.person.id == me.who.person_id:
        raise Forbidden(gettext("自分が返却した権限は、自分では元に戻せません。別の担当者に頼んでください。"))
    if not form.sent():
        return render_template("officer/returns/lift.html", read=shown, form=form), form.status
    with me.act() as act:
        lift(act, id_, by=me.who.person_id)
        act.record("desk.right_restored", f"person {shown.person.id}", {"block": id_, "reason": form.reason.data or ""})
    flash(gettext("%(name)sさんの返却を取り消しました。次の同期で反映します。", name=shown.person.name), "success")
    return redirect(url_for("returns.page"), 303)


def _read(connection: Connection, person_id: int, returned: Returned) -> Read:
    (person,) = people(connection, [person_id])
    system = the_site().deployment.model.systems.get(returned.system)
    known = system.entitlements.get(returned.entitlement) if system else None
    whole = gettext("利用者ID全体")
    right = known.name if known else returned.entitlement or whole
    return Read(returned, person, system.name if system else returned.system, right)
