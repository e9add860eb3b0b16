"""openid-client (npm, certified), driven line by line; and somebody's browser that it sends to the portal."""

import html
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from tests.browser.city import City
from web.practice.portal.browser import Browser, Course, read
from web.practice.portal.visitors import Visitor
from web.practice.servers import process

LIBRARY: Final = Path(__file__).parents[5] / ".tools/npm/node_modules/openid-client/build/index.js"
_ONWARD: Final = re.compile(r'class="button" href="([^"]+)"')


@dataclass
class Relying:
    """A system that speaks by openid-client."""

    running: subprocess.Popen[str]

    def does(self, deed: str, **said: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Let it do something; its answer, {"error": …} when it would not take what it was given."""
        assert self.running.stdin
        assert self.running.stdout
        self.running.stdin.write(json.dumps({"deed": deed, **said}) + "\n")
        self.running.stdin.flush()
        line = self.running.stdout.readline()
        assert line, "openid-client ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def relying(city: City, code: str, secret: str, uri: str, algorithm: str = "ES256") -> Iterator[Relying]:
    """The client `code`, as a system of its own."""
    assert LIBRARY.is_file(), "openid-client is missing: run ./dev assets"
    script = Path(__file__).with_name("relying.mjs")
    command = [process.program("node"), str(script), str(LIBRARY), city.origin, code, secret, uri, algorithm]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield Relying(running)
        finally:
            assert running.stdin
            running.stdin.close()


def sent(browser: Browser, url: str) -> str:
    """A page elsewhere sends a browser to the portal; where that sends it off, "" when it stays (`browser.page`)."""
    course = Course("https://groupware.city.example")
    for _ in range(10):
        if not url.startswith(browser.origin):
            return url
        parts = urlsplit(url)
        status, onward, body = browser.ask("GET", f"{parts.path}?{parts.query}", course=course)
        if not onward:
            browser.page = read(status, f"{parts.path}?{parts.query}", body)
            return ""
        url = urljoin(url, onward)
    raise AssertionError("it goes round in circles")


def proves(city: City, browser: Browser, who: Visitor, **typed: str) -> str:
    """Type password and code on the page that is open; where the portal then offers to go on."""
    browser.send(password=who.password, **typed)
    page = browser.send(code=city.code(who))
    assert page.status == 200, page.text
    found = _ONWARD.search(page.text)
    assert found, page.text
    return html.unescape(found[1])
