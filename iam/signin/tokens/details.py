"""What is agreed with a client, by the door through which it comes; each value checked when it is asked for.

The one law: *nothing is guessed when a client comes*: a destination, an address, an algorithm holds as it is
written here, letter by letter, or not at all (R41: RFC 9700 §2.1, §4.1; R42).
"""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, TypeVar
from urllib.parse import SplitResult, urlsplit

from cryptography import x509
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from iam.handwritten import Frozen, Words, validated


class ClientKind(StrEnum):
    """By which door a client comes."""

    OIDC = "oidc"
    FORWARD = "forward"
    RADIUS = "radius"
    TERMINAL = "terminal"
    SAML = "saml"

    @property
    def label_ja(self) -> str:
        """The words that an officer reads."""
        return {
            "oidc": "OpenID Connect", "forward": "リバースプロキシ", "radius": "RADIUS", "terminal": "端末API",
            "saml": "SAML 2.0",
        }[self.value]  # fmt: skip


class Algorithm(StrEnum):
    """What tokens are signed with.  RS256 only under a dated waiver that names the client (R42)."""

    ES256 = "ES256"
    EDDSA = "EdDSA"
    RS256 = "RS256"


SCOPES: Final = ("profile", "email", "groups")
"""What an OpenID Connect client may be told beyond `sub`: name and staff number; mail address; rights in its system."""

T = TypeVar("T")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_VLANS: Final = range(1, 4095)


def _uri(value: str) -> str:
    if mistake := _uri_mistake(value):
        raise ValueError(f"{mistake}（今の値: {value[:200]}）。")
    return value


def _uri_mistake(value: str) -> str:
    """What is wrong with an address that browsers are sent to or that is posted to; "" for a right one."""
    parts = _split(value)
    if parts is None or parts.scheme not in {"https", "http"} or not parts.hostname:
        return "https://ホスト名/パス の形で書いてください"
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        return "http:// を使えるのは localhost と 127.0.0.1 だけです。https:// にしてください"
    if not value.isascii() or not value.isprintable() or any(sign in value for sign in ' "<>\\^`{|}*'):
        return (
            "使えるのは半角の英数字と記号だけです（空白、*、\\ などは不可）。一字一句このとおりの宛先を書いてください"
        )
    if parts.fragment or "#" in value:
        return "# から後ろは書けません。取り除いてください"
    if parts.username is not None or parts.password is not None:
        return "利用者名やパスワードを宛先に書くことはできません。取り除いてください"
    if any(step in {".", ".."} for step in parts.path.split("/")):
        return "パスに . や .. は使えません。実際のパスを書いてください"
    return "" if _is_host(parts.hostname) else "ホスト名を半角の小文字で書いてください"


def _origin(value: str) -> str:
    parts = _split(value)
    if _uri_mistake(value) or parts is None or parts.path or parts.query or "?" in value:
        raise ValueError(f"https://ホスト名 だけを、末尾の / なしで書いてください（今の値: {value[:200]}）。")
    return value


def _split(value: str) -> SplitResult | None:
    """The parts of an address whose port can be read; None for any other."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return _HOST.fullmatch(host) is not None
    return True


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        if isinstance(value, (IPv4Network, IPv6Network)):
            return value
        if isinstance(value, str) and (network := ip_network(value)).prefixlen:
            return network
    except ValueError:
        pass
    raise ValueError(f"192.0.2.10 か 192.0.2.0/28 のようなアドレスで書いてください（今の値: {value}）。")


def _some(value: tuple[T, ...]) -> tuple[T, ...]:
    # Not min_length: that also complains of emptiness where the only one was misspelt.
    if not value:
        raise ValueError("一つ以上書いてください。")
    return value


def _path(value: str) -> str:
    if not value.startswith("/") or not value.isascii() or any(step in {".", ".."} for step in value.split("/")):
        raise ValueError(f"/ で始まるパスを半角で書いてください（今の値: {value[:200]}）。")
    return value


def _certificate(value: str) -> str:
    try:
        x509.load_pem_x509_certificate(value.encode())
    except ValueError:
        raise ValueError(
            "証明書として読めません。PEM（-----BEGIN CERTIFICATE----- から）を貼り付けてください。"
        ) from None
    return value


def _vlan(value: str) -> str:
    if not value.isdecimal() or not value.isascii() or int(value) not in _VLANS:
        raise ValueError(f"VLAN番号は 1 から 4094 で書いてください（今の値: {value[:20]}）。")
    return value


Uri: TypeAlias = Annotated[Words, AfterValidator(_uri)]
Path: TypeAlias = Annotated[Words, AfterValidator(_path)]
Network: TypeAlias = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
Addresses: TypeAlias = Annotated[tuple[Network, ...], AfterValidator(_some)]
Uris: TypeAlias = Annotated[tuple[Uri, ...], AfterValidator(_some)]


class OidcDetail(Frozen):
    """OpenID Connect.  A browser is sent to `redirect_uris` and `post_logout_uris` alone, compared letter by letter."""

    redirect_uris: Uris
    post_logout_uris: tuple[Uri, ...] = ()
    logout_uri: Annotated[str, AfterValidator(lambda uri: uri and _uri(uri))] = ""
    """Where word of a sign-out is posted to (Back-Channel Logout 1.0); "": nowhere."""

    algorithm: Algorithm = Algorithm.ES256
    waiver: str = ""
    """The decision that lets this client have RS256, by its number or name; with `waiver_until`, its last day."""

    waiver_until: date | None = None
    scopes: tuple[Literal["profile", "email", "groups"], ...] = ("profile",)
    refresh: bool = False
    """Whether it may ask for refresh tokens, which die with the session."""

    require_par: bool = False
    """Whether it must push its requests (RFC 9126)."""

    start_uri: Annotated[str, AfterValidator(lambda uri: uri and _uri(uri))] = ""
    """Where the portal's list opens it; "": it is not in the list."""

    @model_validator(mode="after")
    def _waived(self) -> Self:
        if self.algorithm is Algorithm.RS256 and not (self.waiver.strip() and self.waiver_until):
            raise ValueError(
                "RS256 は、例外措置の番号と期限がなければ使えません。署名の方式を ES256 か EdDSA にしてください。"
            )
        return self

    def algorithm_on(self, day: date) -> Algorithm | None:
        """What this client's tokens are signed with; None when its waiver is over: it gets no token."""
        if self.algorithm is not Algorithm.RS256:
            return self.algorithm
        return Algorithm.RS256 if self.waiver_until and day <= self.waiver_until else None


class ForwardDetail(Frozen):
    """A web application behind a reverse proxy that asks us.  `paths`: what of it is guarded, by prefix; empty: all.

    `proxies`: who may ask in its name; empty: the listed proxies of [portal].
    """

    origin: Annotated[Words, AfterValidator(_origin)]
    paths: tuple[Path, ...] = ()
    proxies: tuple[Network, ...] = ()


class RadiusDetail(Frozen):
    """A FreeRADIUS server.  `addresses`: from where it may ask.

    `devices`: NAS-Identifier or NAS-IP-Address of a device to the code of the system that it lets into; a device that
    is not listed lets into the client's own system.  `vlans`: zone code to the VLAN that a device of it is put into.
    `challenge`: whether the devices can ask for a code in a step of its own; else it stands behind the password.
    `nearby`: people stand at the device itself (a switch, a console), so that where it is says where they are.
    """

    addresses: Addresses
    challenge: bool = True
    nearby: bool = False
    devices: Mapping[str, str] = Field(default_factory=dict)
    vlans: Mapping[str, Annotated[str, AfterValidator(_vlan)]] = Field(default_factory=dict)


class TerminalDetail(Frozen):
    """Terminals that ask at `/validate/check`.  `challenge`: whether they can show a question and send its answer."""

    addresses: Addresses
    challenge: bool = True


class SamlDetail(Frozen):
    """A service provider.  `acs`: where assertions are posted to; `certificate`: of the key it signs requests with.

    `attributes`: name of the attribute in the assertion to what it carries; `login`: that in the client's system, else
    the staff number.
    """

    entity_id: Words
    acs: Uris
    logout_url: Annotated[str, AfterValidator(lambda uri: uri and _uri(uri))] = ""
    certificate: Annotated[str, AfterValidator(lambda pem: pem and _certificate(pem))] = ""
    name_id: Literal["persistent", "email", "login"] = "persistent"
    attributes: Mapping[
        str,
        Literal["login", "staff_number", "name", "name_kana", "email", "org_code", "org_name", "title", "groups"],
    ] = Field(default_factory=dict)

    waiver: str = ""
    """The decision that lets this client sign, and be signed for, by RSA (RSASSA-PKCS1-v1_5); with `waiver_until`."""

    waiver_until: date | None = None
    unsolicited: bool = False
    """Whether the portal's list may send people there without being asked by it."""

    @model_validator(mode="after")
    def _both(self) -> Self:
        if bool(self.waiver.strip()) != (self.waiver_until is not None):
            raise ValueError("RSA の例外措置には、番号と期限の両方を書いてください。")
        return self

    def rsa_on(self, day: date) -> bool:
        """Whether its waiver lives on that day, its last day included."""
        return self.waiver_until is not None and day <= self.waiver_until


Detail: TypeAlias = OidcDetail | ForwardDetail | RadiusDetail | TerminalDetail | SamlDetail

MODELS: Final[Mapping[ClientKind, type[Detail]]] = {
    ClientKind.OIDC: OidcDetail,
    ClientKind.FORWARD: ForwardDetail,
    ClientKind.RADIUS: RadiusDetail,
    ClientKind.TERMINAL: TerminalDetail,
    ClientKind.SAML: SamlDetail,
}


def detail_of(kind: ClientKind, written: Mapping[str, Any], *, source: str = "detail") -> Detail:
    """What is written, checked; `source` names it in messages.

    Raises:
        ConfigurationError: with every mistake, as "source: field: sentence".
    """
    return validated(MODELS[kind], written, source=source)


def written_of(detail: Detail) -> dict[str, Any]:
    """`detail` as a row or a case holds it; `detail_of` reads it back the same."""
    return detail.model_dump(mode="json")
