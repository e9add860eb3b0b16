"""The server's worker with its shortcut, over real sockets: what is plain is answered at once, the rest as ever."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.functional.site.serving import ROOT
from web.practice.servers import process

QUICK: Final = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW: Final = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
PROGRAM: Final = """
import sys
from iam.settings import Portal
from web.site.running.serving import serve

class App:
    quick, waits = frozenset({"/quick"}), sys.argv[2] == "waits"
    def at_once(self, environ):
        if environ.get("HTTP_X_NOT_NOW"):
            return None
        return "200 OK", [("Content-Length", "0"), ("X-Way", "at once"), ("X-Said", environ.get("HTTP_X_SAID", ""))]
    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", "0"), ("X-Way", "ordinary"), ("X-Said", str(len(body)))])
        return ()

portal = Portal.model_validate({"origin": "http://localhost:" + sys.argv[1], "listen": "127.0.0.1:" + sys.argv[1],
                                "workers": 1})
serve(portal, App, lambda: None)
"""


@pytest.fixture(scope="module", params=["at once", "waits"])
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Both ways: asked in the loop, and asked by a thread."""
    port, log = process.free_port(), tmp_path_factory.mktemp("loop") / "log"
    command = [sys.executable, "-c", PROGRAM, str(port), str(request.param)]
    with log.open("wb") as out:
        running = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=out, stderr=out
        )
    process.wait_until_ready(running, lambda: process.listens(port), log=Path(log))
    yield port
    process.end(running)


@pytest.fixture
def wire(port: int) -> Iterator[socket.socket]:
    """A connection that was used before."""
    with socket.create_connection(("127.0.0.1", port), 10) as found:
        assert way(found, QUICK) == [("ordinary", "0")]
        yield found


def way(wire: socket.socket, sent: bytes, answers: int = 1) -> list[tuple[str, str]]:
    """Send this, and say which way each answer came and what it says."""
    wire.sendall(sent)
    got = b""
    while got.count(b"\r\n\r\n") < answers:
        bite = wire.recv(65_536)
        assert bite, got
        got += bite
    found = []
    for head in got.split(b"\r\n\r\n")[:answers]:
        said = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        found.append((said["X-Way"], said["X-Said"]))
    return found


def test_a_connection_that_was_used_before_is_answered_at_once_for_as_long_as_it_asks(wire: socket.socket) -> None:
    for number in range(50):
        asked = QUICK.replace(b"\r\n\r\n", b"\r\nX-Said: %d\r\n\r\n" % number)
        assert way(wire, asked) == [("at once", str(number))]
    assert way(wire, SLOW) == [("ordinary", "0")]
    assert way(wire, QUICK) == [("at once", "")]


@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        (QUICK + QUICK, 2),
        (QUICK + SLOW, 2),
        (QUICK.replace(b"\r\n\r\n", b"\r\nX-Not-Now: 1\r\n\r\n"), 1),
        (QUICK.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\nabc"), 1),
        (QUICK.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), 1),
    ],
)
def test_whatever_is_not_plain_is_answered_in_the_ordinary_way(wire: socket.socket, sent: bytes, answers: int) -> None:
    assert {each for each, _ in way(wire, sent, answers)} == {"ordinary"}
    assert way(wire, QUICK) == [("at once", "")]


def test_a_request_that_comes_in_pieces_is_answered_once(wire: socket.socket) -> None:
    for cut in (1, 10, len(QUICK) - 1):
        wire.sendall(QUICK[:cut])
        assert way(wire, QUICK[cut:])[0][1] in {"0", ""}
    assert way(wire, QUICK) == [("at once", "")]


def test_a_client_that_goes_harms_nobody(port: int, wire: socket.socket) -> None:
    for rest in (b"", QUICK, QUICK[:9]):
        with socket.create_connection(("127.0.0.1", port), 10) as other:
            way(other, QUICK)
            other.sendall(rest)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert way(wire, QUICK) == [("at once", "")]
