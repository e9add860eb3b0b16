"""The portal as a body runs it, for benchmarks: `iam serve` over a PostgreSQL that keeps what it was told, and people.

The one law: *the caller costs as little as it can*: bytes are sent and read on a
socket that stays open, so that what is measured is the service.
"""

import os
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote_plus

from sqlalchemy import select, update

from iam.jobs.night import nightly
from iam.people.ledger import person_table
from iam.record.act import now
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.settings import load
from iam.signin.door import Door, entrant
from iam.signin.factors.authenticators import authenticator_table
from migrations.run import upgrade
from web.body.deployment import Deployment, proved
from web.body.door import door_of
from web.body.job import job_for
from web.practice.portal import serving
from web.practice.portal.visitors import Part, Visitor, Way, give
from web.practice.servers.postgres import Postgres
from web.practice.servers.process import end as end_process
from web.practice.servers.process import free_port, start, wait_until_ready
from web.practice.walk.stage import program, staged

STAFF: Final = 600
PASSWORD: Final = "雨の港で三羽のかもめが歌う夜更け"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_COOKIE: Final = re.compile(rb"\r\nset-cookie: *([^=;\r]+)=([^;\r]*)", re.IGNORECASE)
_TOKEN: Final = re.compile(rb'name="csrf_token" value="([^"]+)"')
_PATIENCE: Final = 120
_BITE: Final = 65_536


class Wire:
    """One browser's connection, as cheap as it can be: status and body, cookies kept."""

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._host = f"localhost:{port}"
        self._socket: socket.socket | None = None
        self.cookies: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._socket = socket.create_connection(self._address, _PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()

    def ask(self, path: str, form: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """GET `path`, or POST `form` to it."""
        head = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", f"Host: {self._host}"]
        if self.cookies:
            head.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        body = ""
        if form is not None:
            body = "&".join(f"{name}={quote_plus(value)}" for name, value in form.items())
            head += [f"Origin: http://{self._host}", "Content-Type: application/x-www-form-urlencoded"]
            head.append(f"Content-Length: {len(body)}")
        return self._answer("\r\n".join([*head, "", body]).encode("ascii"))

    def _answer(self, request: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            raise RuntimeError("the connection is not open")
        self._socket.sendall(request)
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self._more()
        head, length = got[:end], _LENGTH.search(got[:end])
        whole = end + 4 + (int(length[1]) if length else 0)
        while len(got) < whole:
            got += self._more()
        for name, value in _COOKIE.findall(head):
            self.cookies[name.decode()] = value.decode()
        return int(head[9:12]), got[end + 4 :]

    def _more(self) -> bytes:
        assert self._socket is not None
        if bite := self._socket.recv(_BITE):
            return bite
        raise ConnectionError("the server hung up")


@dataclass(frozen=True)
class Served:
    """The portal, open at `port`.  `processes`: of its server, the first one first."""

    port: int
    url: str
    store: Store
    people: Sequence[Visitor]
    pid: int

    def signs_in(self, who: Visitor, told: Callable[[], object] = lambda: None) -> dict[str, str]:
        """Four requests: the door, the password, the second step, the code; the cookies of whoever is in.

        `told`: called, and waited for, whenever they are told to come again.
        """
        with Wire(self.port) as wire:
            typed = {"csrf_token": token(wire, "/login"), "number": who.number, "password": who.password}
            answer = wire.ask("/login", typed)
            while answer[0] == HTTPStatus.SERVICE_UNAVAILABLE:
                told()
                answer = wire.ask("/login", typed)
            onward(answer)
            typed = {"csrf_token": token(wire, "/login/factor"), "code": who.code(now())}
            answer = wire.ask("/login/factor", typed)
            if answer[0] == HTTPStatus.UNPROCESSABLE_ENTITY:  # the half minute was over before it was read
                answer = wire.ask("/login/factor", {**typed, "code": who.code(now())})
            onward(answer)
            return wire.cookies

    def another_minute(self) -> None:
        """Codes of now are unused again."""
        with self.store.act("bench") as act:
            act.connection.execute(update(authenticator_table).values(counter=0))

    def memory(self) -> float:
        """MiB that the processes of the server hold now, shared pages once."""
        return sum(_proportional(pid) for pid in family(self.pid)) / 1024


def onward(answer: tuple[int, bytes]) -> None:
    """The step was taken; else the page says why not."""
    status, body = answer
    assert status == HTTPStatus.SEE_OTHER, (status, re.sub(r"<[^>]+>|\s+", " ", body.decode())[-600:])


def token(wire: Wire, page: str) -> str:
    """The CSRF token of the form on a page."""
    status, body = wire.ask(page)
    found = _TOKEN.search(body)
    assert found, (page, status)
    return found[1].decode()


def family(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        if parent == pid:
            found.append(int(stat.parent.name))
    return found


def processor_seconds(pid: int) -> float:
    """What a process and its children have taken of the processor so far."""
    found = 0
    for each in family(pid):
        said = Path(f"/proc/{each}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        found += int(said[11]) + int(said[12])
    return found / os.sysconf("SC_CLK_TCK")


def _proportional(pid: int) -> int:
    try:
        said = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:  # it ended meanwhile
        return 0
    return int(re.search(r"^Pss:\s+(\d+)", said, re.MULTILINE)[1])  # type: ignore[index] # the kernel says so


class Watched:
    """The most that something was, while the block ran."""

    def __init__(self, measure: Callable[[], float], every: float = 0.05) -> None:
        self.most = 0.0
        self._measure, self._every = measure, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(self._every):
            self.most = max(self.most, self._measure())


@contextmanager
def served(folder: Path, count: int, *, sqlite: bool = False, proxied: bool = False) -> Iterator[Served]:
    """さくら市's portal, and `count` people with a password and an app; on PostgreSQL unless `sqlite`.

    `proxied`: whoever asks from this host is a listed proxy.
    """
    with ExitStack() as stack:
        port = free_port()
        if sqlite:
            url = f"sqlite:///{folder / 'iam.db'}"
        else:
            url = stack.enter_context(Postgres(durable=True)).create("portal")
        upgrade(url)
        origin = f"http://localhost:{port}"
        keys = KeyRing.create(folder / "keys.json")
        store = Store(url, keys)
        stack.callback(store.dispose)
        deployment = _filled(folder, origin, url, store, proxies='proxies = ["127.0.0.1"]\n' if proxied else "")
        assert deployment.settings.portal
        people = _people(store, door_of(deployment, deployment.settings.portal, keys), count)
        running = stack.enter_context(
            serving.opened(program(), folder / "iam.toml", origin, environment=_ours(), worker=False)
        )
        yield Served(port, url, store, people, running.server.pid)


def _ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("IAM_")}


def _filled(folder: Path, origin: str, url: str, store: Store, *, proxies: str) -> Deployment:
    """さくら市 after its first night; its OpenLDAP is gone then, for what is measured here asks none."""
    with staged(folder, jst_day(now()), STAFF, origin=origin, environment={}) as stage:
        file = stage.body.configuration
        text = file.read_text(encoding="utf-8").replace("sqlite:///iam.db", url)
        assert "[portal]\n" in text
        file.write_text(text.replace("[portal]\n", f"[portal]\n{proxies}"), encoding="utf-8")
        deployment = proved(load(file, {}), str(file), [])
        report = nightly(job_for(deployment, store, "bench", today=stage.today, progress=lambda *_: None))
    assert report.applied is not None, report.holds
    return deployment


def _people(store: Store, door: Door, count: int) -> list[Visitor]:
    """Members of staff in service, each with a password hashed at the product's own cost and an app."""
    with store.read() as connection:
        ids = connection.scalars(select(person_table.c.id).order_by(person_table.c.id)).all()
        known = (entrant(connection, door, id_, store.clock()) for id_ in ids)
        chosen = [who for who in known if who.in_service and not who.roles][:count]
    assert len(chosen) == count
    part = Part(None, "職員", Way.APP)
    with ThreadPoolExecutor(os.cpu_count()) as makers:
        return list(makers.map(lambda who: give(store, door, part, who, PASSWORD), chosen))


BARE: Final = "import sys; from benchmarks.bare import run; run(*sys.argv[1:])"


@dataclass(frozen=True)
class Bare:
    """The bare page's server.  `pid`: its first process."""

    port: int
    pid: int


@contextmanager
def bare(folder: Path, url: str) -> Iterator[Bare]:
    """A bare Flask page with one indexed read, on the same server and database."""
    port, log = free_port(), folder / "bare.log"
    ours = {**_ours(), "PYTHONPATH": os.pathsep.join(map(str, [Path.cwd(), *sys.path]))}
    with log.open("wb") as stream:
        server = start("", [sys.executable, "-c", BARE, str(port), url], log=stream, environment=ours)
    try:
        wait_until_ready(server, lambda: serving.ready(f"http://localhost:{port}"), log=log)
        yield Bare(port, server.pid)
    finally:
        end_process(server)
