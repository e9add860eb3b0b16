"""One bound connection to a directory: opened safely, read page by page, asked many things at once.

The one law: nothing leaves here but what the server answered with success.
Every error of the network, of TLS, of ldap3 and of the server becomes the
port's own error, in a sentence that names the server and the cure.
"""

import ssl
import time
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from ldap3 import NONE, Connection, Server
from ldap3.core.exceptions import LDAPException, LDAPStartTLSError

from connectors.ldap.ber import Malformed, Sifted
from connectors.ldap.options import Scope, ServerOptions
from connectors.ldap.requests import Request, paged, present, search
from connectors.ldap.wire import (
    REFERENCE,
    Answer,
    CheckedTls,
    Crowded,
    Disconnected,
    Overdue,
    WireStrategy,
    answer_of,
)
from iam.errors import SourceError, TargetError
from iam.ports import Fingerprint

SUCCESS, TIME_LIMIT, SIZE_LIMIT, COMPARE_FALSE, COMPARE_TRUE, REFERRAL = 0, 3, 4, 5, 6, 10
INVALID_CREDENTIALS = 49
WINDOW = 64
"""Requests on the way at once: enough to keep a directory busy while its disk is written."""

MOST_ENTRIES = 5_000_000
"""A reading of more is a server that repeats itself: no body has so many."""
MOST_EMPTY_PAGES = 100
"""In a row, each with a cookie.  A server may give some (RFC 2696 §3), where a filter passes over much."""

Key = TypeVar("Key")
ANYTHING = present("objectClass")

_CURES = {
    TIME_LIMIT: "サーバーの時間の上限(timelimit)に達しました。この bind_dn の上限を外してください",
    SIZE_LIMIT: "サーバーの件数の上限(sizelimit)に達しました。この bind_dn の上限を外してください"
    '(slapd では limits dn.exact="…" size=unlimited)',
    8: "サーバーが TLS を求めています。url を ldaps:// にするか start_tls = true としてください",
    REFERRAL: "紹介先({referrals})はたどりません。url に本来のサーバーを書いてください",
    11: "サーバーの管理上の上限に達しました。この bind_dn の上限を外してください",
    12: "サーバーがページ分割(RFC 2696)に対応していません。対応するサーバーを url に書いてください",
    13: "サーバーが TLS を求めています。url を ldaps:// にするか start_tls = true としてください",
    32: "「{base}」がないか、この bind_dn には見えません。起点の DN とアクセス権を確かめてください",
    34: "「{base}」は DN として正しくありません。設定の DN を直してください",
    INVALID_CREDENTIALS: "bind_dn とパスワードが合いません。bind_dn と password_file を確かめてください",
    50: "この bind_dn には権限がありません。サーバーのアクセス権を確かめてください",
    51: "サーバーが混み合っています。時間をおいてやり直してください",
    52: "サーバーが休止中です。サーバーの状態を確かめ、時間をおいてやり直してください",
}


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for.  `condition` is an encoded filter."""

    base: str
    condition: bytes = ANYTHING
    scope: Scope = "sub"
    attributes: tuple[str, ...] = ("1.1",)
    """By default none: an empty list would be all of them (RFC 4511 §4.5.1.8)."""

    def request(self, controls: bytes = b"") -> Request:
        return search(self.base, self.scope, self.condition, self.attributes, controls)


@dataclass(slots=True)
class Reply:
    """What one request was answered with."""

    answer: Answer
    entries: list[bytes] = field(default_factory=list)


class _Progress:
    """How far one reading has come, and whether it looks as if it had an end."""

    def __init__(self) -> None:
        self._count = self._empty = 0

    def after(self, entries: int) -> int:
        """Count one page; answers the entries so far."""
        self._count += entries
        self._empty = 0 if entries else self._empty + 1
        return self._count

    def never_ends(self) -> str:
        """Why no further page is asked for, with the cure, or ""."""
        if self._empty >= MOST_EMPTY_PAGES:
            return f"空のページが{self._empty}回続きました。サーバーのページ分割を確かめてください。"
        if self._count > MOST_ENTRIES:
            return f"{self._count:,}件を超えても続きます。サーバーが同じものを繰り返していないか確かめてください。"
        return ""


def said(answer: Answer) -> str:
    """The server's own words, for whoever asks its administrator."""
    return f"応答: {answer.name}" + (f"、{answer.diagnostic}" if answer.diagnostic else "")


class Directory:
    """A bound connection, for the length of a `with`."""

    def __init__(
        self, options: ServerOptions, label: str, error: type[SourceError | TargetError], secret: str = ""
    ) -> None:
        """`label` names the source or target for people; `error` is the port's error.

        `secret`: the password where it stands in no file; never "" for "none" (RFC 4513 §5.1.2).
        """
        self.options = options
        self._secret = secret
        self.denied: Answer | None = None
        """How the server answered the bind, where it was not with success."""
        self.where = f"{label}({options.url})"
        self.error = error

    def __enter__(self) -> Self:
        tls = self._tls() if self.options.secure else None
        server = Server(
            self.options.host, self.options.port, self.options.ldaps, get_info=NONE, tls=tls,
            connect_timeout=self.options.timeout,
        )  # fmt: skip
        self._connection = Connection(
            server, self.options.bind_dn, self._password(), auto_referrals=False, auto_range=False, check_names=False,
            receive_timeout=self.options.timeout, return_empty_attributes=False, auto_encode=False,
        )  # fmt: skip
        self._strategy = _plug_in(self._connection)
        try:
            with self.translated(""):
                self._open(tls)
                self._bind()
        except BaseException:
            self._strategy.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            # What was asked is answered; a farewell that does not arrive changes nothing.
            with suppress(OSError, LDAPException):
                self._connection.unbind()
        self._strategy.close()

    def pages(
        self, search: Search, known: Container[Fingerprint], salt: bytes, *, size: int | None = None
    ) -> Iterator[Sifted]:
        """Everything that `search` finds, page by page; ends normally only after the last page's success.

        The next page is asked for before this one is given out, so that the
        server works while the caller does.

        Raises:
            the port's error: in every other case.
        """
        with self.translated("最後まで読めていないため、今回の読み取りは使いません。"), self._deadline():
            size, progress = size or self.options.page_size, _Progress()
            number = self._ask(search, size, b"")
            while True:
                found, answer = self._strategy.collect(number, known, salt, size)
                count = progress.after(len(found))
                if answer.code != SUCCESS:
                    raise self.refused(answer, search.base, f"{count}件まで読んだところで、")
                if answer.cookie is None:
                    raise self.error(
                        f"{self.where}がページ分割に応じませんでした。最後まで読めたことを確かめられないため、使いません。"
                        "ページ分割(RFC 2696)に対応するサーバーを url に書いてください。"
                    )
                if answer.cookie and (reason := progress.never_ends()):
                    raise self.error(f"{self.where}の読み取りが終わらないため、使いません。{reason}")
                if answer.cookie:
                    number = self._ask(search, size, answer.cookie)
                yield found
                if not answer.cookie:
                    return

    def exchange(self, requests: Iterable[tuple[Key, Request]], consequence: str = "") -> Iterator[tuple[Key, Reply]]:
        """Ask many things at once; each reply under its key, in the order in which the server answers.

        Raises:
            the port's error: when the server is away, or refers a search elsewhere.
        """
        flying: dict[int, tuple[Key, list[bytes]]] = {}
        with self.translated(consequence):
            for key, request in requests:
                if len(flying) >= WINDOW:
                    yield self._land(flying)
                number = self._strategy.post(request)
                flying[number] = key, []
            while flying:
                yield self._land(flying)

    def ask(self, search: Search, *, missing: int = SUCCESS) -> list[bytes]:
        """What one small search finds, unpaged; `missing` is a result code that means: nothing.

        Raises:
            the port's error: when it does not end with success.
        """
        ((_, reply),) = self.exchange([(search, search.request())])
        if reply.answer.code not in {SUCCESS, missing}:
            raise self.refused(reply.answer, search.base)
        return reply.entries

    def refused(self, answer: Answer, base: str, so_far: str = "") -> SourceError | TargetError:
        """The error for an answer that is not success."""
        cure = _CURES.get(answer.code, "") or _CURES[REFERRAL] * (answer.kind == REFERENCE)
        cure = cure.format(base=base, referrals="、".join(answer.referrals) or "不明")
        detail = "" if answer.kind == REFERENCE else f"({said(answer)})"
        return self.error(f"{self.where}から「{base}」を読めません。{so_far}{cure or 'サーバーが断りました'}{detail}。")

    @contextmanager
    def translated(self, consequence: str) -> Iterator[None]:
        """Errors of the wire as the port's error; `consequence` says what it means for the caller's work."""
        try:
            yield
        except TimeoutError as error:
            raise self.error(
                f"{self.where}が{self.options.timeout}秒間応答しませんでした。{consequence}"
                "サーバーの状態と経路を確かめ、遅いだけなら timeout を延ばしてください。"
            ) from error
        except Overdue as error:
            raise self.error(
                f"{self.where}の読み取りが{self.options.deadline}秒たっても終わりませんでした。{consequence}"
                "サーバーの状態を確かめ、遅いだけなら deadline を延ばしてください。"
            ) from error
        except Crowded as error:
            raise self.error(
                f"{self.where}が1ページに頼んだ件数より多くを返しました({error})。{consequence}"
                "ページ分割(RFC 2696)に対応するサーバーを url に書いてください。"
            ) from error
        except Disconnected as error:
            raise self.error(
                f"{self.where}との接続がサーバー側から切られました({error})。{consequence}"
                "サーバーの記録を確かめてください。"
            ) from error
        except Malformed as error:
            raise self.error(
                f"{self.where}の応答をLDAPとして読めません({error})。{consequence}"
                "url がLDAPサーバーを指しているか確かめてください。"
            ) from error
        except (OSError, LDAPException) as error:
            raise self.error(
                f"{self.where}との通信に失敗しました({error})。{consequence}サーバーの状態と経路を確かめてください。"
            ) from error

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """One whole reading, with whatever its caller does meanwhile, has until then."""
        self._strategy.until = time.monotonic() + self.options.deadline
        try:
            yield
        finally:
            self._strategy.until = None

    def _ask(self, search: Search, size: int, cookie: bytes) -> int:
        return self._strategy.post(search.request(paged(size, cookie)))

    def _land(self, flying: dict[int, tuple[Key, list[bytes]]]) -> tuple[Key, Reply]:
        while True:
            number, answer = self._strategy.receive()
            if number not in flying:
                raise Malformed(f"an answer to {number}, which was not asked")
            if isinstance(answer, bytes):
                flying[number][1].append(answer)
            elif answer.kind == REFERENCE:
                raise self.refused(answer, "")
            else:
                key, entries = flying.pop(number)
                return key, Reply(answer, entries)

    def _tls(self) -> CheckedTls:
        ca_file = self.options.ca_file
        if ca_file is None:
            raise self.error(f"{self.where}: TLS には ca_file が必要です。")
        try:
            return CheckedTls(ca_file)
        except OSError as error:
            raise self.error(
                f"{self.where}の ca_file「{ca_file}」を認証局証明書として読めません({error})。"
                "PEM 形式のファイルを置いてください。"
            ) from error

    def _password(self) -> str:
        if self._secret:
            return self._secret
        path = self.options.password_file
        try:
            password = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise self.error(
                f"{self.where}の password_file「{path}」を読めません({error})。"
                "パスワードだけを1行に書いたファイルを置いてください。"
            ) from error
        if not password:
            # An empty password would be an anonymous bind that answers success (RFC 4513 §5.1.2).
            raise self.error(f"{self.where}の password_file「{path}」が空です。パスワードを1行に書いてください。")
        return password

    def _open(self, tls: CheckedTls | None) -> None:
        try:
            self._connection.open(read_server_info=False)
            if self.options.start_tls and not self._connection.start_tls(read_server_info=False):
                raise LDAPStartTLSError("refused")
        except LDAPException as error:
            raise self.error(f"{self.where}{_why_unopened(error, tls.failure if tls else None)}") from error

    def _bind(self) -> None:
        with self.translated(""):
            if not self._connection.bind(read_server_info=False):
                answer = answer_of(self._connection.result)
                cure = _CURES.get(answer.code, "サーバーが断りました")
                self.denied = answer
                raise self.error(
                    f"{self.where}に「{self.options.bind_dn}」でサインインできません。{cure}({said(answer)})。"
                )
        self._connection.password = None


def _why_unopened(error: LDAPException, failure: OSError | None) -> str:
    """`failure` is what went wrong inside the TLS handshake, if it came to one."""
    if isinstance(failure, ssl.SSLCertVerificationError):
        return (
            f"の証明書を確かめられません({failure.verify_message})。"
            "ca_file の認証局と、証明書にあるホスト名・期限を確かめてください。"
        )
    if failure:
        return f"と TLS で通信できません({failure})。サーバーの TLS の設定を確かめてください。"
    if isinstance(error, LDAPStartTLSError):
        return f"が StartTLS に応じません({error})。サーバーの TLS の設定を確かめてください。"
    return f"に接続できません({error})。サーバーが動いているか、url と経路を確かめてください。"


def _plug_in(connection: Connection) -> WireStrategy:
    """Give an unopened connection our strategy: ldap3 has no place for one but its attributes."""
    strategy = WireStrategy(connection)
    connection.strategy = strategy
    connection.send, connection.open, connection.get_response = strategy.send, strategy.open, strategy.get_response
    connection.post_send_single_response = strategy.post_send_single_response
    connection.post_send_search = strategy.post_send_search
    return strategy
