"""Where somebody goes after a step that was taken.

The one law: *every step ends in a redirect* (PRG), so that no reload gives a
password or a code twice; and a session comes under a new name (ASVS 7.2.4).
"""

from urllib.parse import quote

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from iam.signin.steps import HalfDone, Refused, SignedIn
from web.portal.refusals import words
from web.site.access import DUTY_PAGES, HOME, LOGIN
from web.site.border import cookies
from web.site.guarding import own_path

FACTOR = "/login/factor"


def wanted() -> str:
    """Where the person wanted to go: a page of this site."""
    return own_path(request.args.get("next"))


def with_next(page: str, there: str | None = None) -> str:
    """`page`, still knowing where the person wanted to go."""
    there = wanted() if there is None else own_path(there)
    return page if there == HOME else f"{page}?next={quote(there, safe='/')}"


def onward(outcome: HalfDone | SignedIn) -> Response:
    """On to the next step, to what must be done first, or to where the person wanted to go."""
    if isinstance(outcome, HalfDone):
        return cookies.half_done(redirect(with_next(FACTOR), 303), outcome.token)
    there = DUTY_PAGES.get(outcome.duty) or wanted()
    return cookies.sign_in(redirect(there, 303), outcome.token)


def begin_again(page: str = LOGIN) -> Response:
    """The half-done sign-in is over: from the start, and say so."""
    flash(words(Refused("lapsed")), "info")
    return cookies.step_over(redirect(with_next(page), 303))
