"""IC cards and certificates at the door, as the reverse proxy saw them.

The one law: *only what a listed proxy vouches for* (web/site/border/callers.py):
a certificate that came any other way was dropped before it got here.
"""

from flask import Blueprint, flash, redirect
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.signin import login
from iam.signin.steps import Refused
from web.portal.entrance.key import came_from, step_token
from web.portal.onward import begin_again, onward, with_next
from web.portal.refusals import words
from web.site.access import LOGIN
from web.site.border.callers import caller, where
from web.site.site import session, signed_in, the_site

pages = Blueprint("card", __name__)


@pages.post("/login/card")
def show() -> Response:
    """Show the card: alone, for the step under way, or for the session."""
    pem, page = caller().certificate, came_from()
    if not pem:
        flash(
            gettext(
                "カードが見つかりません。カードを読取機に入れ、ブラウザーを開き直してから、もう一度お試しください。"
            ),
            "error",
        )
        return redirect(with_next(page), 303)
    token = step_token()
    mine = session() if token is None and signed_in() and page != LOGIN else None
    outcome = login.give_certificate(the_site().store, the_site().door, token, pem, where(), session=mine)
    if not isinstance(outcome, Refused):
        return onward(outcome)
    if outcome.code == "lapsed":
        return begin_again(page)
    flash(words(outcome), "error")
    return redirect(with_next(page), 303)
