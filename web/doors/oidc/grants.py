"""Codes and refresh tokens, by Authlib's grants: what each is given for, and what is given for it.

The one law: *taken and given in one act* (R41): of several who bring the same code or refresh token exactly one gets
anything, and whoever comes second ends all that came of it (RFC 6749 §4.1.2, RFC 9700 §4.14.2).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Request, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, BaseGrant, RefreshTokenGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from authlib.oidc.core.util import create_half_hash

from iam.errors import Conflict
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.signin import sessions
from iam.signin.deciding.pulse import Whence
from iam.signin.door import Entrant, actor_of
from iam.signin.sessions import Session
from iam.signin.tokens import issued
from iam.signin.tokens.clients import Client, OidcDetail
from iam.signin.tokens.issued import Token, TokenKind, alive, issue, use_once
from iam.signin.tokens.signing import Signer
from web.doors.oidc.claims import LIFE, id_token
from web.doors.oidc.judged import Granted, Held, Wish, granted
from web.doors.oidc.server import BY_SECRET, Dead, Registered, Server, issuer
from web.site.site import at, the_site

CODE_LIFE: Final = timedelta(seconds=60)
REFRESH_LIFE: Final = timedelta(days=1)
"""At most, for each; none outlives the session."""

NOT_AGREED: Final = "The redirect_uri is not one that was agreed with this client."

METHODS: Final = (*BY_SECRET, "none")


@dataclass(frozen=True, slots=True)
class Entering:
    """Somebody who was just let in.  `request`: the name of the request that was kept meanwhile; "" for none.

    `silent`: nobody need be there; a page that was left open asks so.
    """

    who: Entrant
    session: Session
    whence: Whence
    wish: Wish
    request: str = ""
    silent: bool = False


class Coded(AuthorizationCodeGrant):
    """The code flow."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuth2Request, client: Registered) -> str:
        """The address as it was agreed; Authlib's own words would repeat what was sent."""
        uri = request.payload.redirect_uri
        if not uri or not client.check_redirect_uri(uri):
            raise InvalidRequestError(NOT_AGREED)
        return uri

    def generate_authorization_code(self) -> str:
        """A code for whoever was just let in, kept in the act that ends the request behind it."""
        entering, client = self.request.user, _client(self.request)
        if not isinstance(entering, Entering):
            raise TypeError("nobody was let in")
        with the_site().store.act(actor_of(entering.who.staff_number)) as act:
            made = _code(act, self.request, client, entering)
        if isinstance(made, issued.Dead):
            there = self.request.payload.redirect_uri
            raise InvalidRequestError("The request was used, or it is too old.", redirect_uri=there)
        return made

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """Nothing more: see `generate_authorization_code`."""

    def query_authorization_code(self, code: str, client: Registered) -> Held | None:
        """The code, if it lives and is this client's; who brings a used one, or another's, ends what came of it."""
        return _brought(TokenKind.CODE, code, client.client)

    def delete_authorization_code(self, authorization_code: Held) -> None:
        """Nothing more: it was taken when tokens were given for it."""

    def authenticate_user(self, authorization_code: Held) -> Granted:
        """Whoever was let in, if they may still come in."""
        return _still(authorization_code)

    def generate_token(
        self, user: object = None, scope: str | None = None, *_: object, **__: object
    ) -> dict[str, object]:
        """Tokens for the code."""
        return _exchanged(TokenKind.CODE, self.request.authorization_code, user, scope)


class Refreshed(RefreshTokenGrant):
    """A refresh token for a new one."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Held | None:
        """As for a code."""
        return _brought(TokenKind.REFRESH, refresh_token, _client(self.request))

    def authenticate_user(self, refresh_token: Held) -> Granted:
        """As for a code."""
        return _still(refresh_token)

    def generate_token(
        self, user: object = None, scope: str | None = None, *_: object, **__: object
    ) -> dict[str, object]:
        """Tokens for the refresh token."""
        return _exchanged(TokenKind.REFRESH, self.request.refresh_token, user, scope)

    def revoke_old_credential(self, refresh_token: Held) -> None:
        """Nothing more: it was taken when tokens were given for it."""


class Challenged(CodeChallenge):
    """PKCE, for every client and by S256 alone (RFC 9700 §2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: BaseGrant, redirect_uri: str) -> None:
        """As Authlib's, but neither challenge nor method may be missing: without a method it would be "plain"."""
        said = grant.request.payload.data
        if not said.get("code_challenge") or said.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: code_challenge with code_challenge_method S256.")
        super().validate_code_challenge(grant, redirect_uri)


class Identified(OpenIDCode):
    """The ID token beside the others."""

    def __init__(self, signer: Signer) -> None:
        super().__init__(require_nonce=False)
        self._signer = signer

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        """A nonce is the client's to compare; a code comes only once, whatever nonce it has."""
        del nonce, request
        return False

    def encode_id_token(self, token: dict[str, object], request: OAuth2Request) -> str:
        """Signed as the client wants it; a nonce only with the first one (OpenID Connect Core §12.2)."""
        who = _granted(request.user)
        half = create_half_hash(str(token["access_token"]), algorithm_of(who.client)) or b""
        nonce = {"nonce": who.detail["nonce"]} if who.detail.get("nonce") else {}
        return id_token(self._signer, issuer(), who, {"at_hash": half.decode(), **nonce}, at())


def register(server: Server) -> None:
    """Let `server` grant these."""
    identified = Identified(server.signer)
    server.register_grant(Coded, [Challenged(required=True), identified])
    server.register_grant(Refreshed, [identified])


def algorithm_of(client: Client) -> str:
    """What the client's tokens are signed with today.

    Raises:
        UnauthorizedClientError: when its waiver is over; it gets no token then.
    """
    algorithm = client.agreed(OidcDetail).algorithm_on(jst_day(at()))
    if algorithm is None:
        raise UnauthorizedClientError("The waiver that lets this client have RS256 is over.")
    return algorithm.value


def _code(act: Act, request: OAuth2Request, client: Client, entering: Entering) -> str | issued.Dead:
    if entering.request:
        kept = use_once(act, client, TokenKind.REQUEST, entering.request)
        if isinstance(kept, issued.Dead):
            return kept
    who, session, said = entering.who, entering.session, request.payload.data
    if not entering.silent:
        sessions.extend(act, session.id)  # its owner is at work with it
    detail = {
        "scope": request.scope, "redirect_uri": said["redirect_uri"], "challenge": said["code_challenge"],
        "nonce": said.get("nonce", ""), "auth_time": int(session.proved_at.timestamp()),
        "address": entering.whence.address, "certificate": entering.whence.certificate,
        "checked": entering.whence.checked,
        "kinds": entering.wish.kinds, "resistant": entering.wish.resistant,
    }  # fmt: skip
    code = issue(
        act, TokenKind.CODE, client, life=CODE_LIFE, detail=detail, person_id=who.person_id, session_id=session.id
    )
    act.record("oidc.entered", f"person {who.person_id}", {"client": client.code, "session": session.id})
    return code


def _brought(kind: TokenKind, text: str, client: Client) -> Held:
    """What a client brings, if it lives and is its own.

    Raises:
        Dead: in every other case; what may mean that it was stolen has ended everything that came of it.
    """
    site = the_site()
    found = alive(site.store, site.door, kind, text, at())
    if isinstance(found, issued.Alive) and found.client.id == client.id:
        return Held(found, text)
    if isinstance(found, issued.Alive) or found.reason == "used":
        with site.store.act(f"client:{client.code}") as act:
            taken = use_once(act, client, kind, text)
        found = taken if isinstance(taken, issued.Dead) else issued.Dead("used")
    raise Dead(f"{kind} {found.reason}")


def _still(held: Held) -> Granted:
    """Whoever is behind it, if they may still come in.

    Raises:
        Dead: when they may not; why, the decision has recorded.
    """
    found = granted(held.found)
    if isinstance(found, Granted):
        return found
    raise Dead(f"{held.found.token.kind} {found.outcome} {','.join(each.code for each in found.reasons)}")


def _exchanged(kind: TokenKind, held: object, user: object, scope: str | None) -> dict[str, object]:
    """Tokens for a code or refresh token.

    Raises:
        Dead: when somebody else was first, or the session ended meanwhile.
    """
    who = _granted(user)
    if not isinstance(held, Held):
        raise TypeError("nothing was brought")
    algorithm_of(who.client)
    try:
        with the_site().store.act(f"client:{who.client.code}") as act:
            taken = use_once(act, who.client, kind, held.text)
            given = taken if isinstance(taken, issued.Dead) else _given(act, who, taken, scope or held.get_scope())
    except Conflict:
        raise Dead(f"{kind} no_session") from None
    if isinstance(given, issued.Dead):
        raise Dead(f"{kind} {given.reason}")
    return given


def _given(act: Act, who: Granted, taken: Token, scope: str) -> dict[str, object]:
    """An access token, and a refresh token where that was agreed: of the same family."""
    named = ("auth_time", "address", "certificate", "checked", "kinds", "resistant")
    kept = {name: taken.detail[name] for name in named}
    client, session = who.client, who.session

    def made(kind: TokenKind, life: timedelta, its_scope: object) -> str:
        return issue(
            act, kind, client, life=life, detail={**kept, "scope": its_scope}, person_id=who.who.person_id,
            session_id=session.id, family=taken.family,
        )  # fmt: skip

    token: dict[str, object] = {
        "access_token": made(TokenKind.ACCESS, LIFE, scope),
        "token_type": "Bearer",
        "expires_in": int(min(LIFE, session.ends_at - act.at).total_seconds()),
        "scope": scope,
    }
    if client.agreed(OidcDetail).refresh:
        # Its scope is that of the one before, however little was asked for now (RFC 6749 §6).
        token["refresh_token"] = made(TokenKind.REFRESH, REFRESH_LIFE, taken.detail["scope"])
    return token


def _client(request: OAuth2Request) -> Client:
    if not isinstance(request.client, Registered):
        raise TypeError("no client of ours has asked")
    return request.client.client


def _granted(user: object) -> Granted:
    if not isinstance(user, Granted):
        raise TypeError("nobody was let in")
    return user
