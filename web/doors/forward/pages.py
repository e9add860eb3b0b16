"""The way in for a browser: from the application's own host to the portal, and back with a ticket.

The one law: *each host speaks for itself*: the portal decides and gives a ticket, the application's host takes it for
the browser that it was asked by; nobody is sent anywhere but to a path of a registered application.
"""

import re
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.errors import Forbidden, NotFound
from iam.signin import sessions
from iam.signin.deciding.decision import Asked, Decision, Needs, Outcome
from iam.signin.deciding.facts import Knock, judge
from iam.signin.door import actor_of, hash_of, new_token
from iam.signin.tokens.clients import Client, ClientKind, ForwardDetail, client_of
from iam.signin.tokens.issued import Dead
from iam.signin.visits import entering
from iam.signin.visits.entering import BY, Shown
from web.doors.forward.elsewhere import HERE, refusal_in, refused_at, said
from web.doors.forward.gates import Gates, Meant
from web.doors.forward.reading import VISIT, Environ, Unclear, cookie, own_page
from web.doors.naming import system_name
from web.portal.entry.refused import Link, refused_page
from web.portal.onward import asked, out_to, signing_in, stepping_up, with_next
from web.site import guarding
from web.site.access import DUTY_PAGES, UNLOCK
from web.site.border.callers import whence
from web.site.running.journal import log
from web.site.site import at, entrant, session, signed_in, the_site

pages = Blueprint("forward", __name__)

BROWSER: Final = "__Host-kagimori-browser"
"""What a browser holds at the application's host from asking to come in until it is in (RFC 6819 §4.4.1.13)."""

_BROWSER_LIFE: Final = timedelta(minutes=10)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_GATES: Final = "kagimori-gates"


# --- at the application's own host, handed to us by its proxy


@pages.get(f"{HERE}/begin")
def begin() -> Response:
    """Give the browser a name of its own, and send it to the portal."""
    meant, needs = _meant(), asked()
    mine = cookie(_told(), BROWSER)
    if not _TOKEN.fullmatch(mine):
        mine, _ = new_token()
    to = own_page(request.args.get("to", "/"))
    answer = redirect(_start(meant.gate.client.code, to, needs, browser=hash_of(mine)), 303)
    _keep(answer, BROWSER, mine, _BROWSER_LIFE)
    return answer


@pages.get(f"{HERE}/enter")
def enter() -> Response:
    """Take the ticket for a visit, if the decision still lets in from here."""
    meant, site = _meant(), the_site()
    client = meant.gate.client
    shown = Shown(client, request.args.get("ticket", ""), cookie(_told(), BROWSER))
    found = entering.enter(site.store, site.door, shown, meant.whence)
    if isinstance(found, Dead):
        if found.reason == "reused" and cookie(_told()):  # loaded anew by whoever is in: the next check says whether
            return redirect(own_page(request.args.get("to", "/")), 303)
        log().warning("forward", status=303, reason=f"ticket {found.reason}", client=client.code)
        return redirect(_over(client.code), 303)
    if isinstance(found, Decision):
        return redirect(_not_from_here(meant, found), 303)
    answer = redirect(own_page(found.to), 303)
    _keep(answer, VISIT, found.token, None)
    return answer


@pages.get(f"{HERE}/leave")
def leave() -> Response:
    """End the visit here; the session at the portal goes on."""
    meant = _meant()
    if token := cookie(_told()):
        entering.leave(the_site().store, token)
    answer = redirect(f"{_over(meant.gate.client.code)}&left=1", 303)
    answer.delete_cookie(VISIT, path="/", secure=True, httponly=True, samesite="Lax")
    return answer


def _not_from_here(meant: Meant, decision: Decision) -> str:
    """Where to go when the portal let in, but the application's host would not: prove more once, then read why not."""
    code, site = meant.gate.client.code, the_site()
    if decision.outcome is Outcome.STEP_UP and request.args.get("again") != "1":
        browser = hash_of(cookie(_told(), BROWSER))
        return _start(code, own_page(request.args.get("to", "/")), decision.needs, browser=browser) + "&again=1"
    return refused_at(site.portal.origin, code, decision, site.store.keys, at())


def _keep(answer: Response, name: str, token: str, life: timedelta | None) -> None:
    answer.set_cookie(name, token, path="/", secure=True, httponly=True, samesite="Lax", max_age=life)


def _meant() -> Meant:
    """Which application's host the browser is at.

    Raises:
        Forbidden: when no listed proxy says so.
    """
    site = the_site()
    gates: Gates = current_app.extensions.setdefault(_GATES, Gates(site.store, site.portal))
    found = gates.meant(_told())
    if isinstance(found, Unclear):
        log().warning("forward", status=403, reason=found.why, peer=request.remote_addr or "")
        raise Forbidden(gettext("このアドレスは、登録されたアプリケーションの入口ではありません。"))
    return found


def _told() -> Environ:
    """The headers of this request, as the server tells them (PEP 3333)."""
    said = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers}
    # Traefik and Caddy state the path of what they hold back alone; this was not held back.
    return {"REMOTE_ADDR": request.remote_addr or "", **said, "HTTP_X_FORWARDED_URI": request.full_path}


# --- at the portal


@pages.get("/auth/start")
def start() -> Response | tuple[str, int]:
    """Decide, and send on with a ticket; somebody who must prove more does so first."""
    # Looked up without being touched: whether the session was idle too long for this system is judged first.
    guarding.look(touch=False)
    client, needs, browser = _client(), asked(), request.args.get("browser", "")
    to, origin = own_page(request.args.get("to", "/")), client.agreed(ForwardDetail).origin
    if not _HASH.fullmatch(browser):
        return redirect(f"{origin}{HERE}/begin?{urlencode({'to': to, **said(needs)})}", 303)
    if elsewhere := _before(needs):
        return elsewhere
    wanted = Asked(resistant=needs.resistant, kinds=needs.kinds, entitlement=client.entitlement)
    knock = Knock(entrant(), session(), client.system, whence(), at(), by=BY, asked=wanted)
    decision = judge(the_site().store, the_site().door, knock)
    if decision.outcome is Outcome.STEP_UP:
        return stepping_up(decision.needs, request.full_path)
    if not decision.allowed:
        return refused_page(decision, system_name(client), _back(client), system=client.system)
    with the_site().store.act(actor_of(entrant().staff_number)) as act:
        sessions.extend(act, session().id)  # its owner is at work with it
        ticket = entering.give_ticket(act, client, session(), browser=browser, to=to)
    again = {"again": "1"} if request.args.get("again") == "1" else {}
    return _onward(client, f"{origin}{HERE}/enter?{urlencode({'ticket': ticket, 'to': to, **again})}")


def _before(needs: Needs) -> Response | None:
    """What must be done first, whatever the application: sign in, unlock the screen, do what is a duty."""
    if signed_in() is None:
        return signing_in(needs, request.full_path)
    if not session().locked and not session().duty:
        return None
    return redirect(with_next(UNLOCK if session().locked else DUTY_PAGES[session().duty], request.full_path), 303)


@pages.get("/auth/refused")
def refused() -> tuple[str, int]:
    """Why the application's host does not let in."""
    client = _client()
    decision = refusal_in(request.args.get("why", ""), the_site().store.keys, at())
    if decision is None:
        return over()
    return refused_page(decision, system_name(client), _back(client), system=client.system)


@pages.get("/auth/over")
def over() -> tuple[str, int]:
    """The way in has lapsed, or somebody left: from the start."""
    client, left = _client(), request.args.get("left") == "1"
    name, again = system_name(client), _back(client)
    return render_template("portal/entry/over.html", system_name=name, left=left, again=again), 200


def _onward(client: Client, there: str) -> Response:
    """On to the application's host; after a form of ours by a page."""
    after_a_form = request.headers.get("Sec-Fetch-Site") == "same-origin"
    return out_to(system_name(client), there) if after_a_form else redirect(there, 303)


def _client() -> Client:
    """The application that the address names.

    Raises:
        NotFound: when there is none that is served.
    """
    with the_site().store.glance() as connection:
        found = client_of(connection, request.args.get("app", "")[:200].replace("\0", ""))
    if found is None or not found.active or found.kind is not ClientKind.FORWARD:
        raise NotFound(gettext("このアプリケーションは登録されていないか、利用を停止しています。"))
    return found


def _back(client: Client) -> Link:
    return Link(gettext("もう一度開く"), client.agreed(ForwardDetail).origin + "/")


def _start(code: str, to: str, needs: Needs, *, browser: str) -> str:
    return (
        f"{the_site().portal.origin}/auth/start?{urlencode({'app': code, 'to': to, 'browser': browser, **said(needs)})}"
    )


def _over(code: str) -> str:
    return f"{the_site().portal.origin}/auth/over?{urlencode({'app': code})}"
