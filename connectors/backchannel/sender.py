"""Posting a logout token to a client (OpenID Connect Back-Channel Logout 1.0 §2.5).

The one law: *it speaks to nobody but the registered address of a listed host* (R52): no redirect is followed, no proxy
of the environment is used, and whatever is answered is read no further than its status.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from threading import Timer
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

from connectors.trust import trusting
from iam.errors import FarewellError

PORTS: Final = {"https": 443, "http": 80}
TAKEN: Final = frozenset({200, 204})
"""Back-Channel Logout 1.0 §2.8 says 200; some frameworks answer an empty body by 204."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_REDIRECTS: Final = range(300, 400)
_MENDABLE: Final = frozenset({401, 403, 404, 408, 425, 429})
"""Refusals of whatever stands before the client, not of this token."""

_OUR_FAULT: Final = range(400, 500)


@dataclass(frozen=True, slots=True)
class BackchannelOptions:
    """To whom it may speak.  Written by an operator as [backchannel], and proved there.

    `hosts`: "host" (the usual port of its scheme) or "host:port".
    """

    hosts: frozenset[str]
    ca_file: Path | None = None
    """PEM of the authority behind the clients' certificates; None: those that the machine trusts."""
    timeout: float = 5
    """Seconds without one byte after which a client counts as away."""
    deadline: float = 10
    """Seconds for one whole exchange, however busy the client seems."""


class BackchannelSender:
    """Each word over a connection of its own."""

    def __init__(self, options: BackchannelOptions) -> None:
        """Raises ConfigurationError when `ca_file` cannot be used."""
        self._options = options
        self._tls = trusting(options.ca_file, "backchannel.ca_file")

    def send(self, uri: str, logout_token: str) -> None:
        """See `iam.ports.Farewell.send`.

        Raises:
            FarewellError: when it was not taken.
        """
        parts = self._listed(uri)
        where = f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}"
        with _translated(where), self._line(parts) as line:
            line.request(
                "POST",
                (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                body=urlencode({"logout_token": logout_token}),
                headers={"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"},
            )
            status = line.getresponse().status
        if status not in TAKEN:
            raise _refused(where, status)

    def _listed(self, uri: str) -> SplitResult:
        """The parts of an address that may be spoken to."""
        try:
            parts = urlsplit(uri)
            port = parts.port or PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise FarewellError(
                "ログアウト通知の宛先が http、https のアドレスではありません。", transient=False
            ) from None
        host = parts.hostname or ""
        if parts.scheme == "http" and host not in _LOOPBACK:
            raise FarewellError(
                f"{host}: 暗号化されない宛先には通知しません。https:// にしてください。", transient=False
            )
        name = f"[{host}]" if ":" in host else host
        if not {f"{name}:{port}", name if port == PORTS[parts.scheme] else ""} & self._options.hosts:
            cure = f"[backchannel] hosts に {name}:{port} を書き足してください"
            raise FarewellError(f"{name}:{port} は接続を許された宛先ではありません。{cure}。", transient=True)
        return parts

    @contextmanager
    def _line(self, parts: SplitResult) -> Iterator[HTTPConnection]:
        """A connection that is cut at the deadline, however many bytes still drip in."""
        host, port, timeout = parts.hostname or "", parts.port or PORTS[parts.scheme], self._options.timeout
        plain = socket.create_connection((host, port), timeout)
        handle = plain.dup()
        timer = Timer(self._options.deadline, _cut, [handle])
        timer.daemon = True
        timer.start()
        line = HTTPConnection(host, port)
        if parts.scheme == "https":
            line = HTTPSConnection(host, port, context=self._tls)
        try:
            line.sock = self._tls.wrap_socket(plain, server_hostname=host) if parts.scheme == "https" else plain
            yield line
        finally:
            timer.cancel()
            line.close()
            plain.close()
            handle.close()


def _refused(where: str, status: int) -> FarewellError:
    if status in _REDIRECTS:
        cure = "転送先ではなく、実際の宛先を登録してください"
        return FarewellError(f"{where} が別の宛先への転送（{status}）を返しました。{cure}。", transient=False)
    final = status in _OUR_FAULT and status not in _MENDABLE
    return FarewellError(f"{where} がログアウト通知を受け付けません（{status}）。", transient=not final)


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """What the network raises, as the port's error: each may be mended without us."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        cure = "ca_file とホスト名を確かめてください"
        sentence = f"{where} の証明書を確かめられません（{error.verify_message}）。{cure}。"
        raise FarewellError(sentence, transient=True) from error
    except TimeoutError as error:
        raise FarewellError(f"{where} が時間内に応答しません。", transient=True) from error
    except (OSError, HTTPException, ValueError) as error:
        cure = "サーバーの状態と経路を確かめてください"
        raise FarewellError(f"{where} と通信できません（{type(error).__name__}）。{cure}。", transient=True) from error


def _cut(line: socket.socket) -> None:
    # A second handle on the connection: the first may be wrapped in TLS, with another thread reading from it.
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
