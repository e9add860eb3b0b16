"""Ourselves, as systems know us: our name, where we are spoken to, the keys that we sign with, and the metadata.

The one law: *a key is looked at before it signs*: private to us, on P-256 (or RSA of 3072 bits and more, for those who
have a waiver), and the one that its certificate names; nothing is served while one is not.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, md, saml, samlp
from saml2 import xmldsig as ds

from iam.errors import ConfigurationError
from iam.settings import Saml
from iam.settings.written import secret_in
from web.doors.saml.wire.xmlsec import Xmlsec, installed

METADATA: Final = "/saml/metadata"
SSO: Final = "/saml/sso"
SLO: Final = "/saml/slo"
SMALLEST_RSA: Final = 3072
"""Bits (NIST SP 800-57 Part 1, 128 bits of strength)."""

P = ParamSpec("P")
T = TypeVar("T")
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Signer:
    """A key that signs.  `certificate`: base64 of its DER; `algorithm`: the URI that messages name it by."""

    key_file: str
    certificate: str
    algorithm: str
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True)
class Ourselves:
    """The identity provider.  `rsa`: for clients with a waiver; None: nobody is signed for by RSA."""

    origin: str
    signer: Signer
    rsa: Signer | None
    shown: tuple[str, ...]
    """Certificates of the metadata, the one that signs first."""

    xmlsec: Xmlsec = field(repr=False)

    @property
    def entity_id(self) -> str:
        """Our name."""
        return self.origin + METADATA

    def at(self, path: str) -> str:
        """The address of one of our pages."""
        return self.origin + path

    @cached_property
    def metadata(self) -> bytes:
        """What systems read of us (SAML Metadata §2.4.3)."""
        keys = [md.KeyDescriptor(use="signing", key_info=_key_info(each)) for each in self.shown]
        formats = saml.NAMEID_FORMAT_PERSISTENT, saml.NAMEID_FORMAT_EMAILADDRESS, saml.NAMEID_FORMAT_UNSPECIFIED
        both = BINDING_HTTP_REDIRECT, BINDING_HTTP_POST
        descriptor = md.IDPSSODescriptor(
            protocol_support_enumeration=samlp.NAMESPACE,
            want_authn_requests_signed="false",
            key_descriptor=keys,
            single_logout_service=[md.SingleLogoutService(binding=each, location=self.at(SLO)) for each in both],
            name_id_format=[md.NameIDFormat(text=each) for each in formats],
            single_sign_on_service=[md.SingleSignOnService(binding=each, location=self.at(SSO)) for each in both],
        )
        return bytes(md.EntityDescriptor(entity_id=self.entity_id, idpsso_descriptor=descriptor).to_string())


def ourselves(settings: Saml, origin: str) -> Ourselves:
    """The identity provider that [saml] describes, at the portal's `origin`.

    Raises:
        ConfigurationError: with everything that is wrong with its files, and when xmlsec1 is missing.
    """
    problems: list[str] = []
    made = [_tried(_signer, problems, "", settings.key_file, settings.certificate_file)]
    if settings.rsa_key_file and settings.rsa_certificate_file:
        made.append(_tried(_signer, problems, "rsa_", settings.rsa_key_file, settings.rsa_certificate_file))
    shown = [_tried(_certificate, problems, path) for path in settings.certificates]
    try:
        xmlsec = Xmlsec(installed())
    except ConfigurationError as error:
        raise ConfigurationError([*problems, *error.problems]) from None
    signer = made[0]
    if problems or signer is None:
        raise ConfigurationError(list(dict.fromkeys(problems)))
    der = tuple(_base64(each) for each in shown if each is not None)
    return Ourselves(origin, signer, made[1] if len(made) > 1 else None, der, xmlsec)


def _tried(read: Callable[P, T], problems: list[str], *given: P.args, **named: P.kwargs) -> T | None:
    """What `read` gives, or None and its problems noted."""
    try:
        return read(*given, **named)
    except ConfigurationError as error:
        problems += error.problems
        return None


def _signer(prefix: str, key_file: Path, certificate_file: Path) -> Signer:
    certificate = _certificate(certificate_file)
    try:
        key = load_pem_private_key(secret_in(key_file, f"saml.{prefix}key_file").encode(), None)
    except (ValueError, TypeError):
        raise _wrong(f"{prefix}key_file", key_file, "パスフレーズのないPEMの秘密鍵にしてください") from None
    if prefix:
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < SMALLEST_RSA:
            raise _wrong("rsa_key_file", key_file, f"{SMALLEST_RSA}ビット以上のRSAの秘密鍵にしてください")
        algorithm = ds.SIG_RSA_SHA256
    else:
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise _wrong("key_file", key_file, "楕円曲線 P-256（prime256v1）の秘密鍵にしてください")
        algorithm = ds.SIG_ECDSA_SHA256
    if key.public_key() != certificate.public_key():
        raise _wrong(f"{prefix}certificate_file", certificate_file, f"{prefix}key_file の鍵の証明書にしてください")
    return Signer(str(key_file.resolve()), _base64(certificate), algorithm, key)


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        raise _wrong("certificate_file", path, "読み取れるPEMの証明書にしてください") from None


def _wrong(key: str, path: Path, cure: str) -> ConfigurationError:
    return ConfigurationError([f"saml.{key}: {path} は使えません。{cure}。"])


def _base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _key_info(certificate: str) -> ds.KeyInfo:
    return ds.KeyInfo(x509_data=ds.X509Data(x509_certificate=ds.X509Certificate(text=certificate)))
