"""Handing a delegation back: whoever was entrusted with privileged IDs and needs them no more ends it themselves.

The one law: *one is enough to take away* (OITA-S8.2.1.3a): nobody's consent is asked, and nobody else's is shown.
"""

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam.errors import Conflict, Forbidden, NotFound
from iam.privilege import delegating
from iam.privilege.attempted import attempted
from iam.privilege.delegating import Delegation, DelegationState
from iam.privilege.register import by_id
from iam.privilege.using.deciding import LONGEST_WORDS
from iam.signin.door import actor_of
from web.portal.owner import owner
from web.portal.privilege.words import called
from web.site.face.forms import PageForm, paragraph
from web.site.problems import status_of
from web.site.site import at

pages = Blueprint("privileged_return", __name__)


class ReturnForm(PageForm):
    """Why it is handed back."""

    reason = paragraph(lazy_gettext("理由"), longest=LONGEST_WORDS)


@pages.route("/privilege/delegations/<long:id_>/return", methods=["GET", "POST"])
def page(id_: int) -> Response | tuple[str, int]:
    """Say why, and it is over at once."""
    me = owner()
    with me.store.read() as connection:
        found = _mine(connection, id_)
        names = [called(each) for each in by_id(connection, found.privileged_ids).values()]
    form, refused, status = ReturnForm.read(), "", 200
    if form.sent():
        try:
            with attempted(me.store, actor_of(me.who.staff_number), "return", found.subject) as act:
                delegating.end(act, me.door, id_, me.id, form.reason.data or "")
        except (Conflict, Forbidden) as stopped:
            refused, status = str(stopped), status_of(stopped)
        else:
            flash(gettext("代行を返上しました。指名した責任者に知らせました。"), "success")
            return redirect("/privilege", 303)
    shown = render_template(
        "portal/privilege/return.html", each=found, names=names, form=form, refused=refused,
        live=found.state is DelegationState.LIVE,
    )  # fmt: skip
    return shown, status if refused else form.status


def _mine(connection: Connection, id_: int) -> Delegation:
    """A delegation of whoever is signed in.

    Raises:
        NotFound: there is none, or it is another's; nobody learns which.
    """
    found = delegating.delegation(connection, id_, at())
    if found.delegate_id != owner().id:
        raise NotFound(gettext("その特権代行の指名はありません。一覧から開き直してください。"))
    return found
