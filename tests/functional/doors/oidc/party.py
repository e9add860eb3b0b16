"""A system that speaks OpenID Connect, in as few lines as will do: for what a well-behaved one never sends.

party = a_party(city, "groupware")
code = party.code(browser)
tokens = party.tokens(code)
"""

import base64
import hashlib
import warnings
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from iam.signin.tokens.clients import Client, ClientKind
from tests.clients import a_client
from tests.functional.site.given import ORIGIN, Browser, City

VERIFIER: Final = "v" * 43
CHALLENGE: Final = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def said_in(address: str) -> dict[str, str]:
    """What an address says, by name."""
    return dict(parse_qsl(urlsplit(address).query))


@dataclass
class Party:
    """One client and what it holds."""

    city: City
    client: Client
    secret: str = field(repr=False)

    @property
    def uri(self) -> str:
        return f"https://{self.client.code}.city.example/cb"

    def request(self, **other: str | None) -> dict[str, str]:
        """An authorization request; None leaves something out."""
        said: dict[str, str | None] = {
            "response_type": "code", "client_id": self.client.code, "redirect_uri": self.uri, "scope": "openid profile",
            "state": "s", "nonce": "n", "code_challenge": CHALLENGE, "code_challenge_method": "S256", **other,
        }  # fmt: skip
        return {name: value for name, value in said.items() if value is not None}

    def sends(self, browser: Browser, **other: str | None) -> TestResponse:
        """Send somebody's browser to be let in."""
        return browser.get(f"/oauth/authorize?{urlencode(self.request(**other))}")

    def back(self, browser: Browser, **other: str | None) -> dict[str, str]:
        """What the browser brings back."""
        answer = self.sends(browser, **other)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        assert answer.location.startswith(f"{self.uri}?"), answer.location
        said = said_in(answer.location)
        assert said["iss"] == ORIGIN
        assert said["state"] == "s"
        return said

    def code(self, browser: Browser, **other: str | None) -> str:
        """The code that it brings back."""
        return self.back(browser, **other)["code"]

    def posts(self, path: str, form: dict[str, str | None], secret: str | None = None) -> TestResponse:
        """Ask something as a program does, with the secret or without."""
        said = {name: value for name, value in form.items() if value is not None}
        headers = {}
        if self.client.public:
            said.setdefault("client_id", self.client.code)
        else:
            both = f"{self.client.code}:{self.secret if secret is None else secret}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(both).decode()}"
        plain = self.city.app.test_client(use_cookies=False)
        return plain.post(path, data=said, headers=headers, base_url=ORIGIN)

    def brings(self, code: str, /, **other: str | None) -> TestResponse:
        """Bring a code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.uri, "code_verifier": VERIFIER}
        return self.posts("/oauth/token", {**form, **other})

    def tokens(self, code: str) -> dict[str, Any]:
        """What a code gives."""
        return _good(self.brings(code))

    def refreshes(self, token: str, **other: str | None) -> TestResponse:
        """Bring a refresh token."""
        return self.posts("/oauth/token", {"grant_type": "refresh_token", "refresh_token": token, **other})

    def userinfo(self, token: str) -> TestResponse:
        """Ask who it is."""
        plain = self.city.app.test_client(use_cookies=False)
        return plain.get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"}, base_url=ORIGIN)

    def asks(self, token: str) -> dict[str, Any]:
        """Ask whether a token holds."""
        return _good(self.posts("/oauth/introspect", {"token": token}))

    def reads(self, token: str) -> dict[str, Any]:
        """An ID token, verified by the keys that we show."""
        shown = self.city.app.test_client().get("/oauth/jwks", base_url=ORIGIN).get_json()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joserfc would rather call EdDSA Ed25519
            read = jwt.decode(token, KeySet.import_key_set(shown), algorithms=["ES256", "EdDSA"])
        return {**read.claims, "alg": read.header["alg"]}


def _good(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    said: dict[str, Any] = answer.get_json()
    return said


def a_party(city: City, system: str, code: str = "", *, public: bool = False, **detail: Any) -> Party:  # noqa: ANN401
    """A client of a system, as two officers would have registered it."""
    code = code or system
    given = {
        "redirect_uris": [f"https://{code}.city.example/cb"],
        "post_logout_uris": [f"https://{code}.city.example/left"],
        "scopes": ["profile", "email", "groups"], "refresh": True, **detail,
    }  # fmt: skip
    return Party(city, *a_client(city.store, ClientKind.OIDC, system, given, code=code, public=public))
