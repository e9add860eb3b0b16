"""The page of one use, for whoever uses: waiting for a witness, open, paused, over; the secret; the end.

The one law: *the secret is in one answer and nowhere else*: it comes by a POST, is in no address, title, log or
storage, and a second POST does not show it again.
"""

from typing import Final

from flask import Blueprint, flash, jsonify, redirect, render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.errors import Conflict, Forbidden, NotFound
from iam.privilege.using import UseState, end, reveal, use, withdraw
from web.portal.owner import owner
from web.portal.privilege.proving import proved
from web.portal.privilege.words import Shown, acting, one
from web.site.site import at, the_site

pages = Blueprint("privileged_use", __name__)

SECRET_SECONDS: Final = 120
"""How long a secret stays on the page."""

SLOW: Final = 20
"""Seconds after which a target that has not answered is said to be slow."""

EVERY: Final = {
    UseState.ASKED: 3_000, UseState.OPENING: 1_000, UseState.OPEN: 10_000, UseState.PAUSED: 3_000,
    UseState.CLOSING: 1_000,
}  # fmt: skip
"""Milliseconds between two looks at how it stands."""

WITHOUT: Final = {UseState.ASKED: 15, UseState.OPENING: 5, UseState.OPEN: 60, UseState.PAUSED: 15, UseState.CLOSING: 5}
"""Seconds after which the page draws itself anew where no script runs."""

_STEPS: Final = {UseState.ASKED: 2, UseState.OPENING: 3, UseState.OPEN: 3, UseState.PAUSED: 3, UseState.CLOSED: 4}


def mine(id_: int) -> Shown:
    """A use of whoever is signed in.

    Raises:
        NotFound: there is none, or it is another's; nobody learns which.
    """
    me = owner()
    with me.store.read() as connection:
        found = use(connection, id_)
        if found.person_id != me.id:
            raise NotFound(gettext("その特権IDの利用はありません。一覧から開き直してください。"))
        return one(connection, found)


@pages.get("/privilege/uses/<long:id_>")
def page(id_: int) -> str:
    """How it stands, and what to do."""
    u = mine(id_)
    every = EVERY.get(u.use.state, 0)
    return render_template(
        "portal/privilege/use.html", u=u, every=every, every_without=WITHOUT.get(u.use.state, 0),
        step=_step(u), walk=walk(), slow=_slow(u), who_can=who_can(), link=the_site().portal.origin + u.witness_path,
    )  # fmt: skip


def walk() -> list[str]:
    """The steps of a use."""
    return [gettext("申請"), gettext("立会い"), gettext("利用"), gettext("記録")]


def who_can() -> str:
    """Who may be asked to be a witness."""
    return gettext("立会者は、あなた以外の在職中の職員です。作業の内容がわかる人に頼んでください。")


def _step(u: Shown) -> int:
    """Where it stands in the walk; 0: nowhere, for it came to nothing, or there is no such walk in an emergency."""
    return 0 if u.use.emergency else _STEPS.get(u.use.state, 0)


def _slow(u: Shown) -> bool:
    since = u.use.ended_at or u.use.joined_at or u.use.asked_at
    return (at() - since).total_seconds() > SLOW


@pages.get("/privilege/uses/<long:id_>/state")
def state(id_: int) -> Response:
    """How it stands, for the script of its page, and of its witness's."""
    me = owner()
    with me.store.read() as connection:
        found = use(connection, id_)
        if me.id not in {found.person_id, found.witness_id}:
            raise NotFound(gettext("その特権IDの利用はありません。一覧から開き直してください。"))
        u = one(connection, found)
    return jsonify(stamp=u.stamp, over=not u.live)


@pages.post("/privilege/uses/<long:id_>/secret")
def secret(id_: int) -> Response | str:
    """The secret, once."""
    u = mine(id_)
    found = proved(lambda: _revealed(id_), u.path)
    if isinstance(found, Response):
        return found
    if isinstance(found, Conflict | Forbidden):
        flash(gettext(str(found)), "error")
        return redirect(u.path, 303)
    return render_template(
        "portal/privilege/secret.html", u=mine(id_), secret=found, seconds=SECRET_SECONDS, every=EVERY[UseState.OPEN]
    )


def _revealed(id_: int) -> str:
    me = acting()
    with me.attempt("reveal", f"use {id_}") as act:
        return reveal(act, me, id_)


@pages.post("/privilege/uses/<long:id_>/end")
def finish(id_: int) -> Response:
    """End it at once: its user, or its witness."""
    me = acting()
    with me.store.read() as connection:
        found = use(connection, id_)
    if me.id not in {found.person_id, found.witness_id}:
        raise NotFound(gettext("その特権IDの利用はありません。一覧から開き直してください。"))
    there = f"/privilege/uses/{id_}" if found.person_id == me.id else f"/privilege/witness/{id_}"
    try:
        with me.attempt("end", found.subject) as act:
            end(act, me.door, id_, me.id)
    except (Conflict, Forbidden) as refused:
        flash(gettext(str(refused)), "error")
    return redirect(there, 303)


@pages.post("/privilege/uses/<long:id_>/withdraw")
def take_back(id_: int) -> Response:
    """Take back what nobody has joined."""
    u, me = mine(id_), acting()
    try:
        with me.attempt("withdraw", u.use.subject) as act:
            withdraw(act, me, id_)
    except (Conflict, Forbidden) as refused:
        flash(gettext(str(refused)), "error")
    return redirect(u.path, 303)
