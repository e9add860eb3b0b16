"""`/auth/check`, beside the pages in the same process: what a proxy asks thousands of times a second goes past Flask.

The one law: *closed unless answered*: 200 only for a decision that lets in, and without one no header says who
somebody is.  401: sign in, or prove more; 403: not let in, with the reasons behind X-Kagimori-Location; 503: nobody
could be asked.  What was refused for the proxy's fault, and why, stands in the log.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from iam.errors import IamError
from iam.signin.deciding.decision import Needs, Outcome
from iam.signin.tokens.issued import Dead
from iam.signin.tokens.signing import Signer
from iam.signin.visits.kept import Answer, Visits
from web.doors.forward.elsewhere import NO_MORE, begin_at, refused_at
from web.doors.forward.gates import Gates, Meant
from web.doors.forward.identity import HEADERS, identity
from web.doors.forward.reading import Environ, Unclear, Wanted, cookie
from web.site.running.journal import log, trace
from web.site.site import Site

CHECK: Final = "/auth/check"
LOCATION: Final = "X-Kagimori-Location"
REASON: Final = "X-Kagimori-Reason"

StartResponse: TypeAlias = Callable[..., Any]
Application: TypeAlias = Callable[[Any, StartResponse], Iterable[bytes]]
Headers: TypeAlias = list[tuple[str, str]]

_ALWAYS: Final[Headers] = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
]
_EMPTY: Final = ("Content-Length", "0")
_SIGN_IN: Final = ("WWW-Authenticate", "Kagimori")
"""RFC 9110 §11.6.1 asks for one; no browser opens a window for a scheme that it does not know."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent.  `headers`: all of them."""

    status: str
    headers: Headers


@dataclass(frozen=True, slots=True)
class Turned:
    """Somebody with a visit who is not let in, or not yet."""

    outcome: Outcome
    reason: str
    needs: Needs
    location: str


Found: TypeAlias = Reply | Turned | Dead


class Doorway:
    """The application that the server calls."""

    def __init__(self, site: Site, pages: Application) -> None:
        self._site, self._pages = site, pages
        self.quick, self.waits = frozenset({CHECK}), site.store.url.get_backend_name() != "sqlite"
        self._gates = Gates(site.store, site.portal)
        self._signer = Signer(site.store)
        self._visits: Visits[Reply | Turned] = Visits(site.store, site.door, self._dressed)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a proxy, or hand on to the pages."""
        if environ["PATH_INFO"] != CHECK:
            return self._pages(environ, start_response)
        try:
            asked = self._answer(environ, self._visits.ask) if environ["REQUEST_METHOD"] == "GET" else _NOT_ALLOWED
            reply = asked or _UNANSWERED
        except IamError as error:
            log().error("forward", status=503, reason=str(error))
            reply = _UNANSWERED
        except Exception as error:  # noqa: BLE001 - closed, whatever it is
            log().error("forward", status=500, trace=trace(error))
            reply = _closed("500 Internal Server Error", "fault")
        start_response(reply.status, reply.headers)
        return ()

    def at_once(self, environ: Environ) -> tuple[str, Headers] | None:
        """The answer, where one read is enough for it; None: call in the ordinary way, on a thread that may wait.

        For the server's own loop (web/site/running/loop.py).
        """
        if environ["PATH_INFO"] not in self.quick or not self._gates.fresh:
            return None
        try:
            reply = self._answer(environ, self._visits.kept)
        except Exception:  # noqa: BLE001 - the ordinary way tells what is wrong
            return None
        return None if reply is None else (reply.status, reply.headers)

    def _answer(self, environ: Environ, ask: Callable[..., Found | None]) -> Reply | None:
        """Who asks, for whom, from where; then the visit.  None: as `ask`."""
        meant = self._gates.meant(environ)
        if isinstance(meant, Unclear):
            return _refused(environ, meant.why)
        gate = meant.gate
        if environ.get("QUERY_STRING") not in {"", f"app={gate.client.code}"}:
            return _refused(environ, f"the proxy asks for another application than {gate.client.code}")
        if not gate.guards(meant.wanted.to):
            return _OPEN
        token = cookie(environ)
        if not token:
            return _away(meant, "signed_out", NO_MORE)
        found = ask(token, gate.client.id, meant.whence, self._site.store.clock())
        return found if found is None or isinstance(found, Reply) else _turned(meant, found)

    def _dressed(self, answer: Answer, at: datetime) -> Reply | Turned:
        """What a decision becomes; kept as long as the decision is."""
        decision, portal = answer.decision, self._site.portal.origin
        if decision.allowed:
            said = identity(answer, portal, self._signer, at)
            return Reply("200 OK", [*_ALWAYS, _EMPTY, *said])
        location = refused_at(portal, answer.client.code, decision, self._site.store.keys, at)
        return Turned(decision.outcome, ",".join(decision.codes), decision.needs, location)


def _turned(meant: Meant, found: Turned | Dead) -> Reply:
    """What somebody with a visit reads who is not let in."""
    if isinstance(found, Dead):  # why a session ended may be an inquiry: it is nobody's to read here
        return _away(meant, "signed_out", NO_MORE)
    if found.outcome is Outcome.STEP_UP:
        return _away(meant, found.reason, found.needs)
    return _sent("403 Forbidden", found.location, found.reason, meant.wanted)


def _away(meant: Meant, reason: str, needs: Needs) -> Reply:
    """To the place where coming in begins, and from there back to the page."""
    location = begin_at(meant.gate.origin, meant.wanted.to, needs)
    return _sent("401 Unauthorized", location, reason, meant.wanted)


def _sent(status: str, location: str, reason: str, asked: Wanted) -> Reply:
    """Not let in.  Where to go is told for a page alone: a script or a form of the application cannot follow; and a
    proxy that hands our answer to the browser sends it there at once."""
    headers = [*_ALWAYS, _EMPTY, (REASON, reason)]
    if asked.page:
        headers.append((LOCATION, location))
        if asked.hands_on:
            return Reply("302 Found", [*headers, ("Location", location)])
    return Reply(status, [*headers, _SIGN_IN] if status.startswith("401") else headers)


def _refused(environ: Environ, why: str) -> Reply:
    log().warning("forward", status=403, reason=why, peer=environ.get("REMOTE_ADDR", ""))
    return _closed("403 Forbidden", "proxy")


def _closed(status: str, reason: str) -> Reply:
    return Reply(status, [*_ALWAYS, _EMPTY, (REASON, reason)])


_UNANSWERED: Final = _closed("503 Service Unavailable", "unavailable")
_NOT_ALLOWED: Final = _closed("405 Method Not Allowed", "method")
_OPEN: Final = Reply("200 OK", [*_ALWAYS, _EMPTY, *((name, "") for name in HEADERS)])
"""For a page that is not guarded: it passes, and nobody is named."""
