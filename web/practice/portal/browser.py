"""A browser without a screen: cookies, forms, and one connection that stays open.

The one law: *it does what a browser does and no more*: it sends back what a
page's form holds, and says where the request comes from, so that what works
here is not a way round the pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Final, Self
from urllib.parse import urlencode, urljoin, urlsplit

SESSION: Final = "__Host-kagimori"
_PATIENCE: Final = 60
_MOST_HOPS: Final = 10
_MOVED: Final = frozenset({301, 302, 303})
_FAR: Final = ("same-origin", "same-site", "cross-site")


class NoSuchForm(LookupError):
    """The page does not ask for that; the message says which page and what it asks for."""


@dataclass(frozen=True)
class Page:
    """What came back.  `path` is where it stands, with its query; `forms` are those of its text."""

    status: int
    path: str
    text: str
    forms: tuple["Form", ...] = ()

    @property
    def title(self) -> str:
        """The page's own part of its title."""
        return self.text.partition("<title>")[2].partition("</title>")[0].partition(" | ")[0]


@dataclass(frozen=True)
class Form:
    """One form: where it goes, what it holds already, and the boxes that may be ticked besides."""

    action: str
    fields: Mapping[str, str]
    boxes: frozenset[str] = frozenset()


@dataclass
class Course:
    """One navigation with all its redirects, as Chromium tells of it (W3C Fetch Metadata §2.1 to §2.3).

    `begun_by`: the origin of the page whose form or link it was; "" for an address that somebody typed.
    """

    begun_by: str = ""
    _site: str = field(default=_FAR[0], init=False)

    def said(self, origin: str) -> dict[str, str]:
        """The headers of its next request, to `origin`: what once was led elsewhere does not come home again."""
        self._site = max(self._site, self._between(origin), key=_FAR.index)
        site = self._site if self.begun_by else "none"
        return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    def _between(self, origin: str) -> str:
        """A site is one host here: no two hosts of ours share a domain of somebody's own."""
        if origin == self.begun_by:
            return "same-origin"
        ours, theirs = urlsplit(self.begun_by), urlsplit(origin)
        alike = (ours.scheme, ours.hostname) == (theirs.scheme, theirs.hostname)
        return "same-site" if alike else "cross-site"


class Browser:
    """One person's; `origin` is the site that it stays on.

    `refresh`: where the page that came last goes on to by itself, "" for one that stays.
    """

    def __init__(self, origin: str, *, agent: str = "Kagimori practice") -> None:
        self.origin = origin
        self.page = Page(0, "/", "")
        self.cookies: dict[str, str] = {}
        self.refresh = ""
        self._agent = agent
        parts = urlsplit(origin)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def signed_in(self) -> bool:
        """Whether the site has given it a session."""
        return SESSION in self.cookies

    def get(self, path: str) -> Page:
        """Open a page, and follow wherever it leads."""
        return self._followed("GET", path)

    def send(self, asked: str = "", *, action: str = "", **typed: str) -> Page:
        """Fill in the form on this page that asks for all that is typed, send it, and follow.

        `action`: the path that the form goes to, where several ask for the same; `asked`: a field that it must have.

        Raises:
            NoSuchForm: when there is none.
        """
        wanted = {*typed, asked} - {""}
        for form in self.page.forms:
            if wanted <= {*form.fields, *form.boxes} and (not action or urlsplit(form.action).path == action):
                return self._followed("POST", form.action, {**form.fields, **typed})
        there = [(form.action, sorted(form.fields)) for form in self.page.forms]
        raise NoSuchForm(f"{self.page.path} ({self.page.status}): {sorted(wanted)} {action} in {there}")

    def ask(
        self, method: str, path: str, form: Mapping[str, str] | None = None, course: Course | None = None
    ) -> tuple[int, str, bytes]:
        """One request: status, where it sends to, body.  Nothing is followed.

        `course`: the navigation that it is part of; without, an address that was typed, or a form of this site.
        """
        course = course or Course("" if method == "GET" else self.origin)
        headers = {"User-Agent": self._agent, "Accept": "text/html", "Accept-Language": "ja"}
        headers |= course.said(self.origin)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if method != "GET":
            headers["Origin"] = course.begun_by
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form or {})
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self._keep(value)
        self.refresh = (answer.getheader("Refresh") or "").partition("url=")[2]
        return answer.status, answer.getheader("Location") or "", answer.read()

    def _followed(self, method: str, path: str, form: Mapping[str, str] | None = None) -> Page:
        course = Course("" if method == "GET" else self.origin)
        for _ in range(_MOST_HOPS):
            status, onward, body = self.ask(method, path, form, course)
            if status not in _MOVED:
                break
            parts = urlsplit(urljoin(path, onward))
            method, form = "GET", None
            path = parts.path + (f"?{parts.query}" if parts.query else "")
        self.page = read(status, path, body)
        return self.page

    def _keep(self, header: str) -> None:
        for name, morsel in SimpleCookie(header).items():
            if morsel["max-age"] == "0" or not morsel.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value


def read(status: int, path: str, body: bytes) -> Page:
    """A page with its forms."""
    text = body.decode("utf-8", "replace")
    reader = _Forms(path)
    reader.feed(text)
    return Page(status, path, text, tuple(reader.found))


class _Forms(HTMLParser):
    """The forms that are sent by POST, with the fields as the page filled them in."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._path = path
        self._open: tuple[str, dict[str, str], set[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            if said.get("method", "").lower() == "post":
                self._open = (said.get("action") or self._path, {}, set())
        elif self._open is not None and tag in {"input", "textarea", "select"} and said.get("name"):
            self._take(said["name"], said)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._open is not None:
            action, fields, boxes = self._open
            self.found.append(Form(action, fields, frozenset(boxes)))
            self._open = None

    def _take(self, name: str, said: Mapping[str, str]) -> None:
        """What is not chosen is not sent; of several to choose from, the first stands until one is chosen."""
        if self._open is None:
            return
        _, fields, boxes = self._open
        if said.get("type") == "checkbox" and "checked" not in said:
            boxes.add(name)
        elif said.get("type") == "radio" and "checked" not in said:
            fields.setdefault(name, said.get("value", ""))
        else:
            fields[name] = said.get("value", "")
