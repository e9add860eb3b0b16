"""Enrolling a factor, step one: which.

The one law: *a way for everybody* (R23, R24): the phishing-resistant ones stand
first, and none needs a fingerprint or a telephone of one's own.
"""

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import RadioField
from wtforms.validators import InputRequired

from iam.signin.factors import authenticators
from iam.signin.factors.authenticators import Form
from web.portal.factors.words import ORDER, about, label
from web.portal.owner import owner
from web.site.face.forms import PageForm
from web.site.site import entrant, session, the_site

pages = Blueprint("enrol", __name__)

NEXT = {
    Form.TOTP: "app.name", Form.WEBAUTHN: "newkey.page", Form.CERTIFICATE: "newcard.page", Form.TOKEN: "enrol.token",
}  # fmt: skip


class ChooseForm(PageForm):
    """Which form of factor."""

    form = RadioField(
        lazy_gettext("登録する認証手段"),
        [InputRequired(lazy_gettext("登録する認証手段を選んでください。"))],
        validate_choice=False,
    )


def steps() -> list[str]:
    """The names of the three steps."""
    return [gettext("選ぶ"), gettext("登録する"), gettext("確かめる")]


@pages.route("/factors/new", methods=["GET", "POST"])
def choose() -> Response | tuple[str, int]:
    """Choose."""
    offered = [each for each in ORDER if each is not Form.CERTIFICATE or the_site().portal.certificate is not None]
    form = ChooseForm.read(form=offered[0].value)
    form.form.choices = [(each.value, label(each)) for each in offered]
    if form.sent():
        if form.form.data in set(offered):
            return redirect(url_for(NEXT[Form(form.form.data)]), 303)
        form.form.errors = [gettext("登録する認証手段を選んでください。")]
    rules = entrant().rules
    shown = render_template(
        "portal/factors/choose.html", form=form, steps=steps(), about={each.value: about(each) for each in offered},
        duty=session().duty == "enrol", resistant=rules.phishing_resistant,
    )  # fmt: skip
    return shown, form.status


@pages.get("/factors/new/token")
def token() -> str:
    """A device of the office is lent at the desk, and is enrolled there."""
    mine = owner()
    with mine.store.glance() as connection:
        lent = [each for each in authenticators.of_person(connection, mine.id) if each.form is Form.TOKEN]
    return render_template("portal/factors/token.html", lent=lent, steps=steps())
