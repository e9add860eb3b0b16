"""What a system asks for when it sends a browser here: read, judged, and kept while its owner signs in.

The one law: *nothing is lost and nothing is slipped in*: while somebody proves themselves the request travels sealed,
and what was pushed (RFC 9126) counts alone, whatever the address says beside it.  Nobody makes us write a row before
they, or the client, have said who they are.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, OAuth2Error
from authlib.oauth2.rfc6749.grants import BaseGrant
from authlib.oidc.core.errors import (
    LoginRequiredError,
    RegistrationNotSupportedError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)
from flask import request

from iam.errors import IntegrityError
from iam.record.act import Act
from iam.signin.deciding.decision import Needs
from iam.signin.door import DOOR, Entrant
from iam.signin.tokens import issued
from iam.signin.tokens.clients import Client
from iam.signin.tokens.issued import TokenKind
from web.doors.oidc.claims import CONTEXTS, hinted
from web.doors.oidc.grants import NOT_AGREED, algorithm_of
from web.doors.oidc.judged import Wish
from web.doors.oidc.server import Asking, Registered, issuer, plain, said_once, server
from web.site.site import at, the_site

PATH: Final = "/oauth/authorize"
URN: Final = "urn:ietf:params:oauth:request_uri:"
PUSHED_LIFE: Final = timedelta(seconds=60)
KEPT_LIFE: Final = timedelta(minutes=20)
"""As long as signing in may take, with whatever must be enrolled first."""

NAMES: Final = (
    "response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "prompt", "max_age", "acr_values", "id_token_hint",
)  # fmt: skip
"""What is read; the rest is left alone, as the standards ask (RFC 6749 §3.1)."""

PROMPTS: Final = frozenset({"none", "login", "consent"})
"""Nobody is asked to consent: what a system is told of staff, the body decides (two officers), not each of them."""

MEANT: Final = "meant"
"""Whom the client means: of our own making, never read from an address."""

_LONGEST_AGE: Final = 9
_LONGEST_ADDRESS: Final = 1_900
"""Characters: less than what may be the way on from a page of ours."""

_SEALED: Final = "~"
_PURPOSE: Final = "authorization request"


@dataclass(frozen=True, slots=True)
class Requested:
    """One request.  `asked_at`: when the client first asked, since when a new proof counts as new.

    `name`: of the row that keeps it or what holds it sealed, "" while it stands in the address as the client wrote it;
    `kept`: its owner was sent to prove something.
    """

    said: Mapping[str, str]
    asked_at: datetime
    name: str = ""
    kept: bool = False

    @property
    def silent(self) -> bool:
        """Whether nobody may be shown anything (prompt=none)."""
        return self.said.get("prompt") == "none"

    @property
    def row(self) -> str:
        """The name of the row that keeps it; "" when none does."""
        return "" if self.name.startswith(_SEALED) else self.name

    @property
    def asking(self) -> Asking:
        """The same, as Authlib reads it."""
        return Asking(self.said)

    def wish(self) -> Wish:
        """What it asks for beyond the rules, as it is to be judged now.

        A proof that is newer than the request is new enough for whatever it asks.
        """
        needs, age = contexts_in(self.said.get("acr_values", "")), self.said.get("max_age")
        if "login" in self.said.get("prompt", "").split():
            age = "0"
        most = None if age is None else timedelta(seconds=int(age)) + (at() - self.asked_at)
        return Wish(needs.kinds, needs.resistant, most)


def read() -> Requested:
    """The request that this browser brings.

    Raises:
        OAuth2Error: when it is none that may be answered at the client.
    """
    said = said_once(request.args)
    named = said.get("request_uri")
    if named is None:
        return Requested(known(said), at())
    if not named.startswith(URN):
        raise RequestURINotSupportedError("Only what was pushed to us is taken (RFC 9126).")
    name = named.removeprefix(URN)
    found = _opened(name) if name.startswith(_SEALED) else _pushed(name)
    if found is None or found.said["client_id"] != said.get("client_id"):
        raise InvalidRequestError("The request_uri is unknown, used, too old, or of another client.")
    return found


def _pushed(name: str) -> Requested | None:
    with the_site().store.glance() as connection:
        row = issued.find(connection, TokenKind.REQUEST, name, at())
    if row is None:
        return None
    detail = row.detail
    since = datetime.fromisoformat(detail["asked_at"]) if detail["kept"] else row.issued_at
    return Requested(detail["said"], since, name, detail["kept"])


def _opened(name: str) -> Requested | None:
    try:
        sealed = base64.urlsafe_b64decode(name.removeprefix(_SEALED))
        held = json.loads(the_site().store.keys.open(_PURPOSE, sealed))
    except (IntegrityError, ValueError):
        return None
    since = datetime.fromisoformat(held["asked_at"])
    return Requested(held["said"], since, name, kept=True) if at() - since < KEPT_LIFE else None


def known(said: Mapping[str, str]) -> dict[str, str]:
    """What of it we read.

    Raises:
        OAuth2Error: when it holds what cannot be part of such a request.
    """
    found = {name: said[name] for name in NAMES if name in said}
    if not all(map(plain, found.values())):
        raise InvalidRequestError("A parameter is not printable ASCII.")
    return found


def agreed(asked: Requested, who: Entrant | None) -> BaseGrant:
    """The grant, when everything about the request holds; nobody has been let in yet.

    Raises:
        OAuth2Error: with the address of the client, once that is known to be right.
    """
    _refuse_unknown(asked)
    if asked.said.get("response_type") != "code":
        raise at_client(asked, OAuth2Error("Only response_type=code is served.", error="unsupported_response_type"))
    grant = server().get_consent_grant(asked.asking, end_user=who)
    client = grant.client
    if not isinstance(client, Registered):
        raise TypeError("no client of ours has asked")
    try:
        _refuse_unserved(asked, client)
    except OAuth2Error as error:
        raise at_client(asked, error) from None
    return grant


def at_client(asked: Requested, error: OAuth2Error) -> OAuth2Error:
    """The error, to be told to the client by way of its browser; where that is sent is known to be right."""
    error.redirect_uri, error.state = asked.said["redirect_uri"], asked.said.get("state")
    return error


def _refuse_unserved(asked: Requested, client: Registered) -> None:
    """Refuse what Authlib does not look at."""
    said, there = asked.said, request.args if not asked.name else {}
    if "request" in there:
        raise RequestNotSupportedError("Request objects are not served; push the request instead (RFC 9126).")
    if "registration" in there:
        raise RegistrationNotSupportedError("Two officers register clients.")
    if client.agreed.require_par and not asked.name:
        raise InvalidRequestError("This client pushes its requests (RFC 9126).")
    if said.get("response_mode", "query") != "query":
        raise InvalidRequestError("Only response_mode=query is served.")
    if not PROMPTS.issuperset(said.get("prompt", "").split()):
        raise InvalidRequestError("Only prompt=none and prompt=login are served.")
    age = said.get("max_age", "0")
    if not age.isdigit() or len(age) > _LONGEST_AGE:
        raise InvalidRequestError("max_age is no number of seconds.")
    algorithm_of(client.client)


def _refuse_unknown(asked: Requested) -> None:
    """Refuse whatever must not be answered at the address that it names."""
    client = server().query_client(asked.said.get("client_id", ""))
    if client is None:
        raise InvalidClientError("There is no such client.")
    if not client.check_redirect_uri(asked.said.get("redirect_uri", "")):
        raise InvalidRequestError(NOT_AGREED)


def contexts_in(values: str) -> Needs:
    """The weakest of the contexts that would do; those that we do not know do not count."""
    wanted = [needs for name, needs in CONTEXTS.items() if name in values.split()]
    return wanted[0] if wanted else Needs()


def keep(client: Client, asked: Requested) -> Requested:
    """The same, kept while its owner proves themselves; what was pushed is used up by it.

    Raises:
        OAuth2Error: when it is too long to be carried.
    """
    if asked.kept:
        return asked
    held = {"said": dict(asked.said), "asked_at": asked.asked_at.isoformat()}
    if asked.name:
        with the_site().store.act(DOOR) as act:
            issued.use_once(act, client, TokenKind.REQUEST, asked.name)
            name = issued.issue(act, TokenKind.REQUEST, client, life=KEPT_LIFE, detail={**held, "kept": True})
        return replace(asked, name=name, kept=True)
    sealed = the_site().store.keys.seal(_PURPOSE, json.dumps(held).encode())
    kept = replace(asked, name=_SEALED + base64.urlsafe_b64encode(sealed).decode(), kept=True)
    if len(address_of(kept)) > _LONGEST_ADDRESS:
        raise at_client(asked, InvalidRequestError("The request is too long; push it (RFC 9126)."))
    return kept


def meant(asked: Requested) -> Requested:
    """The same, with the person whom an ID token that it shows is about, instead of the token.

    Raises:
        OAuth2Error: when it is no ID token of ours.
    """
    said = dict(asked.said)
    hint = said.pop("id_token_hint", "")
    if not hint:
        return asked
    claims = hinted(server().signer, issuer(), hint, at())
    if claims is None:
        raise at_client(asked, LoginRequiredError())
    return replace(asked, said={**said, MEANT: str(claims["sub"])})


def push(act: Act, client: Client, said: Mapping[str, str]) -> str:
    """Keep what a client pushes; the `request_uri` by which its browser brings it."""
    detail: dict[str, Any] = {"said": dict(said), "kept": False}
    return URN + issued.issue(act, TokenKind.REQUEST, client, life=PUSHED_LIFE, detail=detail)


def address_of(asked: Requested) -> str:
    """Where its owner comes back to: a path of ours."""
    return f"{PATH}?{urlencode({'client_id': asked.said['client_id'], 'request_uri': URN + asked.name})}"
