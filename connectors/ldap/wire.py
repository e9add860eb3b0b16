"""A strategy of ours on ldap3's connection: receive in large chunks, decode only what must be.

The one law: an answer is believed only under the message id of the request
that it answers, and only when it was received whole.

ldap3 decodes every attribute of every entry, which costs thirty times what
the server needs to send it.  Entries take the short path of `ber`; all else
(results, controls, referrals, notices) is decoded by ldap3 itself.
"""

import selectors
import ssl
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ldap3 import Connection, Tls
from ldap3.core.exceptions import LDAPException
from ldap3.strategy.base import RESPONSE_COMPLETE
from ldap3.strategy.sync import SyncStrategy
from ldap3.utils.asn1 import decode_message_fast
from ldap3.utils.asn1 import encode as encode_message  # type: ignore[attr-defined]  # missing in the stubs
from pyasn1.error import PyAsn1Error

from connectors.ldap.ber import ENTRY, Malformed, Sifted, entry_head, inside, message_end, message_parts, sift
from connectors.ldap.requests import Request
from iam.ports import Fingerprint

CHUNK = 256 * 1024
MOST_OTHER_BYTES = 64 * 1024
PAGED, PASSWORD_POLICY = "1.2.840.113556.1.4.319", "1.3.6.1.4.1.42.2.27.8.5.1"
REFERENCE, INTERMEDIATE = "searchResRef", "intermediateResponse"
UNSOLICITED = 0


class Disconnected(ConnectionError):
    """The server ended the session by itself."""


class Overdue(Exception):
    """The server still sends after the reading's time is over."""


class Crowded(Exception):
    """One page holds more than was asked for: it may never end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One message that is not an entry.  `code` and `name` are RFC 4511's result code, -1 where it has none.

    `policy`: the value of the password policy's control (draft-behera-ldap-password-policy-11 §6.2), as it came.
    """

    kind: str
    code: int = -1
    name: str = ""
    diagnostic: str = ""
    referrals: tuple[str, ...] = ()
    cookie: bytes | None = None
    policy: bytes = b""


def answer_of(response: Mapping[str, object]) -> Answer:
    """What ldap3 decoded, as a value.

    Raises:
        Malformed: when it is not shaped as ldap3 promises.
    """
    found = cast("dict[str, object]", response.get("controls") or {})
    paged = cast("dict[str, dict[str, bytes]]", found.get(PAGED) or {})
    policy = cast("dict[str, bytes]", found.get(PASSWORD_POLICY) or {})
    uris = cast("list[str]", response.get("referrals") or response.get("uri") or [])
    return Answer(
        kind=str(response["type"]),
        code=cast("int", response.get("result", -1)),
        name=str(response.get("description", "")),
        diagnostic=str(response.get("message") or ""),
        referrals=tuple(map(str, uris)),
        cookie=paged["value"]["cookie"] if paged else None,
        policy=policy.get("value") or b"",
    )


class CheckedTls(Tls):
    """TLS that always checks the certificate and the host name; `failure` says why it did not come about."""

    def __init__(self, ca_file: Path) -> None:
        """Raises OSError when the CA file cannot be read or holds no certificate."""
        self.context = ssl.create_default_context(cafile=str(ca_file))
        self.failure: OSError | None = None
        super().__init__(validate=ssl.CERT_REQUIRED)

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002  # ldap3's
        try:
            if connection.strategy.unread:
                # Bytes sent in clear before the handshake must never be taken for answers inside it.
                raise ssl.SSLError("data came before the TLS handshake")
            connection.socket = self.context.wrap_socket(
                connection.socket, do_handshake_on_connect=do_handshake, server_hostname=connection.server.host
            )
        except OSError as error:
            self.failure = error
            raise


class WireStrategy(SyncStrategy):
    """ldap3's synchronous strategy with our receiving and sending."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._buffer = b""
        self._at = 0
        self.until: float | None = None
        """The monotonic instant after which nothing more is received."""

    @property
    def unread(self) -> int:
        """Bytes received and not yet taken."""
        return len(self._buffer) - self._at

    def post(self, request: Request) -> int:
        """Send one request without waiting; answer its message id."""
        number = cast("int", self.connection.server.next_message_id())
        self._send_all(request.message(number))
        return number

    def collect(
        self, message_id: int, known: Container[Fingerprint], salt: bytes, most: int | None = None
    ) -> tuple[Sifted, Answer]:
        """All that answers one search, up to and with its result; at most `most` entries.

        A referral to another server ends it at once: what lies there was not read.

        Raises:
            Malformed, Crowded, Overdue, OSError: when it cannot be received.
        """
        head, found = entry_head(message_id), Sifted()
        while True:
            self._at = sift(self._buffer, self._at, head, known, salt, found)
            if most is not None and len(found) > most:
                raise Crowded(f"{len(found):,}/{most:,}")
            number, answer = self.receive()
            if number != message_id:
                raise Malformed(f"an answer to {number} where {message_id} was asked")
            if isinstance(answer, bytes):
                found.take(answer, known, salt)
            elif answer.kind != INTERMEDIATE:
                return found, answer

    def receive(self) -> tuple[int, bytes | Answer]:
        """The next message: its id, and the raw entry or the answer.

        Raises:
            Malformed, OSError: when it cannot be received.
        """
        number, content = self._next()
        return number, content if isinstance(content, bytes) else answer_of(content)

    def _next(self) -> tuple[int, bytes | Mapping[str, object]]:
        while (end := message_end(self._buffer, self._at)) is None or end > len(self._buffer):
            self._fill((end or 0) - self._at)
        message = self._buffer[self._at : end]
        self._at = end
        number, place, stop = message_parts(message)
        if message[place] == ENTRY:
            start, stop = inside(message, place, stop, ENTRY)
            return number, message[start:stop]
        response = self._decode(message)
        if number == UNSOLICITED:
            raise Disconnected(str(response.get("message") or "notice of disconnection"))
        return number, response

    def _decode(self, message: bytes) -> Mapping[str, object]:
        if len(message) > MOST_OTHER_BYTES:
            raise Malformed(f"a result of {len(message)} bytes")
        decode = cast("Callable[[object], Mapping[str, object]]", self.decode_response_fast)
        try:
            return decode(decode_message_fast(message))
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise Malformed(f"a result that ldap3 cannot read: {error}") from error
        except (LDAPException, PyAsn1Error) as error:
            raise Malformed(f"a result that ldap3 cannot read: {error}") from error

    def _fill(self, wanted: int = 1) -> None:
        """Receive until `wanted` bytes are unread, at least one chunk."""
        parts = [self._buffer[self._at :]]
        have = len(parts[0])
        while True:
            chunk = self.connection.socket.recv(CHUNK)
            if self.until is not None and time.monotonic() > self.until:
                raise Overdue
            if not chunk:
                raise Disconnected("closed by the server")
            parts.append(chunk)
            have += len(chunk)
            if have >= wanted:
                break
        self._buffer, self._at = b"".join(parts), 0

    def sending(self, ldap_message: object) -> None:
        """Where ldap3's own verbs (bind, StartTLS, unbind) send."""
        self._send_all(encode_message(ldap_message))

    def _send_all(self, message: bytes) -> None:
        """Send one message, receiving meanwhile: two full socket buffers must not wait for each other.

        Raises:
            OSError: when it cannot be sent, or the server takes nothing for the length of the time-out.
        """
        rest = memoryview(message)
        socket = self.connection.socket
        with selectors.DefaultSelector() as selector:
            selector.register(socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while rest:
                ready = selector.select(self.connection.receive_timeout)
                if not ready:
                    raise TimeoutError("timed out while sending")
                if ready[0][1] & selectors.EVENT_WRITE:
                    rest = rest[socket.send(rest) :]
                else:
                    self._take_what_is_there()

    def _take_what_is_there(self) -> None:
        socket = self.connection.socket
        socket.settimeout(0)
        try:
            self._fill()
        except (BlockingIOError, ssl.SSLWantReadError):
            return  # half a TLS record is nothing yet
        finally:
            socket.settimeout(self.connection.receive_timeout)

    def _get_response(self, message_id: int, timeout: float | None) -> list[object]:  # noqa: ARG002  # ldap3's
        """Where ldap3's own verbs (bind, StartTLS) wait for their one answer."""
        number, content = self._next()
        if number != message_id or isinstance(content, bytes):
            raise Malformed(f"an answer to {number} where {message_id} was asked")
        return [content, RESPONSE_COMPLETE]

    def _open_socket(self, address: object, use_ssl: bool = False, unix_socket: bool = False) -> None:  # noqa: FBT001, FBT002
        """ldap3's, which leaves a socket open that it could not connect."""
        try:
            super()._open_socket(address, use_ssl, unix_socket)  # type: ignore[misc]  # missing in the stubs
        except LDAPException:
            if self.connection.socket:
                self.connection.socket.close()
            raise
