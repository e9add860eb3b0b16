"""Letters to a real mail server: in clear, over STARTTLS and over TLS, with a password, and all that fails."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.smtp import SmtpMailer, SmtpOptions
from iam.errors import ConfigurationError, MailError
from iam.ports import Letter
from tests.mailserver import PASSWORD, USER, MailServer
from web.practice.servers.process import free_port

WRITTEN = datetime(2027, 4, 1, 0, 5, tzinfo=UTC)
LETTER = Letter(7, "yamada@sakura.test", "【鍵守】パスワードを変更しました", "本文です。\nもう一行。\n", WRITTEN)


def options(server: MailServer, **said: object) -> SmtpOptions:
    security = "tls" if server.tls else "starttls" if server.starttls else "none"
    made = SmtpOptions("127.0.0.1", server.port, security, "kagimori@sakura.test", ca_file=server.ca, timeout=10)  # type: ignore[arg-type]
    return replace(made, **said)  # type: ignore[arg-type]


def failure(chosen: SmtpOptions, letter: Letter = LETTER) -> MailError:
    with pytest.raises(MailError) as caught:
        SmtpMailer(chosen).send(letter)
    return caught.value


def test_a_letter_arrives_as_it_was_written(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        SmtpMailer(options(server)).send(LETTER)
    (message,) = server.received
    assert message["Subject"] == LETTER.subject
    assert message.get_content() == LETTER.body.replace("\n", "\r\n")
    assert message["To"] == "yamada@sakura.test"
    assert message["From"] == "鍵守 <kagimori@sakura.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert server.envelopes == [("kagimori@sakura.test", ["yamada@sakura.test"], False)]


def test_a_letter_sent_again_can_be_known_as_the_same(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        mailer = SmtpMailer(options(server))
        mailer.send(LETTER)
        mailer.send(LETTER)
        mailer.send(replace(LETTER, number=8))
    first, again, other = [str(message["Message-ID"]) for message in server.received]
    assert first == again != other


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_travels_encrypted_and_signed_in(tmp_path: Path, security: str) -> None:
    with MailServer(tmp_path, starttls=security == "starttls", tls=security == "tls", auth=True) as server:
        SmtpMailer(options(server, user=USER, password=PASSWORD)).send(LETTER)
    assert [encrypted for _, _, encrypted in server.envelopes] == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_with_another_name_is_not_believed(tmp_path: Path, security: str) -> None:
    with MailServer(
        tmp_path, starttls=security == "starttls", tls=security == "tls", names=("mail.other.test",)
    ) as server:
        error = failure(options(server))
    assert error.transient
    assert error.away
    assert "証明書を確かめられません" in str(error)
    assert server.received == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_of_an_unknown_authority_is_not_believed(tmp_path: Path, security: str) -> None:
    with MailServer(tmp_path, starttls=security == "starttls", tls=security == "tls") as server:
        error = failure(options(server, ca_file=None))
    assert error.away
    assert server.received == []


def test_a_server_without_starttls_gets_nothing_in_clear(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        error = failure(options(server, security="starttls", user=USER, password=PASSWORD))
    assert error.away
    assert "STARTTLS" in str(error)
    assert server.envelopes == []


def test_a_wrong_password_is_told_and_not_repeated(tmp_path: Path) -> None:
    with MailServer(tmp_path, starttls=True, auth=True) as server:
        error = failure(options(server, user=USER, password="wrong-canary"))
    assert error.away
    assert "認証に失敗" in str(error)
    assert "canary" not in str(error)
    assert "canary" not in repr(options(server, user=USER, password="wrong-canary"))


def test_a_server_that_wants_a_password_waits_for_the_operator(tmp_path: Path) -> None:
    with MailServer(tmp_path, starttls=True, auth=True) as server:
        error = failure(options(server))
    assert error.away
    assert error.transient


@pytest.mark.parametrize(
    ("answer", "transient"),
    [("450 4.2.1 mailbox busy", True), ("452 4.3.1 out of space", True), ("550 5.1.1 no such user", False)],
)
def test_a_refused_address_tells_whether_to_try_again(tmp_path: Path, answer: str, transient: bool) -> None:
    with MailServer(tmp_path, refuses={LETTER.address: answer}) as server:
        error = failure(options(server))
        SmtpMailer(options(server)).send(replace(LETTER, address="sato@sakura.test"))
    assert (error.transient, error.away) == (transient, False)
    assert answer in str(error)
    assert [recipients for _, recipients, _ in server.envelopes] == [["sato@sakura.test"]]


@pytest.mark.parametrize(
    ("answer", "transient", "away"),
    [("451 4.3.0 try later", True, False), ("554 5.7.1 not wanted", False, False), ("421 4.3.2 closing", True, True)],
)
def test_a_refused_text_tells_whether_to_try_again(tmp_path: Path, answer: str, transient: bool, away: bool) -> None:
    with MailServer(tmp_path, answers=[answer]) as server:
        error = failure(options(server))
    assert (error.transient, error.away) == (transient, away)
    assert server.received == []


def test_a_refused_sender_is_the_operators_to_mend(tmp_path: Path) -> None:
    with MailServer(tmp_path, sender_answer="550 5.7.1 sender rejected") as server:
        error = failure(options(server))
    assert (error.transient, error.away) == (True, True)
    assert "sender を確かめてください" in str(error)


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    error = failure(SmtpOptions("127.0.0.1", free_port(), "none", "kagimori@sakura.test"))
    assert (error.transient, error.away) == (True, True)
    assert "127.0.0.1" in str(error)


@contextmanager
def silent(greeting: bytes, drip: bytes = b"") -> Iterator[int]:
    """A server that says its greeting, and afterwards nothing, or one piece of `drip` again and again."""
    stop = threading.Event()

    def serve() -> None:
        line, _ = listening.accept()
        with line:
            line.sendall(greeting)
            while not stop.wait(0.02):
                try:
                    line.sendall(drip)
                except OSError:
                    return

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize("greeting", [b"", b"220 mail.test ESMTP\r\n"])
def test_a_server_that_falls_silent_is_waited_for_and_then_left(greeting: bytes) -> None:
    with silent(greeting) as port:
        error = failure(SmtpOptions("127.0.0.1", port, "none", "kagimori@sakura.test", timeout=0.2))
    assert (error.transient, error.away) == (True, True)
    assert "0.2秒間応答しません" in str(error)


@pytest.mark.parametrize("greeting", [b"", b"220 mail.test ESMTP\r\n"])
def test_a_server_that_never_comes_to_an_end_is_cut_off(greeting: bytes) -> None:
    with silent(greeting, drip=b"2") as port:
        error = failure(SmtpOptions("127.0.0.1", port, "none", "kagimori@sakura.test", timeout=10, deadline=0.3))
    assert (error.transient, error.away) == (True, True)


def test_something_that_is_no_mail_server_is_told() -> None:
    with silent(b"HTTP/1.1 400 Bad Request\r\n\r\n", drip=b"\r\n") as port:
        error = failure(SmtpOptions("127.0.0.1", port, "none", "kagimori@sakura.test", timeout=1))
    assert error.away


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, subject="件名\r\nBcc: everyone@sakura.test"),
        replace(LETTER, address="yamada@sakura.test\r\nBcc: everyone@sakura.test"),
        replace(LETTER, address="yamada@sakura.test, everyone@sakura.test"),
    ],
)
def test_no_header_can_be_smuggled_in(tmp_path: Path, letter: Letter) -> None:
    with MailServer(tmp_path) as server:
        error = failure(options(server), letter)
    assert not error.transient
    assert server.received == []


def test_a_line_of_one_dot_ends_nothing(tmp_path: Path) -> None:
    body = "一行目\n.\nMAIL FROM:<x@sakura.test>\n"
    with MailServer(tmp_path) as server:
        SmtpMailer(options(server)).send(replace(LETTER, body=body))
    (message,) = server.received
    assert message.get_content() == body.replace("\n", "\r\n")


def test_an_authority_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="ca_file"):
        SmtpMailer(SmtpOptions("mail.test", 25, "tls", "kagimori@sakura.test", ca_file=tmp_path / "none.pem"))


def test_a_sender_that_is_no_address_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError, match="sender"):
        SmtpMailer(SmtpOptions("mail.test", 25, "none", "a@b@c"))
