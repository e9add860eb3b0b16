"""What a system is told of somebody: claims by scope, how they proved themselves, and tokens that say so, signed.

The one law: *a subject is never somebody else* (R42, ASVS 10.3.3): `sub` is the number of the person, which is never
given twice; and nothing is told that was not agreed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from iam.access.accounts import login_in
from iam.record.columns import jst_day
from iam.signin.deciding.decision import Needs
from iam.signin.kinds import Method, Proofs, two_kinds
from iam.signin.tokens.clients import Client, OidcDetail
from iam.signin.tokens.details import Algorithm
from iam.signin.tokens.signing import Signer, SigningKey
from web.doors.oidc.judged import Granted
from web.doors.oidc.server import Registered
from web.site.site import the_site

LIFE: Final = timedelta(minutes=5)
"""How long ID and access tokens live."""

FAREWELL_LIFE: Final = timedelta(minutes=2)
"""How long a logout token lives (OpenID Connect Back-Channel Logout 1.0 §4)."""

ONE: Final = "urn:kagimori:kinds:1"
TWO: Final = "urn:kagimori:kinds:2"
RESISTANT: Final = "urn:kagimori:kinds:2:phishing-resistant"

CONTEXTS: Final[Mapping[str, Needs]] = {ONE: Needs(), TWO: Needs(2), RESISTANT: Needs(2, resistant=True)}
"""What an `acr` promises; the weakest first."""

_REFERENCES: Final[Mapping[Method, tuple[str, ...]]] = {
    Method.PASSWORD: ("pwd",),
    Method.TOTP: ("otp",),
    Method.TOKEN: ("otp",),
    Method.KEY: ("hwk", "user"),
    Method.VERIFIED_KEY: ("hwk", "user"),
    Method.CERTIFICATE: ("sc",),
    Method.RECOVERY: ("otp",),
    Method.TEMPORARY: ("otp",),
}
"""RFC 8176.  A key that verified its user does not say whether by PIN or finger, so neither is claimed."""

LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
IDENTITY: Final = "JWT"
FAREWELL: Final = "logout+jwt"
"""`typ` of each, so that none is taken for the other (RFC 8725 §3.11)."""

_KEYS: Final[Mapping[Algorithm, type[ECKey | OKPKey | RSAKey]]] = {
    Algorithm.ES256: ECKey,
    Algorithm.EDDSA: OKPKey,
    Algorithm.RS256: RSAKey,
}


class _Named(JWSRegistry):
    """The algorithms that are named, and no other.

    joserfc warns of the name EdDSA since RFC 9864; it is the one that OpenID Connect and its parties know.
    """

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 - joserfc does not export the class
        """The algorithm of this name.

        Raises:
            UnsupportedAlgorithmError: when it is not one of those.
        """
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError(f"Algorithm of '{name}' is not allowed")
        return self.algorithms[name]


def subject_of(person_id: int) -> str:
    """The person, for every system and for ever."""
    return str(person_id)


def session_name(session_id: int) -> str:
    """The session, as `sid` names it in ID tokens and logout tokens."""
    return str(session_id)


def context_of(proofs: Proofs) -> str:
    """The strongest `acr` that these proofs bear out."""
    if not two_kinds(proofs.methods):
        return ONE
    return RESISTANT if proofs.phishing_resistant else TWO


def references_of(proofs: Proofs) -> list[str]:
    """`amr`: each once, in the order in which it was proved."""
    found = [each for method in proofs.methods for each in _REFERENCES[method]]
    return list(dict.fromkeys([*found, *(["mfa"] if two_kinds(proofs.methods) else [])]))


def told(granted: Granted, scope: str) -> dict[str, Any]:
    """What the scopes open, as far as they are still agreed: a token outlives what it was given under."""
    who, scopes = granted.who, (Registered(granted.client).get_allowed_scope(scope) or "").split()
    claims: dict[str, Any] = {"sub": subject_of(who.person_id)}
    if "profile" in scopes:
        claims |= {"name": who.name, "preferred_username": _login(granted), "staff_number": who.staff_number}
    if "email" in scopes and who.email:
        claims |= {"email": who.email}
    if "groups" in scopes:
        claims |= {"groups": sorted(granted.decision.rights)}
    return claims


def proved(granted: Granted) -> dict[str, Any]:
    """How and when they proved themselves."""
    proofs = granted.session.proofs
    return {
        "auth_time": granted.detail["auth_time"], "acr": context_of(proofs), "amr": references_of(proofs),
        "kinds": sorted(proofs.kinds),
    }  # fmt: skip


def id_token(signer: Signer, issuer: str, granted: Granted, more: Mapping[str, Any], at: datetime) -> str:
    """Who came in, for the client's eyes (OpenID Connect Core §2).

    Raises:
        LookupError: when the client's algorithm is not allowed it any more.
    """
    claims = {
        **_frame(issuer, granted.client, at, LIFE), "sid": session_name(granted.session.id), **proved(granted), **more,
        **told(granted, granted.detail["scope"]),
    }  # fmt: skip
    return _signed(_key(signer, granted.client, at), claims, IDENTITY)


def logout_token(signer: Signer, issuer: str, client: Client, *, person_id: int, session_id: int, at: datetime) -> str:
    """That a session is over (OpenID Connect Back-Channel Logout 1.0 §2.4).

    Raises:
        LookupError: as `id_token`.
    """
    claims = {
        **_frame(issuer, client, at, FAREWELL_LIFE), "sub": subject_of(person_id), "sid": session_name(session_id),
        "jti": token_urlsafe(16), "events": {LOGOUT_EVENT: {}},
    }  # fmt: skip
    return _signed(_key(signer, client, at), claims, FAREWELL)


def hinted(signer: Signer, issuer: str, text: str, at: datetime) -> dict[str, Any] | None:
    """The claims of an ID token of ours that somebody shows again, however old; None for whatever else it is."""
    shown = signer.jwks(at)
    try:
        named = _Named(algorithms=[each["alg"] for each in shown])
        read = jwt.decode(text, KeySet.import_key_set({"keys": shown}), registry=named)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    claims = dict(read.claims)
    ours = read.header.get("typ") == IDENTITY and claims.get("iss") == issuer and isinstance(claims.get("aud"), str)
    return claims if ours and "events" not in claims else None


def _frame(issuer: str, client: Client, at: datetime, life: timedelta) -> dict[str, Any]:
    now = int(at.timestamp())
    return {"iss": issuer, "aud": client.code, "iat": now, "exp": now + int(life.total_seconds())}


def _key(signer: Signer, client: Client, at: datetime) -> SigningKey:
    algorithm = client.agreed(OidcDetail).algorithm_on(jst_day(at))
    if algorithm is None:
        raise LookupError("The waiver that lets this client have RS256 is over.")
    return signer.signing_key(algorithm, at)


def _signed(key: SigningKey, claims: Mapping[str, Any], kind: str) -> str:
    header = {"alg": key.algorithm.value, "kid": key.kid, "typ": kind}
    private = _KEYS[key.algorithm].import_key(key.pem)
    return jwt.encode(header, dict(claims), private, registry=_Named(algorithms=[key.algorithm.value]))


def _login(granted: Granted) -> str:
    """Their login in the client's system, else the staff number."""
    with the_site().store.glance() as connection:
        return login_in(connection, granted.who.person_id, granted.client.system) or granted.who.staff_number
