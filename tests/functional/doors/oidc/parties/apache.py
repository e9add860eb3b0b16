"""Apache with mod_auth_openidc before an application, by docs/deploy/apache-oidc.conf with real values put in."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from web.practice.servers import process

ROOT: Final = Path(__file__).parents[5]
_MODULES: Final = (
    "mpm_event", "authn_core", "authz_core", "authz_user", "headers", "proxy", "proxy_http", "auth_openidc",
)  # fmt: skip
_MAIN: Final = """\
ServerRoot {folder}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {folder}/httpd.pid
Mutex file:{folder} default
ErrorLog {folder}/error.log
LogLevel warn
User www-data
Group www-data
{modules}
{sample}
"""


@dataclass
class Application:
    """What stands behind Apache: it writes down the headers that it is sent, and shows them."""

    port: int
    seen: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Apache:
    """The proxy that people come to."""

    origin: str
    application: Application
    log: Path


@contextmanager
def application() -> Iterator[Application]:
    """An old application that believes its headers."""
    made = Application(0)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Header values are UTF-8; Python reads them as Latin-1.
            said = {name.lower(): text.encode("latin-1").decode() for name, text in self.headers.items()}
            made.seen.append(said)
            body = f"<!doctype html><title>app</title><h1>{said.get('x-claim-name', '')}</h1>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        made.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


@contextmanager
def apache(portal: str, origin: str, code: str, secret: str) -> Iterator[Apache]:
    """Apache at `origin` (http://127.0.0.1:PORT) as the client `code` of the portal."""
    port = origin.rpartition(":")[2]
    folder = process.private_folder("kagimori-apache-", "www-data")
    with application() as behind:
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in _MODULES
        )  # fmt: skip
        text = _MAIN.format(
            folder=folder, port=port, modules=modules, sample=sample(portal, origin, code, secret, behind.port)
        )
        (folder / "httpd.conf").write_text(text, encoding="utf-8")
        command = [process.program("apache2"), "-d", str(folder), "-f", str(folder / "httpd.conf"), "-DFOREGROUND"]
        log = folder / "error.log"
        with (folder / "out.log").open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as running:
            try:
                process.wait_until_ready(running, lambda: process.listens(int(port)), log=folder / "out.log")
                yield Apache(origin, behind, log)
            finally:
                process.end(running)


def sample(portal: str, origin: str, code: str, secret: str, behind: int) -> str:
    """The sample, without TLS."""
    text = (ROOT / "docs/deploy/apache-oidc.conf").read_text(encoding="utf-8")
    for old, new in {
        "*:443": f"127.0.0.1:{origin.rpartition(':')[2]}",
        "https://id.example.lg.jp": portal,
        "https://app.example.lg.jp": origin,
        "app.example.lg.jp": "127.0.0.1",
        "OIDCClientID     app": f"OIDCClientID     {code}",
        "連携先の登録で一度だけ表示されるシークレット": secret,
        "このサーバーだけの乱数": "a secret of this server alone",
        "127.0.0.1:8080": f"127.0.0.1:{behind}",
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    return re.sub(r"^\s*SSL.*$", "", text, flags=re.MULTILINE)
