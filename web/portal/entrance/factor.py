"""Signing in, second step: whatever completes what was begun.

The one law: *the person chooses among what they have*, and what they used last
comes first; a code is asked in one field, whatever made it.
"""

from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from iam.errors import Busy
from iam.signin import login
from iam.signin.factors.authenticators import Form
from iam.signin.own.waiting import Waiting, waiting
from iam.signin.steps import Outcome, Refused
from web.portal.onward import FACTOR, begin_again, onward, with_next
from web.portal.refusals import status_of, words
from web.site.access import LOGIN, PROVE
from web.site.border import cookies
from web.site.border.callers import where
from web.site.face.forms import PageForm, code, secret
from web.site.site import at, the_site

pages = Blueprint("factor", __name__)

CODED: Final = frozenset({Form.TOTP, Form.TOKEN, Form.RECOVERY, Form.TEMPORARY})
"""Forms that are typed."""


class CodeForm(PageForm):
    """A code of any form."""

    code = code(lazy_gettext("コード"))


class PasswordForm(PageForm):
    """The password that completes what a card began."""

    password = secret(lazy_gettext("パスワード"))


@pages.route("/login/factor", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """The second step."""
    token = request.cookies.get(cookies.STEP, "")
    found = waiting(the_site().store, the_site().door, token, at())
    if found is None or found.needed.done:
        return begin_again()
    if found.needed.password:
        return _password(token, found)
    return _code(token, found)


def _code(token: str, found: Waiting) -> Response | tuple[str, int]:
    way, form = _way(found), CodeForm.read()
    form.code.label.text = code_label(way)
    if not form.sent():
        return _shown(form, found, way, form.status)
    outcome = login.give_code(the_site().store, the_site().door, token, form.code.data or "", where())
    return _answered(outcome, form, found, way)


def _password(token: str, found: Waiting) -> Response | tuple[str, int]:
    form = PasswordForm.read()
    if not form.sent():
        return _shown(form, found, None, form.status)
    try:
        outcome = login.give_password(
            the_site().store, the_site().door, "", form.password.data or "", where(), token=token
        )
    except Busy as busy:
        outcome = Refused("busy", detail=str(busy))
    return _answered(outcome, form, found, None)


def _answered(
    outcome: Outcome, form: CodeForm | PasswordForm, found: Waiting, way: Form | None
) -> Response | tuple[str, int]:
    if not isinstance(outcome, Refused):
        return onward(outcome)
    if outcome.code == "lapsed":
        return begin_again(PROVE if found.again else LOGIN)
    field = form.code if isinstance(form, CodeForm) else form.password
    field.errors = [_told(outcome, way)]
    return _shown(form, found, way, status_of(outcome))


def _told(outcome: Refused, way: Form | None) -> str:
    if outcome.code == "drifted" and way is Form.TOKEN:
        return gettext("機器の時計がずれています。窓口で合わせ直します。それまでは、ほかの方法を使ってください。")
    return gettext(outcome.detail) if outcome.code == "busy" else words(outcome)


def _shown(form: PageForm, found: Waiting, way: Form | None, status: int) -> tuple[str, int]:
    page = render_template(
        "portal/factor.html",
        form=form,
        way=way,
        coded=way in CODED,
        others=[(each, _link(each)) for each in found.needed.offers if each is not way],
        again=found.again,
        here=_link(way) if way else with_next(FACTOR),
        back=with_next(PROVE if found.again else LOGIN),
    )
    return page, status


def _way(found: Waiting) -> Form:
    """The way that was chosen, else the one used last, else the first on offer."""
    offers = found.needed.offers
    chosen = request.args.get("way", "")
    if chosen in offers:
        return Form(chosen)
    return offers[0] if found.usual is None else found.usual


def _link(form: Form) -> str:
    page = with_next(FACTOR)
    return f"{page}{'&' if '?' in page else '?'}way={form.value}"


def code_label(way: Form) -> str:
    """What the field for the code is called."""
    return {
        Form.TOTP: gettext("認証アプリの6桁の数字"),
        Form.TOKEN: gettext("機器に表示されている数字"),
        Form.RECOVERY: gettext("回復コード"),
        Form.TEMPORARY: gettext("窓口で受け取ったコード"),
    }.get(way, gettext("コード"))
