"""Enrolling an authenticator app: a QR code, the same key for typing, and a code to confirm it.

The one law: *the key is shown to its owner alone*: on a page that no cache
keeps, drawn here and fetched from nowhere, until the first code was right.
"""

from io import BytesIO

import segno
from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from iam.errors import Conflict
from iam.signin.factors import totp
from iam.signin.factors.authenticators import LONGEST_NAME, Form
from iam.signin.factors.totp import Begun, Drifted, Replayed
from iam.signin.own import enrolment
from iam.signin.own.enrolment import Enrolled
from iam.signin.steps import Refused
from web.portal.factors.codes import enrolled
from web.portal.factors.enrol import steps
from web.portal.factors.words import suggested
from web.portal.owner import owner
from web.portal.refusals import drifted, words
from web.site.face.forms import PageForm, code, line
from web.site.site import the_site

pages = Blueprint("app", __name__)


class NameForm(PageForm):
    """What the owner calls it."""

    name = line(lazy_gettext("名前"), longest=LONGEST_NAME)


class ConfirmForm(PageForm):
    """The first code of the app."""

    code = code(lazy_gettext("アプリの6桁の数字"))


@pages.route("/factors/new/app", methods=["GET", "POST"])
def name() -> Response | tuple[str, int]:
    """Name it, and begin."""
    form = NameForm.read(name=suggested(Form.TOTP))
    if form.sent():
        try:
            begun = enrolment.begin_app(owner(), form.name.data or "")
            return redirect(url_for("app.scan", id_=begun.id), 303)
        except Conflict as conflict:
            form.form_errors.append(gettext(str(conflict)))
    return render_template("portal/factors/app_name.html", form=form, steps=steps()), form.status


@pages.get("/factors/<int:id_>/scan")
def scan(id_: int) -> Response | str:
    """Put the key into the app."""
    begun = enrolment.begun_app(owner(), id_)
    if begun is None:
        return _over()
    return render_template("portal/factors/app_scan.html", begun=begun, qr=drawn(begun), steps=steps())


@pages.route("/factors/<int:id_>/confirm", methods=["GET", "POST"])
def confirm(id_: int) -> Response | tuple[str, int]:
    """Confirm it by its first code."""
    if enrolment.begun_app(owner(), id_) is None:
        return _over()
    form = ConfirmForm.read()
    if form.sent():
        outcome = enrolment.confirm_app(owner(), id_, form.code.data or "")
        if isinstance(outcome, Enrolled):
            return enrolled(outcome)
        form.code.errors = [_why_not(outcome)]
    return render_template("portal/factors/app_confirm.html", form=form, id_=id_, steps=steps()), form.status


def _why_not(judged: totp.Judged) -> str:
    match judged:
        case Drifted(seconds=seconds):
            return drifted(seconds)
        case Replayed():
            return words(Refused("replayed"))
        case _:
            # The app shows the name that its QR code told it.
            return gettext(
                "数字が合いません。アプリで「%(body)s」のいまの数字を確かめて、入力し直してください。",
                body=the_site().door.site.name,
            )


def _over() -> Response:
    flash(gettext("この登録はもう終わっています。一覧で確かめてください。"), "info")
    return redirect(url_for("factors.page"), 303)


def drawn(begun: Begun) -> Markup:
    """The QR code, drawn into the page itself: no address ever names the key."""
    file = BytesIO()
    segno.make(begun.uri, error="m", micro=False).save(
        file, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=2, svgclass=None, lineclass=None,
        title=gettext("認証アプリで読み取るQRコード"),
    )  # fmt: skip
    return Markup(file.getvalue().decode())  # noqa: S704 - drawn by us, from nothing that anybody typed
