"""What a reverse proxy says of the request that it holds back.

The one law: *what a browser can write names neither the host nor the address nor the terminal*: those are read from
listed proxies alone, and where two headers disagree about the host, the request is refused.

nginx (auth_request) states X-Original-URL.  Traefik (forwardAuth) and Caddy (forward_auth) state X-Forwarded-Proto,
-Host and -Uri, and hand whatever we answer on to the browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from iam.signin.deciding.pulse import Whence
from web.site.border.callers import Proxies, fingerprint_in

Environ = Mapping[str, Any]

VISIT: Final = "__Host-kagimori-visit"
"""The cookie at an application's own host."""

_LONGEST: Final = 8_192
_LONGEST_WAY: Final = 1_000
"""Characters of a page that is remembered on the way in: it stands in addresses, twice encoded."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a browser wants of whom.  `origin`: of the application, as the browser has it; `to`: path and query.

    `hands_on`: the proxy gives our answer to the browser as it is; `page`: the browser opens a page.
    """

    origin: str
    to: str
    hands_on: bool
    page: bool


@dataclass(frozen=True, slots=True)
class Unclear:
    """What cannot be answered, and why: words for the log and for whoever sets the proxy up."""

    why: str


def wanted(environ: Environ) -> Wanted | Unclear:
    """Which page of which application, as a listed proxy says; ask only for one of those."""
    stated, host = environ.get("HTTP_X_ORIGINAL_URL"), environ.get("HTTP_X_FORWARDED_HOST")
    forwarded = f"{environ.get('HTTP_X_FORWARDED_PROTO', '')}://{host or ''}"
    if stated is None:
        if host is None:
            return Unclear("neither X-Original-URL nor X-Forwarded-Host")
        origin, to = forwarded.lower(), str(environ.get("HTTP_X_FORWARDED_URI", ""))
    else:
        scheme, _, rest = str(stated).partition("://")
        name, slash, path = rest.partition("/")
        origin, to = f"{scheme}://{name}".lower(), slash + path
        if host is not None and host.lower() != name.lower():
            return Unclear("X-Original-URL and X-Forwarded-Host name two hosts")
    if not to.startswith("/") or len(to) > _LONGEST:
        return Unclear("no path in X-Original-URL or X-Forwarded-Uri")
    return Wanted(origin, to, stated is None, page=_opens_a_page(environ))


def _opens_a_page(environ: Environ) -> bool:
    """Whether the browser would follow us elsewhere: not when a script or a form of the application is asking."""
    method = environ.get("HTTP_X_FORWARDED_METHOD") or environ.get("HTTP_X_ORIGINAL_METHOD") or "GET"
    if method not in {"GET", "HEAD"}:
        return False
    mode = environ.get("HTTP_SEC_FETCH_MODE")
    return mode == "navigate" if mode else "text/html" in environ.get("HTTP_ACCEPT", "")


def whence(environ: Environ, proxies: Proxies, certificate: str) -> Whence | None:
    """From where the browser comes; None when no listed proxy says so.  `certificate`: the header that holds one."""
    address = proxies.address_behind(environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""))
    if address is None:
        return None
    if not certificate:
        return Whence(address)
    return Whence(address, fingerprint_in(environ.get(certificate, "")), checked=True)


def cookie(environ: Environ, name: str = VISIT) -> str:
    """A cookie; "" when there is none, or two of that name."""
    found = [
        value
        for each in environ.get("HTTP_COOKIE", "").split(";")
        for key, _, value in [each.strip().partition("=")]
        if key == name
    ]
    return found[0] if len(found) == 1 else ""


def own_page(to: str) -> str:
    """`to` when it is a path of the same host, else its first page: nobody is sent elsewhere (ASVS 3.7.2)."""
    if not to.startswith("/") or to.startswith("//") or len(to) > _LONGEST_WAY or not to.isascii():
        return "/"
    # Browsers take a backslash for a slash, and drop tabs and line ends.
    if "\\" in to or any(sign < "!" or sign == "\x7f" for sign in to):
        return "/"
    parts = urlsplit(to)
    return "/" if parts.scheme or parts.netloc or parts.path.startswith("/.kagimori/") else to
