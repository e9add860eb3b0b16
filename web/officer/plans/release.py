"""Letting a held plan go: one officer's signature over what was shown.

The one law: *nobody signs what was not shown*: the form carries the hash of the
plan that the page read out, and the signature names it (R04, OITA-S8.1.4.3).
"""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired

from iam.errors import Conflict, Forbidden
from iam.record.columns import jst_day
from iam.sync.stored.plans import PlanState, StoredPlan, plan
from iam.sync.stored.release import Releasers, sign, verify_plan
from web.officer.officer import officer
from web.officer.plans.listing import Read, offices, read
from web.site.face.forms import PageForm
from web.site.site import the_site

pages = Blueprint("release", __name__)

_CONFLICT: Final = 409


class SignForm(PageForm):
    """The hash that was shown, and that the plan was read."""

    seen = HiddenField()
    sure = BooleanField(
        lazy_gettext("保留の理由と変更の内容を確かめました"),
        [InputRequired(lazy_gettext("内容を確かめたら、チェックを入れてください。"))],
    )


@pages.route("/office/plans/<int:id_>/release", methods=["GET", "POST"])
def page(id_: int) -> Response | tuple[str, int]:
    """One officer signs; with the second, the plan is carried out within moments."""
    shown, form = read(id_), SignForm.read()
    if shown.why_not:
        raise Forbidden(shown.why_not)
    if not form.sent():
        form.seen.data = form.seen.data or shown.plan.hash
        return _asked(shown, form, form.status)
    try:
        signed = _signed(id_, form.seen.data or "")
    except Conflict as conflict:
        form.form_errors.append(gettext(str(conflict)))
        return _asked(shown, form, _CONFLICT)
    if signed.state is PlanState.RELEASED:
        flash(gettext("二人の確認がそろいました。計画を、まもなく表示されたとおりに適用します。"), "success")
    else:
        flash(gettext("1人目として確認しました。もう一人の担当者が確認すると適用します。"), "success")
    return redirect(url_for("plans.one", id_=id_), 303)


def _signed(id_: int, seen: str) -> StoredPlan:
    me, deciding = officer(), offices()
    if deciding is None:
        raise Forbidden(gettext("この団体では、設定に書かれた担当者がコマンド iam plan release で解除します。"))
    with me.store.read() as connection:
        verify_plan(connection, plan(connection, id_))
    with me.act() as act:
        return sign(act, the_site().store.keys, id_, Releasers(act.connection, deciding, jst_day(act.at)), seen)


def _asked(shown: Read, form: SignForm, status: int) -> tuple[str, int]:
    return render_template("officer/plans/release.html", read=shown, form=form), status
