"""A real mail server on loopback for the tests: it takes letters, refuses them, is slow, or goes away, as told."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as RFC_5322
from pathlib import Path
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from web.practice.servers.certificates import make_certificates
from web.practice.servers.process import free_port

USER, PASSWORD = "kagimori", "mail-secret-canary"


@dataclass
class MailServer:
    """`answers` are given to the end of DATA one after the other, then 250; `refuses` are answers by address."""

    folder: Path
    starttls: bool = False
    tls: bool = False
    names: tuple[str, ...] = ("127.0.0.1", "localhost")
    auth: bool = False
    answers: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    sender_answer: str = ""
    received: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str], bool]] = field(default_factory=list)
    """Sender, recipients, and whether the line was encrypted."""
    on_letter: Callable[[EmailMessage], object] = lambda _: None

    def __enter__(self) -> Self:
        self.port = free_port()
        secure = self.starttls or self.tls
        self.ca: Path | None = None
        context: ssl.SSLContext | None = None
        if secure:
            made = make_certificates(self.folder, names=self.names)
            self.ca = made.ca
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(made.certificate, made.key)
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, ssl_context=context if self.tls else None,
            tls_context=context if self.starttls else None, require_starttls=self.starttls,
            auth_required=self.starttls and self.auth, auth_require_tls=self.starttls,
            authenticator=self._known if self.auth else None,
        )  # fmt: skip
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.received]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's own name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.auth and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if not answer.startswith("250"):
            return answer
        message = message_from_bytes(cast("bytes", envelope.content), policy=RFC_5322)
        self.received.append(message)
        self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos), self.tls or session.ssl is not None))
        self.on_letter(message)
        return answer

    def _known(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:  # noqa: ANN401
        given = isinstance(data, LoginPassword) and (data.login, data.password)
        return AuthResult(success=given == (USER.encode(), PASSWORD.encode()), handled=False)
