"""A real web server on loopback for the tests: it takes what is posted, refuses it, sends elsewhere, drips, as told."""

import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs

from web.practice.servers.certificates import make_certificates


@dataclass
class Listener:
    """`answers` are given one after the other, then 200; `drips`: the status line comes a byte at a time, for ever.

    `received`: path and form of every request; `elsewhere`: where a redirect leads.
    """

    folder: Path
    tls: bool = False
    names: tuple[str, ...] = ("127.0.0.1", "localhost")
    answers: list[int] = field(default_factory=list)
    elsewhere: str = ""
    drips: bool = False
    received: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.ca: Path | None = None
        if self.tls:
            made = make_certificates(self.folder, names=self.names)
            self.ca = made.ca
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(made.certificate, made.key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01])
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def place(self) -> str:
        """Host and port, as [backchannel] hosts lists it."""
        return f"127.0.0.1:{self.port}"

    def uri(self, path: str = "/bye") -> str:
        return f"{'https' if self.tls else 'http'}://{self.place}{path}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
                listener.received.append((self.path, form))
                if listener.drips:
                    listener.drip(self)
                    return
                self.send_response(listener.answers.pop(0) if listener.answers else 200)
                if listener.elsewhere:
                    self.send_header("Location", listener.elsewhere)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def drip(self, to: BaseHTTPRequestHandler) -> None:
        """Always a little more, never the end."""
        to.close_connection = True
        try:
            while not self._over.wait(0.02):
                to.wfile.write(b"H")
        except OSError:
            pass
