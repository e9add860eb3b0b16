"""What becomes of a terminal: lent, brought back, put to its place, lost, found, retired.

The one law: *what will happen is said first*, with the terminal and the person it is about, and then done once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from iam import outbox
from iam.access.places import register
from iam.access.places.terminals import Terminal
from iam.errors import Conflict
from iam.outbox import Topic
from iam.people.ledger import people
from iam.record.act import Act
from iam.signin import sessions
from iam.signin.door import LONGEST_NUMBER, find
from web.officer.officer import officer
from web.officer.terminals.listing import wanted
from web.site.face.forms import PageForm, day, line
from web.site.site import at, the_site

pages = Blueprint("terminal_moves", __name__)

_CONFLICT: Final = 409


class SureForm(PageForm):
    """Nothing to fill in."""


class ReasonForm(PageForm):
    """Why it is done."""

    reason = line(lazy_gettext("理由"))


class LendForm(PageForm):
    """To whom, until when."""

    number = line(lazy_gettext("職員番号"), longest=LONGEST_NUMBER)
    until = day(lazy_gettext("返却の期限"), required=False)


class UntilForm(PageForm):
    """Until when."""

    until = day(lazy_gettext("返却の期限"), required=False)


@dataclass(frozen=True)
class Move:
    """A move before it is made.  `effects`: what will happen, a sentence each; `supports`: by field."""

    title: str
    label: str
    effects: Sequence[str]
    supports: Mapping[str, str] = field(default_factory=dict)
    danger: bool = False


Answer = Response | tuple[str, int]


@pages.route("/office/terminals/lend", methods=["GET", "POST"])
def lend() -> Answer:
    """To one person, who is then the only one whom it lets in."""
    move = Move(
        gettext("端末の貸出し"), gettext("貸し出す"),
        (
            gettext("この端末の台帳に、使う職員と期限を書きます。"),
            gettext("期限を過ぎると、この端末からは情報システムに入れなくなります。"),
            gettext("職員証で本人を確かめてから、手渡してください。"),
        ),
        {"until": gettext("空けると、返却するまでです。")},
    )  # fmt: skip
    terminal, form = wanted(), LendForm.read()
    if not form.sent() or (person_id := _borrower(form)) is None:
        return _page(terminal, move, form, form.status)

    def do(act: Act) -> str:
        register.lend(act, terminal.code, person_id, form.until.data)
        return gettext("%(name)sさんに貸し出しました。", name=_name(act, person_id))

    return _done(terminal, move, form, do)


@pages.route("/office/terminals/prolong", methods=["GET", "POST"])
def prolong() -> Answer:
    """For longer, or shorter."""
    move = Move(
        gettext("貸出しの期限の変更"), gettext("変更する"),
        (gettext("貸し出している職員はそのままで、返却の期限だけを変えます。"),),
        {"until": gettext("空けると、返却するまでです。")},
    )  # fmt: skip
    terminal = wanted()
    form = UntilForm.read(until=terminal.lent_until)

    def do(act: Act) -> str:
        register.prolong(act, terminal.code, form.until.data)
        return gettext("貸出しの期限を変更しました。")

    return _asked(terminal, move, form, do)


@pages.route("/office/terminals/give-back", methods=["GET", "POST"])
def give_back() -> Answer:
    """Whoever had it brought it back."""
    move = Move(
        gettext("返却の受付"), gettext("返却を受け付ける"),
        (
            gettext("この端末は保管中になり、次に貸し出すか使い始めるまで、情報システムには入れません。"),
            gettext("端末に残ったデータは、決まりに従って消してください。"),
        ),
    )  # fmt: skip

    def do(act: Act) -> str:
        given = register.give_back(act, terminal.code)
        return gettext("%(name)sさんからの返却を受け付けました。", name=_name(act, given.person_id))

    terminal = wanted()
    return _asked(terminal, move, SureForm.read(), do)


@pages.route("/office/terminals/use", methods=["GET", "POST"])
def use() -> Answer:
    """It stands at its place."""
    move = Move(
        gettext("使用の開始"), gettext("使用を始める"),
        (gettext("この端末から、そこで働く職員が情報システムに入れるようになります。"),),
    )  # fmt: skip

    def do(act: Act) -> str:
        register.put_to_use(act, terminal.code)
        return gettext("使用中にしました。")

    terminal = wanted()
    return _asked(terminal, move, SureForm.read(), do)


@pages.route("/office/terminals/keep", methods=["GET", "POST"])
def keep() -> Answer:
    """It is taken from its place."""
    move = Move(
        gettext("使用の終了"), gettext("保管する"),
        (gettext("この端末は保管中になり、情報システムには入れなくなります。"),),
    )  # fmt: skip

    def do(act: Act) -> str:
        register.restock(act, terminal.code)
        return gettext("保管中にしました。")

    terminal = wanted()
    return _asked(terminal, move, SureForm.read(), do)


@pages.route("/office/terminals/lost", methods=["GET", "POST"])
def lost() -> Answer:
    """It is lost: nobody comes in by it, and whoever had it is signed out."""
    move = Move(
        gettext("端末の紛失"), gettext("紛失とする"),
        (
            gettext("この端末からは、すぐに、だれも情報システムに入れなくなります。"),
            gettext("貸し出していたときは、その職員をすべての端末からサインアウトさせ、本人に知らせます。"),
            gettext("見つかったときは、保管に戻せます。"),
        ),
        {"reason": gettext("例: 出張先で鞄ごと失くしたと電話があった。記録に残ります。")}, danger=True,
    )  # fmt: skip
    terminal, form = wanted(), ReasonForm.read()

    def do(act: Act) -> str:
        loss = register.report_lost(act, terminal.code, form.reason.data or "")
        _sign_out(act, loss.person_id)
        return gettext("紛失として記録しました。")

    return _asked(terminal, move, form, do)


@pages.route("/office/terminals/found", methods=["GET", "POST"])
def found() -> Answer:
    """It was found and looked at."""
    move = Move(
        gettext("見つかった端末"), gettext("保管に戻す"),
        (
            gettext("この端末は保管中になり、貸し出すか使い始めると、また情報システムに入れます。"),
            gettext("誰かに使われた跡がないか、先に点検してください。"),
        ),
        {"reason": gettext("例: 駅から届き、点検して異常がなかった。記録に残ります。")},
    )  # fmt: skip
    terminal, form = wanted(), ReasonForm.read()

    def do(act: Act) -> str:
        register.found_again(act, terminal.code, form.reason.data or "")
        return gettext("保管に戻しました。")

    return _asked(terminal, move, form, do)


@pages.route("/office/terminals/retire", methods=["GET", "POST"])
def retire() -> Answer:
    """Out of use for good."""
    move = Move(
        gettext("端末の廃止"), gettext("廃止する"),
        (
            gettext("この端末からは、だれも情報システムに入れなくなります。元には戻せません。"),
            gettext("証明書とMACアドレスは台帳に残り、ほかの端末には使えません。IPアドレスは空きます。"),
        ),
        {"reason": gettext("例: 賃貸借の期間が終わり、データを消して返却した。記録に残ります。")}, danger=True,
    )  # fmt: skip
    terminal, form = wanted(), ReasonForm.read()

    def do(act: Act) -> str:
        register.retire(act, terminal.code, form.reason.data or "")
        return gettext("廃止しました。")

    return _asked(terminal, move, form, do)


def _asked(terminal: Terminal, move: Move, form: PageForm, do: Callable[[Act], str]) -> Answer:
    """The page that says what will happen; once it is confirmed, the move, and back to the terminal."""
    return _done(terminal, move, form, do) if form.sent() else _page(terminal, move, form, form.status)


def _done(terminal: Terminal, move: Move, form: PageForm, do: Callable[[Act], str]) -> Answer:
    try:
        with officer().act() as act:
            said = do(act)
    except Conflict as conflict:
        form.form_errors.append(gettext(str(conflict)))
        return _page(terminal, move, form, _CONFLICT)
    flash(said, "success")
    return redirect(url_for("terminals.one", code=terminal.code), 303)


def _page(terminal: Terminal, move: Move, form: PageForm, status: int) -> tuple[str, int]:
    with the_site().store.read() as connection:
        holder = next(iter(people(connection, [terminal.person_id])), None) if terminal.person_id else None
    page = render_template("officer/terminals/move.html", terminal=terminal, holder=holder, move=move, form=form)
    return page, status


def _borrower(form: LendForm) -> int | None:
    """Who borrows it, or None with the reason beside the number."""
    with the_site().store.read() as connection:
        who = find(connection, the_site().door, form.number.data or "", at())
    if who is None:
        form.number.errors = [gettext("この職員番号の職員は台帳にいません。番号を確かめてください。")]
        return None
    if not who.in_service:
        form.number.errors = [gettext("%(name)sさんは、サインインできる状態にありません。", name=who.name)]
        return None
    return who.person_id


def _name(act: Act, person_id: int | None) -> str:
    return next((each.name for each in people(act.connection, [person_id] if person_id else [])), "")


def _sign_out(act: Act, person_id: int | None) -> None:
    """Whoever had it goes out everywhere (OITA-S6.4.1), and is told."""
    if person_id is None or not sessions.end_all(act, person_id, "ended_by_officer"):
        return
    for person in people(act.connection, [person_id]):
        told: dict[str, outbox.Value] = {"at": act.at, "reason": "端末の紛失"}
        outbox.tell(act, person.id, person.email, Topic.SESSIONS_ENDED, told)
