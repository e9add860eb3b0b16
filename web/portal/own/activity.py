"""Where I am signed in, and what happened at the door in my name.

The one law: *the owner sees and ends their own sessions* (R39, ASVS 7.5.2), and
reads of every sign-in and failure (OITA-S8.2.4).
"""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from iam.signin import history, sessions
from iam.signin.history import Event, Oddity, Outcome
from iam.signin.kinds import Method
from iam.signin.tokens.clients import ClientKind
from web.portal.owner import owner
from web.site.border.numbers import row_number
from web.site.site import at, session

pages = Blueprint("activity", __name__)

ROWS: Final = 30


@pages.get("/sessions")
def live() -> str:
    """Where I am signed in."""
    mine = owner()
    with mine.store.glance() as connection:
        found = sessions.of_person(connection, mine.id, at())
    return render_template("portal/sessions.html", sessions=found, present=session().id, terminal=terminal)


@pages.post("/sessions/<long:id_>/end")
def end(id_: int) -> Response:
    """End one of my sessions; this one is left by signing out."""
    mine = owner()
    with mine.act() as act:
        ended = id_ != session().id and sessions.end(act, id_, "ended_by_owner", person_id=mine.id)
    if ended:
        flash(gettext("選んだ端末をサインアウトしました。"), "success")
    else:
        flash(gettext("その端末は、すでにサインアウトしています。"), "info")
    return redirect(url_for("activity.live"), 303)


@pages.post("/sessions/end-others")
def end_others() -> Response:
    """End all of my sessions but this one."""
    mine = owner()
    with mine.act() as act:
        count = sessions.end_all(act, mine.id, "ended_by_owner", but=session().id)
    told = ngettext("%(num)s台の端末をサインアウトしました。", "%(num)s台の端末をサインアウトしました。", count)
    flash(told if count else gettext("ほかにサインインしている端末はありません。"), "success" if count else "info")
    return redirect(url_for("activity.live"), 303)


@pages.get("/history")
def past() -> str:
    """What happened at the door."""
    mine = owner()
    before = row_number(request.args.get("before"))
    with mine.store.glance() as connection:
        found = history.page(connection, mine.id, before, ROWS + 1)
    more = found[ROWS - 1].id if len(found) > ROWS else None
    return render_template(
        "portal/history.html", events=found[:ROWS], before=before, more=more, outcome=outcome, reason=reason,
        terminal=terminal,
    )  # fmt: skip


def outcome(event: Event) -> tuple[str, str]:
    """What came of it, and the tone of its chip."""
    return {
        Outcome.SUCCESS: (gettext("サインイン"), "success"),
        Outcome.FAILURE: (gettext("失敗"), "error"),
        Outcome.SIGNOUT: (gettext("サインアウト"), ""),
        Outcome.ENDED: (gettext("終了"), ""),
    }[event.outcome]


def reason(event: Event) -> str:
    """Why it failed or ended, or what was unusual about it, in a phrase; "" where there is nothing to say."""
    if event.outcome is Outcome.SUCCESS:
        odd = [Oddity(each) for each in event.reason.split(",") if each]
        return gettext("、").join(gettext(each.label_ja) for each in odd)
    return _why().get(event.reason) or _of_its_way(event)


def _of_its_way(event: Event) -> str:
    """A key or a card that was not believed has a dozen codes; its owner needs no more than that."""
    if event.outcome is not Outcome.FAILURE:
        return ""
    if Method.CERTIFICATE in event.methods:
        return gettext("カードを確認できず")
    keys = {Method.KEY, Method.VERIFIED_KEY}
    return gettext("セキュリティキーを確認できず") if keys & set(event.methods) else gettext("在職でなかったため")


def _why() -> dict[str, str]:
    return {
        "wrong": gettext("パスワードの誤り"),
        "changed": gettext("途中でパスワードが変わったため"),
        "code": gettext("コードの誤り"),
        "replayed": gettext("使用済みのコード"),
        "drifted": gettext("時計のずれ"),
        "clock": gettext("サーバーの時計のずれ"),
        "throttled": gettext("待ち時間の間の操作"),
        "not_asked": gettext("求められていない方法"),
        "resistant": gettext("その機器では使えない認証手段"),
        "idle": gettext("操作がなかったため"),
        "overall": gettext("一日の上限に達したため"),
        "standing": gettext("在職でなくなったため"),
        "suspended": gettext("権利停止のため"),
        "ended_by_owner": gettext("本人がほかの端末から終了"),
        "ended_by_officer": gettext("担当者が終了"),
        "password_changed": gettext("パスワードの変更のため"),
        "factor_lost": gettext("紛失の届出のため"),
        "factor_removed": gettext("認証手段の削除のため"),
    }


_DEVICES: Final = tuple(f"{kind.label_ja}：" for kind in (ClientKind.RADIUS, ClientKind.TERMINAL))
_BROWSERS: Final = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_MACHINES: Final = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def terminal(said: str) -> str:
    """What the browser says of itself, in two words, or the device that let somebody in; "" for nothing we know."""
    if said.startswith(_DEVICES):
        return said
    machine = next((name for mark, name in _MACHINES if mark in said), "")
    browser = next((name for mark, name in _BROWSERS if mark in said), "")
    return gettext("%(machine)sの%(browser)s", machine=machine, browser=browser) if machine and browser else browser
