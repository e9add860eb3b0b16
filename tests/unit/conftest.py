"""Unit tests do no I/O: a test that opens a socket fails."""

import socket

import pytest


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a unit test opened a socket; it belongs into tests/functional")

    monkeypatch.setattr(socket, "socket", refuse)
