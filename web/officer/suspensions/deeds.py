"""Suspending a person and giving them everything back, each with a confirmation of its own.

The one law: *the general officer, newly proved, and never about themselves* (R20, OITA-S9.6.2.3).
"""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from iam.access.suspensions import suspension_of
from iam.errors import Conflict, Forbidden
from iam.signin.desk import suspending
from iam.signin.desk.suspending import Suspended, why_not_suspend
from iam.signin.door import Entrant
from web.officer.officer import officer
from web.officer.people import person
from web.officer.people.acts import ReasonForm, Shown
from web.site.face.language import instant
from web.site.site import the_site

pages = Blueprint("suspending", __name__)

_CONFLICT: Final = 409


@pages.route("/office/people/<int:id_>/suspend", methods=["GET", "POST"])
def suspend(id_: int) -> Response | tuple[str, int]:
    """Take everything away from a person."""
    shown = Shown(
        gettext("利用の停止"), gettext("利用を停止する"),
        (
            gettext("サインイン中の端末と、情報システムに渡したトークンを、すぐにすべて終わらせます。"),
            gettext("サインインと、すべての情報システムの利用者IDを止めます。使っている特権IDも終わらせます。"),
            gettext("権限、認証手段、パスワードは消しません。回復すると、停止の前のとおりに戻ります。"),
            gettext("最上位の責任者と、所属のデータの責任者に知らせ、受領を記録します。"),
        ),
        gettext("例: 規程違反の調査のため（決裁 6総第12号）"), danger=True,
    )  # fmt: skip

    def said(done: Suspended) -> str:
        ended = "" if not done.sessions else ngettext(
            "端末%(num)s台をサインアウトさせました。", "端末%(num)s台をサインアウトさせました。", done.sessions
        )  # fmt: skip
        return gettext("利用を停止しました。情報システムには数秒で反映します。") + ended + _told(done)

    return _answer(id_, shown, suspending.suspend, said)


@pages.route("/office/people/<int:id_>/restore", methods=["GET", "POST"])
def restore(id_: int) -> Response | tuple[str, int]:
    """Give everything back as it was."""
    with the_site().store.read() as connection:
        found = suspension_of(connection, id_)
    facts = () if found is None else (
        (gettext("停止した日時"), instant(found.suspended_at)), (gettext("停止の理由"), found.reason),
    )  # fmt: skip
    shown = Shown(
        gettext("利用の回復"), gettext("利用を回復する"),
        (
            gettext("停止の前の権限、認証手段、パスワードのまま、サインインと情報システムの利用をできるようにします。"),
            gettext("停止の間に職や所属が変わったときは、いまの職や所属に合わせます。"),
            gettext("終わらせたサインインは戻りません。"),
            gettext("最上位の責任者と、所属のデータの責任者に知らせ、受領を記録します。"),
        ),
        gettext("例: 調査の結果、違反はなかった（決裁 6総第15号）"), facts,
    )  # fmt: skip

    def said(done: Suspended) -> str:
        return gettext("利用を回復しました。情報システムには数秒で反映します。") + _told(done)

    return _answer(id_, shown, suspending.restore, said)


def _told(done: Suspended) -> str:
    if not done.told:
        return gettext("知らせる責任者が決まっていません。役職を確かめてください。")
    return ngettext("責任者%(num)s人に知らせました。", "責任者%(num)s人に知らせました。", done.told)


def _answer(
    id_: int, shown: Shown, deed: Callable[..., Suspended], said: Callable[[Suspended], str]
) -> Response | tuple[str, int]:
    me, form = officer(), ReasonForm.read()
    with me.store.read() as connection:
        who = person.found(connection, id_)
    if refusal := why_not_suspend(me.who, who):
        raise Forbidden(gettext(str(refusal)))
    if not form.sent():
        return _page(who, shown, form, form.status)
    try:
        done = deed(me, id_, form.reason.data or "")
    except Conflict as conflict:
        form.form_errors.append(gettext(str(conflict)))
        return _page(who, shown, form, _CONFLICT)
    flash(said(done), "success" if done.told else "warning")
    return redirect(url_for("person.page", id_=id_), 303)


def _page(who: Entrant, shown: Shown, form: ReasonForm, status: int) -> tuple[str, int]:
    return render_template("officer/people/deed.html", subject=who, shown=shown, form=form), status
