"""Security keys at the door: the browser asks for a challenge, the form brings the answer.

The one law: *the page only carries* (R23): what the key signs and whether it is
believed is decided in iam; without a token of a step the key itself says whose
it is.
"""

import json

from flask import Blueprint, flash, jsonify, redirect, request
from werkzeug.wrappers import Response

from iam.signin import login
from iam.signin.steps import Refused
from web.portal.onward import FACTOR, begin_again, onward, with_next
from web.portal.refusals import status_of, words
from web.site.access import LOGIN, PROVE, UNLOCK
from web.site.border import cookies
from web.site.border.callers import where
from web.site.site import session, signed_in, the_site

pages = Blueprint("key", __name__)

LONGEST_ANSWER = 32_768


@pages.post("/login/key/options")
def options() -> Response | tuple[Response, int]:
    """A challenge for `navigator.credentials.get()`: for the step under way, the session, or whoever comes."""
    site, token = the_site(), step_token()
    mine = session() if token is None and signed_in() else None
    found = login.key_options(site.store, site.door, token, where(), session=mine)
    if isinstance(found, Refused):
        return jsonify(error=found.code, text=words(found)), status_of(found)
    token, asked = found
    return cookies.half_done(jsonify(options=json.loads(asked)), token)


@pages.post("/login/key")
def answer() -> Response:
    """What the key answered."""
    token = request.cookies.get(cookies.STEP, "")
    response = request.form.get("response", "")[:LONGEST_ANSWER]
    outcome = login.give_key(the_site().store, the_site().door, token, response, where())
    if not isinstance(outcome, Refused):
        return onward(outcome)
    if outcome.code == "lapsed":
        return begin_again(came_from())
    flash(words(outcome), "error")
    return redirect(with_next(came_from()), 303)


def step_token() -> str | None:
    """The step under way, when the page says that it goes on from there; else the key or card comes alone."""
    return request.cookies.get(cookies.STEP) if request.args.get("step") else None


def came_from() -> str:
    """The page that asked for the key, told by the form; any other is the first."""
    known = {FACTOR, LOGIN, PROVE, UNLOCK}
    page = request.form.get("page", "")
    return page if page in known else LOGIN
