"""Handing one letter to a mail server (RFC 5321), in the form of RFC 5322.

The one law: *a letter counts as sent when the server has taken charge of it*
(its answer to the end of DATA), never before; whatever else happens is told
with whether trying again may help.  What is the server's trouble or ours, and
not the letter's, never settles a letter: it waits until somebody has mended it.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as RFC_5322
from pathlib import Path
from threading import Timer
from typing import Final, Literal

from connectors.trust import trusting
from iam.errors import ConfigurationError, MailError
from iam.ports import Letter

SENDER_NAME: Final = "鍵守"
LONGEST_REPLY: Final = 160
_CLOSING: Final = 421
_PERMANENT: Final = 500


@dataclass(frozen=True, slots=True)
class SmtpOptions:
    """How to reach the server.  Written by an operator as [mail], and proved there."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    sender: str
    ca_file: Path | None = None
    """PEM of the authority behind the server's certificate; None: those that the machine trusts."""
    user: str = ""
    password: str | None = field(default=None, repr=False)
    timeout: float = 20
    """Seconds without one byte from the server after which it counts as away."""
    deadline: float = 120
    """Seconds for one whole letter, however busy the server seems."""


class SmtpMailer:
    """A mail server; each letter over a connection of its own."""

    def __init__(self, options: SmtpOptions) -> None:
        """Raises ConfigurationError when the sender's address or `ca_file` cannot be used."""
        self._options = options
        self._where = f"メールサーバー（{options.host}:{options.port}）"
        self._tls = None if options.security == "none" else trusting(options.ca_file, "mail.ca_file")
        try:
            self._sender = Address(SENDER_NAME, addr_spec=options.sender)
        except (ValueError, MessageError) as error:
            raise ConfigurationError(
                [f"mail.sender: 「{options.sender}」はメールアドレスとして使えません。"]
            ) from error

    def send(self, letter: Letter) -> None:
        """Hand `letter` over; see `iam.ports.Mailer`."""
        message = self._written(letter)
        with self._translated(), self._connected() as server:
            server.sendmail(self._options.sender, [letter.address], message)
            # The letter is delivered; a farewell that fails changes nothing.
            with suppress(OSError, smtplib.SMTPException):
                server.quit()

    def _written(self, letter: Letter) -> bytes:
        """The letter as it travels.  The headers refuse a line break, so none can be smuggled in."""
        domain = self._options.sender.rpartition("@")[2]
        message = EmailMessage(policy=RFC_5322)
        try:
            message["From"] = self._sender
            message["To"] = Address(addr_spec=letter.address)
            message["Subject"] = letter.subject
            message["Date"] = letter.written_at
            message["Message-ID"] = f"<{letter.written_at:%Y%m%d%H%M%S}.{letter.number}@{domain}>"
            message["Auto-Submitted"] = "auto-generated"
            message.set_content(letter.body, charset="utf-8", cte="base64")
            return message.as_bytes()
        except (ValueError, IndexError, MessageError) as error:
            raise MailError("宛先か件名をメールとして書き表せません。", transient=False) from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        options = self._options
        with closing(_Line(options, self._tls)) as server:
            server.ehlo_or_helo_if_needed()
            if options.security == "starttls":
                server.starttls(context=self._tls)
            if options.user:
                self._sign_in(server)
            yield server

    def _sign_in(self, server: smtplib.SMTP) -> None:
        """Give the password once: smtplib's own login gives a wrong one by every method, and locks the account."""
        server.ehlo_or_helo_if_needed()
        offered = server.esmtp_features.get("auth", "").upper().split()
        methods = {"PLAIN": server.auth_plain, "LOGIN": server.auth_login}
        method = next((each for each in methods if each in offered), None)
        if method is None:
            raise smtplib.SMTPNotSupportedError("no AUTH PLAIN and no AUTH LOGIN")
        server.user, server.password = self._options.user, self._options.password or ""
        server.auth(method, methods[method])

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """What smtplib and the network raise, as the port's error."""
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            ((code, reply),) = error.recipients.values()
            raise self._refused("宛先を受け付けません", code, reply) from error
        except smtplib.SMTPDataError as error:
            raise self._refused("本文を受け付けません", error.smtp_code, error.smtp_error) from error
        except (OSError, ValueError) as error:  # smtplib's own errors are OSErrors
            raise MailError(f"{self._where}: {self._why_away(error)}。", transient=True, away=True) from error

    def _why_away(self, error: OSError | ValueError) -> str:
        """Why no letter goes, and the cure.  The answer to a password is not repeated: some repeat the question."""
        match error:
            case smtplib.SMTPAuthenticationError():
                return f"認証に失敗しました（{error.smtp_code}）。user とパスワードを確かめてください"
            case smtplib.SMTPSenderRefused():
                return (
                    f"差出人を受け付けません（{_said(error.smtp_code, error.smtp_error)}）。sender を確かめてください"
                )
            case smtplib.SMTPNotSupportedError():
                return "STARTTLS または認証に対応していません。security と user を確かめてください"
            case smtplib.SMTPResponseException():
                return f"応じません（{_said(error.smtp_code, error.smtp_error)}）"
            case ssl.SSLCertVerificationError():
                return f"証明書を確かめられません（{error.verify_message}）。ca_file とホスト名を確かめてください"
        # smtplib keeps a time-out as what lay behind its own error.
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return f"{self._options.timeout:g}秒間応答しません"
        return f"通信できません（{type(error).__name__}）。サーバーの状態と経路を確かめてください"

    def _refused(self, what: str, code: int, reply: bytes | str) -> MailError:
        sentence = f"{self._where}が{what}（{_said(code, reply)}）。"
        return MailError(sentence, transient=code < _PERMANENT, away=code == _CLOSING)


class _Line(smtplib.SMTP):
    """A connection with an end: a server that sends a byte now and then never runs into the time-out."""

    def __init__(self, options: SmtpOptions, tls: ssl.SSLContext | None) -> None:
        self._tls = tls if options.security == "tls" else None
        self._deadline = options.deadline
        self._timer: Timer | None = None
        self._handle: socket.socket | None = None
        try:
            # This machine's name is asked of itself: a closed network may leave a question to DNS unanswered.
            super().__init__(options.host, options.port, socket.gethostname(), options.timeout)
        except BaseException:
            self.close()
            raise

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        self._handle = plain.dup()
        self._timer = Timer(self._deadline, _cut, [self._handle])
        self._timer.daemon = True
        self._timer.start()
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_hostname=host)

    def close(self) -> None:
        """Close the connection."""
        if self._timer is not None and self._handle is not None:
            self._timer.cancel()
            self._handle.close()
        super().close()


def _cut(line: socket.socket) -> None:
    # A second handle on the connection: the first may be wrapped in TLS, with another thread reading from it.
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _said(code: int, reply: bytes | str) -> str:
    """A server's answer in one short line."""
    text = reply.decode("ascii", "replace") if isinstance(reply, bytes) else str(reply)
    shown = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return f"{code} {shown}"[:LONGEST_REPLY]
