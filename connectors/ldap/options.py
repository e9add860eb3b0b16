"""How to reach a directory: what the configuration may say, and what it may not.

The one law: no password and no personnel data leave in clear.  Plain ldap://
goes to this machine alone, unless `allow_plaintext` is spelled out.
"""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from ldap3.core.exceptions import LDAPException
from ldap3.operation.search import parse_filter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

DEFAULT_PORTS = {"ldap": 389, "ldaps": 636}


def _in_folder(path: Path, info: ValidationInfo) -> Path:
    """A relative path stands for the configuration's folder, given as validation context `folder`."""
    folder = (info.context or {}).get("folder")
    return Path(folder) / path if folder else path


def _filter(text: str) -> str:
    try:
        parse_filter(text, None, False, False, None, False)  # noqa: FBT003
    except LDAPException as error:
        raise ValueError(
            f"「{text}」は LDAP の検索条件として読めません。(objectClass=person) のように書いてください"
        ) from error
    return text


ConfiguredPath = Annotated[Path, AfterValidator(_in_folder)]
Filter = Annotated[str, AfterValidator(_filter)]
AttributeName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*(;[A-Za-z0-9-]+)*$|^[0-9]+(\.[0-9]+)+$")]
Dn = Annotated[str, Field(min_length=3, pattern="=")]
Scope = Literal["base", "one", "sub"]


class ServerOptions(BaseModel):
    """One directory server, and as whom to sign in to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    bind_dn: Dn
    password_file: ConfiguredPath
    start_tls: bool = False
    ca_file: ConfiguredPath | None = None
    allow_plaintext: bool = False
    timeout: int = Field(default=30, ge=1, le=3600)
    """Seconds without one byte from the server after which it counts as away."""
    deadline: int = Field(default=1800, ge=1, le=86_400)
    """Seconds for one whole reading, however busy the server seems: some never end."""
    page_size: int = Field(default=1000, ge=1, le=100_000)
    """Entries a page.  Active Directory gives at most 1,000; OpenLDAP is some 10 % faster with 5,000."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or DEFAULT_PORTS[parts.scheme]

    @property
    def ldaps(self) -> bool:
        return urlsplit(self.url).scheme == "ldaps"

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted before anything is said."""
        return self.ldaps or self.start_tls

    @model_validator(mode="after")
    def _reachable_safely(self) -> Self:
        if mistake := _url_mistake(self.url):
            raise ValueError(f"url「{self.url}」は使えません。{mistake}")
        if self.ldaps and self.start_tls:
            raise ValueError("ldaps:// は初めから暗号化されます。start_tls の行を消してください")
        if self.secure and self.ca_file is None:
            raise ValueError("TLS にはサーバー証明書を確かめる ca_file(認証局証明書の PEM ファイル)が必要です")
        if not (self.secure or self.allow_plaintext or _is_loopback(self.host)):
            raise ValueError(
                f"{self.host} へ暗号化せずに接続することはできません。url を ldaps:// にするか start_tls = true とし、"
                "ca_file を書いてください"
            )
        return self


def _url_mistake(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "ポート番号を直してください"
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return "ldaps://ホスト名 または ldap://ホスト名 の形で書いてください"
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username or port == 0:
        return "ホスト名とポート番号だけを書いてください"
    return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
