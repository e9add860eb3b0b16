"""Asking for a client: a new one, a change, a new secret, a stop, to be served again.

The one law: *one officer asks and another confirms*: nothing here does anything but open a case.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from iam.errors import Conflict, Forbidden, NotFound
from iam.office.cases import Case
from iam.record.act import Act
from iam.signin.desk import issuing
from iam.signin.door import Door
from iam.signin.tokens import asking
from iam.signin.tokens.asking import LONGEST_FORMER
from iam.signin.tokens.clients import Client, Draft, draft_of
from iam.signin.tokens.details import ClientKind, written_of
from web.officer.clients.forms import FORMS, ClientForm
from web.officer.clients.listing import wanted
from web.officer.clients.words import LABELS
from web.officer.officer import officer
from web.officer.systems import word_of
from web.site.face.forms import PageForm, line
from web.site.site import the_site

pages = Blueprint("client_asks", __name__)

_FINE: Final = 200
_WRONG: Final = 422
_CONFLICT: Final = 409
_LONGEST_CODE: Final = 64

Answer = Response | tuple[str, int]


class ReasonForm(PageForm):
    """Why."""

    reason = line(lazy_gettext("申請の理由"))


class SecretForm(PageForm):
    """For how long the secret of before may still be used, and why."""

    former_days = IntegerField(
        lazy_gettext("前のシークレットも使える日数"),
        [
            InputRequired(lazy_gettext("日数を入力してください。")),
            NumberRange(0, LONGEST_FORMER, lazy_gettext("0から30までの日数を入力してください。")),
        ],
    )
    reason = line(lazy_gettext("申請の理由"))


@dataclass(frozen=True)
class Shown:
    """A deed before it is asked for.  `effects`: what will happen once it is confirmed."""

    title: str
    effects: Sequence[str]
    supports: Mapping[str, str] = field(default_factory=dict)
    danger: bool = False


@pages.get("/office/clients/new")
def choose() -> str:
    """By which door."""
    return render_template("officer/clients/choose.html", kinds=list(ClientKind))


@pages.route("/office/clients/new/<kind>", methods=["GET", "POST"])
def new(kind: str) -> Answer:
    """A new one."""
    if kind not in set(ClientKind):
        raise NotFound(gettext("そのつなぎ方はありません。選び直してください。"))
    door = ClientKind(kind)
    form = _new_form(door)
    draft = _draft(form, door, str(form["code"].data or ""), public=bool("public" in form and form["public"].data))
    if draft is None:
        return _written(form, door)
    return _asked(form, lambda act: asking.ask_new(act, _door(), officer().who, draft, reason=_reason(form)), door)


@pages.route("/office/clients/change", methods=["GET", "POST"])
def change() -> Answer:
    """Something else is agreed."""
    client = wanted()
    form = FORMS[client.kind].read(**_values(client)).offered()
    draft = _draft(form, client.kind, client.code, public=client.public)
    if draft is None:
        return _written(form, client.kind, client)
    if draft == draft_of(client):
        form.form_errors.append(gettext("いまの内容と同じです。変えるところがなければ、申請は要りません。"))
        return _written(form, client.kind, client)
    return _asked(
        form, lambda act: asking.ask_change(act, _door(), officer().who, draft, reason=_reason(form)),
        client.kind, client,
    )  # fmt: skip


@pages.route("/office/clients/secret", methods=["GET", "POST"])
def secret() -> Answer:
    """A new secret."""
    client, form = wanted(), SecretForm.read(former_days=7)
    shown = Shown(
        gettext("シークレットの更新の申請"),
        (
            gettext("別の担当者が確認すると、新しいシークレットを、その担当者の画面に一度だけ表示します。"),
            gettext("前のシークレットは、下の日数のあいだだけ使えます。そのあいだに、つなぐ側の設定を入れ替えてください。"),
            gettext("漏れたおそれがあるときは0日にします。前のシークレットはすぐに使えなくなり、渡したトークンも無効になります。"),
        ),
        {"former_days": gettext("0から30まで。")},
    )  # fmt: skip
    return _deed(
        client, form, shown,
        lambda act: asking.ask_secret(
            act, _door(), officer().who, client.code, former_days=form.former_days.data or 0, reason=_reason(form)
        ),
    )  # fmt: skip


@pages.route("/office/clients/stop", methods=["GET", "POST"])
def stop() -> Answer:
    """It is served no longer."""
    client, form = wanted(), ReasonForm.read()
    shown = Shown(
        gettext("連携の停止の申請"),
        (
            gettext("別の担当者が確認すると、この連携先にはすぐに答えなくなり、渡したトークンも無効になります。"),
            gettext("この連携先でサインインしていた職員は、その情報システムを使えなくなります。"),
            gettext("登録は残るので、また再開できます。"),
        ),
        danger=True,
    )  # fmt: skip
    return _deed(
        client, form, shown, lambda act: asking.ask_stop(act, _door(), officer().who, client.code, reason=_reason(form))
    )


@pages.route("/office/clients/again", methods=["GET", "POST"])
def again() -> Answer:
    """It is served again."""
    client, form = wanted(), ReasonForm.read()
    shown = Shown(
        gettext("連携の再開の申請"),
        (gettext("別の担当者が確認すると、停止する前と同じ内容とシークレットで、また使えるようになります。"),),
    )
    return _deed(
        client, form, shown,
        lambda act: asking.ask_again(act, _door(), officer().who, client.code, reason=_reason(form)),
    )  # fmt: skip


def _new_form(kind: ClientKind) -> ClientForm:
    """The form of a door, with what is settled once and for all: the code and, of one door, that it keeps no secret."""

    class NewForm(FORMS[kind]):  # type: ignore[valid-type, misc]  # the base is chosen by the door
        code = line(LABELS["code"], longest=_LONGEST_CODE)

    class PublicForm(NewForm):
        public = BooleanField(LABELS["public"])

    form: ClientForm = (PublicForm if kind is ClientKind.OIDC else NewForm).read(scopes=["profile"], challenge=True)
    return form.offered()


def _values(client: Client) -> Mapping[str, Any]:
    """What is agreed, as the form shows it."""
    detail = draft_of(client).detail
    typed = {**written_of(detail), "waiver_until": getattr(detail, "waiver_until", None)}
    return {
        **typed, "name": client.name, "system": client.system,
        "entitlement": word_of(client.system, client.entitlement),
    }  # fmt: skip


def _draft(form: ClientForm, kind: ClientKind, code: str, *, public: bool) -> Draft | None:
    """What was typed, or None on a page that was only opened, or with every mistake beside its field."""
    sent = form.sent()
    detail = form.detail(kind) if sent or form.errors else None
    if not sent or detail is None:
        return None
    draft = Draft(code, kind, str(form.system.data), form.name.data or "", detail, form.right, public)
    wrong = asking.mistakes(the_site().door.model, draft)
    for name, refusal in wrong.items():
        form[name if name in form else "name"].errors = [gettext(str(refusal))]
    chosen = str(form.entitlement.data or "").partition("/")[0]
    if chosen and chosen != draft.system:
        form.entitlement.errors = [gettext("選んだ情報システムの権限ではありません。選び直してください。")]
    return None if form.errors else draft


def _asked(form: ClientForm, ask: Callable[[Act], Case], kind: ClientKind, client: Client | None = None) -> Answer:
    try:
        return _open_case(ask)
    except (Conflict, Forbidden) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _written(form, kind, client, _CONFLICT)


def _deed(client: Client, form: PageForm, shown: Shown, ask: Callable[[Act], Case]) -> Answer:
    """The page that says what will happen; once it is sent, the case."""
    sent = form.sent()
    status = _CONFLICT if sent else form.status
    if sent:
        try:
            return _open_case(ask)
        except (Conflict, Forbidden) as refusal:
            form.form_errors.append(gettext(str(refusal)))
    return render_template("officer/clients/deed.html", client=client, form=form, shown=shown), status


def _open_case(ask: Callable[[Act], Case]) -> Response:
    me = officer()
    with me.act() as act:
        case = ask(act)
        issuing.tell_deciders(act, me.door, me.who, case)
    flash(gettext("申請しました（受付番号 %(number)s）。別の担当者の確認を待ちます。", number=case.id), "success")
    return redirect(url_for("cases.one", id_=case.id), 303)


def _written(form: ClientForm, kind: ClientKind, client: Client | None = None, status: int = _FINE) -> tuple[str, int]:
    page = render_template("officer/clients/write.html", form=form, kind=kind, client=client)
    return page, _WRONG if form.errors and status == _FINE else status


def _door() -> Door:
    return the_site().door


def _reason(form: PageForm) -> str:
    return str(form["reason"].data or "")
