"""Approving a delegation as it was read, declining it, taking it back, ending it, receiving the notice, reviewing it.

The one law: *what is approved is what was shown* (OITA-S3.7.1, R17): the approval carries the hash of the page.
"""

from contextlib import AbstractContextManager
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField
from wtforms.validators import InputRequired

from iam.errors import Conflict, Forbidden
from iam.privilege import delegating
from iam.privilege.attempted import attempted
from iam.privilege.delegating import DelegationState
from iam.record.act import Act
from iam.signin.door import actor_of
from web.officer.officer import officer
from web.officer.privilege.bounds import called
from web.officer.privilege.deed import CONFLICT, Answer, Pair, Shown, answer
from web.officer.privilege.delegations.listing import Read, read
from web.officer.privilege.words import MODES, label_of, top
from web.site.face.forms import PageForm
from web.site.face.language import day
from web.site.site import the_site

pages = Blueprint("delegation_deeds", __name__)

_BELOW: Final = "/office/privilege/delegations/<long:id_>"


class ApproveForm(PageForm):
    """What was seen, and that it was looked at."""

    seen = HiddenField()
    sure = BooleanField(
        lazy_gettext("任せる職員、特権ID、期間、理由を確かめました"),
        [InputRequired(lazy_gettext("内容を確かめたら、チェックを入れてください。"))],
    )


@pages.route(f"{_BELOW}/approve", methods=["GET", "POST"])
def approve(id_: int) -> Answer:
    """Approve what the page shows."""
    found, form = _read(id_), ApproveForm.read()
    if found.delegation.state is not DelegationState.NOMINATED:
        raise Conflict(gettext("この指名は、承認を待っていません。いまの状態を一覧で確かめてください。"))
    _may("approve", found)
    if not form.sent():
        form.seen.data = form.seen.data or found.delegation.content_hash
        return _asked(found, form, form.status)
    me = officer()
    try:
        with trying("approve", id_) as act:
            delegating.approve(act, me.door, id_, me.who.person_id, form.seen.data or "")
    except Conflict as conflict:
        form.form_errors.append(gettext(str(conflict)))
        return _asked(found, form, CONFLICT)
    flash(gettext("承認しました。指名した責任者と、任された職員に知らせました。"), "success")
    return redirect(_page(id_), 303)


def trying(verb: str, id_: int) -> AbstractContextManager[Act]:
    """An act of this officer's; a refusal is recorded in the audit."""
    me = officer()
    return attempted(me.store, actor_of(me.who.staff_number), verb, f"delegation {id_}")


def _may(verb: str, found: Read) -> None:
    """Refuse whoever may not decide it; whoever tried it nevertheless is recorded."""
    if not found.why_not:
        return
    if request.method == "POST":
        with trying(verb, found.delegation.id):
            raise Forbidden(found.why_not)
    raise Forbidden(found.why_not)


def _asked(found: Read, form: ApproveForm, status: int) -> tuple[str, int]:
    return render_template(
        "officer/privilege/delegations/approve.html", read=found, each=found.delegation, form=form, called=called,
        modes=MODES, label_of=label_of,
    ), status  # fmt: skip


@pages.route(f"{_BELOW}/decline", methods=["GET", "POST"])
def decline(id_: int) -> Answer:
    """Say no; the nominator reads why."""
    found = _read(id_)
    _may("decline", found)
    shown = Shown(
        gettext("指名の差戻し"), gettext("差し戻す"),
        (
            gettext("この指名は承認されません。任せるには、あらためて指名します。"),
            gettext("指名した責任者に、理由を知らせます。"),
        ),
        _facts(found), _way(found), support=gettext("例: 期間が長い。1か月にしてください。"),
    )  # fmt: skip

    def do(reason: str) -> str:
        me = officer()
        with trying("decline", id_) as act:
            delegating.decline(act, me.door, id_, me.who.person_id, reason)
        return gettext("指名を差し戻し、指名した責任者に知らせました。")

    return answer(shown, do)


@pages.route(f"{_BELOW}/end", methods=["GET", "POST"])
def end(id_: int) -> Answer:
    """End it before its last day."""
    found = _read(id_)
    shown = Shown(
        gettext("代行の終了"), gettext("終わらせる"),
        (
            gettext("この職員は、すぐにこの特権IDを使えなくなります。"),
            gettext("いま開いている利用も、すぐに終わらせます。"),
            gettext("本人と、指名した責任者に知らせます。"),
        ),
        _facts(found), _way(found), support=gettext("例: 作業が予定より早く終わった。記録に残ります。"), danger=True,
    )  # fmt: skip

    def do(reason: str) -> str:
        me = officer()
        with trying("end", id_) as act:
            delegating.end(act, me.door, id_, me.who.person_id, reason)
        return gettext("代行を終わらせました。")

    return answer(shown, do)


@pages.route(f"{_BELOW}/review", methods=["GET", "POST"])
def review(id_: int) -> Answer:
    """Look at what a deputy did under an exception."""
    found = _read(id_)
    shown = Shown(
        gettext("例外措置による指名の確認"), gettext("確認した"),
        (
            gettext("例外措置のもとで代理の職員が行った指名や承認を、別の担当者が確かめたことが記録に残ります。"),
            gettext("おかしいと思ったら、確認せずに、代行を終わらせてください。"),
        ),
        _facts(found), _way(found), asks=gettext("確かめたこと"),
        support=gettext("例: 責任者が入院中のため代理が指名した。作業の内容と記録が合っている。"),
    )  # fmt: skip

    def do(words: str) -> str:
        me = officer()
        with trying("review", id_) as act:
            delegating.review(act, me.door, id_, me.who.person_id, words)
        return gettext("確認したことを記録しました。")

    return answer(shown, do)


@pages.post(f"{_BELOW}/withdraw")
def withdraw(id_: int) -> Response:
    """The nominator takes it back."""
    _read(id_)
    me = officer()
    with trying("withdraw", id_) as act:
        delegating.withdraw(act, me.door, id_, me.who.person_id)
    flash(gettext("指名を取り下げました。"), "success")
    return redirect(_page(id_), 303)


@pages.post(f"{_BELOW}/receive")
def receive(id_: int) -> Response:
    """A general officer has read the notice of the approval."""
    _read(id_)
    me = officer()
    with trying("receive", id_) as act:
        delegating.receive(act, me.door, id_, me.who.person_id)
    flash(gettext("承認の知らせを受領したことを記録しました。"), "success")
    return redirect(_page(id_), 303)


def _read(id_: int) -> Read:
    with the_site().store.read() as connection:
        return read(connection, id_)


def _facts(found: Read) -> list[Pair]:
    each = found.delegation
    span = gettext("%(first)sから%(last)sまで", first=day(each.valid_from), last=day(each.valid_until))
    return [
        (gettext("任せる職員"), called(found.names, each.delegate_id)), (gettext("特権ID"), found.labels),
        (gettext("期間"), span), (gettext("任せる理由"), each.reason),
        (gettext("指名した責任者"), called(found.names, each.nominated_by)),
    ]  # fmt: skip


def _page(id_: int) -> str:
    return url_for("delegations.one", id_=id_)


def _way(found: Read) -> list[Pair]:
    number = found.delegation.id
    return [
        *top(), (gettext("代行"), url_for("delegations.page")),
        (gettext("代行 %(number)s", number=number), _page(number)),
    ]  # fmt: skip
