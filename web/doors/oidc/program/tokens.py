"""What systems ask about tokens: for new ones, whether one holds, that one be ended; and that a request be kept.

The one law: *a program says which one it is* before it is told anything (RFC 6749 §3.2.1), and what goes wrong is told
in the words of the standard and logged with one cause.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Blueprint, Response, current_app, jsonify, make_response

from iam.errors import IamError
from iam.signin.tokens import issued
from iam.signin.tokens.issued import TokenKind, alive
from web.doors.oidc.browser import requested
from web.doors.oidc.browser.requested import Requested
from web.doors.oidc.claims import proved, subject_of
from web.doors.oidc.grants import METHODS
from web.doors.oidc.judged import Granted, Held, Known, granted
from web.doors.oidc.server import BY_SECRET, Registered, Server, issuer, server
from web.site.border.callers import caller
from web.site.problems import status_of
from web.site.running.journal import log, request_id
from web.site.site import at, the_site

pages = Blueprint("oidc_tokens", __name__)

KINDS: Final = (TokenKind.ACCESS, TokenKind.REFRESH)
MOST_PUSHED: Final = 30
"""Requests that whoever has no secret may push from one address in a minute, in one process: each is a row."""

_MINUTE: Final = timedelta(minutes=1)
_MOST_KNOWN: Final = 10_000
_PUSHED: Final = "kagimori-oidc-pushed"
_CREATED: Final = 201
_OURS: Final = 500


@pages.post("/oauth/token")
def token() -> Response:
    """Tokens for a code or a refresh token."""
    try:
        return server().create_token_response()
    except OAuth2Error as error:
        return server().handle_error_response(None, error)


@pages.post("/oauth/introspect")
def introspect() -> Response:
    """Whether a token holds, and whose it is (RFC 7662)."""
    return _endpoint(Introspection.ENDPOINT_NAME)


@pages.post("/oauth/revoke")
def revoke() -> Response:
    """End a token (RFC 7009)."""
    return _endpoint(Revocation.ENDPOINT_NAME)


@pages.post("/oauth/par")
def push() -> Response:
    """Keep an authorization request (RFC 9126)."""
    try:
        asking = server().of_program()
        client = server().authenticate_client(asking, METHODS, "pushed_authorization_request")
        if not isinstance(client, Registered):
            raise TypeError("no client of ours has asked")
        return _pushed(asking.payload.data, client)
    except OAuth2Error as error:
        error.redirect_uri = None  # it is a program that asks, and no browser to be sent anywhere
        return server().handle_error_response(None, error)


class Crowded(OAuth2Error):
    """Pushed too often (RFC 9126 §2.3)."""

    error = "temporarily_unavailable"
    description = "Too many requests were pushed from this address."
    status_code = 429


def _refuse_flood(address: str) -> None:
    """Refuse what anybody could send without end; who has a secret is known."""
    known: dict[str, tuple[datetime, int]] = current_app.extensions.setdefault(_PUSHED, {})
    now = at()
    since, count = known.get(address, (now, 0))
    if now - since >= _MINUTE:
        since, count = now, 0
    if count >= MOST_PUSHED:
        raise Crowded
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known[address] = since, count + 1


def _pushed(sent: Any, client: Registered) -> Response:  # noqa: ANN401
    said = requested.known({"client_id": client.client.code, **sent})
    if "request_uri" in sent or "request" in sent:
        raise InvalidRequestError("What is pushed stands in the body itself.")
    requested.agreed(Requested(said, at(), "pushed"), None)
    if client.client.public:
        _refuse_flood(caller().address)
    with the_site().store.act(f"client:{client.client.code}") as act:
        uri = requested.push(act, client.client, said)
    life = int(requested.PUSHED_LIFE.total_seconds())
    return make_response(jsonify(request_uri=uri, expires_in=life), _CREATED)


def _endpoint(name: str) -> Response:
    try:
        return server().create_endpoint_response(name)
    except OAuth2Error as error:
        return server().handle_error_response(None, error)


class Introspection(IntrospectionEndpoint):
    """Whether a token holds at this instant."""

    CLIENT_AUTH_METHODS = BY_SECRET

    def query_token(self, token_string: str, token_type_hint: str | None) -> Held | None:
        """A token that lives, of whichever client."""
        del token_type_hint
        site = the_site()
        for kind in KINDS:
            found = alive(site.store, site.door, kind, token_string, at())
            if isinstance(found, issued.Alive):
                return Held(found, token_string)
        return None

    def check_permission(self, token: Held, client: Registered, request: OAuth2Request) -> bool:
        """Clients of the same system are told, of any other they are not (R42); a refresh token concerns its own."""
        del request
        found = token.found
        return token.check_client(client) or (
            found.token.kind is TokenKind.ACCESS and found.client.system == client.client.system
        )

    def introspect_token(self, token: Held) -> dict[str, object]:
        """What the standard has of it; inactive for whoever may not come in now."""
        found = granted(token.found)
        if not isinstance(found, Granted):
            return {"active": False}
        row = token.found.token
        return {
            "active": True, "iss": issuer(), "client_id": found.client.code, "aud": found.client.code,
            "sub": subject_of(found.who.person_id), "scope": token.get_scope(), "token_type": "Bearer",
            "iat": int(row.issued_at.timestamp()), "exp": int(row.expires_at.timestamp()), **proved(found),
        }  # fmt: skip


class Revocation(RevocationEndpoint):
    """Ends a token: with a refresh token, everything that came of the same sign-in."""

    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Known | None:
        """A token of ours, dead or alive."""
        del token_type_hint
        site = the_site()
        for kind in KINDS:
            found = alive(site.store, site.door, kind, token_string, at())
            if found.token is not None:
                return Known(found.token)
        return None

    def revoke_token(self, token: Known, request: OAuth2Request) -> None:
        """End it."""
        client, row = request.client, token.token
        code = client.client.code if isinstance(client, Registered) else ""
        with the_site().store.act(f"client:{code}") as act:
            if row.kind is TokenKind.REFRESH:
                issued.revoke(act, "given_back", family=row.family)
            else:
                issued.revoke(act, "given_back", token_id=row.id)


def register(made: Server) -> None:
    """Let `made` answer these."""
    made.register_endpoint(Introspection)
    made.register_endpoint(Revocation)


def told_program(error: IamError) -> Response:
    """What a program is told of a fault: of ours, that it is ours, and the number under which the log has it."""
    status = status_of(error)
    log().error("failed", id=request_id(), kind=type(error).__name__, reason=str(error))
    known = {503: "temporarily_unavailable"}
    name = known.get(status, "server_error" if status >= _OURS else "invalid_request")
    return make_response(jsonify(error=name, id=request_id()), status)


pages.register_error_handler(IamError, told_program)
