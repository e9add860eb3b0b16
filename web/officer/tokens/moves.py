"""What becomes of a token over the counter: lent, brought into step, brought back, lost, found, destroyed.

The one law: *what will happen is said first*, with the token and the person it is about, and then done once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import Form

from iam.errors import Conflict, Forbidden, IamError, NotFound
from iam.signin.desk import lending
from iam.signin.desk.deeds import Deed, why_not
from iam.signin.door import Entrant, find
from iam.signin.factors import stock
from iam.signin.factors.stock import Place, Token
from web.officer.officer import officer
from web.officer.tokens.stock import wanted
from web.site.face.forms import Line, PageForm, code, line
from web.site.site import at, the_site

pages = Blueprint("token_moves", __name__)

_CONFLICT = 409


class LendForm(Form):
    """Which token, to whom."""

    serial = Line(lazy_gettext("製造番号"))
    number = Line(lazy_gettext("職員番号"))


class SureForm(PageForm):
    """Nothing to fill in."""


class ReasonForm(PageForm):
    """Why it is done."""

    reason = line(lazy_gettext("理由"))


class CodesForm(PageForm):
    """What the token showed, one after the other."""

    first = code(lazy_gettext("いま表示されている数字"))
    second = code(lazy_gettext("その次に表示された数字"))


class WitnessForm(PageForm):
    """Before whom it is destroyed."""

    witness = line(lazy_gettext("立会者の職員番号"), longest=64)


@dataclass(frozen=True)
class Move:
    """A move before it is made.  `effects`: what will happen, a sentence each."""

    title: str
    label: str
    effects: Sequence[str]
    support: str = ""
    danger: bool = False


@pages.get("/office/tokens/lend")
def lend() -> Response | tuple[str, int]:
    """Which token, to whom; once both are found, what will happen."""
    form = LendForm(request.args)
    asked = "serial" in request.args and "number" in request.args
    token, who = _both(form) if asked else (None, None)
    sure = token is not None and who is not None
    status = 422 if asked and not sure else 200
    return render_template("officer/tokens/lend.html", form=form, device=token, subject=who, sure=sure), status


@pages.post("/office/tokens/lend")
def lent() -> Response | tuple[str, int]:
    """Lend it."""
    form = LendForm(request.form)
    token, who = _both(form)
    if token is None or who is None:
        return render_template("officer/tokens/lend.html", form=form, device=token, subject=who, sure=False), 422
    try:
        lending.lend(officer(), token.serial, who.person_id)
    except Conflict as conflict:
        form.serial.errors = [gettext(str(conflict))]
        return render_template("officer/tokens/lend.html", form=form, device=token, subject=who, sure=False), _CONFLICT
    told = gettext("製造番号 %(serial)s を%(name)sさんに貸し出しました。", serial=token.serial, name=who.name)
    flash(told, "success")
    return redirect(url_for("tokens.one", serial=token.serial), 303)


def _both(form: LendForm) -> tuple[Token | None, Entrant | None]:
    """The token and the person, each None with the reason beside its field."""
    return _token(form), _borrower(form)


def _token(form: LendForm) -> Token | None:
    try:
        with the_site().store.read() as connection:
            found = stock.token(connection, form.serial.data or "")
    except NotFound:
        form.serial.errors = [
            gettext("この製造番号の機器は台帳にありません。機器の裏の番号を確かめてください。")
            if form.serial.data
            else gettext("製造番号を入力してください。")
        ]
        return None
    if found.place is not Place.IN_STOCK:
        form.serial.errors = [
            gettext("この機器はいま「%(place)s」のため、貸し出せません。", place=gettext(found.place.label_ja))
        ]
        return None
    return found


def _borrower(form: LendForm) -> Entrant | None:
    with the_site().store.read() as connection:
        who = find(connection, the_site().door, form.number.data or "", at())
    if who is None:
        form.number.errors = [
            gettext("この職員番号の職員は台帳にいません。番号を確かめてください。")
            if form.number.data
            else gettext("職員番号を入力してください。")
        ]
        return None
    if not who.in_service:
        form.number.errors = [gettext("%(name)sさんは、サインインできる状態にありません。", name=who.name)]
        return None
    if refusal := why_not(officer().who, who, Deed.LEND):
        form.number.errors = [gettext(str(refusal))]
        return None
    return who


@pages.route("/office/tokens/resync", methods=["GET", "POST"])
def resync() -> Response | tuple[str, int]:
    """Its clock or its count went astray, and its holder brought it."""
    move = Move(
        gettext("数字の合わせ直し"), gettext("合わせ直す"),
        (
            gettext("機器の時計や回数のずれを覚え、次のサインインから、表示される数字をそのまま使えるようにします。"),
            gettext("機器の数字を続けて二つ入力します。二つ目は、数字が変わるのを待つか、ボタンをもう一度押して表示します。"),
            gettext("入力した二つの数字は、サインインには使えなくなります。"),
        ),
    )  # fmt: skip
    token, form = wanted(), CodesForm.read()
    if not form.sent():
        return _page(token, move, form, form.status)
    try:
        done = lending.resynchronise(officer(), token.serial, form.first.data or "", form.second.data or "")
    except (Conflict, Forbidden) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _page(token, move, form, _CONFLICT if isinstance(refusal, Conflict) else 422)
    if not done:
        form.second.errors = [
            gettext("この機器が続けて表示した数字ではありません。製造番号を確かめ、新しい数字で入力し直してください。")
        ]
        return _page(token, move, form, 422)
    flash(gettext("合わせ直しました。次に表示される数字から使えます。"), "success")
    return redirect(url_for("tokens.one", serial=token.serial), 303)


@pages.route("/office/tokens/give-back", methods=["GET", "POST"])
def give_back() -> Response | tuple[str, int]:
    """The holder brought it back."""
    move = Move(
        gettext("返却の受付"), gettext("返却を受け付ける"),
        (
            gettext("この機器は、借りていた職員の認証手段ではなくなります。"),
            gettext("この機器でサインインした端末は、サインアウトします。本人に知らせます。"),
            gettext("点検して在庫に戻すまで、ほかの職員には貸し出せません。"),
        ),
    )  # fmt: skip

    def do(serial: str, _: str) -> str:
        who = lending.give_back(officer(), serial)
        return gettext("%(name)sさんからの返却を受け付けました。", name=who.name)

    return _answer(move, SureForm.read(), do)


@pages.route("/office/tokens/lost", methods=["GET", "POST"])
def lost() -> Response | tuple[str, int]:
    """It is lost."""
    move = Move(
        gettext("紛失の記録"), gettext("紛失とする"),
        (
            gettext("この機器は、すぐに使えなくなります。"),
            gettext("貸出中のときは、借りていた職員の端末をすべてサインアウトさせ、本人と責任者に知らせます。"),
            gettext("見つかったときは、点検して在庫に戻せます。"),
        ),
        gettext("例: 出張先で失くしたと本人から電話があった"), danger=True,
    )  # fmt: skip

    def do(serial: str, reason: str) -> str:
        lending.report_lost(officer(), serial, reason)
        return gettext("紛失として記録しました。")

    return _answer(move, ReasonForm.read(), do)


@pages.route("/office/tokens/restock", methods=["GET", "POST"])
def restock() -> Response | tuple[str, int]:
    """It was looked at, and goes into the cupboard again."""
    move = Move(
        gettext("在庫に戻す"), gettext("在庫に戻す"),
        (
            gettext("点検が済んだ機器として、ほかの職員に貸し出せるようになります。"),
            gettext("前に借りていた職員の認証手段には、戻りません。"),
        ),
        gettext("例: 外観と表示を点検し、異常がなかった"),
    )  # fmt: skip

    def do(serial: str, reason: str) -> str:
        lending.restock(officer(), serial, reason)
        return gettext("在庫に戻しました。")

    return _answer(move, ReasonForm.read(), do)


@pages.route("/office/tokens/destroy", methods=["GET", "POST"])
def destroy() -> Response | tuple[str, int]:
    """It is destroyed before a witness."""
    move = Move(
        gettext("廃棄の記録"), gettext("廃棄済とする"),
        (
            gettext("機器の秘密の鍵を消します。元には戻せず、同じ製造番号を取り込み直すこともできません。"),
            gettext("立会者の職員番号を記録に残します。立会者は、操作する担当者とは別の職員です。"),
        ),
        gettext("廃棄に立ち会った職員の番号です"), danger=True,
    )  # fmt: skip

    def do(serial: str, witness: str) -> str:
        who = lending.destroy(officer(), serial, witness)
        return gettext("廃棄済としました（立会者 %(name)s）。", name=who.name)

    return _answer(move, WitnessForm.read(), do)


def _answer(move: Move, form: PageForm, do: Callable[[str, str], str]) -> Response | tuple[str, int]:
    """The page that says what will happen; once it is confirmed, the move, and back to the token.

    What stands against it is said beside the one field, where there is one.
    """
    token = wanted()
    if not form.sent():
        return _page(token, move, form, form.status)
    typed = next((str(field.data) for field in form), "")
    try:
        said = do(token.serial, typed)
    except (Conflict, NotFound, Forbidden) as refusal:
        _beside(form, refusal)
        return _page(token, move, form, _CONFLICT if isinstance(refusal, Conflict) else 422)
    flash(said, "success")
    return redirect(url_for("tokens.one", serial=token.serial), 303)


def _beside(form: PageForm, refusal: IamError) -> None:
    field = next(iter(form), None)
    if field is None or isinstance(refusal, Conflict):
        form.form_errors.append(gettext(str(refusal)))
    else:
        field.errors = [gettext(str(refusal))]


def _page(token: Token, move: Move, form: PageForm, status: int) -> tuple[str, int]:
    return render_template("officer/tokens/move.html", device=token, move=move, form=form), status
