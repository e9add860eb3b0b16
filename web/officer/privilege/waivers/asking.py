"""Asking for an exception for a time; in an emergency it holds at once, and is approved within three days.

The one law: *the approver decides* (OITA-S9.4.1), and what stands in for the control is written down first.
"""

from datetime import date
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, RadioField, SelectField
from wtforms.validators import InputRequired

from iam.errors import Conflict, Forbidden
from iam.office.cases import Case
from iam.office.changes import waivers
from iam.office.changes.waivers import REPORTED_WITHIN, Control, Wish
from iam.signin.desk import issuing
from web.officer.officer import officer, today
from web.officer.privilege.deed import CONFLICT, Answer
from web.officer.systems import systems
from web.site.face.forms import PageForm, day, line, paragraph
from web.site.site import the_site

pages = Blueprint("waiver_asks", __name__)

_FINE: Final = 200
_WRONG: Final = 422


class AskForm(PageForm):
    """An exception."""

    control = RadioField(
        lazy_gettext("守らなくてよくなる決まり"), [InputRequired(lazy_gettext("決まりを選んでください。"))]
    )
    scope = SelectField(lazy_gettext("情報システム"))
    first = day(lazy_gettext("開始日"))
    last = day(lazy_gettext("終了日"))
    reason = paragraph(lazy_gettext("理由"))
    measure = line(lazy_gettext("代わりに行うこと"))
    emergency = BooleanField(lazy_gettext("緊急のため、承認を待たずにすぐ始める"))


@pages.route("/office/privilege/waivers/new", methods=["GET", "POST"])
def page() -> Answer:
    """Ask."""
    form = AskForm.read(first=today(), control=Control.TWO_PERSON.value)
    form.control.choices = [(each.value, gettext(each.label_ja)) for each in Control]
    form.scope.choices = [("", gettext("すべての情報システム")), *systems()]
    if not form.sent():
        return _page(form, form.status)
    first, last = form.first.data, form.last.data
    if not isinstance(first, date) or not isinstance(last, date):
        return _page(form, _WRONG)
    wish = Wish(Control(form.control.data), form.scope.data or "", form.measure.data or "", first, last)
    try:
        case = _proposed(wish, form)
    except (Conflict, Forbidden) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _page(form, CONFLICT)
    if form.emergency.data:
        flash(
            gettext("例外措置を始めました。%(days)s日以内に承認されないと終わります。", days=REPORTED_WITHIN.days),
            "success",
        )
    else:
        flash(gettext("申請しました（受付番号 %(number)s）。承認を待ちます。", number=case.id), "success")
    return redirect(url_for("cases.one", id_=case.id), 303)


def _proposed(wish: Wish, form: AskForm) -> Case:
    me, known, reason = officer(), the_site().door.model.systems, form.reason.data or ""
    with me.act() as act:
        if form.emergency.data:
            _, case = waivers.emergency(act, me.door.offices, me.who.person_id, wish, reason, systems=known)
        else:
            case = waivers.propose(act, me.door.offices, me.who.person_id, wish, reason, systems=known)
        issuing.tell_deciders(act, me.door, me.who, case)
        return case


def _page(form: AskForm, status: int = _FINE) -> tuple[str, int]:
    return render_template("officer/privilege/waivers/ask.html", form=form, days=REPORTED_WITHIN.days), status
