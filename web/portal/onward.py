"""Where somebody goes after a step that was taken, or to take one.

The one law: *every step ends in a redirect* (PRG), or in a page that goes on by itself, so that no reload gives a
password or a code twice; and a session comes under a new name (ASVS 7.2.4).
"""

from urllib.parse import quote

from flask import flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from iam.signin.deciding.decision import Needs
from iam.signin.steps import HalfDone, Refused, SignedIn
from web.portal.refusals import words
from web.site.access import DUTY_PAGES, HOME, LOGIN, PROVE
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


def asked() -> Needs:
    """What the system that somebody is on the way to asks for, as the address of the page says.

    Only what is asked for next depends on it: whether somebody comes in, the decision says each time anew.
    """
    return Needs(2 if request.args.get("kinds") == "2" else 1, request.args.get("resistant") == "1")


def asking(page: str, needs: Needs, there: str | None = None) -> str:
    """`page` with what is asked for, and where to go afterwards; `there` None: where this page was on the way to."""
    said = [*(["kinds=2"] if needs.kinds > 1 else []), *(["resistant=1"] if needs.resistant else [])]
    onward_to = with_next(page, there)
    return onward_to + "".join(f"{'&' if '?' in onward_to or i else '?'}{each}" for i, each in enumerate(said))


def stepping_up(needs: Needs, there: str) -> Response:
    """To the page where somebody who is signed in proves more, and from there back to `there`: a path of this site."""
    return redirect(asking(PROVE, needs, there), 303)


def signing_in(needs: Needs, there: str) -> Response:
    """To the door, and from there on to `there`: a path of this site."""
    return redirect(asking(LOGIN, needs, there), 303)


def onward(outcome: HalfDone | SignedIn) -> Response:
    """On to the next step, to what must be done first, or to where the person wanted to go."""
    if isinstance(outcome, HalfDone):
        return cookies.half_done(redirect(with_next(FACTOR), 303), outcome.token)
    there = DUTY_PAGES.get(outcome.duty) or wanted()
    return cookies.sign_in(redirect(there, 303), outcome.token)


def out_to(system_name: str, address: str) -> Response:
    """To a system, at an address of its own, by a page that goes on by itself.

    What follows a form of ours may not leave the site (form-action 'self', which Chromium holds redirects to as well);
    a page that is loaded anew does.
    """
    answer = make_response(render_template("portal/entry/onward.html", system_name=system_name, address=address))
    answer.headers["Refresh"] = f"0; url={address}"
    return answer


def begin_again(page: str = LOGIN) -> Response:
    """The half-done sign-in is over: from the start, and say so."""
    flash(words(Refused("lapsed")), "info")
    return cookies.step_over(redirect(with_next(page), 303))
