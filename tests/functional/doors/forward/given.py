"""An application of さくら市 behind a proxy, without a network between: requests as nginx, Traefik and Caddy send them.

Their shapes stand in PROXIES, from the documentation of each: nginx is tested by itself in test_nginx.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from sqlalchemy import update
from werkzeug.test import Client as Asking
from werkzeug.test import TestResponse

from iam.access.places.register import Known, Particulars, register
from iam.access.places.terminals import TerminalKind
from iam.signin.tokens.books import client_table
from iam.signin.tokens.clients import Client, ClientKind
from tests.clients import a_client
from tests.functional.site.given import ORIGIN, City
from web.doors.forward.doorway import Doorway
from web.doors.forward.identity import HEADERS
from web.doors.forward.reading import VISIT
from web.site.border.cookies import SESSION

APP: Final = "https://bunsho.city.example"
OTHER: Final = "https://kyuyo.city.example"
SYSTEM: Final = "groupware"
PROXY: Final = "127.0.0.1"
DESK: Final = "10.20.1.11"
"""The address of a registered terminal."""


def nginx(origin: str, to: str, method: str) -> dict[str, str]:
    """auth_request with docs/deploy/nginx-forward.conf."""
    return {"X-Original-URL": f"{origin}{to}", "X-Original-Method": method}


def forwarded(origin: str, to: str, method: str) -> dict[str, str]:
    """forwardAuth of Traefik and forward_auth of Caddy: the same five headers."""
    parts = urlsplit(origin)
    return {
        "X-Forwarded-Method": method, "X-Forwarded-Proto": parts.scheme, "X-Forwarded-Host": parts.netloc,
        "X-Forwarded-Uri": to,
    }  # fmt: skip


Shape = Callable[[str, str, str], dict[str, str]]
PROXIES: Final[Mapping[str, Shape]] = {"nginx": nginx, "traefik": forwarded, "caddy": forwarded}


@dataclass
class Street:
    """The portal and the application; `cookies` of one browser, by host."""

    city: City
    client: Client
    doorway: Doorway
    address: str = DESK
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    way_in: Callable[[str], dict[str, str]] = lambda url: {"X-Original-URL": url}

    @classmethod
    def in_(cls, city: City, **detail: Any) -> "Street":  # noqa: ANN401 - as the detail has it
        client, _ = a_client(city.store, ClientKind.FORWARD, SYSTEM, {"origin": APP, **detail}, code="bunsho")
        with city.store.act("test") as act:
            known = Known.of(city.door.profile, city.door.model)
            register(act, known, Particulars("PC-0101", "情報政策課 1", TerminalKind.PC, "lgwan", address=DESK))
        return cls(city, client, Doorway(city.site, city.app))

    # --- asking

    def check(
        self,
        to: str = "/",
        *,
        shape: Shape = nginx,
        origin: str = APP,
        method: str = "GET",
        peer: str = PROXY,
        query: str = "",
        token: str | None = None,
        **headers: str,
    ) -> TestResponse:
        """What a proxy asks about the browser's request."""
        mine = self.cookies.get(origin, {}) if token is None else {VISIT: token}
        sent = {"Accept": "text/html", "X-Forwarded-For": self.address, **shape(origin, to, method)}
        if mine:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in mine.items())
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return Asking(self.doorway, use_cookies=False).get(
            "/auth/check", query_string=query, headers={k: v for k, v in sent.items() if v},
            environ_overrides={"REMOTE_ADDR": peer},
        )  # fmt: skip

    def open(self, url: str, *, address: str = "", peer: str = PROXY, **headers: str) -> TestResponse:
        """The browser opens an address of the portal, or below /.kagimori/ of an application."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        jar = self.cookies.setdefault(origin, {})
        sent = {"X-Forwarded-For": address or self.address, **headers}
        if origin != ORIGIN:
            sent |= self.way_in(url)
        if jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        answer = Asking(self.doorway, use_cookies=False).get(
            parts.path, query_string=parts.query, base_url=origin, headers=sent, environ_overrides={"REMOTE_ADDR": peer}
        )
        for each in answer.headers.getlist("Set-Cookie"):
            name, _, value = each.partition(";")[0].partition("=")
            jar[name] = value
            if not value or "Max-Age=0" in each:
                jar.pop(name)
        return answer

    def follow(self, url: str, *, most: int = 6) -> list[TestResponse]:
        """Open it, and go on wherever it leads among the portal and the way in."""
        found = [self.open(url)]
        while found[-1].status_code == 303 and len(found) < most:
            url = urljoin(url, found[-1].location)
            if not url.startswith((ORIGIN, f"{APP}/.kagimori/")):
                break
            found.append(self.open(url))
        return found

    # --- coming in

    def sign_in(self, number: str, **how: Any) -> str:  # noqa: ANN401 - as session_for
        """The browser has a session at the portal."""
        token = self.city.session_for(number, **how)
        self.cookies.setdefault(ORIGIN, {})[SESSION] = token
        return token

    def come_in(self, number: str, to: str = "/start", **how: Any) -> str:  # noqa: ANN401 - as session_for
        """All the way: signed in, sent to the portal, back with a ticket; the token of the visit."""
        self.sign_in(number, **how)
        sent_to = self.check(to).headers["X-Kagimori-Location"]
        last = self.follow(sent_to)[-1]
        assert last.location == to, (last.request.path, last.status_code, last.location)
        return self.cookies[APP][VISIT]

    def stop(self) -> None:
        """Officers stop the client."""
        with self.city.store.act("test") as act:
            act.connection.execute(update(client_table).values(state="stopped", changed_at=act.at))


def named(answer: TestResponse) -> dict[str, str]:
    """Every header that says who somebody is."""
    return {name: answer.headers[name] for name in HEADERS if name in answer.headers}


def claims(answer: TestResponse) -> dict[str, Any]:
    """What the assertion says; its signature is not looked at."""
    body = answer.headers["X-Kagimori-Assertion"].split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found
