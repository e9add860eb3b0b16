"""What every answer carries, and which requests are not even looked at.

The one law: *no answer leaves without these headers*, error or not
(ASVS 3.4.1 to 3.4.8, 14.3.2); a page has no inline script and no inline style,
so a smuggled one does not run.
"""

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import BadRequest, MisdirectedRequest, UnsupportedMediaType

from iam.settings import Portal
from web.site.access import BODY
from web.site.site import the_site

FORM_FIELDS: Final = 500
UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_READ: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "application/json", ""})
_THERE: Final = frozenset({200, 304})
_YEAR: Final = 31_536_000

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; object-src 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

_ALWAYS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), "
        "publickey-credentials-create=(self), publickey-credentials-get=(self)"
    ),
}


class WrongOrigin(BadRequest):
    """A change asked for by another site's page."""


def register(app: Flask, portal: Portal, machines: Collection[str]) -> None:
    """Judge each request before anything else does, and dress each answer.

    `machines`: endpoints of doors for programs, which come by whatever name and have no origin.
    """
    strict = {**_ALWAYS}
    if portal.origin.startswith("https://"):
        strict["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
    app.config["MAX_CONTENT_LENGTH"] = BODY  # the guard raises it for a page that takes a file
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY
    app.config["MAX_FORM_PARTS"] = FORM_FIELDS
    app.before_request(lambda: _refuse_strangers(machines))

    @app.after_request
    def dress(response: Response) -> Response:
        response.headers.extend(strict)
        if "form_action" in g:  # of the one page that carries somebody on to a system (doors/saml)
            policy = _POLICY.replace("form-action 'self'", f"form-action {g.form_action}")
            response.headers["Content-Security-Policy"] = policy
        # What lies under /static/ is named after its content.
        if request.endpoint == "static" and response.status_code in _THERE:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            response.headers["Cache-Control"] = "no-store"
        return response


def refuse_unstorable() -> None:
    """Refuse a form that holds what no database can: to be asked when it is known that it may be read."""
    if request.method in UNSAFE and any("\0" in text for _, text in request.form.items(multi=True)):
        raise BadRequest


def _refuse_strangers(machines: Collection[str]) -> None:
    """Refuse a request for another host, and a change that another origin asks for.

    Browsers that send neither Origin nor Sec-Fetch-Site are held by the CSRF token alone.
    """
    if request.blueprint == "health":  # asked by the proxy and the container, by whatever name
        return
    if "\0" in request.path or b"%00" in request.query_string:  # no database holds it, and no person types it
        raise BadRequest
    if request.endpoint in machines:
        _refuse_unread()
        return
    origin = the_site().portal.origin
    if request.host != urlsplit(origin).netloc:
        raise MisdirectedRequest
    if request.method not in UNSAFE:
        return
    told = request.headers.get("Origin")
    if told is not None and told != origin:
        raise WrongOrigin
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise WrongOrigin
    _refuse_unread()


def _refuse_unread() -> None:
    if request.method in UNSAFE and request.mimetype not in _READ:
        raise UnsupportedMediaType
