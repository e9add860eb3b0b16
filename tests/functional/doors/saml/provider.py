"""A service provider made by hand, which also says what no honest one would: XML, its signature, and how it is sent.

Signatures are made by xmlsec1 and by cryptography as they stand, not by anything of ours.
"""

import subprocess
import zlib
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.functional.site.given import ORIGIN, Clock
from web.practice.servers import process
from web.practice.servers.certificates import NOT_AFTER, NOT_BEFORE

MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
EC_SHA256: Final = f"{MORE}ecdsa-sha256"
RSA_SHA256: Final = f"{MORE}rsa-sha256"
SAMLP: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
PERSISTENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_numbers = count(1)

TEMPLATE: Final = (
    '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
    '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
    '<ds:SignatureMethod Algorithm="{algorithm}"/><ds:Reference URI="#{ident}"><ds:Transforms>'
    '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
    '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>'
    '<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/>'
    "</ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>"
)
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """A key and its certificate, as PEM files."""

    key_file: Path
    certificate_file: Path
    key: PrivateKey

    @property
    def pem(self) -> str:
        return self.certificate_file.read_text(encoding="ascii")


def pair(folder: Path, name: str, key: PrivateKey | None = None) -> Pair:
    """A new key (on P-256 unless given) with a certificate that it signed itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(NOT_BEFORE).not_valid_after(NOT_AFTER)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    made = Pair(folder / f"{name}.key", folder / f"{name}.pem", key)
    made.key_file.touch(mode=0o600)
    made.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    made.certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    return made


def an_rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 3072)


@dataclass
class Provider:
    """One service provider.  `keys`: what it signs with; None: it signs nothing."""

    entity_id: str
    acs: tuple[str, ...]
    keys: Pair | None = None
    logout_url: str = ""
    clock: Clock = field(default_factory=Clock)
    written: list[str] = field(default_factory=list)

    def fresh(self) -> str:
        self.written.append(f"_r{next(_numbers)}")
        return self.written[-1]

    # --- messages

    def authn(self, inside: str = "", *, ident: str | None = None, by: timedelta = timedelta(), **said: str) -> str:
        """An AuthnRequest.  `said`: attributes besides the usual ones, "" to leave one out; `by`: how late it is."""
        usual = {
            "ID": ident or self.fresh(), "Version": "2.0", "IssueInstant": stamp(self.clock.at + by),
            "Destination": f"{ORIGIN}/saml/sso", "AssertionConsumerServiceURL": self.acs[0], "ProtocolBinding": POST,
        }  # fmt: skip
        return element("AuthnRequest", {**usual, **said}, f"{self.issuer}{inside}")

    def logout(self, name_id: str, *indexes: str, by: timedelta = timedelta(), **said: str) -> str:
        """A LogoutRequest."""
        usual = {
            "ID": self.fresh(), "Version": "2.0", "IssueInstant": stamp(self.clock.at + by),
            "Destination": f"{ORIGIN}/saml/slo",
        }  # fmt: skip
        sessions = "".join(f"<samlp:SessionIndex>{each}</samlp:SessionIndex>" for each in indexes)
        inside = f'{self.issuer}<saml:NameID Format="{PERSISTENT}">{name_id}</saml:NameID>{sessions}'
        return element("LogoutRequest", {**usual, **said}, inside)

    @property
    def issuer(self) -> str:
        return f"<saml:Issuer>{self.entity_id}</saml:Issuer>"

    # --- signed

    def signed(self, xml: str, *, keys: Pair | None = None, algorithm: str = EC_SHA256, digest: str = SHA256) -> str:
        """The message with a signature after its issuer, by xmlsec1."""
        pair_ = keys or self.keys
        assert pair_
        template = TEMPLATE.format(ident=ident_of(xml), algorithm=algorithm, digest=digest)
        return xmlsec1(xml.replace("</saml:Issuer>", f"</saml:Issuer>{template}", 1), pair_)

    # --- sent

    def posted(self, xml: str | bytes, relay: str = "") -> dict[str, str]:
        """The form of HTTP-POST."""
        raw = xml if isinstance(xml, bytes) else xml.encode()
        return {"SAMLRequest": b64encode(raw).decode(), **({"RelayState": relay} if relay else {})}

    def address(
        self, xml: str | bytes, relay: str = "", *, keys: Pair | None = None, der: bool = True, algorithm: str = ""
    ) -> str:
        """The query of HTTP-Redirect, signed where there is a key."""
        raw = xml if isinstance(xml, bytes) else xml.encode()
        packing = zlib.compressobj(wbits=-15)
        said = {"SAMLRequest": b64encode(packing.compress(raw) + packing.flush()).decode()}
        said |= {"RelayState": relay} if relay else {}
        pair_ = keys or self.keys
        if pair_ is None:
            return urlencode(said)
        usual = RSA_SHA256 if isinstance(pair_.key, rsa.RSAPrivateKey) else EC_SHA256
        query = urlencode({**said, "SigAlg": algorithm or usual})
        return query + "&" + urlencode({"Signature": b64encode(signature(pair_.key, query.encode(), der=der)).decode()})


def signature(key: PrivateKey, octets: bytes, *, der: bool) -> bytes:
    """By RSA; or by ECDSA as DER, or as r and s side by side."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    made = key.sign(octets, ec.ECDSA(hashes.SHA256()))
    return made if der else b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(made))


def xmlsec1(template: str, keys: Pair) -> str:
    """The template with its signature filled in."""
    folder = keys.key_file.parent
    file = folder / f"template{next(_numbers)}.xml"
    file.write_text(template, encoding="utf-8")
    kinds = [part for kind in ("AuthnRequest", "LogoutRequest") for part in ("--id-attr:ID", f"{SAMLP}:{kind}")]
    command = [process.program("xmlsec1"), "--sign", "--privkey-pem", str(keys.key_file), *kinds, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.partition("?>\n")[2].strip()


def element(name: str, attributes: dict[str, str], inside: str) -> str:
    """An element of the protocol; an attribute that is "" is left out."""
    said = "".join(f' {key}="{value}"' for key, value in attributes.items() if value)
    return f'<samlp:{name} xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}"{said}>{inside}</samlp:{name}>'


def ident_of(xml: str) -> str:
    return xml.partition(' ID="')[2].partition('"')[0]


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
