"""The server's worker, with a shortcut for what programs ask thousands of times a second.

The one law: *only what is plain is read here*: one whole request without a body, in the shape that proxies send, on a
connection that was used before; it is looked at without being taken, so that whatever else comes is read by Gunicorn
as if this were not there.

Gunicorn's reading, its thread for each request and its way of answering cost several times what a remembered answer
costs (docs/architecture.md).  An application may offer the shortcut: see `Quick`.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache, partial
from http import HTTPStatus
from socket import MSG_PEEK, SHUT_RDWR, socket
from typing import Any, Final, Protocol, runtime_checkable

from gunicorn.workers.gthread import TConn, ThreadWorker

LONGEST: Final = 16_384
LINGER: Final = 0.002
"""Seconds that a thread waits for the next request of a connection before it gives it back."""

_REQUEST: Final = re.compile(
    rb"GET (/[!-~]*) HTTP/1\.1\r\n((?:[A-Za-z][A-Za-z0-9-]*:[ \t\x21-\x7e\x80-\xff]*\r\n)+)\r\n"
)
_NOT_HERE: Final = frozenset({"HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_UPGRADE"})
"""Whatever has one of these is not plain."""

_MOST_HEADERS: Final = 60


@runtime_checkable
class Quick(Protocol):
    """An application that answers some paths at once.  `waits`: its answer waits for another machine's, so that a
    thread asks; else it is asked in the loop itself."""

    quick: frozenset[str]
    waits: bool

    def at_once(self, environ: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]]] | None:
        """Status and headers of an answer without a body; None: call in the ordinary way."""


class Worker(ThreadWorker):
    """Gunicorn's worker with threads, and the shortcut."""

    _quick: Quick | None = None

    def load_wsgi(self) -> None:
        """Load the application, and see whether it offers the shortcut."""
        super().load_wsgi()
        app: object = self.wsgi
        self._quick = app if isinstance(app, Quick) and not self.cfg.is_ssl else None

    def on_client_socket_readable(self, conn: TConn, client: socket) -> None:
        """A connection that was used before has something to read."""
        app = self._quick
        if app is None or not self.alive or conn.is_http2:
            super().on_client_socket_readable(conn, client)
        elif app.waits:
            self.poller.unregister(client)
            self.keepalived_conns.remove(conn)
            asked = self.tpool.submit(self._answer_in_turn, app, conn)
            asked.add_done_callback(partial(self.method_queue.defer, self.finish_request, conn))
        elif self._answered(app, conn):
            self.keepalived_conns.remove(conn)
            conn.set_timeout()
            self.keepalived_conns.append(conn)
        else:
            super().on_client_socket_readable(conn, client)

    def _answer_in_turn(self, app: Quick, conn: TConn) -> Any:  # noqa: ANN401 - as Gunicorn's `handle`
        """In a thread: answer for as long as the next request is there; what is not plain is Gunicorn's to handle."""
        conn.sock.settimeout(LINGER)
        if not self._answered(app, conn):
            return self.handle(conn)
        while self.alive and self._answered(app, conn):
            pass
        return True

    def _answered(self, app: Quick, conn: TConn) -> bool:
        """Whether one request was there, plain, and answered; else nothing of it was taken."""
        try:
            read = conn.sock.recv(LONGEST, MSG_PEEK)
            environ = plain(read, conn.client)
            if environ is None or environ["PATH_INFO"] not in app.quick:
                return False
            said = app.at_once(environ)
            if said is None:
                return False
            conn.sock.recv(len(read))
        except OSError:  # what is wrong with the connection Gunicorn finds out in its own way
            return False
        try:  # not counted among the requests after which a process is replaced: there may be thousands a second
            conn.sock.sendall(answer_of(*said))
        except OSError:  # half an answer is none: Gunicorn finds the connection closed
            with suppress(OSError):
                conn.sock.shutdown(SHUT_RDWR)
        return True


def plain(read: bytes, peer: object) -> Mapping[str, Any] | None:
    """A request as an application is told of it (PEP 3333), as far as a door needs; None when it is not plain."""
    found = _REQUEST.fullmatch(read)
    if found is None:
        return None
    path, _, query = found[1].decode("ascii").partition("?")
    if "%" in path or not isinstance(peer, tuple):
        return None
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REMOTE_ADDR": peer[0],
    }
    lines = found[2].split(b"\r\n")
    for line in lines[:-1]:
        name, _, value = line.partition(b":")
        environ[_key(name)] = value.strip(b" \t").decode("latin-1")
    # Of two headers with one name, or more of them than the server takes, Gunicorn says what counts.
    if len(environ) != len(lines) + 3 or len(lines) > _MOST_HEADERS or not _NOT_HERE.isdisjoint(environ):
        return None
    return environ if environ.get("HTTP_CONNECTION", "keep-alive").lower() in {"keep-alive", ""} else None


def answer_of(status: str, headers: list[tuple[str, str]]) -> bytes:
    """An answer without a body, as it is sent."""
    code = int(status[:3])
    said = status if status[4:] else f"{code} {HTTPStatus(code).phrase}"
    lines = [f"HTTP/1.1 {said}", "Connection: keep-alive", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@lru_cache(maxsize=1024)
def _key(name: bytes) -> str:
    return "HTTP_" + name.decode("ascii").upper().replace("-", "_")
