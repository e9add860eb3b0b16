"""Enrolling an IC card: the one that the reverse proxy has just seen.

The one law: *one card, one person, once* (R26, OITA-S7.4.1.1a).
"""

from flask import Blueprint, render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.errors import Conflict
from iam.signin.factors.authenticators import Form
from iam.signin.factors.certificates import Rejected
from iam.signin.own import enrolment
from web.portal.factors.app import NameForm
from web.portal.factors.codes import enrolled
from web.portal.factors.enrol import steps
from web.portal.factors.words import suggested
from web.portal.owner import owner
from web.site.border.callers import caller

pages = Blueprint("newcard", __name__)


@pages.route("/factors/new/card", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """Name it, and bind what was seen."""
    form, pem = NameForm.read(name=suggested(Form.CERTIFICATE)), caller().certificate
    found = enrolment.card_seen(owner(), pem) if pem else None
    if form.sent():
        outcome = _bound(form, pem)
        if outcome is not None:
            return outcome
    shown = render_template("portal/factors/card.html", form=form, steps=steps(), found=found, rejected=Rejected)
    return shown, form.status


def _bound(form: NameForm, pem: str) -> Response | None:
    """On, when the card is bound; else the form says why not."""
    if not pem:
        form.form_errors.append(
            gettext("カードが見つかりません。カードを読取機に入れ、ブラウザーを開き直してください。")
        )
        return None
    try:
        outcome = enrolment.enrol_card(owner(), form.name.data or "", pem)
    except Conflict as conflict:
        form.form_errors.append(gettext(str(conflict)))
        return None
    if isinstance(outcome, Rejected):
        form.form_errors.append(gettext(outcome.sentence_ja))
        return None
    return enrolled(outcome)
