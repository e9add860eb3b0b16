"""A real nginx by docs/deploy/nginx-forward.conf before an old application, `iam serve`, and somebody who walks in."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import pytest
from sqlalchemy import insert, text

from iam.access.accounts import block_table
from iam.jobs.night import nightly
from iam.record.act import now
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.settings import load
from iam.signin.deciding.question import Outcome
from iam.signin.deciding.records import recent
from iam.signin.door import Door, Entrant, entrant
from iam.signin.tokens.clients import ClientKind
from migrations.run import upgrade
from tests.browser.chromium import Watch, opened, started
from tests.clients import a_client
from tests.functional.site.serving import HTTP, ROOT, Place, Served, served
from tests.memory import MemoryTarget
from web.body.deployment import Deployment, proved
from web.body.door import door_of
from web.body.job import job_for
from web.doors.forward.identity import HEADERS
from web.doors.forward.pages import BROWSER
from web.doors.forward.reading import VISIT
from web.practice.body import write_practice_body
from web.practice.portal.browser import Browser, Course, read
from web.practice.portal.visitors import Part, Visitor, Way, candidates, give
from web.practice.servers import process

PASSWORD: Final = "雨の港で三羽のかもめが歌う夜更け"


@dataclass
class Asked:
    """What an old application was asked: path and headers."""

    path: str
    headers: dict[str, str]


@dataclass
class Bunsho:
    """An old application that believes its headers."""

    port: int
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def an_old_application() -> Iterator[Bunsho]:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(Asked(self.path, dict(self.headers.items())))
            body = f"<title>文書管理</title>{self.headers.get('X-Remote-User')} <a href='/list'>一覧</a>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - as the library calls it

        def log_message(self, *_: object) -> None:
            """Not in the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    found = Bunsho(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def nginx(service: Served, app: Bunsho, folder: Path) -> Iterator[str]:
    """nginx by the sample, without TLS; the application's origin."""
    port = process.free_port()
    configuration = (ROOT / "docs/deploy/nginx-forward.conf").read_text(encoding="utf-8")
    for old, new in {
        "server app:8080;": f"server 127.0.0.1:{app.port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "server_name bunsho.example.lg.jp;": "server_name 127.0.0.1;",
    }.items():
        assert old in configuration, old
        configuration = configuration.replace(old, new)
    configuration = re.sub(r"^ *ssl_.*\n", "", configuration, flags=re.MULTILINE)
    portal = (ROOT / "docs/deploy/nginx.conf").read_text(encoding="utf-8")
    upstream = portal[portal.index("upstream kagimori") : portal.index("server {")]
    upstream = upstream.replace("server web:8443;", f"server 127.0.0.1:{service.port};")
    (folder / "kagimori.conf").write_text(upstream + configuration, encoding="utf-8")
    (folder / "nginx.conf").write_text(HTTP.format(folder=folder), encoding="utf-8")
    command = [process.program("nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    log = folder / "nginx.log"
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as running:
        try:
            process.wait_until_ready(running, lambda: process.listens(port), log=log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.end(running)


@dataclass
class Town:
    """All of it, and who lives there."""

    store: Store
    door: Door
    portal: str
    app: str
    bunsho: Bunsho
    who: Visitor
    open: ExitStack

    def browser(self) -> "Walker":
        hosts = {origin: self.open.enter_context(Browser(origin)) for origin in (self.portal, self.app)}
        return Walker(hosts)

    def code(self) -> str:
        """What their app shows now; codes of this half minute may be given again."""
        with self.store.act("test") as act:
            act.connection.execute(text("UPDATE authenticator SET counter = 0"))
        return self.who.code(now())

    def raw(self, path: str, token: str = "", method: str = "GET", **headers: str) -> tuple[int, str]:
        """One request without a browser: status, and where it sends to."""
        parts = urlsplit(self.app)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        sent = {"Accept": "text/html", **({"Cookie": f"a=1; {BROWSER}=c; {VISIT}={token}; b=2"} if token else {})}
        connection.request(method, path, headers={**sent, **{k.replace("_", "-"): v for k, v in headers.items()}})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.getheader("Location") or ""

    @property
    def person(self) -> Entrant:
        with self.store.read() as connection:
            found = candidates(connection, self.door, None, now())
            return next(each for each in found if each.staff_number == self.who.number)


@dataclass
class Walker:
    """A browser that goes from host to host, each with cookies of its own."""

    hosts: dict[str, Browser]
    here: str = ""
    way: list[str] = field(default_factory=list)

    def get(self, url: str) -> int:
        """Type the first address, go to others by links, and follow wherever it leads; the status at the end."""
        return self._went(url, Course(self.here))

    def _went(self, url: str, course: Course) -> int:
        status, onward, body = 0, url, b""
        for _ in range(12):
            url = urljoin(url, onward)
            parts = urlsplit(url)
            self.here = f"{parts.scheme}://{parts.netloc}"
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            self.way.append(parts.path)
            status, onward, body = self.hosts[self.here].ask("GET", path, course=course)
            if not onward and (onward := self.hosts[self.here].refresh):
                course = Course(self.here)
            if not onward:
                break
        self.hosts[self.here].page = read(status, path, body)
        return status

    @property
    def page(self) -> str:
        """What is shown."""
        return self.hosts[self.here].page.text

    def send(self, **typed: str) -> int:
        """Fill in the form, send it, and follow."""
        browser, course = self.hosts[self.here], Course(self.here)
        form = next(each for each in browser.page.forms if set(typed) <= set(each.fields))
        status, onward, body = browser.ask("POST", form.action, {**form.fields, **typed}, course)
        if status == 303:
            return self._went(urljoin(self.here, onward), course)
        browser.page = read(status, form.action, body)
        return status


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    portal = f"http://localhost:{process.free_port()}"
    body = write_practice_body(folder, staff=120, today=jst_day(now()), origin=portal)
    place = Place(folder, body.configuration)
    deployment, url = proved(load(body.configuration, {}), str(body.configuration), []), f"sqlite:///{folder}/iam.db"
    keys = KeyRing.create(folder / "keys.json")
    upgrade(url)
    with ExitStack() as stack:
        store = Store(url, keys)
        stack.callback(store.dispose)
        door, who = _somebody(deployment, store)
        bunsho = stack.enter_context(an_old_application())
        service = stack.enter_context(served(place, urlsplit(portal).port or 0))
        nginx_folder = tmp_path_factory.mktemp("nginx")
        app = stack.enter_context(nginx(service, bunsho, nginx_folder))
        a_client(store, ClientKind.FORWARD, "groupware", {"origin": app, "proxies": ["127.0.0.1"]}, code="bunsho")
        yield Town(store, door, portal, app, bunsho, who, stack.enter_context(ExitStack()))
    assert _counted(store) >= len(bunsho.asked), "the service wrote what it had counted before it ended"


def _counted(store: Store) -> int:
    """How often somebody was let in, as it is recorded."""
    with store.read() as connection:
        found = sum(each.times for each in recent(connection, outcome=Outcome.ALLOW))
    store.dispose()
    return found


def _somebody(deployment: Deployment, store: Store) -> tuple[Door, Visitor]:
    """The ledger after one night, and somebody with a password and an app."""
    job = job_for(deployment, store, "test", today=jst_day(now()), progress=lambda *_: None)
    report = nightly(replace(job, targets={name: MemoryTarget(name) for name in job.targets}, pause=lambda _: None))
    assert not report.holds
    assert deployment.settings.portal
    door = door_of(deployment, deployment.settings.portal, store.keys)
    with store.read() as connection:
        ids = [each.person_id for each in candidates(connection, door, None, now())]
        who = next(each for id_ in ids if (each := entrant(connection, door, id_, now())).in_service)
    return door, give(store, door, Part(None, "職員", Way.APP), who, PASSWORD)


def walk_in(town: Town, to: str = "/list?id=7&x=%E5%B8%82") -> Walker:
    """From the application to the portal, through password and code, and back."""
    browser = town.browser()
    assert browser.get(f"{town.app}{to}") == 200
    assert browser.here == town.portal
    browser.send(number=town.who.number, password=PASSWORD)
    assert browser.send(code=town.code()) == 200
    return browser


def test_somebody_walks_in_and_the_application_is_told_who(town: Town) -> None:
    browser = walk_in(town)
    assert browser.way == [
        "/list", "/.kagimori/begin", "/auth/start", "/login",
        "/login/factor", "/auth/start", "/.kagimori/enter", "/list",
    ]  # fmt: skip
    assert browser.here == town.app
    asked = town.bunsho.asked[-1]
    assert asked.path == "/list?id=7&x=%E5%B8%82"
    assert all(asked.headers[name] for name in HEADERS)
    assert asked.headers["X-Remote-User"] in browser.page


def test_a_real_browser_is_led_in_and_after_signing_out_to_the_door_again(town: Town) -> None:
    with started() as chromium, opened(chromium) as context:
        page, watch = context.new_page(), Watch.over(context)
        watch.expects("request elsewhere", "status of 401")  # two sites are what this is about; nobody's icon
        page.goto(f"{town.app}/list?id=7")
        assert page.url.startswith(f"{town.portal}/login?next=/auth/start")
        page.fill("input[name=number]", town.who.number)
        page.fill("input[name=password]", town.who.password)
        page.press("input[name=password]", "Enter")
        page.fill("input[name=code]", town.code())
        page.press("input[name=code]", "Enter")
        page.wait_for_url(f"{town.app}/list?id=7")
        (asked,) = (each for each in town.bunsho.asked if each.path == "/list?id=7")
        assert all(asked.headers[name] for name in HEADERS)
        assert asked.headers["X-Remote-User"] in page.inner_text("body")

        before, portal = len(town.bunsho.asked), context.new_page()
        portal.goto(town.portal)
        portal.locator("[data-menu] summary").click()
        portal.get_by_role("button", name="サインアウト", exact=True).click()
        portal.wait_for_url(f"{town.portal}/login")
        page.get_by_role("link", name="一覧").click()
        page.wait_for_url(f"{town.portal}/login?next=/auth/start**")
        assert len(town.bunsho.asked) == before
        assert watch.unexpected() == []


def test_nobody_reaches_the_application_but_through_the_door(town: Town) -> None:
    before = len(town.bunsho.asked)
    forged = {"X_Remote_User": "shichou", "X_Kagimori_Assertion": "e30.e30.e30"}
    for path in ("/", "/list", "/_kagimori", "/x/..%2flist"):
        status, there = town.raw(path, **forged)
        assert (status, there.partition("?")[0]) in {(302, f"{town.app}/.kagimori/begin"), (404, "")}, path
    assert town.raw("/list", "no-such-visit", **forged)[0] == 302
    assert town.raw("/list", method="POST", **forged) == (401, "")
    assert town.raw("/list", Accept="application/json") == (401, "")
    assert town.raw("/list", X_Forwarded_Host="evil.example", X_Original_URL="https://evil.example/")[0] == 302
    assert town.raw("/.kagimori/../list")[0] == 302
    assert len(town.bunsho.asked) == before


def test_what_a_browser_says_of_itself_does_not_get_through(town: Town) -> None:
    token = walk_in(town).hosts[town.app].cookies[VISIT]
    own = town.bunsho.asked[-1].headers["X-Remote-User"]
    forged = {name.replace("-", "_"): "shichou" for name in HEADERS}
    assert town.raw("/", token, X_Forwarded_For="10.10.1.11", X_Client_Cert="x", **forged)[0] == 200
    asked = town.bunsho.asked[-1].headers
    assert (asked["X-Remote-User"], asked["Cookie"]) == (own, "a=1; b=2")
    assert "shichou" not in json.dumps(asked)
    assert asked["X-Forwarded-For"] == "127.0.0.1"


def test_leaving_ends_the_visit_and_the_next_page_walks_in_again(town: Town) -> None:
    browser = walk_in(town)
    token = browser.hosts[town.app].cookies[VISIT]
    assert browser.get(f"{town.app}/.kagimori/leave") == 200
    assert browser.here == town.portal
    assert VISIT not in browser.hosts[town.app].cookies
    assert town.raw("/", token)[0] == 302
    assert browser.get(f"{town.app}/") == 200  # the session at the portal goes on
    assert browser.here == town.app


def test_many_pages_at_once_are_each_answered_for_their_own_visit(town: Town) -> None:
    token = walk_in(town).hosts[town.app].cookies[VISIT]
    found: list[int] = []

    def ask(mine: str) -> None:
        found.extend(town.raw("/", mine)[0] for _ in range(20))

    threads = [threading.Thread(target=ask, args=(each,)) for each in (token, "none", token, "none")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found) == [200] * 40 + [302] * 40


def test_a_suspension_counts_at_the_very_next_page(town: Town) -> None:
    token = walk_in(town).hosts[town.app].cookies[VISIT]
    assert town.raw("/", token)[0] == 200
    day = jst_day(now())
    with town.store.act("test") as act:
        row = {"person_id": town.person.person_id, "system": "", "origin": "officer", "clause": "SAKURA-3.2",
               "reason": "調査", "valid_from": day, "valid_until": day}  # fmt: skip
        act.connection.execute(insert(block_table).values(**row))
    try:
        assert town.raw("/", token)[0] == 302
    finally:
        with town.store.act("test") as act:
            act.connection.execute(block_table.update().values(lifted_at=act.at))


def test_a_database_that_is_away_closes_every_page(town: Town) -> None:
    token = walk_in(town).hosts[town.app].cookies[VISIT]
    before = len(town.bunsho.asked)
    with town.store.act("test") as act:
        act.connection.execute(text("ALTER TABLE issued_token RENAME TO gone"))
    try:
        assert town.raw("/", token) == (500, "")
        assert len(town.bunsho.asked) == before
    finally:
        with town.store.act("test") as act:
            act.connection.execute(text("ALTER TABLE gone RENAME TO issued_token"))
    assert town.raw("/", token)[0] == 200
