"""[portal], [mail] and [backchannel]: where people sign in, how they are written to, which systems hear of an end.

The one law: *nobody is believed unless listed*: neither an address that speaks
for others nor a certificate that somebody else has seen.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Final, Self, TypeAlias
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    Strict,
    StringConstraints,
    field_validator,
    model_validator,
)

from iam.errors import ConfigurationError
from iam.handwritten import Frozen, WholeNumber, Words
from iam.settings.written import FilePath, secret_in

MAIL_VARIABLE: Final = "IAM_MAIL_PASSWORD"
"""The password of [mail] user; goes before [mail] password_file."""

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        if isinstance(value, str) and (network := ip_network(value)).prefixlen:
            return network
    except ValueError:
        pass
    cure = "プロキシだけを、192.0.2.10 か 192.0.2.0/28 のようなアドレスで書いてください"
    raise ValueError(f'{cure}（今の値: "{value}"）。')


Network: TypeAlias = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


class Certificates(Frozen):
    """[portal.certificate]: IC cards and certificates that a listed proxy has seen (mutual TLS)."""

    ca: FilePath
    """PEM of the authorities that issue them."""

    crl: FilePath | None = None
    """PEM of what they have revoked."""

    header: Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z][A-Za-z0-9-]*$")] = "X-Client-Cert"
    """Where the proxy writes the certificate, as URL-encoded PEM."""


class Portal(Frozen):
    """[portal]: where people sign in."""

    origin: str
    """What stands in people's browsers, without a path: "https://id.example.lg.jp"."""

    listen: str = "127.0.0.1:8443"
    """The address and port of `iam serve`; the reverse proxy speaks to it."""

    zone: Annotated[str, Strict()] = ""
    """The zone that the portal stands in; empty: the profile's default."""

    proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For and certificate header are believed; nobody's unless stated."""

    workers: Annotated[WholeNumber, Field(ge=1, le=64)] = 2
    """Processes."""

    hashes: Annotated[WholeNumber, Field(ge=1, le=32)] = 2
    """How many passwords one process verifies at once; each takes 64 MiB for that moment (R34)."""

    notice: Words = "このシステムは、業務のために許可された職員だけが利用できます。利用の記録を残しています。"
    """Shown before and after signing in (OITA-S8.2.4)."""

    certificate: Certificates | None = None
    """Without it nobody signs in by card."""

    key_roots: tuple[FilePath, ...] = ()
    """PEM of the makers of security keys; where the profile asks for attestation, a chain to one of them (R23)."""

    @field_validator("origin", mode="before")
    @classmethod
    def _origin(cls, value: object) -> str:
        text = value.lower() if isinstance(value, str) else ""
        if mistake := _origin_mistake(text):
            raise ValueError(f'{mistake}（今の値: "{value}"）。')
        parts = urlsplit(text)
        shown = parts.port not in {None, {"https": 443, "http": 80}[parts.scheme]}
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if shown else "")

    @field_validator("listen", mode="before")
    @classmethod
    def _listen(cls, value: object) -> str:
        parts = _split(f"//{value}")
        if not isinstance(value, str) or parts is None or not parts.hostname or not parts.port or parts.path:
            raise ValueError(f'127.0.0.1:8443 のようにアドレスとポート番号を書いてください（今の値: "{value}"）。')
        return value

    @model_validator(mode="after")
    def _from_a_proxy(self) -> Self:
        if self.certificate and not self.proxies:
            raise ValueError(
                "証明書は proxies のプロキシからだけ受け取ります。プロキシのアドレスを proxies に書いてください。"
            )
        return self

    @property
    def host(self) -> str:
        """The host in `origin`: what security keys are bound to."""
        return urlsplit(self.origin).hostname or ""

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by https; otherwise it is for trying out on one machine."""
        return self.origin.startswith("https://")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        parts = urlsplit(f"//{self.listen}")
        return parts.hostname or "", parts.port or 0


class Security(StrEnum):
    """How the mail server is spoken to."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Mail(Frozen):
    """[mail]: the body's mail server; without it notices stand in the portal alone."""

    host: Words
    port: Annotated[WholeNumber, Field(ge=1, le=65535)] = 25
    security: Security = Security.NONE
    ca_file: FilePath | None = None
    """PEM of the authority behind the server's certificate, where it is the body's own."""

    user: Annotated[str, Strict()] = ""
    password_file: FilePath | None = None
    """A file that holds the password alone, readable by the service's user alone."""

    sender: Annotated[str, StringConstraints(strict=True, pattern=r"^[!-~]+@[A-Za-z0-9.-]+$")]
    """The address that notices come from."""

    _password: str | None = PrivateAttr(default=None)

    @property
    def password(self) -> str | None:
        """The password of `user`; None where the server asks for none."""
        return self._password

    @model_validator(mode="after")
    def _in_secret(self) -> Self:
        if self.user and self.security is Security.NONE:
            raise ValueError('パスワードを平文で送ることはできません。security を "starttls" か "tls" にしてください。')
        if self.password_file and not self.user:
            raise ValueError("password_file があるのに user がありません。user を書き足してください。")
        return self

    def with_password(self, environ: Mapping[str, str]) -> Self:
        """This server with the password from the environment or from `password_file`.

        Raises:
            ConfigurationError: when the file cannot be read, when others can read it, or when a user has no password.
        """
        password = environ.get(MAIL_VARIABLE)
        if password is None and self.password_file:
            password = secret_in(self.password_file, "mail.password_file")
        if self.user and not password:
            cure = f"password_file のファイルか環境変数 {MAIL_VARIABLE} に置いてください。"
            raise ConfigurationError([f"mail.user: パスワードがありません。{cure}"])
        found = self.model_copy()
        found._password = password  # noqa: SLF001 - a copy of its own, kept out of repr
        return found


class Backchannel(Frozen):
    """[backchannel]: to which systems word of a sign-out may be carried; without it to none."""

    hosts: tuple[Words, ...]
    """"gw.example.lg.jp" for the usual port, or "gw.example.lg.jp:8443"; nobody else is ever spoken to (R52)."""

    ca_file: FilePath | None = None
    """PEM of the authority behind those systems' certificates, where it is the body's own."""

    @field_validator("hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("一つ以上書いてください。")
        for each in value:
            parts = _split(f"//{each}")
            if parts is None or not parts.hostname or parts.path or parts.query or parts.username is not None:
                raise ValueError(
                    f'ホスト名かアドレスを、必要なら :ポート番号 を付けて書いてください（今の値: "{each}"）。'
                )
        return tuple(each.lower() for each in value)


def _origin_mistake(value: str) -> str:
    """What is wrong with an origin; "" for a right one."""
    parts = _split(value)
    if parts is None or parts.scheme not in {"https", "http"} or not parts.hostname:
        return "https://ホスト名 の形で書いてください"
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        return "ホスト名とポート番号だけを書いてください"
    if parts.scheme == "http" and parts.hostname != "localhost":
        return "http:// で始められるのは、試すための http://localhost だけです。https:// にしてください"
    if _is_address(parts.hostname) or not _NAME.fullmatch(parts.hostname):
        return "セキュリティキーを登録できるよう、アドレスではなく半角のホスト名で書いてください"
    return ""


def _split(value: str) -> SplitResult | None:
    """The parts of a URL whose port can be read; None for any other."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
