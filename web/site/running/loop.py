"""The server's worker, with one shortcut: what can be answered at once is answered in its own loop.

The one law: *only what is plain is read here*: one whole request without a body, in the shape that proxies send, on a
connection that was used before; it is looked at without being taken, so that whatever else comes is read by Gunicorn
as if this were not there.

A thread for each request costs several times what a remembered answer costs (docs/architecture.md).  An application
that has `at_once(environ)` gives status and headers there, or None for "not at once".
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from socket import MSG_PEEK, socket
from typing import Any, Final, TypeAlias

from gunicorn.workers.gthread import TConn, ThreadWorker

AtOnce: TypeAlias = Callable[[Mapping[str, Any]], tuple[str, list[tuple[str, str]]] | None]

LONGEST: Final = 16_384
_END: Final = b"\r\n\r\n"
_REQUEST: Final = re.compile(
    rb"GET (/[!-~]*) HTTP/1\.1\r\n((?:[A-Za-z][A-Za-z0-9-]*:[ \t\x21-\x7e\x80-\xff]*\r\n)+)\r\n"
)
_NOT_HERE: Final = frozenset({"HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_UPGRADE"})
"""Whatever has one of these is not plain."""

_MOST_HEADERS: Final = 60


class Worker(ThreadWorker):
    """Gunicorn's worker with threads, and the shortcut."""

    def on_client_socket_readable(self, conn: TConn, client: socket) -> None:
        """A connection that was used before has something to read: answer it here, or leave it to a thread."""
        if not self._answered(conn):
            super().on_client_socket_readable(conn, client)

    def _answered(self, conn: TConn) -> bool:
        at_once: AtOnce | None = getattr(self.wsgi, "at_once", None)
        if at_once is None or not self.alive or self.nr + 1 >= self.max_requests or conn.is_http2 or self.cfg.is_ssl:
            return False
        try:
            read = conn.sock.recv(LONGEST, MSG_PEEK)
            environ = plain(read, conn.client)
            said = None if environ is None else at_once(environ)
            if said is None:
                return False
            conn.sock.recv(len(read))
        except OSError:  # Gunicorn's own way tells what is wrong with it
            return False
        self._send(conn, answer_of(*said))
        return True

    def _send(self, conn: TConn, answer: bytes) -> None:
        self.nr += 1
        self.keepalived_conns.remove(conn)
        try:
            if conn.sock.send(answer) != len(answer):
                raise BlockingIOError
        except OSError:
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()
            return
        conn.set_timeout()
        self.keepalived_conns.append(conn)


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
