"""What we tell of ourselves and of whoever came in: discovery, our public keys, userinfo.

The one law: *what is announced is so*: nothing stands in the discovery document that is not served, and nothing that is
served beside the standard goes unsaid.
"""

from collections.abc import Mapping
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6750 import InvalidTokenError
from flask import Blueprint, Response, jsonify, request

from iam.errors import IamError
from iam.signin.tokens import issued
from iam.signin.tokens.issued import TokenKind, alive
from web.doors.oidc.browser.requested import PATH
from web.doors.oidc.claims import CONTEXTS, told
from web.doors.oidc.grants import METHODS
from web.doors.oidc.judged import Granted, granted
from web.doors.oidc.program.tokens import told_program
from web.doors.oidc.server import BY_SECRET, SCOPES, Dead, cause_of, issuer, server
from web.site.border.refusals import refused
from web.site.site import at, the_site

pages = Blueprint("oidc_told", __name__)

LOGOUT: Final = "/oauth/logout"
_CLAIMS: Final = (
    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "kinds", "sid", "at_hash",
    "name", "preferred_username", "staff_number", "email", "groups",
)  # fmt: skip


@pages.get("/.well-known/openid-configuration", endpoint="configuration")
@pages.get("/.well-known/oauth-authorization-server", endpoint="server")
def configuration() -> Response:
    """What we can do (OpenID Connect Discovery 1.0, RFC 8414)."""
    return jsonify(described(issuer()))


@pages.get("/oauth/jwks")
def keys() -> Response:
    """What our tokens are verified with: the keys that sign, those that will, and those that did until lately."""
    return jsonify(keys=server().signer.jwks(at()))


@pages.route("/oauth/userinfo", methods=["GET", "POST"])
def userinfo() -> Response:
    """Who came in, for whoever holds an access token that still does."""
    try:
        return jsonify(_who(_bearer()))
    except OAuth2Error as error:
        refused("oidc", cause_of(error))
        return server().handle_response(*InvalidTokenError()())


def described(origin: str) -> dict[str, Any]:
    """The discovery document."""
    return {
        "issuer": origin,
        "authorization_endpoint": origin + PATH,
        "token_endpoint": f"{origin}/oauth/token",
        "userinfo_endpoint": f"{origin}/oauth/userinfo",
        "jwks_uri": f"{origin}/oauth/jwks",
        "introspection_endpoint": f"{origin}/oauth/introspect",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "pushed_authorization_request_endpoint": f"{origin}/oauth/par",
        "end_session_endpoint": origin + LOGOUT,
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login"],
        "scopes_supported": list(SCOPES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "EdDSA"],
        "token_endpoint_auth_methods_supported": list(METHODS),
        "introspection_endpoint_auth_methods_supported": list(BY_SECRET),
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "acr_values_supported": list(CONTEXTS),
        "claims_supported": list(_CLAIMS),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


def _bearer() -> str:
    """The access token, from the header alone (RFC 6750 §2.1)."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise Dead("no bearer token")
    return text.strip()


def _who(text: str) -> Mapping[str, Any]:
    site = the_site()
    found = alive(site.store, site.door, TokenKind.ACCESS, text, at())
    if isinstance(found, issued.Dead):
        raise Dead(f"access {found.reason}")
    still = granted(found)
    if not isinstance(still, Granted):
        raise Dead(f"access {still.outcome} {','.join(each.code for each in still.reasons)}")
    return told(still, found.token.detail["scope"])


pages.register_error_handler(IamError, told_program)
