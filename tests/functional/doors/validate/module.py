"""What a sign-in module of a terminal sends, and what it looks for in the answer.

Written after the two that bodies have: the credential provider for Windows reads `result.value`, then
`detail.multi_challenge` and `detail.transaction_id`; the PAM module reads `detail.transaction_id`.
"""

import base64
import json
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from tests.functional.doors.devices.served import DESK


@dataclass(frozen=True)
class Told:
    """An answer."""

    status: int
    said: dict[str, Any]

    @property
    def value(self) -> object:
        """All that opens a terminal."""
        return self.said["result"]["value"]

    @property
    def authentication(self) -> str:
        found: str = self.said["result"].get("authentication", "")
        return found

    @property
    def message(self) -> str:
        found: str = self.said["detail"]["message"]
        return found

    @property
    def transaction(self) -> str:
        """As the credential provider finds it."""
        assert self.said["detail"]["multi_challenge"]
        found: str = self.said["detail"]["transaction_id"]
        return found


@dataclass(frozen=True)
class Module:
    """A terminal at `address`, seen through the proxy before the portal."""

    port: int
    credentials: str
    address: str = DESK["address"]
    agent: str = "privacyidea-cp/3.5.4"

    def at(self, address: str) -> "Module":
        """The same at another terminal."""
        return replace(self, address=address)

    def check(self, user: str, password: str, **more: str) -> Told:
        """One step, as a form."""
        return self.sends(urlencode({"user": user, "pass": password, **more}))

    def sends(
        self, body: str, kind: str = "application/x-www-form-urlencoded", authorization: str | None = None
    ) -> Told:
        """Any body."""
        basic = "Basic " + base64.b64encode(self.credentials.encode()).decode()
        headers = {
            "Authorization": basic if authorization is None else authorization, "Content-Type": kind,
            "X-Forwarded-For": self.address, "User-Agent": self.agent,
        }  # fmt: skip
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/validate/check", body.encode(), headers)
            answer = connection.getresponse()
            return Told(answer.status, json.loads(answer.read()))
        finally:
            connection.close()
