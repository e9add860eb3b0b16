"""Recovery codes: shown once, printed, put away; made anew when they are few or lost.

The one law: *once*: what is stored cannot be read again, so the page that shows
them is the only one, and asks whether they are in a safe place.
"""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import BooleanField
from wtforms.validators import InputRequired

from iam.signin.factors import authenticators, codes
from iam.signin.factors.authenticators import Form
from iam.signin.own import enrolment
from iam.signin.own.enrolment import Enrolled, codes_kept
from iam.signin.steps import SignedIn
from web.portal.factors.enrol import steps
from web.portal.owner import owner
from web.site.access import DUTY_PAGES, HOME
from web.site.border import cookies
from web.site.face.forms import PageForm
from web.site.site import at, session

pages = Blueprint("codes", __name__)


class KeptForm(PageForm):
    """That they are in a safe place."""

    kept = BooleanField(
        lazy_gettext("回復コードを印刷したか書き写し、ほかの人の目に触れない所に保管しました"),
        [InputRequired(lazy_gettext("保管したら、チェックを入れてください。"))],
    )


def enrolled(done: Enrolled) -> Response:
    """After an enrolment: the recovery codes, where these are the first; else on."""
    if done.codes:
        return _shown(done.codes, done.signed)
    flash(gettext("認証手段を登録しました。"), "success")
    there = DUTY_PAGES.get(done.signed.duty) or url_for("factors.page")
    return cookies.sign_in(redirect(there, 303), done.signed.token)


def _shown(made: Sequence[str], signed: SignedIn | None = None) -> Response:
    """The one page that shows them."""
    response = Response(mimetype="text/html")
    if signed is not None:
        cookies.sign_in(response, signed.token)
        # The form below belongs to the session's new name already.
        cookies.belongs_to(signed.session_id)
    shown_at = steps() if signed else []
    response.set_data(render_template("portal/factors/codes.html", form=KeptForm(), codes=made, steps=shown_at))
    return response


@pages.get("/factors/codes")
def page() -> str:
    """How many are left."""
    return _left(KeptForm())[0]


@pages.post("/factors/codes/renew")
def renew() -> Response:
    """Make them anew; the earlier ones are void."""
    return _shown(enrolment.new_recovery_codes(owner()))


@pages.post("/factors/codes/kept")
def keep() -> Response | tuple[str, int]:
    """They are in a safe place."""
    form = KeptForm.read()
    if not form.sent():
        return _left(form)
    enrolment.keep_codes(owner())
    flash(gettext("回復コードの保管を確認しました。"), "success")
    # Home says what comes next, if anything does.
    return redirect(DUTY_PAGES.get(session().duty) or HOME, 303)


def _left(form: KeptForm) -> tuple[str, int]:
    mine = owner()
    with mine.store.glance() as connection:
        left = codes.left(connection, mine.id, at()).get(Form.RECOVERY, 0)
        sets = [each for each in authenticators.of_person(connection, mine.id) if each.form is Form.RECOVERY]
    unsure = bool(sets) and not codes_kept(sets[-1])
    made_at = sets[-1].enrolled_at if sets else None
    shown = render_template("portal/factors/codes_left.html", form=form, left=left, unsure=unsure, made_at=made_at)
    return shown, form.status
