"""What an application is told of whoever passes: headers for old ones, a signed assertion for those that look.

The one law: *a header is a claim, the assertion is the proof*: an application that can be reached past its proxy
believes the assertion alone, which is signed (ES256), names its audience and lives for a minute.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from joserfc import jwt
from joserfc.jwk import ECKey

from iam.signin.kinds import Proofs
from iam.signin.tokens.details import Algorithm
from iam.signin.tokens.signing import Signer
from iam.signin.visits.kept import Answer
from web.doors.oidc.claims import context_of, references_of, subject_of

LIFE: Final = timedelta(seconds=60)
"""How long an assertion lives: twice as long as an answer is kept, so that one that is sent still lives for a while."""

TYPE: Final = "forward+jwt"
"""So that none is taken for an ID token (RFC 8725 §3.11)."""

USER: Final = "X-Remote-User"
NAME: Final = "X-Kagimori-Name"
GROUPS: Final = "X-Kagimori-Groups"
ASSERTION: Final = "X-Kagimori-Assertion"

HEADERS: Final = (USER, NAME, GROUPS, ASSERTION)
"""Every header that says who somebody is.  All of them are always sent, so that none of the caller's own remains."""

_SAFE: Final = "@._-~:+"


def identity(answer: Answer, issuer: str, signer: Signer, at: datetime) -> list[tuple[str, str]]:
    """The headers; what is not ASCII stands there percent-encoded (UTF-8)."""
    who = answer.knock.who
    rights = sorted(answer.decision.rights)
    return [
        (USER, quote(answer.login, _SAFE)),
        (NAME, quote(who.name, _SAFE)),
        (GROUPS, ",".join(quote(each, _SAFE) for each in rights)),
        (ASSERTION, _signed(_claims(answer, issuer, at), signer, at)),
    ]


def _claims(answer: Answer, issuer: str, at: datetime) -> dict[str, Any]:
    who, session = answer.knock.who, answer.knock.session
    proofs = session.proofs if session else Proofs()
    since = session.proved_at if session else at
    return {
        "iss": issuer, "aud": answer.client.code, "sub": subject_of(who.person_id),
        "iat": int(at.timestamp()), "exp": int((at + LIFE).timestamp()), "auth_time": int(since.timestamp()),
        "preferred_username": answer.login, "name": who.name,
        "groups": sorted(answer.decision.rights), "acr": context_of(proofs), "amr": references_of(proofs),
        "kinds": sorted(proofs.kinds),
    }  # fmt: skip


def _signed(claims: Mapping[str, Any], signer: Signer, at: datetime) -> str:
    key = signer.signing_key(Algorithm.ES256, at)
    header = {"alg": "ES256", "kid": key.kid, "typ": TYPE}
    return jwt.encode(header, dict(claims), _key(key.pem), algorithms=["ES256"])


@lru_cache(maxsize=4)
def _key(pem: bytes) -> ECKey:
    return ECKey.import_key(pem)
