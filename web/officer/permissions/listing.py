"""Permissions to come in from outside: who, why, until when, with which terminal; and taking one back.

The one law: *what holds today stands out* from what is over: an auditor reads both.
"""

from datetime import date
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import Form, SelectField

from iam.access.places import permissions
from iam.access.places.permissions import Given, Permission
from iam.errors import Conflict, NotFound
from iam.office import outside
from iam.people.ledger import persons_by_number
from iam.signin.door import number_of
from web.officer.officer import officer, today
from web.officer.pager import pager
from web.portal.entry.cited import cited
from web.site.face.forms import Line, PageForm, line
from web.site.site import the_site

pages = Blueprint("permissions", __name__)

_SIZE: Final = 50
_CONFLICT: Final = 409


class FilterForm(Form):
    """Which are shown."""

    q = Line(lazy_gettext("職員番号"))
    which = SelectField(lazy_gettext("範囲"))


class WithdrawForm(PageForm):
    """Why it is taken back."""

    reason = line(lazy_gettext("取り消す理由"))


@pages.get("/office/permissions")
def page() -> str:
    """Those that are not over; with ?which=all those that are as well."""
    form = FilterForm(request.args)
    form.which.choices = [("", gettext("終わっていない許可")), ("all", gettext("終わったものも含む"))]
    form.which.data = "all" if form.which.data == "all" else ""
    with the_site().store.read() as connection:
        number = number_of(form.q.data or "")
        person_id = persons_by_number(connection, [number]).get(number) if number else None
        if form.q.data and person_id is None:
            form.q.errors = [gettext("この職員番号の職員は台帳にいません。番号を確かめてください。")]
        everything = [] if form.errors else permissions.permissions(connection, person_id=person_id)
    found = [each for each in everything if form.which.data or not over(each.permission, today())]
    listed = pager(len(found), _SIZE)
    return render_template(
        "officer/permissions/list.html", form=form, found=found[listed.skip : listed.last], pager=listed,
        state=lambda each: state(each.permission, today()), over=lambda each: over(each.permission, today()),
        cited=cited,
    )  # fmt: skip


@pages.route("/office/permissions/<int:id_>/withdraw", methods=["GET", "POST"])
def withdraw(id_: int) -> Response | tuple[str, int]:
    """Take one back before its last day."""
    me, site = officer(), the_site()
    with site.store.read() as connection:
        found = _given(permissions.permissions(connection, permission_id=id_))
    form = WithdrawForm.read()
    if not form.sent():
        return render_template("officer/permissions/withdraw.html", given=found, form=form), form.status
    try:
        with me.act() as act:
            outside.withdraw(act, site.door.offices, id_, me.who.person_id, form.reason.data or "")
    except Conflict as conflict:
        form.form_errors.append(gettext(str(conflict)))
        return render_template("officer/permissions/withdraw.html", given=found, form=form), _CONFLICT
    flash(gettext("%(name)sさんの庁外利用の許可を取り消しました。", name=found.name), "success")
    return redirect(url_for("permissions.page"), 303)


def over(given: Permission, on: date) -> bool:
    """Whether it holds neither on that day nor later."""
    return given.withdrawn_at is not None or given.valid_until < on


def state(given: Permission, on: date) -> tuple[str, str]:
    """Where a permission stands on a day: the word and its tone."""
    if given.withdrawn_at is not None:
        return gettext("取消"), ""
    if given.valid_until < on:
        return gettext("期限切れ"), ""
    return (gettext("使える"), "success") if given.lives(on) else (gettext("開始前"), "info")


def _given(found: list[Given]) -> Given:
    """The one that was asked for.

    Raises:
        NotFound: there is none.
    """
    if not found:
        raise NotFound(gettext("その許可はありません。一覧から開き直してください。"))
    return found[0]
