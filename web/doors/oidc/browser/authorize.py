"""Asking to be let into a system: the browser is sent on with a code, to prove more first, or is told why not.

The one law: *the decision answers, the page only carries* (R42): who is let in gets a code, who may prove more is
sent to do so and comes back, who is refused reads why before the system hears of it.
"""

from typing import Final
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError
from authlib.oauth2.rfc6749.grants import BaseGrant
from authlib.oidc.core.errors import InteractionRequiredError, LoginRequiredError
from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.signin.deciding.decision import Decision, Needs, Outcome
from iam.signin.door import Entrant
from iam.signin.sessions import Session
from iam.signin.tokens.clients import Client
from web.doors.naming import system_name
from web.doors.oidc.browser import requested
from web.doors.oidc.browser.requested import MEANT, PATH, Requested, at_client
from web.doors.oidc.claims import subject_of
from web.doors.oidc.grants import Entering
from web.doors.oidc.judged import judged
from web.doors.oidc.server import Registered, cause_of, server
from web.portal.entry.refused import Link, refused_page
from web.portal.onward import out_to, signing_in, stepping_up, with_next
from web.site import guarding
from web.site.access import DUTY_PAGES, UNLOCK
from web.site.border.callers import whence
from web.site.border.refusals import refused
from web.site.problems import Problem
from web.site.running.journal import request_id
from web.site.site import session, signed_in

pages = Blueprint("oidc", __name__)

_BAD: Final = 400
_LONGEST: Final = 3_800
"""Bytes: as much as the server reads of an address (web/site/running/serving.py)."""


@pages.get(PATH)
def authorize() -> Response | tuple[str, int]:
    """Ask to be let in."""
    # Looked up without being touched: whether the session was idle too long for this system is judged first.
    guarding.look(touch=False)
    try:
        asked = requested.read()
        grant = requested.agreed(asked, signed_in())
        return _answered(requested.meant(asked), grant, signed_in())
    except OAuth2Error as error:
        return _refused(error)


@pages.post(PATH)
def posted() -> Response:
    """The same by POST, as another site's page sends it (OpenID Connect Core §3.1.2.1): asked again by GET, so that
    the browser says who it is."""
    return asked_again(PATH)


def asked_again(path: str) -> Response:
    """The form that another site's page sent here, as an address of ours."""
    said = urlencode(list(request.form.items(multi=True)))
    if len(said) > _LONGEST or not {"client_id", "id_token_hint"} & set(request.form):
        return make_response("", _BAD)
    return redirect(f"{path}?{said}", 303)


def _answered(asked: Requested, grant: BaseGrant, who: Entrant | None) -> Response | tuple[str, int]:
    client = grant.client
    if not isinstance(client, Registered):
        raise TypeError("no client of ours has asked")
    wish = asked.wish()
    if who is None:
        return signing_in(Needs(wish.kinds, wish.resistant), _kept(asked, client.client))
    if elsewhere := _before(asked, client.client, session()):
        return elsewhere
    decision = judged(client.client, who, session(), whence(), wish)
    if not decision.allowed:
        return _not_yet(asked, client.client, decision)
    _refuse_other(asked, who)
    entering = Entering(who, session(), whence(), wish, asked.row, asked.silent)
    answer = server().create_authorization_response(asked.asking, grant_user=entering, grant=grant)
    return out_to(system_name(client.client), answer.location) if asked.kept and answer.location else answer


def _before(asked: Requested, client: Client, present: Session) -> Response | None:
    """What must be done first, whatever the system: unlock the screen, or do what is a duty."""
    if not present.locked and not present.duty:
        return None
    if asked.silent:
        raise at_client(asked, InteractionRequiredError())
    there = _kept(asked, client)
    return redirect(with_next(UNLOCK if present.locked else DUTY_PAGES[present.duty], there), 303)


def _not_yet(asked: Requested, client: Client, decision: Decision) -> Response | tuple[str, int]:
    """To prove more, or why not."""
    if decision.outcome is Outcome.STEP_UP:
        if asked.silent:
            raise at_client(asked, LoginRequiredError())
        return stepping_up(decision.needs, _kept(asked, client))
    error = at_client(asked, AccessDeniedError())
    if asked.silent:
        raise error
    back = Link(gettext("アプリケーションに戻る"), server().address_of(error))
    return refused_page(decision, system_name(client), back, system=client.system)


def _refuse_other(asked: Requested, who: Entrant) -> None:
    """Refuse somebody else than whom the client means by an ID token (OpenID Connect Core §3.1.2.1)."""
    if asked.said.get(MEANT, subject_of(who.person_id)) != subject_of(who.person_id):
        raise at_client(asked, LoginRequiredError())


def _kept(asked: Requested, client: Client) -> str:
    """The address to come back to."""
    return requested.address_of(requested.keep(client, asked))


def _refused(error: OAuth2Error) -> Response | tuple[str, int]:
    """The answer at the client, where its address is known to be right; else a page, and nobody is sent anywhere."""
    if error.redirect_uri:
        return server().handle_error_response(None, error)
    refused("oidc", cause_of(error))
    problem = Problem(
        _BAD,
        gettext("アプリケーションから送られた要求を受け付けられません"),
        gettext(
            "アプリケーションの画面からやり直してください。続くときは、下の番号を情報システムの担当者に伝えてください。"
        ),
    )
    return render_template("problem.html", problem=problem, number=request_id(), kept=[]), _BAD
