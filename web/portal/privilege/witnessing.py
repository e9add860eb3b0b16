"""Being the witness of a use: reading the request, joining, staying, leaving.

The one law: *a witness is somebody who is there* (OITA-S8.1.4.3): the page says so every fifteen seconds, and that does
not keep their session alive; whoever sits before it uses it now and then.
"""

from collections.abc import Callable

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.errors import Conflict, Forbidden, NotFound
from iam.policy.entry.privileged import Alone
from iam.privilege.barred import why_barred
from iam.privilege.using import Acting, Use, UseState, join, leave, present, use
from iam.privilege.using.deciding import why_not_join
from iam.record.act import Act
from web.portal.privilege.proving import WITNESS, fresh, proved
from web.portal.privilege.use import EVERY, WITHOUT
from web.portal.privilege.words import Shown, acting, one
from web.site.site import at, the_site

pages = Blueprint("privileged_witness", __name__)


def watched(id_: int) -> tuple[Shown, str]:
    """A use that whoever is signed in watches or might, and why they may not join it ("": they may, or have).

    Raises:
        NotFound: there is none, or it is over and was another's to watch.
    """
    me = acting()
    with me.store.read() as connection:
        found = use(connection, id_)
        if found.witness_id == me.id and (found.witness_seen_at is not None or not found.under_way):
            return one(connection, found), ""
        refused = why_not_join(found, me.who, at()) or why_barred(connection, me.door, me.id, at())
        if refused is not None and found.state not in {UseState.ASKED, UseState.PAUSED} and found.witness_id != me.id:
            raise NotFound(gettext("その特権IDの利用はありません。一覧から開き直してください。"))
        return one(connection, found), "" if refused is None else str(refused)


@pages.get("/privilege/witness/<long:id_>")
def page(id_: int) -> str:
    """The request; then the use that is watched."""
    u, why_not = watched(id_)
    staying = u.use.witness_id == acting().id and u.use.witness_seen_at is not None
    every = EVERY.get(u.use.state, 0) if staying else 0
    privileged = the_site().door.profile.privileged
    return render_template(
        "portal/privilege/witness.html", u=u, why_not=gettext(why_not) if why_not else "", staying=staying,
        joins=not staying and not why_not and not u.finished, me=acting().id, fresh=fresh(WITNESS),
        every=every, every_without=WITHOUT.get(u.use.state, 0),
        silence=privileged.witness_silence.value, pauses=privileged.alone.value is Alone.PAUSE,
    )  # fmt: skip


@pages.post("/privilege/witness/<long:id_>/join")
def joined(id_: int) -> Response:
    """Join it: it opens."""
    there = url_for("privileged_witness.page", id_=id_)
    found = proved(lambda: _done("join", id_, join), there, WITNESS)
    if isinstance(found, Response):
        flash(gettext("本人を確認したら、内容を確かめて、もう一度「立ち会う」を押してください。"), "info")
        return found
    if isinstance(found, Conflict | Forbidden):
        flash(gettext(str(found)), "error")
    return redirect(there, 303)


@pages.post("/privilege/witness/<long:id_>/present")
def here(id_: int) -> Response:
    """Say by a button that one is there."""
    return _told("present", id_, present)


@pages.post("/privilege/witness/<long:id_>/beat")
def beat(id_: int) -> Response:
    """The same by the page's script."""
    try:
        _done("present", id_, present)
    except (Conflict, Forbidden):  # over meanwhile, or taken over by another witness: the page is drawn anew
        return jsonify(over=True)
    return jsonify(over=False)


@pages.post("/privilege/witness/<long:id_>/leave")
def gone(id_: int) -> Response:
    """Leave it; the page of the use would say again that one is there."""
    return _told("leave", id_, leave, "/privilege")


def _told(verb: str, id_: int, deed: Callable[[Act, Acting, int], Use], there: str = "") -> Response:
    try:
        _done(verb, id_, deed)
    except (Conflict, Forbidden) as refused:
        flash(gettext(str(refused)), "error")
    return redirect(there or url_for("privileged_witness.page", id_=id_), 303)


def _done(verb: str, id_: int, deed: Callable[[Act, Acting, int], Use]) -> Use:
    me = acting()
    with me.attempt(verb, f"use {id_}") as act:
        return deed(act, me, id_)
