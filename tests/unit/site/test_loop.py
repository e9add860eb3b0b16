"""What the server's loop takes for a plain request, and how it writes an answer; all else is Gunicorn's to read."""

import pytest

from web.site.running.loop import LONGEST, answer_of, plain

PEER = ("127.0.0.1", 4711)
HEAD = b"GET /auth/check?app=x HTTP/1.1\r\nHost: id.example\r\nX-Original-URL: https://app.example/?a=b: c\r\n"


def test_a_plain_request_is_read_as_the_server_would() -> None:
    assert plain(HEAD + b"Cookie:a=b \r\nconnection: Keep-Alive\r\nX-Empty:\r\n\r\n", PEER) == {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/auth/check", "QUERY_STRING": "app=x", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "id.example", "HTTP_X_ORIGINAL_URL": "https://app.example/?a=b: c", "HTTP_COOKIE": "a=b",
        "HTTP_CONNECTION": "Keep-Alive", "HTTP_X_EMPTY": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    "read",
    [
        b"", HEAD, HEAD + b"\r\n" + HEAD + b"\r\n", HEAD + b"\r\nbody", b"\r\n" + HEAD + b"\r\n",
        HEAD.replace(b"GET", b"POST") + b"\r\n", HEAD.replace(b"GET", b"get") + b"\r\n",
        HEAD.replace(b"1.1", b"1.0") + b"\r\n", HEAD.replace(b"/auth", b"http://x/auth") + b"\r\n",
        HEAD.replace(b"/auth", b"/%61uth") + b"\r\n", HEAD.replace(b"\r\n", b"\n") + b"\n",
        HEAD + b"Content-Length: 0\r\n\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Expect: 100-continue\r\n\r\n", HEAD + b"Upgrade: h2c\r\n\r\n", HEAD + b"Connection: close\r\n\r\n",
        HEAD + b"X_Forwarded_For: 1.2.3.4\r\n\r\n", HEAD + b"Host: other\r\n\r\n", HEAD + b"hOST: other\r\n\r\n",
        HEAD + b" folded\r\n\r\n", HEAD + b"X: a\rb\r\n\r\n", HEAD + b"X: a\0b\r\n\r\n", HEAD + b"X : a\r\n\r\n",
        HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(70)) + b"\r\n", b"GET / HTTP/1.1\r\n\r\n",
        HEAD + b"X: " + b"y" * LONGEST,
    ],
)  # fmt: skip
def test_whatever_is_not_plain_is_left_to_the_server(read: bytes) -> None:
    assert plain(read, PEER) is None


def test_a_peer_without_an_address_is_left_to_the_server() -> None:
    assert plain(HEAD + b"\r\n", "") is None


def test_an_answer_is_one_head_without_a_body() -> None:
    said = answer_of("401 Unauthorized", [("Content-Length", "0"), ("X-A", "b")])
    assert said == b"HTTP/1.1 401 Unauthorized\r\nConnection: keep-alive\r\nContent-Length: 0\r\nX-A: b\r\n\r\n"
