"""Cards and certificates (X.509): who issued one, whether it still holds, and whose it is.

The one law: *whatever is not proved is refused*: the reverse proxy has seen the
private key used (TLS), and here the certificate is verified once more, against
the issuers that the body lists and a revocation list that is fresh; a list that
is missing or out of date refuses everybody (OITA-S7.4.1.2, R26).  One
certificate is bound to one person, once (OITA-S7.4.1.1).

Trust is not inherited: the CA file lists the authorities that issue cards
themselves.  So a root that also issues for servers or other bodies opens
nothing by being listed through one of its branches.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import Connection

from iam.errors import ConfigurationError
from iam.record.act import Act
from iam.signin.factors.authenticators import Authenticator, Form, State, by_handle, enrol, note_used

LONGEST_HEADER: Final = 16_384
"""Characters of the header that may hold a certificate: some ten times what a card's certificate takes."""

LEAST_RSA_BITS: Final = 2048
_SOUND_HASHES: Final = frozenset({"sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512"})
_ANY_PURPOSE: Final = x509.ObjectIdentifier("2.5.29.37.0")
_PURPOSES: Final = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SMARTCARD_LOGON, _ANY_PURPOSE})
_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----"

ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)


class Code(StrEnum):
    """Why a certificate does not sign in."""

    UNREADABLE = "unreadable"
    UNKNOWN_ISSUER = "unknown_issuer"
    WEAK = "weak"
    WRONG_PURPOSE = "wrong_purpose"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    REVOKED = "revoked"
    LIST_MISSING = "list_missing"
    LIST_STALE = "list_stale"
    NOT_BOUND = "not_bound"
    BOUND_TO_ANOTHER = "bound_to_another"
    BOUND_ALREADY = "bound_already"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A certificate that is refused, and why: a code for the page, a sentence for whoever has no page."""

    code: Code

    @property
    def sentence_ja(self) -> str:
        """What the person reads, and the cure."""
        return _SENTENCES[self.code]


_SENTENCES: Final[Mapping[Code, str]] = {
    Code.UNREADABLE: "証明書を読み取れません。カードを差し直して、もう一度お試しください。",
    Code.UNKNOWN_ISSUER: "この認証局の証明書は使えません。職員用のカードを使ってください。",
    Code.WEAK: "この証明書の鍵は強度が足りないため使えません。新しいカードの交付を受けてください。",
    Code.WRONG_PURPOSE: "この証明書は認証用ではありません。認証用の証明書を選んでください。",
    Code.NOT_YET: "この証明書は、まだ有効期間になっていません。",
    Code.EXPIRED: "この証明書は有効期間が過ぎています。新しいカードの交付を受けてください。",
    Code.REVOKED: "この証明書は失効しています。情報システムの担当者へ連絡してください。",
    Code.LIST_MISSING: "失効を確かめられないため、いまはカードを使えません。情報システムの担当者へ連絡してください。",
    Code.LIST_STALE: "失効リストが古いため、いまはカードを使えません。情報システムの担当者へ連絡してください。",
    Code.NOT_BOUND: "このカードは登録されていません。サインインしてから登録してください。",
    Code.BOUND_TO_ANOTHER: "このカードは別の職員のものとして登録されています。自分のカードを使ってください。",
    Code.BOUND_ALREADY: "このカードは、すでに登録されています。",
    Code.ENDED: "このカードは使えなくなっています。新しいカードの交付を受けてください。",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A certificate that was verified.  `handle` stands for issuer and serial number; the rest is for people."""

    handle: str
    subject: str
    issuer: str
    serial: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Trust:
    """Who issues cards, and what they have revoked.  `lists` None: the body has none, and revocation is not asked."""

    issuers: tuple[x509.Certificate, ...]
    lists: tuple[x509.CertificateRevocationList, ...] | None

    @classmethod
    def parse(cls, issuers: bytes, lists: bytes | None) -> "Trust":
        """From PEM certificates, and PEM or DER revocation lists.

        Raises:
            ConfigurationError: when they cannot be read, or an issuer is no authority.
        """
        try:
            found = tuple(x509.load_pem_x509_certificates(issuers))
        except ValueError as error:
            raise ConfigurationError(["認証局の証明書を読めません。PEM 形式のファイルを置いてください。"]) from error
        for each in found:
            if not _is_authority(each):
                raise ConfigurationError(
                    [
                        f"「{each.subject.rfc4514_string()}」は認証局の証明書ではありません。カードの発行元を置いてください。"
                    ]
                )
        return cls(found, None if lists is None else tuple(_revocation_lists(lists)))


class TrustFiles:
    """The files of a `Trust`, read again whenever they have changed: revocation lists come daily."""

    def __init__(self, issuers: Path, lists: Path | None) -> None:
        self._issuers, self._lists = issuers, lists
        self._read: tuple[object, Trust] | None = None
        self.trouble = ""
        """Why the revocation lists could not be read when they were last looked at, for health and journal; or ""."""

    def trust(self) -> Trust:
        """What the files say now.  Lists that are missing, or half written, count as none: nobody is let in.

        Raises:
            ConfigurationError: when the issuers cannot be read.
        """
        stamp = _stamp(self._issuers), self._lists and _stamp(self._lists)
        read = self._read
        if read is None or read[0] != stamp:
            read = self._read = stamp, self._fresh()
        return read[1]

    def _fresh(self) -> Trust:
        content = _content(self._issuers)
        if self._lists is None:
            return Trust.parse(content, None)
        try:
            trust, self.trouble = Trust.parse(content, _content(self._lists)), ""
        except ConfigurationError as error:
            trust, self.trouble = Trust(Trust.parse(content, None).issuers, ()), str(error)
        return trust


def certificate_from(header: str) -> str:
    """The PEM text of the one certificate in a proxy's header, or "" when it holds anything else.

    Understood are URL-encoded PEM (nginx `$ssl_client_escaped_cert`), PEM whose line breaks became spaces or
    tabs, `:base64:` (RFC 9440), and bare base64 (Apache, HAProxy).  Whether the header may be believed is for
    the caller to know: only from a listed proxy.
    """
    if not header or len(header) > LONGEST_HEADER or not header.isascii():
        return ""
    text = (unquote(header, errors="replace") if "%" in header else header).strip()
    if _BEGIN in text:
        text = text.removeprefix(_BEGIN).removesuffix(_END) if text.endswith(_END) else "-"
    elif text.startswith(":") and text.endswith(":"):
        text = text[1:-1]
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
        return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode()
    except (ValueError, binascii.Error):
        return ""


def check(trust: Trust, pem: str, at: datetime) -> Card | Rejected:
    """Verify a certificate at an instant; whose it is, `match` tells."""
    try:
        leaf = x509.load_pem_x509_certificate(pem.encode())
        code = _why_not(trust, leaf, at)
        subject, issuer = leaf.subject.rfc4514_string(), leaf.issuer.rfc4514_string()
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return Rejected(Code.UNREADABLE)
    if code is not None:
        return Rejected(code)
    return Card(_handle(leaf), subject, issuer, f"{leaf.serial_number:X}", leaf.not_valid_after_utc)


def bind(act: Act, person_id: int, card: Card, name: str) -> int | Rejected:
    """Bind a verified card to a person: the authenticator's id, or why not.  A card is bound once, for ever.

    Raises:
        NotFound: no such person; Conflict: somebody bound the same card at this moment.
    """
    known = by_handle(act.connection, Form.CERTIFICATE, card.handle)
    if known is not None:
        if known.person_id != person_id:
            return Rejected(Code.BOUND_TO_ANOTHER)
        return Rejected(Code.BOUND_ALREADY if known.active else Code.ENDED)
    data = {"subject": card.subject, "issuer": card.issuer, "serial": card.serial, "not_after": card.not_after}
    return enrol(act, person_id, Form.CERTIFICATE, name, handle=card.handle, data=data, state=State.ACTIVE)


def match(connection: Connection, card: Card, person_id: int | None = None) -> Authenticator | Rejected:
    """Whose card it is; with `person_id` (a login half done, or a session) nobody else's will do."""
    known = by_handle(connection, Form.CERTIFICATE, card.handle)
    if known is None:
        return Rejected(Code.NOT_BOUND)
    if person_id is not None and known.person_id != person_id:
        return Rejected(Code.BOUND_TO_ANOTHER)
    return known if known.active else Rejected(Code.ENDED)


def accept(act: Act, id_: int) -> bool:
    """Note that the card signed in; False when it ended meanwhile."""
    return note_used(act, id_)


def _why_not(trust: Trust, leaf: x509.Certificate, at: datetime) -> Code | None:
    """The first rule that the certificate breaks.  Nothing is said of one that no listed issuer signed."""
    issuer = next((each for each in trust.issuers if _issued(each, leaf)), None)
    if issuer is None:
        return Code.UNKNOWN_ISSUER
    rules: tuple[Callable[[], Code | None], ...] = (
        lambda: Code.WEAK if _weak(leaf) else None,
        lambda: Code.WRONG_PURPOSE if _wrong_purpose(leaf) else None,
        lambda: _out_of_dates(leaf, at) or _out_of_dates(issuer, at),
        lambda: _revoked(trust, leaf, issuer, at),
        lambda: _issuer_revoked(trust, issuer, at),
    )
    return next((code for rule in rules if (code := rule()) is not None), None)


def _issued(issuer: x509.Certificate, leaf: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _weak(leaf: x509.Certificate) -> bool:
    key = leaf.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        small = key.key_size < LEAST_RSA_BITS
    else:
        small = not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey)
    used = leaf.signature_hash_algorithm
    # None: the signature hashes inside itself (Ed25519, Ed448).
    return small or (used is not None and used.name not in _SOUND_HASHES)


def _wrong_purpose(leaf: x509.Certificate) -> bool:
    purposes = _extension(leaf, x509.ExtendedKeyUsage)
    usage = _extension(leaf, x509.KeyUsage)
    return (
        _is_authority(leaf)
        or (purposes is not None and not _PURPOSES & set(purposes))
        or (usage is not None and not usage.digital_signature)
    )


def _out_of_dates(certificate: x509.Certificate, at: datetime) -> Code | None:
    if at < certificate.not_valid_before_utc:
        return Code.NOT_YET
    return Code.EXPIRED if at > certificate.not_valid_after_utc else None


def _revoked(trust: Trust, leaf: x509.Certificate, issuer: x509.Certificate, at: datetime) -> Code | None:
    if trust.lists is None:
        return None
    own = [each for each in trust.lists if _published(issuer, each)]
    if not own:
        return Code.LIST_MISSING
    # A certificate on any list of its issuer is revoked, even on one that is out of date.
    if any(each.get_revoked_certificate_by_serial_number(leaf.serial_number) for each in own):
        return Code.REVOKED
    return None if any(_fresh(each, at) for each in own) else Code.LIST_STALE


def _issuer_revoked(trust: Trust, issuer: x509.Certificate, at: datetime) -> Code | None:
    """An issuer whose own issuer is listed too, with a revocation list, must not stand on it."""
    above = next((each for each in trust.issuers if each != issuer and _issued(each, issuer)), None)
    if above is None or not any(_published(above, each) for each in trust.lists or ()):
        return None
    return _revoked(trust, issuer, above, at)


def _published(issuer: x509.Certificate, revoked: x509.CertificateRevocationList) -> bool:
    usage = _extension(issuer, x509.KeyUsage)
    if revoked.issuer != issuer.subject or (usage is not None and not usage.crl_sign):
        return False
    key = issuer.public_key()
    # Any other kind of key cannot sign a list.
    if not isinstance(
        key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | ed448.Ed448PublicKey
    ):
        return False
    return revoked.is_signature_valid(key)


def _fresh(revoked: x509.CertificateRevocationList, at: datetime) -> bool:
    until = revoked.next_update_utc
    return until is not None and revoked.last_update_utc <= at <= until


def _handle(leaf: x509.Certificate) -> str:
    issuer = hashlib.sha256(leaf.issuer.public_bytes()).hexdigest()[:32]
    return f"{issuer}:{leaf.serial_number:x}"


def _is_authority(certificate: x509.Certificate) -> bool:
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _extension(certificate: x509.Certificate, kind: type[ExtensionT]) -> ExtensionT | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _revocation_lists(content: bytes) -> Iterator[x509.CertificateRevocationList]:
    end = b"-----END X509 CRL-----"
    blocks = [block + end for block in content.split(end)[:-1]]
    try:
        found: Sequence[x509.CertificateRevocationList] = [
            x509.load_pem_x509_crl(block.strip()) for block in blocks
        ] or [x509.load_der_x509_crl(content)]
    except ValueError as error:
        raise ConfigurationError(["失効リストを読めません。PEM か DER の形式のファイルを置いてください。"]) from error
    for each in found:
        if any(extension.critical for extension in each.extensions):
            # Delta lists and lists for a part of the certificates: to take one for the whole would miss revocations.
            raise ConfigurationError(
                ["差分の失効リストや一部だけの失効リストは使えません。完全な失効リストを置いてください。"]
            )
        yield each


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError([f"{path} を読めません: {error.strerror}"]) from error
