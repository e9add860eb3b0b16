"""Debian's Chromium, driven by Playwright, and an eye on everything that goes wrong in a page.

A missing browser fails the test, it never skips it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

EXECUTABLE: Final = "/usr/bin/chromium"
_FLAGS: Final = [
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_RUNNING: Final[list[Browser]] = []
_LOCAL: Final = frozenset({"data", "blob", "about"})
DESKTOP: Final = (1280, 800)
PHONE: Final = (375, 740)


@contextmanager
def started() -> Iterator[Browser]:
    """One browser for many tests; each takes a context of its own (`opened`).

    Playwright runs once in a process: whoever asks while it does is given the browser that is there.
    """
    if _RUNNING:
        yield _RUNNING[0]
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=_FLAGS)
        _RUNNING.append(browser)
        try:
            yield browser
        finally:
            _RUNNING.clear()
            browser.close()


@contextmanager
def opened(browser: Browser, size: tuple[int, int] = DESKTOP, **options: Any) -> Iterator[BrowserContext]:  # noqa: ANN401 - Playwright's own
    """A fresh profile (no cookie, no storage) of somebody in Japan; `options` as `Browser.new_context` takes them."""
    width, height = size
    context = browser.new_context(
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        viewport={"width": width, "height": height},
        **options,
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@dataclass
class Watch:
    """What went wrong in the pages of a context: errors in the console, scripts that broke, requests elsewhere.

    A refusal that a test provokes writes a line into the console as well; name it first:
    `watch.expects("status of 403")`.
    """

    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    sites: set[str] = field(default_factory=set)

    @classmethod
    def over(cls, context: BrowserContext) -> "Watch":
        """A watch over every page of the context, also over those that it opens later."""
        watch = cls()
        context.on("console", watch._console)
        context.on("weberror", lambda error: watch.faults.append(f"script: {error.error}"))
        context.on("request", watch._request)
        return watch

    def expects(self, *words: str) -> None:
        """Errors with one of these words are part of the test."""
        self.expected.extend(words)

    def unexpected(self) -> list[str]:
        """What no test has named."""
        return [fault for fault in self.faults if not any(word in fault for word in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        to = urlsplit(request.url)
        if to.scheme in _LOCAL:
            return
        # The first address is where the test goes; whatever a page asks of others breaks a closed network.
        if request.is_navigation_request() and not self.sites:
            self.sites.add(to.netloc)
        if to.netloc not in self.sites:
            self.faults.append(f"request elsewhere: {request.method} {request.url}")


def focused(page: Page) -> str:
    """What has the focus, in short: `button "サインイン"`."""
    found: str = page.evaluate(
        "() => { const e = document.activeElement;"
        " return e.tagName.toLowerCase() + ' \"' + (e.name || e.textContent || e.id).trim().slice(0, 40) + '\"' }"
    )
    return found
