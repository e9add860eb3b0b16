"""The authorization server: Authlib's, over our clients, our requests and our errors.

The one law: *a parameter counts once, and where the standard puts it* (RFC 6749 §3.1, §3.2): what a program sends
stands in the body, never in the address, and what stands there twice is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin, InvalidGrantError, InvalidRequestError, OAuth2Payload, OAuth2Request
from authlib.oauth2.rfc9207 import IssuerParameter
from flask import Response, current_app, json, request
from werkzeug.datastructures import MultiDict

from iam.signin.tokens.clients import Client, ClientKind, OidcDetail, authenticate, client_of
from iam.signin.tokens.signing import Signer
from web.site.border.refusals import refused
from web.site.site import at, the_site

SCOPES: Final[Mapping[str, str]] = {"openid": "", "profile": "profile", "email": "email", "groups": "groups"}
"""What may be asked for, and what two officers must have agreed to for it."""

BY_SECRET: Final = ("client_secret_basic", "client_secret_post")
_EXTENSION: Final = "kagimori-oidc"
_LONGEST_NAME: Final = 200
_LONGEST_VALUE: Final = 4_000

# Authlib wants to see TLS in the address; it ends at the proxy, and the border knows who speaks to us.
_ADDRESS: Final = "https://oidc"


class Registered(ClientMixin):
    """A client as Authlib asks about it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.agreed = client.agreed(OidcDetail)

    def get_client_id(self) -> str:
        """Its code."""
        return self.client.code

    def get_default_redirect_uri(self) -> None:
        """None: every request names its own (RFC 9700 §2.1)."""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Letter by letter."""
        return redirect_uri in self.agreed.redirect_uris

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What of `scope` was agreed; None without openid: there is nothing else to be had here."""
        asked = (scope or "").split()
        agreed = {"", *self.agreed.scopes}
        return (
            " ".join(each for each in SCOPES if each in asked and SCOPES[each] in agreed) if "openid" in asked else None
        )

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether it is its secret, or the former one while that still holds."""
        with the_site().store.glance() as connection:
            return authenticate(connection, self.client.code, client_secret, at()) is not None

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A public client has no secret and proves itself by PKCE; it may not ask about tokens."""
        return endpoint != "introspection" and method == "none" if self.client.public else method in BY_SECRET

    def check_response_type(self, response_type: str) -> bool:
        """The code flow alone."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Codes; and refresh tokens, where they were agreed."""
        return grant_type == "authorization_code" or (grant_type == "refresh_token" and self.agreed.refresh)


class Parameters(OAuth2Payload):
    """What a request says."""

    def __init__(self, said: Mapping[str, str]) -> None:
        self._said = said

    @property
    def data(self) -> Mapping[str, str]:
        """Name to value."""
        return self._said

    @property
    def datalist(self) -> Mapping[str, list[str]]:
        """The same, for whoever counts: each stands there once."""
        return {name: [value] for name, value in self._said.items()}


class Asking(OAuth2Request):
    """A request as Authlib reads it."""

    def __init__(self, said: Mapping[str, str]) -> None:
        super().__init__(request.method, _ADDRESS, headers=request.headers)
        self.payload = Parameters(said)

    @property
    def form(self) -> Mapping[str, str]:
        """What a program sent."""
        return self.payload.data


def said_once(values: MultiDict[str, str]) -> dict[str, str]:
    """Name to value; what has no value was not said (RFC 6749 §3.1).

    Raises:
        InvalidRequestError: when something stands there twice, or is longer than anything we know.
    """
    if any(len(each) > 1 for _, each in values.lists()):
        raise InvalidRequestError("A parameter stands in the request twice.")
    if any(len(value) > _LONGEST_VALUE for value in values.values()):
        raise InvalidRequestError("A parameter is too long.")
    return {name: value for name, value in values.items() if value}


def plain(text: str) -> bool:
    """Whether it is printable ASCII (RFC 6749 appendix A): whatever else is no value of ours."""
    return text.isascii() and text.isprintable()


class Issuer(IssuerParameter):
    """Every answer that goes to a client names us, so that it cannot be mixed up with another's (RFC 9207)."""

    def get_issuer(self) -> str:
        """Who we are."""
        return issuer()


def issuer() -> str:
    """Our name in tokens and answers: the origin of the portal."""
    return the_site().portal.origin


class Server(AuthorizationServer):
    """Authlib's server for this site."""

    def __init__(self, signer: Signer) -> None:
        super().__init__()
        self.signer = signer
        self._naming = Issuer()

    def query_client(self, client_id: str) -> Registered | None:
        """The active OpenID Connect client of this code."""
        if not plain(client_id) or len(client_id) > _LONGEST_NAME:
            return None
        with the_site().store.glance() as connection:
            client = client_of(connection, client_id)
        return Registered(client) if client and client.active and client.kind is ClientKind.OIDC else None

    def save_token(self, token: dict[str, object], request: OAuth2Request) -> None:
        """Nothing more: tokens are kept in the act that takes the code or refresh token for them (grants)."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: object) -> OAuth2Request:
        """What the caller has read already, or else the form of this request."""
        return request if isinstance(request, OAuth2Request) else self.of_program()

    def of_program(self) -> Asking:
        """What a program has sent, in the body.

        Raises:
            InvalidRequestError: as `said_once`; or it gives its secret in two ways (RFC 6749 §2.3).
        """
        said = said_once(request.form)
        authorization = request.authorization
        if authorization is not None and authorization.type == "basic":
            if "client_secret" in said:
                raise InvalidRequestError("The client proves itself in two ways.")
            if said.get("client_id", authorization.username) != authorization.username:
                raise InvalidRequestError("The request is of another client than its secret.")
        return Asking(said)

    def handle_response(self, status: int, body: object, headers: Sequence[tuple[str, str]]) -> Response:
        """The answer of ours that says this; one that goes to a client by way of a browser names us."""
        text = json.dumps(body) if isinstance(body, dict) else str(body)
        answer = Response(text, status=status, headers=list(headers))
        if answer.location:
            self._naming.add_issuer_parameter(self, answer)
        return answer

    def address_of(self, error: OAuth2Error) -> str:
        """The address at the client that says so; its own is in the error."""
        return self.handle_response(*error()).location or ""

    def handle_error_response(self, request: OAuth2Request | None, error: OAuth2Error) -> Response:
        """The same for what was refused, which is remembered."""
        refused("oidc", cause_of(error))
        return super().handle_error_response(request, error)


# --- what is refused


class Dead(InvalidGrantError):
    """A code or token that does not hold.  The client is told no more than that; `cause` is for the log."""

    def __init__(self, cause: str) -> None:
        super().__init__("The code or token does not hold.")
        self.cause = cause


def cause_of(error: OAuth2Error) -> str:
    """The one clear cause, for the log and the audit; it holds nothing of what was sent."""
    said = error.cause if isinstance(error, Dead) else error.description
    return f"{error.error}: {said}" if said else error.error


def server() -> Server:
    """The server of the site that is being asked."""
    found = current_app.extensions[_EXTENSION]
    if not isinstance(found, Server):
        raise TypeError("this application does not serve OpenID Connect")
    return found


def keep(made: Server, extensions: dict[str, object]) -> None:
    """Let `server()` find it."""
    extensions[_EXTENSION] = made
