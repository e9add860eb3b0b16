"""Confirming what was prepared at the console: its code, what exactly will be done, and doing it as oneself.

The one law: *what is done is what was read here* (design law 4, R17): the form carries the seal of what it shows, and
the verb that runs is the portal's own, with the session of whoever is signed in.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import HiddenField

from iam.errors import Conflict, Forbidden, NotFound
from iam.people.ledger import people
from iam.privilege.console import USERS, ConsoleDeed, DeedState, Verb, cancel, carry_out, mine, open_deeds, recognise
from iam.privilege.delegating import delegation
from iam.privilege.register import by_id
from iam.privilege.using import use
from web.portal.privilege.proving import USER, WITNESS, fresh, proved
from web.portal.privilege.words import acting, called, length
from web.site.face.forms import PageForm, code
from web.site.face.language import day
from web.site.problems import status_of
from web.site.site import at, the_site

pages = Blueprint("privileged_console", __name__)

Answer = Response | tuple[str, int]
Fact = tuple[str, str]

_WHERE: Final[Mapping[Verb, str]] = {
    Verb.ASK: "/privilege/uses/", Verb.EMERGENCY: "/privilege/uses/", Verb.RECORD: "/privilege/uses/",
    Verb.JOIN: "/privilege/witness/", Verb.CONFIRM_RECORD: "/privilege",
    Verb.APPROVE_AFTERWARDS: "/office/privilege/uses/",
}  # fmt: skip
"""Where each goes on; the others at the page of the delegation."""

_EFFECTS: Final = {
    Verb.NOMINATE: lazy_gettext("この職員を指名します。承認する職員に知らせます。承認されるまで、特権IDは使えません。"),
    Verb.APPROVE: lazy_gettext("この指名を承認します。任された職員は、期間中、立会いのもとで特権IDを使えます。"),
    Verb.DECLINE: lazy_gettext("この指名を差し戻し、指名した責任者に理由を知らせます。"),
    Verb.RECEIVE: lazy_gettext("承認の知らせを受領したことを記録します。"),
    Verb.REVIEW: lazy_gettext("例外措置のもとで行われた指名を、あなたが確かめたことを記録します。"),
    Verb.ASK: lazy_gettext("あなたが使うことを申請します。立会者が加わると、使えるようになります。"),
    Verb.JOIN: lazy_gettext("あなたが立会者になり、すぐに特権IDが使えるようになります。終わるまで見守ってください。"),
    Verb.RECORD: lazy_gettext("あなたの作業記録として提出します。"),
    Verb.CONFIRM_RECORD: lazy_gettext("見守った内容が、この記録のとおりだったことを、あなたが確認します。"),
    Verb.EMERGENCY: lazy_gettext(
        "すぐに特権IDが使えるようになり、責任者に直ちに知らせます。あとで報告と承認が要ります。"
    ),
    Verb.APPROVE_AFTERWARDS: lazy_gettext("この緊急利用を、あなたが確かめて認めたことを記録します。"),
}
"""What will happen, in plain words."""


class CodeForm(PageForm):
    """The code that the console told."""

    code = code(lazy_gettext("確認コード"))


class ConfirmForm(PageForm):
    """The seal of what was shown."""

    seen = HiddenField()


@pages.route("/privilege/console", methods=["GET", "POST"])
def page() -> Answer:
    """Type the code of a deed."""
    me, form = acting(), CodeForm.read()
    if form.sent():
        found = recognise(me, form.code.data or "")
        if isinstance(found, ConsoleDeed):
            return redirect(_page(found.id), 303)
        form.code.errors = [gettext(str(found))]
    with me.store.read() as connection:
        waiting = open_deeds(connection, me.id, at())
    return render_template("portal/privilege/console.html", form=form, waiting=waiting, State=DeedState), form.status


@pages.route("/privilege/console/<long:id_>", methods=["GET", "POST"])
def deed(id_: int) -> Answer:
    """Read what will be done, and do it."""
    form = ConfirmForm.read()
    found = mine(acting(), id_)
    if not form.sent() or found.state is not DeedState.OPENED:
        return _shown(found, "", form.status)
    needs = USER if found.verb in USERS else WITNESS
    outcome = proved(lambda: _done(id_, form.seen.data or ""), _page(id_), needs)
    if isinstance(outcome, ConsoleDeed):
        flash(gettext("%(deed)sを行いました。", deed=gettext(outcome.verb.label_ja)), "success")
        return redirect(_onward(outcome), 303)
    if isinstance(outcome, Conflict | Forbidden):
        return _shown(mine(acting(), id_), str(outcome), status_of(outcome))
    return outcome


@pages.post("/privilege/console/<long:id_>/cancel")
def cancelled(id_: int) -> Response:
    """Not want it."""
    cancel(acting(), id_)
    flash(gettext("取りやめました。何も行っていません。"), "info")
    return redirect("/privilege/console", 303)


def _done(id_: int, seal: str) -> ConsoleDeed | Conflict:
    try:
        return carry_out(acting(), id_, seal)
    except NotFound as gone:  # what it was about is no more: told beside the deed, as every refusal of it
        return Conflict(str(gone))


def _shown(found: ConsoleDeed, refused: str, status: int) -> tuple[str, int]:
    with acting().store.read() as connection:
        facts = _facts(connection, found)
    said = refused or (found.outcome if found.state is DeedState.REFUSED else "")
    return render_template(
        "portal/privilege/console_deed.html", found=found, facts=facts,
        text=found.content.get("text", "") or _record(found), effect=_EFFECTS[found.verb],
        refused=gettext(said) if said else "", open=found.state is DeedState.OPENED,
        fresh=fresh(USER if found.verb in USERS else WITNESS), danger=found.verb is Verb.EMERGENCY,
        onward=_onward(found) if found.state is DeedState.DONE else "",
    ), status  # fmt: skip


def _page(id_: int) -> str:
    return f"/privilege/console/{id_}"


def _onward(found: ConsoleDeed) -> str:
    """Where it goes on, once it is done."""
    number = found.outcome.rpartition(" ")[2]
    where = _WHERE.get(found.verb, "/office/privilege/delegations/")
    return f"{where}{number}" if where.endswith("/") else where


# --- what it is about


def _facts(connection: Connection, found: ConsoleDeed) -> list[Fact]:
    """Everything that it says, in plain words; nothing of a row that is not this person's to read about."""
    content = found.content
    about = _delegated(connection, content) if found.verb is Verb.NOMINATE else []
    if "delegation" in content:
        about = _of_delegation(connection, content["delegation"])
    elif "use" in content:
        about = _of_use(connection, content["use"])
    elif "privileged_id" in content:
        about = [(gettext("特権ID"), _ids(connection, [content["privileged_id"]]))]
    return [*about, *_said(found), (gettext("準備したアカウント"), found.account)]


def _said(found: ConsoleDeed) -> list[Fact]:
    """The texts that were typed at the console."""
    words, own = found.content, found.verb is not Verb.NOMINATE
    rows = [
        (gettext("使う目的"), words.get("purpose")), (gettext("決裁番号"), words.get("decision_number")),
        (gettext("使う時間"), length(words["minutes"]) if words.get("minutes") else ""),
        (gettext("理由") if own else gettext("任せる理由"), words.get("reason")),
        (gettext("条件"), words.get("conditions")), (gettext("確かめたこと"), words.get("words")),
    ]  # fmt: skip
    return [(label, text) for label, text in rows if text]


def _delegated(connection: Connection, content: Mapping[str, Any]) -> list[Fact]:
    first, last = (day(date.fromisoformat(content[each])) for each in ("first", "last"))
    return [
        (gettext("任せる職員"), _person(connection, content["delegate"])),
        (gettext("特権ID"), _ids(connection, content["ids"])),
        (gettext("期間"), gettext("%(first)sから%(last)sまで", first=first, last=last)),
    ]


def _of_delegation(connection: Connection, number: int) -> list[Fact]:
    each = delegation(connection, number, at())
    span = gettext("%(first)sから%(last)sまで", first=day(each.valid_from), last=day(each.valid_until))
    rows = [
        (gettext("任せる職員"), _person(connection, each.delegate_id)),
        (gettext("特権ID"), _ids(connection, each.privileged_ids)), (gettext("期間"), span),
        (gettext("任せる理由"), each.reason), (gettext("条件"), each.conditions),
        (gettext("指名した責任者"), _person(connection, each.nominated_by)),
    ]  # fmt: skip
    return [(label, text) for label, text in rows if text]


def _of_use(connection: Connection, number: int) -> list[Fact]:
    each = use(connection, number)
    rows = [
        (gettext("特権ID"), _ids(connection, [each.privileged_id])),
        (gettext("使う人"), _person(connection, each.person_id)), (gettext("使う目的"), each.purpose),
        (gettext("決裁番号"), each.decision_number), (gettext("使う時間"), length(each.minutes)),
    ]  # fmt: skip
    return [(label, text) for label, text in rows if text]


def _record(found: ConsoleDeed) -> str:
    """The record that is confirmed or approved."""
    if found.verb not in {Verb.CONFIRM_RECORD, Verb.APPROVE_AFTERWARDS}:
        return ""
    with the_site().store.read() as connection:
        return use(connection, found.content["use"]).record


def _ids(connection: Connection, numbers: list[int] | tuple[int, ...]) -> str:
    ids = by_id(connection, numbers)
    return gettext("、").join(called(ids[number]) for number in numbers if number in ids)


def _person(connection: Connection, id_: int) -> str:
    found = next(iter(people(connection, [id_])), None)
    return gettext("%(name)s（%(number)s）", name=found.name, number=found.staff_number) if found else "—"
