"""Leaving the screen: locking it for a moment, unlocking it, signing out.

The one law: *what is locked shows nothing and does nothing* but being unlocked
or left; a terminal that several people share is one click from safe (R38).
"""

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.errors import Busy
from iam.signin import login, sessions
from iam.signin.door import actor_of
from iam.signin.steps import Outcome, Refused
from web.portal.entrance.factor import PasswordForm
from web.portal.entrance.prove import BUSY
from web.portal.onward import onward, wanted, with_next
from web.portal.refusals import status_of, words
from web.site.access import LOGIN, UNLOCK
from web.site.border import cookies
from web.site.border.callers import caller, where
from web.site.site import entrant, session, the_site

pages = Blueprint("leave", __name__)


@pages.post("/lock")
def lock() -> Response:
    """Lock the screen, and come back to the same page after."""
    with the_site().store.act(actor_of(entrant().staff_number)) as act:
        sessions.lock(act, session().id)
    return redirect(with_next(UNLOCK, request.form.get("next", "")), 303)


@pages.route("/unlock", methods=["GET", "POST"])
def unlock() -> Response | tuple[str, int]:
    """Unlock it by the password, or by a key."""
    if not session().locked:
        return redirect(wanted(), 303)
    form = PasswordForm.read()
    if not form.sent():
        return _shown(form, form.status)
    outcome: Outcome
    try:
        outcome = login.unlock(the_site().store, the_site().door, session(), form.password.data or "", where())
    except Busy as busy:
        form.password.errors = [gettext(str(busy))]
        return _shown(form, BUSY)
    if isinstance(outcome, Refused):
        form.password.errors = [words(outcome)]
        return _shown(form, status_of(outcome))
    return onward(outcome)


def _shown(form: PasswordForm, status: int) -> tuple[str, int]:
    card = the_site().portal.certificate is not None and bool(caller().certificate)
    return render_template("portal/unlock.html", form=form, here=with_next(UNLOCK), card=card), status


@pages.post("/logout")
def out() -> Response:
    """Sign out; again, and nothing happens."""
    login.sign_out(the_site().store, session(), entrant(), where())
    flash(gettext("サインアウトしました。"), "success")
    return cookies.sign_out(redirect(LOGIN, 303))
