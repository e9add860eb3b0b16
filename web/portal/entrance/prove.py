"""Proving oneself again before something sensitive (R39).

The one law: *the same steps as at the door*: whoever sits at a terminal that was
left open knows none of them.
"""

from flask import Blueprint, render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.errors import Busy
from iam.signin import login
from iam.signin.steps import Outcome, Refused
from web.portal.entrance.factor import PasswordForm
from web.portal.onward import onward, with_next
from web.portal.refusals import status_of, words
from web.site.access import PROVE
from web.site.border.callers import caller, where
from web.site.site import session, the_site

pages = Blueprint("prove", __name__)

BUSY = 503


@pages.route("/prove", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """The password once more, or a key alone."""
    form = PasswordForm.read()
    if not form.sent():
        return _shown(form, form.status)
    outcome: Outcome
    try:
        outcome = login.prove_again(the_site().store, the_site().door, session(), form.password.data or "", where())
    except Busy as busy:
        form.password.errors = [gettext(str(busy))]
        return _shown(form, BUSY)
    if isinstance(outcome, Refused):
        form.password.errors = [words(outcome)]
        return _shown(form, status_of(outcome))
    return onward(outcome)


def _shown(form: PasswordForm, status: int) -> tuple[str, int]:
    site = the_site()
    minutes = site.door.profile.signin.reauthentication.value
    page = render_template(
        "portal/prove.html", form=form, here=with_next(PROVE), minutes=minutes,
        card=site.portal.certificate is not None and bool(caller().certificate),
    )  # fmt: skip
    return page, status
