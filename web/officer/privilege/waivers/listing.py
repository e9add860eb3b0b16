"""Exceptions for a time (例外措置): which control is done without, where, until when, what stands in; and ending one.

The one law: *what holds now stands out* from what is over: an auditor reads both.
"""

from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from wtforms import Form, SelectField

from iam.office import cases
from iam.office.cases import Case, CaseKind, CaseState
from iam.office.changes import waivers
from iam.office.changes.waivers import WITHDRAWS, Waiver, waiver
from iam.record.columns import jst_day
from web.officer.officer import officer
from web.officer.privilege.bounds import called, names_of
from web.officer.privilege.deed import Answer, Shown, answer
from web.officer.privilege.words import top
from web.officer.systems import name_of
from web.officer.ways import opens
from web.portal.entry.cited import cited
from web.site.face.language import day
from web.site.site import at, the_site

pages = Blueprint("waivers", __name__)

_MOST: Final = 500


class FilterForm(Form):
    """Which are shown."""

    which = SelectField(lazy_gettext("範囲"))


@pages.get("/office/privilege/waivers")
def page() -> str:
    """Those that are not over; with ?which=all those that are as well."""
    form = FilterForm(request.args)
    form.which.choices = [("", gettext("終わっていないもの")), ("all", gettext("すべて"))]
    form.which.data = "all" if form.which.data == "all" else ""
    with the_site().store.read() as connection:
        every = waivers.waivers(connection, limit=_MOST)
        live = {each.id for each in waivers.waivers(connection, live_at=at(), limit=_MOST)}
        waiting = _waiting(connection)
        names = names_of(connection, [id_ for each in every for id_ in (each.asked_by, each.approved_by)])
    found = [each for each in every if form.which.data or not over(each)]
    return render_template(
        "officer/privilege/waivers/list.html", form=form, found=found, live=live, names=names, called=called, over=over,
        name_of=name_of, cited=cited, waiting=waiting, may_end=may_end, state=lambda each: state(each, each.id in live),
    )  # fmt: skip


@pages.route("/office/privilege/waivers/<long:id_>/withdraw", methods=["GET", "POST"])
def withdraw(id_: int) -> Answer:
    """End one before its last day: one officer is enough to restore a control."""
    with the_site().store.read() as connection:
        found = waiver(connection, id_)
    last = day(found.valid_until)
    shown = Shown(
        gettext("例外措置の取消し"), gettext("取り消す"),
        (gettext("すぐに、もとの決まりに戻ります。"),),
        [
            (gettext("守らなくてよくなる決まり"), gettext(found.control.label_ja)),
            (gettext("情報システム"), where(found)), (gettext("期限"), last), (gettext("理由"), found.reason),
        ],
        [*top(), (gettext("例外措置"), url_for("waivers.page"))],
        support=gettext("例: 立会いのできる職員が戻った。記録に残ります。"), danger=True,
    )  # fmt: skip

    def do(reason: str) -> str:
        me = officer()
        with me.act() as act:
            waivers.withdraw(act, me.door.offices, id_, me.who.person_id, reason)
        return gettext("例外措置を取り消しました。")

    return answer(shown, do)


def where(found: Waiver) -> str:
    """Where it holds."""
    return name_of(found.scope) if found.scope else gettext("すべて")


def over(found: Waiver) -> bool:
    """Whether it holds neither today nor later."""
    unapproved = found.approved_by is None and found.emergency_until is not None and found.emergency_until <= at()
    return found.withdrawn_at is not None or found.valid_until < jst_day(at()) or unapproved


def state(found: Waiver, live: bool) -> tuple[str, str]:  # noqa: FBT001 - whether it holds now
    """Where it stands: the word and its tone."""
    if found.withdrawn_at is not None:
        return gettext("取消"), ""
    if live:
        return (gettext("有効"), "warning") if found.approved_by else (gettext("緊急（承認待ち）"), "error")
    return (gettext("期限切れ"), "") if over(found) else (gettext("開始前"), "info")


def may_end(found: Waiver) -> bool:
    """Whether this officer may end it: whoever asked for it, and the heads."""
    me = officer().who
    able = bool(me.roles & WITHDRAWS) or me.person_id == found.asked_by
    return able and not over(found) and opens("waivers.withdraw", me)


def _waiting(connection: Connection) -> list[Case]:
    found = [case for case in cases.waiting(connection, at()) if case.kind is CaseKind.WAIVER]
    return [case for case in found if case.state is CaseState.ASKED]
