"""My IDs and rights: what I have, why, and giving back what I need no more.

The one law: *what will happen is said before it does* (OITA-S8.2.1.2b): giving
back takes effect with the next night, and only an officer can undo it.
"""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from iam import outbox
from iam.access.places import permissions
from iam.access.returns import CLAUSE, give_back
from iam.errors import NotFound
from iam.outbox import Topic, Value
from iam.policy.cited import BASELINE
from iam.policy.clauses import clauses_of
from iam.policy.profile import Profile
from iam.record.columns import jst_day
from iam.signin.deciding.decision import Outcome
from web.portal.entry.connected import connected
from web.portal.own.rights import Access, Right, mine
from web.portal.owner import owner
from web.site.face.forms import PageForm, paragraph
from web.site.site import at, the_site

pages = Blueprint("access", __name__)

_LONGEST_REASON: Final = 200


class ReturnForm(PageForm):
    """Why it is needed no more."""

    reason = paragraph(lazy_gettext("返却の理由"), longest=_LONGEST_REASON)


@pages.get("/access")
def page() -> str:
    """What I have and why; what I may open from here; whether I may come in from outside."""
    me = owner()
    with me.store.glance() as connection:
        outside = permissions.live(connection, me.id, jst_day(at()))
    return render_template("portal/access.html", mine=mine(), connected=connected(), outside=outside, Outcome=Outcome)


@pages.route("/access/<system>/return", methods=["GET", "POST"])
def return_account(system: str) -> Response | tuple[str, int]:
    """Give a whole ID back."""
    return _return(_system(system), None)


@pages.route("/access/<system>/<right>/return", methods=["GET", "POST"])
def return_right(system: str, right: str) -> Response | tuple[str, int]:
    """Give one right back."""
    found = _system(system)
    chosen = next((each for each in found.rights if each.code == right), None)
    if chosen is None:
        raise NotFound(gettext("その権限はお持ちではありません。"))
    return _return(found, chosen)


def _system(code: str) -> Access:
    found = mine().system(code)
    if found is None:
        raise NotFound(gettext("その情報システムの利用者IDはお持ちではありません。"))
    return found


def _return(found: Access, right: Right | None) -> Response | tuple[str, int]:
    form = ReturnForm.read()
    if not form.sent():
        possible = right.can_return if right else found.can_return
        shown = render_template("portal/return.html", form=form, found=found, right=right, possible=possible)
        return shown, form.status
    me = owner()
    name = right.name if right else gettext("利用者ID全体")
    with me.act() as act:
        clause = own_clause(the_site().door.profile)
        give_back(act, me.id, found.code, right.code if right else "", reason=form.reason.data or "", clause=clause)
        told: dict[str, Value] = {"at": act.at, "system": found.system, "right": name}
        outbox.tell(act, me.id, me.who.email, Topic.RIGHT_RETURNED, told)
    flash(
        gettext("%(system)sの「%(name)s」を返却しました。次の同期で反映します。", system=found.system, name=name),
        "success",
    )
    return redirect(url_for("access.page"), 303)


def own_clause(profile: Profile) -> str:
    """The body's own clause about giving back, or `baseline`."""
    known = clauses_of(profile)
    control = known[CLAUSE].control
    own = (each.id for each in known.values() if each.control == control and each.prefix == profile.body.prefix)
    return next(own, BASELINE)
