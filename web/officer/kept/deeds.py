"""What becomes of a kept ID: another keeper, its secret changed, one user more or less, out of the register.

The one law: *what will happen is said first*, with the ID that it is about, and then done once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import SelectField
from wtforms.validators import InputRequired

from iam.access.kept import keeping, members
from iam.access.kept.judging import Rules
from iam.access.kept.register import Kept, members_of
from iam.errors import Conflict
from iam.record.act import Act
from iam.signin.door import LONGEST_NUMBER, find
from web.officer.kept.listing import name_of, names_of, seen_id
from web.officer.officer import officer, today
from web.site.face.forms import PageForm, day, line
from web.site.site import at, the_site

pages = Blueprint("kept_deeds", __name__)

_CONFLICT: Final = 409


class KeeperForm(PageForm):
    """Who answers for it from today, and why."""

    number = line(lazy_gettext("新しい管理者の職員番号"), longest=LONGEST_NUMBER)
    reason = line(lazy_gettext("理由"))


class DayForm(PageForm):
    """On which day."""

    on = day(lazy_gettext("変えた日"))


class JoinForm(PageForm):
    """Who uses it, from when."""

    number = line(lazy_gettext("使う人の職員番号"), longest=LONGEST_NUMBER)
    on = day(lazy_gettext("使い始める日"))


class LeaveForm(PageForm):
    """Who uses it no more, after which day."""

    who = SelectField(lazy_gettext("使わなくなる人"), [InputRequired()])
    on = day(lazy_gettext("最後に使う日"))


class ReasonForm(PageForm):
    """Why it is done."""

    reason = line(lazy_gettext("理由"))


@dataclass(frozen=True)
class Deed:
    """A deed before it is done.  `effects`: what will happen, a sentence each."""

    title: str
    label: str
    effects: Sequence[str]
    danger: bool = False


Answer = Response | tuple[str, int]


@pages.route("/office/kept/<int:id_>/keeper", methods=["GET", "POST"])
def keeper(id_: int) -> Answer:
    """Somebody else answers for it."""
    deed = Deed(
        gettext("管理者の変更"), gettext("管理者を替える"),
        (
            gettext("今日から、新しい管理者がこのIDに責任をもちます。"),
            gettext("元の管理者は、棚卸で問われなくなります。"),
        ),
    )  # fmt: skip
    kept, form = _wanted(id_), KeeperForm.read()
    if not form.sent() or (person_id := _person(form)) is None:
        return _page(kept, deed, form, form.status)

    def do(act: Act) -> str:
        keeping.change_keeper(act, _rules(), kept, person_id, form.reason.data or "")
        return gettext("管理者を替えました。")

    return _done(kept, deed, form, do)


@pages.route("/office/kept/<int:id_>/secret", methods=["GET", "POST"])
def secret(id_: int) -> Answer:
    """Its password was changed."""
    deed = Deed(
        gettext("パスワードの変更の記録"), gettext("変えたと記す"),
        (
            gettext("パスワードを変えた日を台帳に記します。パスワードそのものは変わらず、どこにも書きません。"),
            gettext("この日より前に使わなくなった人は、パスワードを知らないものとして扱います。"),
        ),
    )  # fmt: skip
    kept, form = _wanted(id_), DayForm.read(on=today())

    def do(act: Act) -> str:
        if form.on.data is not None:
            keeping.note_secret_changed(act, kept, form.on.data)
        return gettext("パスワードを変えた日を記しました。")

    return _asked(kept, deed, form, do)


@pages.route("/office/kept/<int:id_>/join", methods=["GET", "POST"])
def join(id_: int) -> Answer:
    """Somebody more uses it."""
    deed = Deed(
        gettext("使う人の追加"), gettext("加える"),
        (gettext("この職員を、このIDのパスワードを知っている人として台帳に記します。"),),
    )  # fmt: skip
    kept, form = _wanted(id_), JoinForm.read(on=today())
    if not form.sent() or (person_id := _person(form)) is None:
        return _page(kept, deed, form, form.status)

    def do(act: Act) -> str:
        members.join(act, kept, person_id, form.on.data or today())
        return gettext("使う人に加えました。")

    return _done(kept, deed, form, do)


@pages.route("/office/kept/<int:id_>/leave", methods=["GET", "POST"])
def leave(id_: int) -> Answer:
    """Somebody uses it no more."""
    deed = Deed(
        gettext("使わなくなる人の記録"), gettext("記す"),
        (
            gettext("最後に使う日を台帳に記します。この職員の記録は残ります。"),
            gettext("そのあとでパスワードを変え、変えた日を記してください。変えるまで、棚卸で指摘されます。"),
        ),
    )  # fmt: skip
    kept, form = _wanted(id_), LeaveForm.read(on=today())
    with the_site().store.read() as connection:
        form.who.choices = _using(connection, kept)

    def do(act: Act) -> str:
        members.leave(act, kept, int(form.who.data), form.on.data or today())
        return gettext("最後に使う日を記しました。パスワードを変えたら、その日を記してください。")

    return _asked(kept, deed, form, do)


@pages.route("/office/kept/<int:id_>/retire", methods=["GET", "POST"])
def retire(id_: int) -> Answer:
    """It leaves the register."""
    deed = Deed(
        gettext("台帳から外す"), gettext("外す"),
        (
            gettext("このIDは台帳から外れます。元には戻せませんが、載せ直すことはできます。"),
            gettext("情報システムにIDが残っていると、持ち主不明として棚卸に出ます。先にシステムで止めてください。"),
        ),
        danger=True,
    )  # fmt: skip
    kept, form = _wanted(id_), ReasonForm.read()

    def do(act: Act) -> str:
        keeping.retire(act, kept, form.reason.data or "")
        return gettext("台帳から外しました。")

    return _asked(kept, deed, form, do)


def _wanted(id_: int) -> Kept:
    with the_site().store.read() as connection:
        return seen_id(connection, id_)


def _rules() -> Rules:
    door = the_site().door
    return Rules.of(door.profile, door.model, door.offices.absence)


def _using(connection: Connection, kept: Kept) -> list[tuple[str, str]]:
    """Whoever uses it without an end, as they are chosen."""
    lasting = [each.person_id for each in members_of(connection, [kept.id])[kept.id] if each.valid_until is None]
    names = names_of(connection, lasting)
    return [
        (str(id_), gettext("%(name)s（%(number)s）", name=names[id_].name, number=names[id_].staff_number))
        for id_ in dict.fromkeys(lasting)
    ]


def _person(form: KeeperForm | JoinForm) -> int | None:
    """Who is named, or None with the reason beside the number."""
    with the_site().store.read() as connection:
        who = find(connection, the_site().door, form.number.data or "", at())
    if who is None:
        form.number.errors = [gettext("この職員番号の職員は台帳にいません。番号を確かめてください。")]
    return None if who is None else who.person_id


def _asked(kept: Kept, deed: Deed, form: PageForm, do: Callable[[Act], str]) -> Answer:
    """The page that says what will happen; once it is confirmed, the deed, and back to the ID."""
    return _done(kept, deed, form, do) if form.sent() else _page(kept, deed, form, form.status)


def _done(kept: Kept, deed: Deed, form: PageForm, do: Callable[[Act], str]) -> Answer:
    try:
        with officer().act() as act:
            said = do(act)
    except Conflict as conflict:
        form.form_errors.append(gettext(str(conflict)))
        return _page(kept, deed, form, _CONFLICT)
    flash(said, "success")
    return redirect(url_for("kept.one", id_=kept.id), 303)


def _page(kept: Kept, deed: Deed, form: PageForm, status: int) -> tuple[str, int]:
    page = render_template("officer/kept/deed.html", kept=kept, deed=deed, form=form, system=name_of(kept.system))
    return page, status
