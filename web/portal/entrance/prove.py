"""Proving oneself again before something sensitive (R39), or proving more where a system asks for more.

The one law: *the same steps as at the door*: whoever sits at a terminal that was
left open knows none of them.
"""

from flask import Blueprint, render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.errors import Busy
from iam.signin import login, steps
from iam.signin.deciding.decision import Needs
from iam.signin.factors.authenticators import of_person
from iam.signin.steps import Outcome, Refused
from web.portal.entrance.factor import PasswordForm
from web.portal.entry.refused import desk, needed
from web.portal.onward import asked, asking, onward, wanted
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
        outcome = login.prove_again(
            the_site().store, the_site().door, session(), form.password.data or "", where(), needs=asked()
        )
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
    needs = asked()
    page = render_template(
        "portal/prove.html", form=form, here=asking(PROVE, needs), minutes=minutes, needs=needed(needs),
        missing=_out_of_reach(needs), resistant=needs.resistant, desk="、".join(desk()), back=wanted(),
        card=site.portal.certificate is not None and bool(caller().certificate),
    )  # fmt: skip
    return page, status


def _out_of_reach(needs: Needs) -> bool:
    """Whether whoever sits here has nothing enrolled that would do."""
    if needs == steps.NO_MORE:
        return False
    with the_site().store.glance() as connection:
        return steps.out_of_reach(needs, of_person(connection, session().person_id))
