"""What an officer does for somebody at the desk.

The one law: *never on oneself* (design law 4), after proving oneself anew, with what will happen said first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from iam.errors import Conflict, Forbidden, NotFound
from iam.signin import sessions
from iam.signin.desk import deeds
from iam.signin.desk.deeds import Deed, why_not
from iam.signin.door import Entrant
from iam.signin.factors import authenticators
from web.officer.officer import officer
from web.officer.people import person
from web.portal.factors.words import label
from web.portal.own.activity import terminal
from web.site.face.forms import PageForm, line
from web.site.face.language import instant
from web.site.site import the_site

pages = Blueprint("person_acts", __name__)

_CONFLICT: Final = 409
Fact = tuple[str, str]


class ReasonForm(PageForm):
    """Why it is done."""

    reason = line(lazy_gettext("理由"))


@dataclass(frozen=True)
class Shown:
    """A deed before it is done.  `effects`: what will happen, a sentence each; `example`: of a reason."""

    title: str
    label: str
    effects: Sequence[str]
    example: str
    facts: Sequence[Fact] = ()
    danger: bool = False


def _answer(id_: int, deed: Deed, shown: Shown, do: Callable[[str], tuple[str, str]]) -> Response | tuple[str, int]:
    """The page that says what will happen; once it is confirmed, the deed, and back to the person with its outcome.

    `do` takes the reason and gives what to say and how ("success", "info").
    """
    who = _subject(id_, deed)
    form = ReasonForm.read()
    if form.sent():
        try:
            said, tone = do(form.reason.data or "")
        except Conflict as conflict:
            form.form_errors.append(gettext(str(conflict)))
            return _page(who, shown, form, _CONFLICT)
        flash(said, tone)
        return redirect(url_for("person.page", id_=id_), 303)
    return _page(who, shown, form, form.status)


def _page(who: Entrant, shown: Shown, form: ReasonForm, status: int) -> tuple[str, int]:
    return render_template("officer/people/deed.html", subject=who, shown=shown, form=form), status


def _subject(id_: int, deed: Deed) -> Entrant:
    with the_site().store.read() as connection:
        who = person.found(connection, id_)
    if refusal := why_not(officer().who, who, deed):
        raise Forbidden(gettext(str(refusal)))
    return who


@pages.route("/office/people/<int:id_>/unlock", methods=["GET", "POST"])
def unlock(id_: int) -> Response | tuple[str, int]:
    """Let somebody try their password again."""
    shown = Shown(
        gettext("待ち時間の解除"), gettext("解除する"),
        (
            gettext("パスワードの失敗の回数を消し、すぐにサインインを試せるようにします。"),
            gettext("使えなくなった認証アプリや機器は、元に戻りません。窓口で登録し直します。"),
            gettext("本人に知らせます。"),
        ),
        gettext("例: 本人から電話があり、職員証で確認した"),
    )  # fmt: skip

    def do(reason: str) -> tuple[str, str]:
        if deeds.unlock(officer(), id_, reason):
            return gettext("待ち時間を解除しました。"), "success"
        return gettext("待ち時間は、すでになくなっています。"), "info"

    return _answer(id_, Deed.UNLOCK, shown, do)


@pages.route("/office/people/<int:id_>/sessions/end", methods=["GET", "POST"])
def end_all(id_: int) -> Response | tuple[str, int]:
    """End every session of somebody."""
    shown = Shown(
        gettext("すべての端末のサインアウト"), gettext("すべてサインアウトさせる"),
        (
            gettext("サインイン中の端末を、すぐにすべてサインアウトさせます。入力の途中だった内容は失われます。"),
            gettext("サインインの途中だった手続きも取り消します。"),
            gettext("本人に知らせます。サインインし直すことはできます。"),
        ),
        gettext("例: 端末の盗難の届出があった"), danger=True,
    )  # fmt: skip

    def do(reason: str) -> tuple[str, str]:
        if count := deeds.end_all(officer(), id_, reason):
            return gettext("%(count)s台の端末をサインアウトさせました。", count=count), "success"
        return gettext("サインイン中の端末はありませんでした。"), "info"

    return _answer(id_, Deed.END_ALL, shown, do)


@pages.route("/office/people/<int:id_>/sessions/<long:session_id>/end", methods=["GET", "POST"])
def end_session(id_: int, session_id: int) -> Response | tuple[str, int]:
    """End one session of somebody."""
    with the_site().store.read() as connection:
        found = sessions.session_of(connection, session_id)
    mine = found if found is not None and found.person_id == id_ else None
    facts = () if mine is None else (
        (gettext("端末"), terminal(mine.terminal) or gettext("不明な端末")), (gettext("接続元"), mine.address),
        (gettext("サインインした時刻"), instant(mine.signed_in_at)),
    )  # fmt: skip
    shown = Shown(
        gettext("端末のサインアウト"), gettext("サインアウトさせる"),
        (
            gettext("この端末を、すぐにサインアウトさせます。入力の途中だった内容は失われます。"),
            gettext("ほかの端末はそのままです。本人の履歴に残ります。"),
        ),
        gettext("例: 席を離れたままの端末があった"), facts, danger=True,
    )  # fmt: skip

    def do(reason: str) -> tuple[str, str]:
        if deeds.end_session(officer(), id_, session_id, reason):
            return gettext("端末をサインアウトさせました。"), "success"
        return gettext("その端末は、すでにサインアウトしています。"), "info"

    return _answer(id_, Deed.END_SESSION, shown, do)


@pages.route("/office/people/<int:id_>/factors/<int:factor_id>/lost", methods=["GET", "POST"])
def lost(id_: int, factor_id: int) -> Response | tuple[str, int]:
    """Somebody lost a factor and told the desk."""
    with the_site().store.read() as connection:
        held = authenticators.authenticator(connection, factor_id, person_id=id_)
    if not held.lasting:
        raise NotFound(gettext("この認証手段は、すでに使えなくなっています。"))
    facts: tuple[Fact, ...] = (
        (gettext("失くしたもの"), held.name), (gettext("種類"), label(held.form)),
        (gettext("最後に使った日時"), instant(held.used_at) if held.used_at else gettext("まだ使っていません")),
    )  # fmt: skip
    shown = Shown(
        gettext("紛失の届出の受付"), gettext("届出を受け付ける"),
        (
            gettext("この認証手段は、すぐに使えなくなります。見つかっても、元には戻せません。"),
            gettext("サインイン中の端末を、すべてサインアウトさせます。"),
            gettext("本人と、統括・端末・データの責任者に知らせます。"),
        ),
        gettext("例: 通勤中に失くしたと本人から電話があった"), facts, danger=True,
    )  # fmt: skip

    def do(reason: str) -> tuple[str, str]:
        if deeds.report_lost(officer(), id_, factor_id, reason):
            return gettext("紛失の届出を受け付け、「%(name)s」を使えないようにしました。", name=held.name), "success"
        return gettext("この認証手段は、すでに使えなくなっています。"), "info"

    return _answer(id_, Deed.LOST, shown, do)


@pages.route("/office/people/<int:id_>/leak", methods=["GET", "POST"])
def leaked(id_: int) -> Response | tuple[str, int]:
    """Somebody's password may be known to others."""
    shown = Shown(
        gettext("パスワードの漏えいの届出"), gettext("漏えいのおそれとする"),
        (
            gettext("次のサインインで、パスワードの変更を求めます。変更するまで、ほかの画面は使えません。"),
            gettext("サインイン中の端末を、すべてサインアウトさせます。"),
            gettext("本人と、統括・データの責任者に知らせます。"),
        ),
        gettext("例: 偽の画面に入力したと本人から届出があった"), danger=True,
    )  # fmt: skip

    def do(reason: str) -> tuple[str, str]:
        deeds.mark_leaked(officer(), id_, reason)
        return gettext("端末をサインアウトさせました。次のサインインでパスワードの変更を求めます。"), "success"

    return _answer(id_, Deed.LEAK, shown, do)


@pages.route("/office/people/<int:id_>/temporary-password", methods=["GET", "POST"])
def temporary_password(id_: int) -> Response | tuple[str, int]:
    """Ask for a temporary password."""
    with the_site().store.read() as connection:
        life = person.found(connection, id_).rules.temporary_life
    hours = int(life.total_seconds() // 3600)
    shown = Shown(
        gettext("仮パスワードの申請"), gettext("申請する"),
        (
            gettext("別の担当者が確認すると、仮パスワードが一度だけ表示されます。本人に手渡してください。"),
            gettext("いまのパスワードは使えなくなり、サインイン中の端末はすべてサインアウトします。"),
            gettext("仮パスワードは%(hours)s時間以内に一度だけ使えます。本人は、はじめに変更します。", hours=hours),
        ),
        gettext("例: 窓口で職員証を確認した（パスワードを忘れた）"),
    )  # fmt: skip
    return _answer(id_, Deed.TEMPORARY_PASSWORD, shown, _asking(id_, Deed.TEMPORARY_PASSWORD))


@pages.route("/office/people/<int:id_>/temporary-code", methods=["GET", "POST"])
def temporary_code(id_: int) -> Response | tuple[str, int]:
    """Ask for a temporary code."""
    hours = the_site().door.profile.signin.temporary_code_life.value
    shown = Shown(
        gettext("窓口コードの申請"), gettext("申請する"),
        (
            gettext("別の担当者が確認すると、窓口コードが一度だけ表示されます。本人に手渡してください。"),
            gettext("窓口コードは%(hours)s時間以内に一度だけ、パスワードのあとに使えます。", hours=hours),
            gettext("いまの認証手段はそのままです。失くしたものがあれば、先に紛失の届出を受け付けてください。"),
        ),
        gettext("例: 窓口で職員証を確認した（認証手段を自宅に忘れた）"),
    )  # fmt: skip
    return _answer(id_, Deed.TEMPORARY_CODE, shown, _asking(id_, Deed.TEMPORARY_CODE))


def _asking(id_: int, deed: Deed) -> Callable[[str], tuple[str, str]]:
    def do(reason: str) -> tuple[str, str]:
        number = deeds.ask_temporary(officer(), id_, deed, reason)
        return gettext("申請しました（受付番号 %(number)s）。別の担当者の確認を待ちます。", number=number), "success"

    return do
