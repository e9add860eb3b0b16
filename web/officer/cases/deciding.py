"""Deciding a case: confirming what was shown, or declining it with a reason.

The one law: *a secret is shown once*, on the answer to the confirmation itself:
nothing of it is kept, so the page cannot be opened again (R32, R33).
"""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired

from iam.errors import Busy, ConfigurationError, Conflict, Forbidden
from iam.office.cases import CaseKind
from iam.signin.desk import issuing
from iam.signin.tokens.clients import Secret
from web.officer.cases.effects import EFFECTS
from web.officer.cases.listing import Read, read
from web.officer.officer import officer
from web.site.face.forms import PageForm, line
from web.site.site import the_site

pages = Blueprint("deciding", __name__)

_CONFLICT: Final = 409
_BUSY: Final = 503


class ConfirmForm(PageForm):
    """What was seen, and that it was looked at."""

    seen = HiddenField()
    sure = BooleanField(
        lazy_gettext("申請した担当者と内容を確かめました"),
        [InputRequired(lazy_gettext("内容を確かめたら、チェックを入れてください。"))],
    )


class DeclineForm(PageForm):
    """Why not."""

    reason = line(lazy_gettext("差し戻す理由"))


@pages.route("/office/cases/<int:id_>/decide", methods=["GET", "POST"])
def page(id_: int) -> Response | tuple[str, int]:
    """Confirm; what was asked for is done at once."""
    shown, form = _open(id_), ConfirmForm.read()
    if not form.sent():
        form.seen.data = form.seen.data or shown.case.content_hash
        return _asked(shown, form, form.status)
    site, me = the_site(), officer()
    try:
        slip = issuing.confirm(site.store, site.door, me.who, id_, form.seen.data or "", effects=EFFECTS)
    except (Conflict, ConfigurationError) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _asked(shown, form, _CONFLICT)
    except Busy as busy:
        form.form_errors.append(gettext(str(busy)))
        return _asked(shown, form, _BUSY)
    if slip is None:
        flash(gettext("確認しました。"), "success")
        return redirect(url_for("cases.one", id_=id_), 303)
    if isinstance(slip, Secret):
        return render_template("officer/clients/secret.html", secret=slip), 200
    return render_template("officer/cases/slip.html", slip=slip, CaseKind=CaseKind), 200


@pages.route("/office/cases/<int:id_>/decline", methods=["GET", "POST"])
def decline(id_: int) -> Response | tuple[str, int]:
    """Say no; the asker reads why."""
    shown, form = _open(id_), DeclineForm.read()
    if not form.sent():
        return render_template("officer/cases/decline.html", read=shown, form=form), form.status
    me = officer()
    with me.act() as act:
        issuing.decline(act, the_site().door, me.who, id_, form.reason.data or "")
    flash(gettext("申請を差し戻し、申請した担当者に知らせました。"), "success")
    return redirect(url_for("cases.page"), 303)


def _open(id_: int) -> Read:
    """The case, if this officer may decide it.

    Raises:
        Forbidden, NotFound: as `read`; or what stands between.
    """
    found = read(id_)
    if found.why_not:
        raise Forbidden(found.why_not)
    return found


def _asked(shown: Read, form: ConfirmForm, status: int) -> tuple[str, int]:
    return render_template("officer/cases/decide.html", read=shown, form=form), status
