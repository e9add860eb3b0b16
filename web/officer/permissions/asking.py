"""Asking that somebody may come in from outside the office.

The one law: *one officer asks and another confirms*, and every mistake stands beside its field.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import BooleanField, Field

from iam.access.places.permissions import Terms
from iam.access.places.terminals import LONGEST, terminal
from iam.errors import Conflict, Forbidden, NotFound
from iam.office import outside
from iam.office.outside import Wish
from iam.people.ledger import persons_by_number
from iam.signin.desk import issuing
from iam.signin.door import LONGEST_NUMBER, number_of
from web.officer.officer import officer, today
from web.site.face.forms import PageForm, day, line
from web.site.site import the_site

pages = Blueprint("permission_asks", __name__)

_CONFLICT: Final = 409


class AskForm(PageForm):
    """Who, why, how long, with what."""

    number = line(lazy_gettext("職員番号"), longest=LONGEST_NUMBER)
    first = day(lazy_gettext("開始日"))
    last = day(lazy_gettext("終了日"))
    terminal = line(lazy_gettext("端末の管理番号"), longest=LONGEST, required=False)
    public = BooleanField(lazy_gettext("公衆回線（自宅や出先の回線など）からの利用も認める"))
    reason = line(lazy_gettext("庁外から使う理由"))


@pages.route("/office/permissions/new", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """Ask."""
    me, site, form = officer(), the_site(), AskForm.read(first=today())
    wish = _wish(form) if form.sent() else None
    if wish is None:
        return render_template("officer/permissions/ask.html", form=form), 422 if form.errors else 200
    try:
        with me.act() as act:
            case = outside.propose(act, site.door.offices, me.who.person_id, wish, form.reason.data or "")
            issuing.tell_deciders(act, site.door, me.who, case)
    except (Conflict, Forbidden, NotFound) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return render_template("officer/permissions/ask.html", form=form), _CONFLICT
    flash(gettext("申請しました（受付番号 %(number)s）。別の担当者の確認を待ちます。", number=case.id), "success")
    return redirect(url_for("cases.one", id_=case.id), 303)


def _wish(form: AskForm) -> Wish | None:
    """What is wished for, or None with what is wrong beside each field."""
    first, last = form.first.data, form.last.data
    if not isinstance(first, date) or not isinstance(last, date):
        return None
    site = the_site()
    with site.store.read() as connection:
        number = number_of(form.number.data or "")
        person = persons_by_number(connection, [number]).get(number)
        if person is None:
            form.number.errors = [gettext("この職員番号の職員は台帳にいません。番号を確かめてください。")]
        terms = Terms(_terminal(connection, form.terminal), bool(form.public.data), first, last)
        wish = Wish(person or 0, terms)
        wrong = outside.mistakes(connection, site.door.offices, wish, today())
    beside: Mapping[str, Field] = {
        "until": form.last, "person": form.number, "terminal": form.terminal, "public": form.public,
    }  # fmt: skip
    for about, refusal in wrong.items():
        if not beside[about].errors:
            beside[about].errors = [gettext(str(refusal))]
    return None if form.errors else wish


def _terminal(connection: Connection, field: Field) -> int | None:
    """The row of the terminal that was named; None for any, or with the reason beside the field."""
    if not field.data:
        return None
    try:
        return terminal(connection, field.data).id
    except NotFound as missing:
        field.errors = [gettext(str(missing))]
        return None
