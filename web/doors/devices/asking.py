"""Which gateway asks: a client that proves itself by its secret, from an address that was agreed on.

The one law: *whoever asks is known before anything is read* of what they ask; whoever is not gets one
answer, and one cause stands in the log.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from flask import Response, jsonify, make_response, request
from werkzeug.datastructures import Authorization

from iam.signin.tokens.clients import Client, ClientKind, RadiusDetail, TerminalDetail, authenticate
from web.site.border.callers import caller
from web.site.border.refusals import refused
from web.site.site import at, the_site

_CHALLENGE: Final = 'Basic realm="kagimori", charset="UTF-8"'


def who_asks(kind: ClientKind) -> Client | None:
    """The client behind this request; None, and remembered, when it is none of this door."""
    found = _found(kind)
    if isinstance(found, Client):
        return found
    refused("client", found)
    return None


def unknown(said: Mapping[str, Any]) -> Response:
    """What whoever is no client of ours gets, in the shape of the door."""
    answer = make_response(jsonify(said), 401)
    answer.headers["WWW-Authenticate"] = _CHALLENGE
    return answer


def _found(kind: ClientKind) -> Client | str:
    """The client, or why there is none."""
    code, secret = _shown(request.authorization)
    if not code or not secret or "\0" in code:
        return "no credentials"
    with the_site().store.glance() as connection:
        found = authenticate(connection, code, secret, at())
    if found is None:
        return "wrong credentials"
    if found.kind is not kind or not isinstance(found.detail, RadiusDetail | TerminalDetail):
        return f"{found.code}: not a client of this door"
    if not _listed(caller().address, found.detail):
        return f"{found.code}: not from an agreed address"
    return found


def _shown(given: Authorization | None) -> tuple[str, str]:
    """Code and secret: by Basic, or by Bearer as "code.secret" (a secret has no full stop)."""
    if given is None:
        return "", ""
    if given.type == "basic":
        return given.username or "", given.password or ""
    if given.type == "bearer":
        code, _, secret = (given.token or "").rpartition(".")
        return code, secret
    return "", ""


def _listed(address: str, detail: RadiusDetail | TerminalDetail) -> bool:
    if not address:
        return False
    found = ip_address(address)
    return any(found in network for network in detail.addresses)
