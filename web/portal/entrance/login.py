"""Signing in, first step: number and password, or a key or card that needs neither.

The one law: *one answer for everybody* (R35, ASVS 6.3.8): who mistyped, who is
unknown and who may not come in read the same words; the number stays, the
password never does.
"""

from flask import Blueprint, redirect, render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from iam.errors import Busy
from iam.policy.profile import Role
from iam.signin import login
from iam.signin.door import LONGEST_NUMBER
from iam.signin.steps import Refused
from web.portal.onward import asked, asking, onward, wanted
from web.portal.refusals import status_of, words
from web.site.access import DUTY_PAGES, LOGIN, UNLOCK
from web.site.border.callers import caller, where
from web.site.face.forms import PageForm, line, secret
from web.site.guarding import bearers
from web.site.site import session, signed_in, the_site

pages = Blueprint("login", __name__)

_BUSY = 503


class LoginForm(PageForm):
    """Number and password, on one page."""

    number = line(lazy_gettext("職員番号"), longest=LONGEST_NUMBER)
    password = secret(lazy_gettext("パスワード"))


@pages.route("/login", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """The door."""
    if signed_in() is not None:
        return redirect(UNLOCK if session().locked else DUTY_PAGES.get(session().duty) or wanted(), 303)
    form = LoginForm.read()
    if not form.sent():
        return _shown(form, form.status)
    try:
        outcome = login.give_password(
            the_site().store, the_site().door, form.number.data or "", form.password.data or "", where(), needs=asked()
        )
    except Busy as busy:
        form.form_errors.append(gettext(str(busy)))
        return _shown(form, _BUSY)
    if isinstance(outcome, Refused):
        form.password.errors = [words(outcome)]
        return _shown(form, status_of(outcome))
    return onward(outcome)


def _shown(form: LoginForm, status: int) -> tuple[str, int]:
    site = the_site()
    card = site.portal.certificate is not None
    page = render_template(
        "portal/login.html", form=form, here=asking(LOGIN, asked()), card=card, card_seen=bool(caller().certificate)
    )
    return page, status


@pages.get("/login/help")
def help_page() -> str:
    """What to do when one cannot sign in."""
    profile = the_site().door.profile
    desk = bearers(profile, frozenset({Role.OPERATOR})) or bearers(profile, frozenset({Role.GENERAL_OFFICER}))
    return render_template("portal/help.html", desk="、".join(desk))
