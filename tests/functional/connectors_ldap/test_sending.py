"""Two full socket buffers must not wait for each other."""

import socket
import threading
from types import SimpleNamespace
from typing import cast

import pytest
from ldap3 import Connection, Server

from connectors.ldap.requests import add, element
from connectors.ldap.wire import WireStrategy

GREAT = 8 * 2**20
"""More than any socket buffer holds."""


def wire(end: socket.socket, timeout: int) -> WireStrategy:
    end.settimeout(timeout)
    return WireStrategy(cast("Connection", SimpleNamespace(socket=end, server=Server, receive_timeout=timeout)))


def test_a_server_that_reads_only_when_its_answers_are_taken_is_served() -> None:
    ours, theirs = socket.socketpair()
    answer = element(0x30, b"\x02\x01\x05", element(0x64, b"x" * GREAT))
    asked = bytearray()

    def serve() -> None:
        theirs.sendall(answer)
        while data := theirs.recv(2**20):
            asked.extend(data)

    peer = threading.Thread(target=serve)
    with ours, theirs:
        peer.start()
        strategy = wire(ours, timeout=10)
        number = strategy.post(request := add("uid=a", {"description": ["y" * GREAT]}))
        received = strategy.receive()
        ours.shutdown(socket.SHUT_WR)
        peer.join()

    assert bytes(asked) == request.message(number)
    assert received == (5, b"x" * GREAT)


def test_a_server_that_takes_nothing_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError):
        wire(ours, timeout=1).post(add("uid=a", {"description": ["y" * GREAT]}))
