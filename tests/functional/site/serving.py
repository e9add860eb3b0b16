"""`iam serve` as its own process, and nginx before it, set up by the sample that operators copy."""

import contextlib
import json
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any, Final, Protocol

from iam.record.keys import KeyRing
from migrations.run import upgrade
from tests.functional.site.given import MORNING
from web.practice.body import write_practice_body
from web.practice.servers import process

ROOT: Final = Path(__file__).parents[3]
NAME: Final = "id.city.example"
IAM: Final = Path(sys.executable).with_name("iam")
HTTP: Final = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/kagimori.conf;
}}
"""


@dataclass(frozen=True)
class Place:
    """A small city on SQLite, ready to be served."""

    folder: Path
    configuration: Path

    def change(self, old: str, new: str) -> None:
        """Change the configuration."""
        text = self.configuration.read_text(encoding="utf-8")
        assert old in text
        self.configuration.write_text(text.replace(old, new), encoding="utf-8")


def a_place(folder: Path, *, portal: str = "", migrated: bool = True) -> Place:
    """The files under `folder`; `portal` are further lines of [portal]."""
    body = write_practice_body(folder, staff=40, today=MORNING.date(), origin=f"http://localhost:{process.free_port()}")
    KeyRing.create(folder / "keys.json")
    if migrated:
        upgrade(f"sqlite:///{folder / 'iam.db'}")
    place = Place(folder, body.configuration)
    place.change('zone = "lgwan"\n', f'zone = "lgwan"\n{portal}')
    return place


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Served:
    """The running service.  `log` is where its standard error goes."""

    process: subprocess.Popen[str]
    port: int
    log: Path
    host: str = ""

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask it without a proxy, by the name of its origin."""
        name = {"Host": self.host} if self.host else {}
        return _asked(HTTPConnection("127.0.0.1", self.port, timeout=20), path, {**name, **(headers or {})})

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(30)

    def lines(self) -> list[dict[str, Any]]:
        """What it logged so far; every line must be JSON."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextlib.contextmanager
def served(place: Place, port: int = 0) -> Iterator[Served]:
    """`iam serve` over the place, until the block ends; at a free port unless told."""
    port, log = port or process.free_port(), place.folder / "serve.log"
    command = [str(IAM), "--config", str(place.configuration), "serve", "--listen", f"127.0.0.1:{port}"]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as running,
    ):
        try:
            assert running.stdout
            said = running.stdout.readline()
            assert "受け付けています。" in said, log.read_text(encoding="utf-8")
            yield Served(running, port, log, said.partition(" ")[0].partition("://")[2])
        finally:
            if running.poll() is None:
                running.terminate()


@dataclass(frozen=True)
class Proxy:
    """nginx, and what a client needs to trust it."""

    port: int
    plain_port: int
    ca: Path

    def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        card: tuple[Path, Path] | None = None,
        source: str = "127.0.0.1",
        method: str = "GET",
    ) -> Answer:
        """Ask it over TLS, from the address `source`, with the certificate and key of a card."""
        trust = ssl.create_default_context(cafile=str(self.ca))
        if card:
            trust.load_cert_chain(*card)
        connection = HTTPSConnection("localhost", self.port, timeout=20, context=trust, source_address=(source, 0))
        return _asked(connection, path, {"Host": NAME, **(headers or {})}, method)

    def get_plain(self, path: str) -> Answer:
        """Ask it without TLS."""
        return _asked(HTTPConnection("127.0.0.1", self.plain_port, timeout=20), path, {"Host": NAME})


class Listening(Protocol):
    """Whatever serves the portal on loopback."""

    port: int


@contextlib.contextmanager
def nginx_before(
    service: Listening, folder: Path, *, certificate: Path, key: Path, ca: Path, cards: Path, more: str = ""
) -> Iterator[Proxy]:
    """nginx by docs/deploy/nginx.conf, with the lines for cards taken in; `cards`: the CA of the cards.

    `more`: a location of its own before the one for everything.
    """
    proxy = Proxy(process.free_port(), process.free_port(), ca)
    text = (ROOT / "docs/deploy/nginx.conf").read_text(encoding="utf-8")
    for old, new in {
        "server web:8443;": f"server 127.0.0.1:{service.port};",
        "listen 80;": f"listen 127.0.0.1:{proxy.plain_port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{proxy.port} ssl;",
        "/etc/nginx/tls/portal.pem": str(certificate),
        "/etc/nginx/tls/portal.key": str(key),
        "# ssl_client_certificate /etc/nginx/tls/card-ca.pem;": f"ssl_client_certificate {cards};",
        "# ssl_verify_client": "ssl_verify_client",
        "id.example.lg.jp": NAME,
        "    location / {": f"{more}    location / {{",
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    assert not re.search(r"^\s*# (ssl_|proxy_)", text, re.MULTILINE)
    (folder / "kagimori.conf").write_text(text, encoding="utf-8")
    (folder / "nginx.conf").write_text(HTTP.format(folder=folder), encoding="utf-8")
    command = [process.program("nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    log = folder / "nginx.log"
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as running:
        try:
            process.wait_until_ready(running, lambda: process.listens(proxy.port), log=log)
            yield proxy
        finally:
            process.end(running)


def _asked(connection: HTTPConnection, path: str, headers: Mapping[str, str], method: str = "GET") -> Answer:
    try:
        connection.request(method, path, headers=dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
    finally:
        connection.close()
