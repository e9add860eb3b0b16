"""A relay before a real directory that fails at a chosen message."""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from connectors.ldap.ber import message_end, message_parts

SEARCH_DONE, ADD_DONE, EXTENDED = 0x65, 0x69, 0x78
Forwards = Callable[[bytes], Iterable[bytes]]
"""What is sent on instead of one message of the server.  It may raise Stop."""


class Stop(Exception):  # an order, not an error
    """From here on nothing is forwarded: with `stall` the connection stays open, else it is closed."""

    def __init__(self, *, stall: bool = False) -> None:
        super().__init__()
        self.stall = stall


def after(tag: int, times: int, then: Forwards) -> Forwards:
    """Forward everything up to the `times`-th message of this operation, and that as `then` says."""
    seen = 0

    def forward(message: bytes) -> Iterable[bytes]:
        nonlocal seen
        _, place, _ = message_parts(message)
        seen += message[place] == tag
        return then(message) if message[place] == tag and seen == times else [message]

    return forward


class Proxy:
    """Takes one connection on `port` and relays it to a directory on loopback."""

    def __init__(self, directory_port: int, forward: Forwards) -> None:
        self._forward = forward
        self._directory_port = directory_port
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client, socket.create_connection(("127.0.0.1", self._directory_port)) as server:
            back = threading.Thread(target=self._answers, args=(server, client))
            back.start()
            while data := _received(client):
                server.sendall(data)
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        try:
            for message in _messages(server):
                for changed in self._forward(message):
                    client.sendall(changed)
            client.shutdown(socket.SHUT_RDWR)
        except Stop as stop:
            if stop.stall:
                self._ended.wait()
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the client has gone, which some tests are about


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


def _messages(server: socket.socket) -> Iterator[bytes]:
    buffer = b""
    while data := _received(server):
        buffer += data
        while (end := message_end(buffer, 0)) is not None and end <= len(buffer):
            yield buffer[:end]
            buffer = buffer[end:]
