"""What an officer does about a use: ends it, approves an emergency afterwards, looks through a record without witness.

The one law: *an officer closes, never opens*: whoever ends a use needs nobody's leave, and nobody deals with their own.
"""

import json

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam.errors import Conflict
from iam.privilege import using
from iam.privilege.register import PrivilegedId
from iam.privilege.using import Use
from web.officer.officer import officer
from web.officer.privilege.bounds import called, names_of, seen_use
from web.officer.privilege.deed import Answer, Pair, Shown, answer
from web.officer.privilege.words import label_of
from web.officer.ways import opens
from web.portal.privilege.words import acting
from web.site.face.language import instant
from web.site.site import the_site

pages = Blueprint("use_deeds", __name__)


def ways_on(use: Use) -> list[tuple[str, str, str]]:
    """What this officer may do about a use: label, address, kind of button."""
    me = officer().who
    stranger = me.person_id not in {use.person_id, use.witness_id}
    found = [
        (use.under_way, "use_deeds.end", gettext("いま終える"), "danger"),
        (_approvable(use) and stranger, "use_deeds.approve", gettext("緊急利用を承認する"), ""),
        (_reviewable(use) and me.person_id != use.person_id, "use_deeds.review", gettext("記録を確認する"), ""),
    ]
    return [(label, url_for(page, id_=use.id), kind) for holds, page, label, kind in found if holds and opens(page, me)]


def _approvable(use: Use) -> bool:
    return use.awaits_approval and (use.record_at is not None or use.opened_at is None)


def _reviewable(use: Use) -> bool:
    """Whether the record waits for an officer: there was no witness who could confirm it."""
    return use.witness_id is None and use.record_at is not None and use.confirmed_at is None


@pages.route("/office/privilege/uses/<long:id_>/end", methods=["GET", "POST"])
def end(id_: int) -> Answer:
    """End a use now."""
    found, privileged, facts = _read(id_)
    if not found.under_way:
        flash(gettext("この利用は、すでに終わっています。"), "info")
        return redirect(_page(id_), 303)
    shown = Shown(
        gettext("特権IDの利用を終える"), gettext("いま終える"),
        (
            gettext("すぐに、この特権IDを使えなくします。対象のシステムを読み直して確かめます。"),
            gettext("対象のシステムが応答しないときは、応答するまで繰り返し、担当者に知らせます。"),
            gettext("使っていた職員は、作業記録を書きます。"),
        ),
        facts, _way(found, privileged), danger=True,
        support=gettext("例: 作業が終わったと連絡があった。記録に残ります。"),
    )  # fmt: skip

    def do(reason: str) -> str:
        me = officer()
        with me.act() as act:
            using.end(act, me.door, id_, me.who.person_id, reason)
        return gettext("利用を終えました。対象のシステムで使えなくなったことを確かめています。")

    return answer(shown, do)


@pages.route("/office/privilege/uses/<long:id_>/approve", methods=["GET", "POST"])
def approve(id_: int) -> Answer:
    """Approve an emergency afterwards."""
    found, privileged, facts = _read(id_)
    shown = Shown(
        gettext("緊急利用の事後の承認"), gettext("承認する"),
        (
            gettext("この緊急利用を、あなたが確かめて認めたことが記録に残ります。"),
            gettext("認められないときは承認せず、統括の責任者に相談してください。期限を過ぎると、開庁日ごとに知らせが出ます。"),
        ),
        [*facts, (gettext("作業記録"), found.record or "—")], _way(found, privileged),
        asks=gettext("確かめたこと"), support=gettext("例: 障害の報告書と記録が合っている。やむを得ないと認めた。"),
        seen=using.seen_in(found),
    )  # fmt: skip

    def do(words: str) -> str:
        me = officer()
        with me.act() as act:
            using.approve_afterwards(act, me.door, id_, me.who.person_id, words, seen=_seen())
        return gettext("緊急利用を承認しました。")

    return answer(shown, do)


@pages.post("/office/privilege/uses/<long:id_>/review")
def review(id_: int) -> Response:
    """Confirm the record of a use that had no witness, as its page shows it."""
    found, _, _ = _read(id_)
    me = acting()
    try:
        with me.attempt("confirm_record", found.subject) as act:
            using.confirm_record(act, me, id_, seen=_seen())
    except Conflict as conflict:
        flash(gettext(str(conflict)), "error")
    else:
        flash(gettext("作業記録を確認しました。"), "success")
    return redirect(_page(id_), 303)


def _seen() -> str:
    return request.form.get("seen", "")


def _read(id_: int) -> tuple[Use, PrivilegedId, list[Pair]]:
    with the_site().store.read() as connection:
        found, privileged = seen_use(connection, id_)
        return found, privileged, _facts(connection, found, privileged)


def _facts(connection: Connection, use: Use, privileged: PrivilegedId) -> list[Pair]:
    names = names_of(connection, [use.person_id, use.witness_id])
    rows = [
        (gettext("特権ID"), label_of(privileged)), (gettext("使った職員"), called(names, use.person_id)),
        (gettext("目的"), use.purpose), (gettext("立会者"), called(names, use.witness_id)),
        (gettext("始まり"), instant(use.opened_at)),
    ]  # fmt: skip
    if use.emergency:
        rows.append((gettext("緊急に始めた理由"), _why_at_once(connection, use)))
    return [*rows, (gettext("終わる時刻"), instant(use.ends_at))] if use.under_way else rows


def _why_at_once(connection: Connection, use: Use) -> str:
    """What whoever started an emergency gave as its reason: the audit holds it, and whoever approves must read it."""
    said = [each.detail for each in using.timeline(connection, use.id) if each.action == "use.emergency"]
    return next((str(json.loads(detail).get("reason") or "—") for detail in said), "—")


def _page(id_: int) -> str:
    return url_for("use_watch.one", id_=id_)


def _way(use: Use, privileged: PrivilegedId) -> list[Pair]:
    title = gettext("利用 %(number)s", number=use.id)
    return [
        (gettext("特権ID"), url_for("privilege.page")), (gettext("利用の記録"), url_for("use_watch.page")),
        (f"{title} {label_of(privileged)}", _page(use.id)),
    ]  # fmt: skip
