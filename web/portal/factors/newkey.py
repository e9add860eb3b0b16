"""Enrolling a security key, or what is built into this terminal.

The one law: *the page only carries* (R23): the challenge waits on the server and
is believed once, whatever the browser answers.
"""

import json

from flask import Blueprint, jsonify, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.errors import Conflict
from iam.signin.factors.authenticators import Form
from iam.signin.factors.webauthn import KeyRefused
from iam.signin.own import enrolment
from web.portal.entrance.key import LONGEST_ANSWER
from web.portal.factors.app import NameForm
from web.portal.factors.codes import enrolled
from web.portal.factors.enrol import steps
from web.portal.factors.words import suggested
from web.portal.owner import owner

pages = Blueprint("newkey", __name__)


@pages.route("/factors/new/key", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """Name it, touch it, done."""
    form = NameForm.read(name=suggested(Form.WEBAUTHN))
    if not form.sent():
        return render_template("portal/factors/key.html", form=form, steps=steps()), form.status
    response = request.form.get("response", "")[:LONGEST_ANSWER]
    try:
        outcome = enrolment.enrol_key(owner(), form.name.data or "", response)
    except Conflict as conflict:
        return _again(form, gettext(str(conflict)))
    if isinstance(outcome, KeyRefused):
        return _again(form, gettext(outcome.sentence_ja))
    return enrolled(outcome)


def _again(form: NameForm, why: str) -> tuple[str, int]:
    form.form_errors.append(why)
    return render_template("portal/factors/key.html", form=form, steps=steps()), form.status


@pages.post("/factors/new/key/options")
def options() -> Response:
    """A challenge for `navigator.credentials.create()`."""
    return jsonify(options=json.loads(enrolment.key_options(owner())))
