"""Changing one's password: because one wants to, or because it must be changed first.

The one law: *everything that is wrong is told at once, with its reason* (R30),
beside the field that it is about; what was typed is never written back.
"""

from typing import Final

from flask import Blueprint, flash, jsonify, redirect, render_template, request
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import PasswordField

from iam.errors import Busy
from iam.policy.cited import BASELINE
from iam.policy.clauses import clauses_of
from iam.signin.own import password
from iam.signin.own.password import NotChanged
from iam.signin.passwords import kept
from iam.signin.passwords.hashing import MAXIMUM
from iam.signin.passwords.judging import Code, Problem, WordKind
from iam.signin.passwords.kept import Kept, Why
from iam.signin.steps import SignedIn
from web.portal.onward import onward, with_next
from web.portal.owner import owner
from web.portal.refusals import TRY_AGAIN, waits
from web.site.access import PROVE
from web.site.face.forms import PageForm
from web.site.site import at, entrant, the_site

pages = Blueprint("password", __name__)

_BUSY: Final = 503
_LONGEST_TYPED: Final = 4 * MAXIMUM


class PasswordForm(PageForm):
    """The old password, unless it was a temporary one, and the new one."""

    old = PasswordField(lazy_gettext("いまのパスワード"))
    new = PasswordField(lazy_gettext("新しいパスワード"))


@pages.route("/password", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """Change it."""
    mine, form = owner(), PasswordForm.read()
    present = password.present(mine)
    if password.asks_proof(mine, present):
        return redirect(with_next(PROVE, "/password"), 303)
    if not form.sent():
        return _shown(form, present, 200)
    try:
        outcome = password.change(mine, old=form.old.data or "", new=form.new.data or "")
    except Busy as busy:
        form.form_errors.append(gettext(str(busy)))
        return _shown(form, present, _BUSY)
    if isinstance(outcome, NotChanged):
        _tell(form, outcome)
        return _shown(form, present, TRY_AGAIN)
    return _changed(outcome)


def _changed(outcome: SignedIn) -> Response:
    flash(gettext("パスワードを変更しました。ほかの端末はサインアウトしました。"), "success")
    return onward(outcome)


def _tell(form: PasswordForm, outcome: NotChanged) -> None:
    if outcome.wait is not None:
        form.old.errors = [waits(outcome.wait)]
    elif outcome.old_wrong:
        form.old.errors = [
            gettext("いまのパスワードが正しくありません。")
            if form.old.data
            else gettext("いまのパスワードを入力してください。")
        ]
    form.new.errors = [sentence(each) for each in outcome.problems]


def _shown(form: PasswordForm, present: Kept | None, status: int) -> tuple[str, int]:
    rules = entrant().rules
    why = kept.why_must_change(present, rules, at()) if present else Why.NOTHING
    shown = render_template(
        "portal/password.html",
        form=form,
        asks_old=password.asks_old(present),
        why=why_words(why),
        minimum=rules.password_minimum,
        maximum=MAXIMUM,
        history=rules.history,
        clauses=_cited("password_with_factor" if rules.second_factor else "password_alone", "history"),
    )
    return shown, status


def _cited(*fields: str) -> list[str]:
    """The clauses behind the rules, as the body numbers them."""
    profile, rules = the_site().door.profile, entrant().rules
    ids = dict.fromkeys(rules.clauses[field] for field in fields if rules.clauses.get(field, BASELINE) != BASELINE)
    known = clauses_of(profile)
    return [f"{known[each].section} {known[each].title}" for each in ids if each in known]


def why_words(why: Why) -> str:
    """Why it must be changed before anything else; "" when it need not."""
    return {
        Why.NOTHING: "",
        Why.TEMPORARY: gettext("仮パスワードでサインインしています。ご自分のパスワードを決めてください。"),
        Why.ROTATION: gettext("前の変更から決められた期間または回数が過ぎました。新しいパスワードにしてください。"),
        Why.POLICY: gettext(
            "パスワードの決まりが変わり、いまのパスワードでは足りなくなりました。新しいものにしてください。"
        ),
        Why.LEAK: gettext("パスワードが漏れたおそれがあります。新しいパスワードにしてください。"),
    }[why]


@pages.post("/password/strength")
def strength() -> Response:
    """How the password that is being typed looks; nothing of it is kept."""
    sent = _sent()
    typed = sent.get("password") if isinstance(sent, dict) else None
    if not isinstance(typed, str) or not typed or len(typed) > _LONGEST_TYPED:
        return jsonify(score=0, label="", problems=[])
    looks = password.looks(owner(), typed)
    label = "" if looks.problems else _looks(looks.strength.code)
    return jsonify(score=looks.strength.score, label=label, problems=[sentence(each) for each in looks.problems])


def _sent() -> object:
    try:
        return request.get_json(silent=True)
    except RecursionError:  # nested as no page of ours nests
        return None


def _looks(code: str) -> str:
    return {
        "refused": "",
        "weak": gettext("強さ: 弱い（使えますが、言葉を足すと強くなります）"),
        "fair": gettext("強さ: ふつう"),
        "good": gettext("強さ: 強い"),
        "strong": gettext("強さ: とても強い"),
    }[code]


def sentence(problem: Problem) -> str:
    """The reason and the cure, in the reader's language."""
    values = problem.values
    match problem.code:
        case Code.SHORT:
            least, now = int(str(values["minimum"])), int(str(values["length"]))
            return ngettext(
                "%(least)s文字以上にしてください（いまは%(num)s文字です）。",
                "%(least)s文字以上にしてください（いまは%(num)s文字です）。",
                now, least=least,
            )  # fmt: skip
        case Code.LONG:
            return gettext(
                "%(most)s文字以内にしてください（いまは%(now)s文字です）。",
                most=values["maximum"], now=values["length"],
            )  # fmt: skip
        case Code.CONTEXT:
            return gettext(
                "ほとんどが%(whose)sでできていて、推測されやすいパスワードです。別の言葉を足してください。",
                whose=_whose(WordKind(str(values["kind"]))),
            )
        case code:
            return _plain(code)


def _whose(kind: WordKind) -> str:
    return {
        WordKind.NAME: gettext("氏名やその読み"),
        WordKind.NUMBER: gettext("職員番号"),
        WordKind.MAIL: gettext("メールアドレス"),
        WordKind.BODY: gettext("団体や所属の名前"),
        WordKind.SYSTEM: gettext("システムの名前"),
    }[kind]


def _plain(code: Code) -> str:
    return {
        Code.EMPTY: gettext("新しいパスワードを入力してください。"),
        Code.CONTROL: gettext("改行やタブなどの文字は使えません。取り除いてください。"),
        Code.LISTED: gettext("よく使われる、または流出したことのあるパスワードです。別のものにしてください。"),
        Code.REPEATED: gettext("同じ文字や言葉の繰り返しです。別のものにしてください。"),
        Code.SEQUENCE: gettext("文字やキーの並び順（12345、qwerty など）です。別のものにしてください。"),
        Code.DATE: gettext("日付だけのパスワードは使えません。別の言葉を足してください。"),
        Code.PAST: gettext("いま、または前に使ったパスワードと同じです。使ったことのないものにしてください。"),
    }[code]


@pages.get("/.well-known/change-password")
def well_known() -> Response:
    """Where password managers look for this page (W3C)."""
    return redirect("/password", 303)
