"""The first page: what is new, what needs doing, when one was here last, how long this holds.

The one law: *the owner sees what happened in their name* (R36, OITA-S8.2.4): the
last success, failure and sign-out, and every notice until it was read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam import outbox
from iam.office import cases
from iam.outbox import Notice
from iam.outbox.topics import TEXTS
from iam.record.columns import jst_day
from iam.signin import history
from iam.signin.factors import authenticators, codes
from iam.signin.factors.authenticators import Authenticator, Form
from iam.signin.own.enrolment import codes_kept
from iam.signin.own.owner import Owner
from iam.signin.passwords import kept
from web.portal.owner import owner
from web.portal.privilege.mine import concerns, tasks
from web.site.border.numbers import row_number
from web.site.face.language import day, instant
from web.site.site import at, session

pages = Blueprint("home", __name__)

FEW_CODES: Final = 3
SOON: Final = timedelta(days=14)
CARD_SOON: Final = timedelta(days=60)
_OF_THE_CORE: Final = frozenset({"form", "role", "case", "decision"})
"""Values of notices that are words of iam, and so stand in the catalogue; the others are people's own."""


@dataclass(frozen=True)
class ToDo:
    """Something that needs doing, and the one step that does it."""

    title: str
    text: str
    href: str
    label: str


@dataclass(frozen=True)
class Told:
    """A notice in words."""

    id: int
    title: str
    lines: tuple[str, ...]
    at: datetime


@pages.get("/")
def page() -> str:
    """Home."""
    mine = owner()
    with mine.store.glance() as connection:
        notices = [told(each) for each in outbox.unseen(connection, mine.id)]
        last = history.last(connection, mine.id, session().signed_in_at)
        to_do = list(_to_do(connection, mine))
        privileged = concerns(connection)
    return render_template(
        "portal/home.html",
        notices=notices,
        last=last,
        to_do=to_do,
        ends_at=min(session().ends_at, at() + session().idle),
        idle_minutes=int(session().idle.total_seconds() // 60),
        session=session(),
        privileged=privileged,
    )


@pages.post("/notices/seen")
def seen() -> Response:
    """One notice was read, or all that were shown."""
    ids = [number for each in request.form.getlist("notice") if (number := row_number(each)) is not None]
    with owner().act() as act:
        outbox.seen(act, owner().id, ids)
    return redirect(url_for("home.page"), 303)


def told(notice: Notice) -> Told:
    """A notice in the reader's language, with the body's dates."""
    text = TEXTS[notice.topic]
    values = {name: _said(name, notice.detail[name], kind) for name, kind in text.fields.items()}
    lines = gettext(text.body).format_map(values).splitlines()
    return Told(notice.id, gettext(text.subject), tuple(filter(None, lines)), notice.at)


def _said(name: str, value: str | int, kind: type) -> str:
    if kind is datetime:
        return instant(datetime.fromisoformat(str(value)))
    if kind is date:
        return day(date.fromisoformat(str(value)))
    return gettext(str(value)) if name in _OF_THE_CORE and value else str(value)


def _to_do(connection: Connection, mine: Owner) -> Iterator[ToDo]:
    held = [each for each in authenticators.of_person(connection, mine.id) if each.active]
    yield from (ToDo(each.title, each.text, each.href, each.label) for each in tasks(connection))
    yield from _about_cases(connection, mine)
    yield from _about_factors(held)
    yield from _about_codes(held, codes.left(connection, mine.id, at()).get(Form.RECOVERY, 0))
    yield from _about_cards(held)
    yield from _about_password(connection, mine)


def _about_cases(connection: Connection, mine: Owner) -> Iterator[ToDo]:
    """What waits for an officer; the page itself says who may do what (web/officer)."""
    waiting = cases.waiting_for(connection, mine.door.offices, mine.id, at()) if mine.who.roles else []
    if waiting:
        yield ToDo(
            ngettext(
                "確認を待っている申請が%(num)s件あります", "確認を待っている申請が%(num)s件あります", len(waiting)
            ),
            gettext("内容を確かめて、確認するか差し戻してください。"),
            url_for("cases.page"),
            gettext("申請を見る"),
        )


def _about_factors(held: list[Authenticator]) -> Iterator[ToDo]:
    lasting = [each for each in held if each.lasting]
    if len(lasting) == 1:
        yield ToDo(
            gettext("予備の認証手段を登録しておきましょう"),
            gettext(
                "いま使えるのは「%(name)s」だけです。失くしたときに備えて、もう一つ登録できます。", name=lasting[0].name
            ),
            url_for("enrol.choose"),
            gettext("予備を登録する"),
        )


def _about_codes(held: list[Authenticator], left: int) -> Iterator[ToDo]:
    recovery = next((each for each in held if each.form is Form.RECOVERY), None)
    if recovery is None or left == 0:
        if any(each.lasting for each in held):
            yield ToDo(
                gettext("回復コードがありません"),
                gettext("認証手段が手元にないときのために、回復コードを作って保管してください。"),
                url_for("codes.page"),
                gettext("回復コードを作る"),
            )
    elif not codes_kept(recovery):
        yield ToDo(
            gettext("回復コードを保管しましたか"),
            gettext("保管したことの確認がまだです。手元にないときは、作り直してください。"),
            url_for("codes.page"),
            gettext("確認する"),
        )
    elif left <= FEW_CODES:
        yield ToDo(
            ngettext("回復コードの残りは%(num)s個です", "回復コードの残りは%(num)s個です", left),
            gettext("なくなる前に、新しい回復コードを作ってください。"),
            url_for("codes.page"),
            gettext("作り直す"),
        )


def _about_cards(held: list[Authenticator]) -> Iterator[ToDo]:
    for each in held:
        ends = each.data.get("not_after") if each.form is Form.CERTIFICATE else None
        if isinstance(ends, str) and datetime.fromisoformat(ends) - at() < CARD_SOON:
            yield ToDo(
                gettext("カードの有効期限が近づいています"),
                gettext(
                    "「%(name)s」は%(day)sまでです。新しいカードの交付を受けてください。",
                    name=each.name, day=day(jst_day(datetime.fromisoformat(ends))),
                ),
                url_for("factors.page"),
                gettext("認証手段を見る"),
            )  # fmt: skip


def _about_password(connection: Connection, mine: Owner) -> Iterator[ToDo]:
    present = kept.kept_of(connection, mine.id)
    due = None if present is None else kept.rotation_due(present, mine.who.rules)
    if due is not None and due - jst_day(at()) <= SOON:
        yield ToDo(
            gettext("パスワードの変更の時期です"),
            gettext("%(day)sからは、変更しないと先へ進めません。", day=day(due)),
            url_for("password.page"),
            gettext("パスワードを変更する"),
        )
