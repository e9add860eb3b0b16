"""Asking that a privileged ID is registered, registered otherwise or retired; and another secret at once.

The one law: *one officer asks and another confirms*, and every mistake stands beside its field.
"""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField, RadioField, SelectField
from wtforms.validators import InputRequired

from iam.errors import Conflict, Forbidden, NotFound
from iam.office.cases import Case
from iam.privilege import register, vault
from iam.privilege.register import Deed, Mode, PrivilegedId, Wish
from iam.signin.desk import issuing
from web.officer.officer import officer
from web.officer.privilege.bounds import bounds, seen_id
from web.officer.privilege.deed import CONFLICT, Answer, Pair, Shown, answer
from web.officer.privilege.words import MODES, label_of
from web.officer.systems import word_of
from web.site.face.forms import PageForm, line, paragraph
from web.site.site import the_site

pages = Blueprint("privileged_id_asks", __name__)

_FINE: Final = 200
_WRONG: Final = 422


class ChangeForm(PageForm):
    """What may be changed of a privileged ID."""

    mode = RadioField(lazy_gettext("開け方"), [InputRequired(lazy_gettext("開け方を選んでください。"))])
    purpose = paragraph(lazy_gettext("用途"))
    most_holders = IntegerField(
        lazy_gettext("同時に任せる人数"), [InputRequired(lazy_gettext("人数を数字で入力してください。"))]
    )
    emergency = BooleanField(lazy_gettext("緊急のときは、代行の承認がなくても使える"))
    kept = BooleanField(lazy_gettext("利用していない間も、パスワードを保管庫に残す"))
    note = line(lazy_gettext("初期設定の名前を変えられない理由"), required=False)
    reason = line(lazy_gettext("申請の理由"))


class NewForm(ChangeForm):
    """The same of a new one, with where it is."""

    system = SelectField(lazy_gettext("情報システム"), [InputRequired(lazy_gettext("情報システムを選んでください。"))])
    login = line(lazy_gettext("ログイン名"), required=False)
    right = SelectField(lazy_gettext("権限グループ"))


@pages.route("/office/privilege/ids/new", methods=["GET", "POST"])
def new() -> Answer:
    """A new one."""
    form = NewForm.read(mode=Mode.SECRET.value, most_holders=1)
    _offer(form)
    form.system.choices, form.right.choices = _systems(), [("", gettext("なし")), *_rights()]
    if not form.sent():
        return _written(form, form.status)
    member = form.mode.data == Mode.MEMBER
    system, _, right = (form.right.data or "").partition("/")
    wish = _wish(
        form, Deed.NEW, None, system=system if member and system else form.system.data or "",
        login="" if member else form.login.data or "", entitlement=right if member else "",
    )  # fmt: skip
    return _asked(form, wish)


@pages.route("/office/privilege/ids/<long:id_>/change", methods=["GET", "POST"])
def change(id_: int) -> Answer:
    """Something else is registered of one."""
    found = _found(id_)
    form = ChangeForm.read(
        mode=found.mode.value, purpose=found.purpose, most_holders=found.most_holders, emergency=found.emergency,
        kept=found.kept, note=found.note,
    )  # fmt: skip
    _offer(form, found)
    if not form.sent():
        return _written(form, form.status, found)
    named = {"system": found.system, "login": found.login, "entitlement": found.entitlement}
    return _asked(form, _wish(form, Deed.CHANGE, found.id, **named), found)


def _offer(form: ChangeForm, found: PrivilegedId | None = None) -> None:
    """The ways of opening that may be chosen: a group stays a group."""
    kinds = [each for each in Mode if found is None or (each is Mode.MEMBER) == (found.mode is Mode.MEMBER)]
    form.mode.choices = [(each.value, gettext(MODES[each])) for each in kinds]


def _systems() -> list[tuple[str, str]]:
    """The systems that a connector feeds, as far as this officer sees."""
    site = the_site()
    with site.store.read() as connection:
        within = bounds(connection)
    fed = site.door.model.fed.systems.items()
    return [(code, each.name) for code, each in fed if within is None or code in within]


def _rights() -> list[tuple[str, str]]:
    """The rights that the access model calls privileged."""
    fed = dict(_systems())
    model = the_site().door.model.fed.systems
    return [
        (word_of(code, right), f"{name} {each.name}")
        for code, name in fed.items()
        for right, each in model[code].entitlements.items()
        if each.privileged
    ]


def _wish(form: ChangeForm, deed: Deed, id_: int | None, *, system: str, login: str, entitlement: str) -> Wish:
    return Wish(
        deed, system, Mode(form.mode.data or Mode.SECRET), login, entitlement, purpose=form.purpose.data or "",
        most_holders=form.most_holders.data or 0, emergency=bool(form.emergency.data), kept=bool(form.kept.data),
        note=form.note.data or "", id=id_,
    )  # fmt: skip


def _asked(form: ChangeForm, wish: Wish, found: PrivilegedId | None = None) -> Answer:
    reason = form.reason.data or ""
    site = the_site()
    with site.store.read() as connection:
        wrong = register.mistakes(connection, site.door, wish, reason)
    if wrong:
        _beside(form, wrong)
        return _written(form, _WRONG, found)
    try:
        case = _proposed(wish, reason)
    except (Conflict, Forbidden, NotFound) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _written(form, CONFLICT, found)
    return _told(case)


def _beside(form: ChangeForm, wrong: Mapping[str, Exception]) -> None:
    """Every mistake beside its field; what is about none stands above them all."""
    for about, refusal in wrong.items():
        name = "right" if about == "entitlement" else about
        if name in form:
            form[name].errors = [*form[name].errors, gettext(str(refusal))]
        else:
            form.form_errors.append(gettext(str(refusal)))


def _proposed(wish: Wish, reason: str) -> Case:
    me = officer()
    with me.act() as act:
        case = register.propose(act, me.door, me.who.person_id, wish, reason)
        issuing.tell_deciders(act, me.door, me.who, case)
        return case


def _told(case: Case) -> Response:
    flash(gettext("申請しました（受付番号 %(number)s）。別の担当者の確認を待ちます。", number=case.id), "success")
    return redirect(url_for("cases.one", id_=case.id), 303)


def _written(form: ChangeForm, status: int = _FINE, found: PrivilegedId | None = None) -> tuple[str, int]:
    label = label_of(found) if found else ""
    return render_template("officer/privilege/register/write.html", form=form, id=found, label=label), status


@pages.route("/office/privilege/ids/<long:id_>/retire", methods=["GET", "POST"])
def retire(id_: int) -> Answer:
    """It is not needed any more."""
    found = _found(id_)
    shown = Shown(
        gettext("特権IDの廃止の申請"), gettext("廃止を申請する"),
        (
            gettext("別の担当者が確認すると、この特権IDはだれにも使えなくなります。"),
            gettext("この特権IDの代行は、すべて効力を失います。"),
            gettext("対象のシステムの利用者IDは消しません。要らなければ、そのシステムで消してください。"),
        ),
        _facts(found), _way(found), support=gettext("例: システムの更改で、このIDは使わなくなった。"), danger=True,
    )  # fmt: skip
    asked: list[Case] = []

    def do(reason: str) -> str:
        asked.append(_proposed(Wish.retiring(found), reason))
        return gettext("申請しました（受付番号 %(number)s）。別の担当者の確認を待ちます。", number=asked[0].id)

    return answer(shown, do)


@pages.route("/office/privilege/ids/<long:id_>/suspect", methods=["GET", "POST"])
def suspect(id_: int) -> Answer:
    """Somebody else may know its secret: another one, now."""
    found = _found(id_)
    if found.mode is not Mode.SECRET:
        raise Conflict(gettext("この特権IDには、鍵守が設定するパスワードがありません。"))
    shown = Shown(
        gettext("パスワードを今すぐ変える"), gettext("今すぐ変える"),
        (
            gettext("対象のシステムで、だれも知らない新しいパスワードに変えます。一人の担当者でできます。"),
            gettext("前のパスワードで入れないことを、対象のシステムで確かめます。"),
        ),
        _facts(found), _way(found), support=gettext("例: 作業の端末に書き留めた紙が残っていた。記録に残ります。"),
        danger=True,
    )  # fmt: skip

    def do(reason: str) -> str:
        me = officer()
        with me.act() as act:
            vault.suspect(act, me.door, id_, me.who.person_id, reason)
        return gettext("パスワードを変えています。済むまで、「いまの状況」に出ます。")

    return answer(shown, do)


def _found(id_: int) -> PrivilegedId:
    with the_site().store.read() as connection:
        return seen_id(connection, id_)


def _facts(found: PrivilegedId) -> list[Pair]:
    return [(gettext("特権ID"), label_of(found)), (gettext("用途"), found.purpose)]


def _way(found: PrivilegedId) -> list[Pair]:
    return [
        (gettext("特権ID"), url_for("privilege.page")), (gettext("特権ID台帳"), url_for("privileged_ids.page")),
        (label_of(found), url_for("privileged_ids.one", id_=found.id)),
    ]  # fmt: skip
