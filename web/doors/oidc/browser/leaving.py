"""Leaving: a system that was left asks that the session here end as well (OpenID Connect RP-Initiated Logout 1.0).

The one law: *nobody is signed out by a stranger's link*: without an ID token of this very session its owner is asked
first, and nobody is sent anywhere that was not agreed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.signin import login
from web.doors.naming import system_name
from web.doors.oidc.browser.authorize import asked_again
from web.doors.oidc.claims import hinted, session_name
from web.doors.oidc.program.told import LOGOUT
from web.doors.oidc.server import Registered, issuer, server
from web.site.access import HOME, LOGIN
from web.site.border import cookies
from web.site.border.callers import where
from web.site.site import at, entrant, session, signed_in, the_site

pages = Blueprint("oidc_leaving", __name__)

CONFIRM: Final = f"{LOGOUT}/confirm"


@dataclass(frozen=True)
class Wanted:
    """What a system asks.  `name`: as staff know it; `there`: where to go afterwards, "" for nowhere; `session`: of
    the ID token that was shown, "" without one."""

    name: str = ""
    there: str = ""
    session: str = ""


@pages.get(LOGOUT)
def leave() -> Response | str:
    """Leave, if this browser's owner wants so."""
    wanted = _read(request.args)
    if signed_in() is None:
        return _gone(wanted, onward=bool(wanted.session))
    if wanted.session == session_name(session().id):
        return _out(wanted, onward=True)
    said = {
        name: request.args[name]
        for name in ("client_id", "post_logout_redirect_uri", "state")
        if request.args.get(name)
    }
    return render_template("portal/entry/leave.html", name=wanted.name, said=said, confirm=CONFIRM)


@pages.post(LOGOUT)
def posted() -> Response:
    """The same by POST, as another site's page sends it: asked again by GET, so that the browser says who it is."""
    return asked_again(LOGOUT)


@pages.post(CONFIRM)
def confirmed() -> Response:
    """Leave: its owner said so."""
    wanted = _read(request.form)
    return _out(wanted, onward=False) if signed_in() else _gone(wanted, onward=False)


def _read(said: Mapping[str, str]) -> Wanted:
    """What is asked; whatever of it does not hold is as if it had not been said (§4)."""
    hint, code = said.get("id_token_hint", ""), said.get("client_id", "")
    claims = hinted(server().signer, issuer(), hint, at()) if hint else None
    if claims is not None and code not in {"", claims["aud"]}:
        return Wanted()
    client = server().query_client(code or (claims["aud"] if claims else ""))
    if client is None:
        return Wanted()
    return Wanted(system_name(client.client), _there(said, client), str(claims.get("sid", "")) if claims else "")


def _there(said: Mapping[str, str], client: Registered) -> str:
    """Where its owner goes afterwards: an address that was agreed, letter by letter."""
    uri, state = said.get("post_logout_redirect_uri", ""), said.get("state", "")
    if uri not in client.agreed.post_logout_uris:
        return ""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'state': state})}" if state else uri


def _out(wanted: Wanted, *, onward: bool) -> Response:
    login.sign_out(the_site().store, session(), entrant(), where())
    return cookies.sign_out(_gone(wanted, onward=onward))


def _gone(wanted: Wanted, *, onward: bool) -> Response:
    """To the system where it is known to have asked; else a page that offers the way, for it may have been anybody."""
    if wanted.there and onward:
        return redirect(wanted.there, 303)
    if not wanted.there:
        flash(gettext("サインアウトしました。"), "success")
        return redirect(LOGIN, 303)
    return make_response(render_template("portal/entry/left.html", name=wanted.name, there=wanted.there, home=HOME))
