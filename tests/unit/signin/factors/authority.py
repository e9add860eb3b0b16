"""An authority that issues cards, revokes them, and does both wrong when told to."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from iam.signin.factors.certificates import Trust

NOW = datetime(2027, 4, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH


def name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "さくら市"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def usage(*, signs: bool, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs, content_commitment=False, key_encipherment=True, data_encipherment=False,
        key_agreement=False, key_cert_sign=issues, crl_sign=issues, encipher_only=False, decipher_only=False,
    )  # fmt: skip


@dataclass
class Authority:
    """An authority, signed by itself or by `above`."""

    common: str = "職員認証局"
    above: "Authority | None" = None
    until: datetime = NOW + 10 * YEAR
    key: CertificateIssuerPrivateKeyTypes = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        issuer = self.above or self
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name(self.common)).issuer_name(name(issuer.common)).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 5 * YEAR).not_valid_after(self.until)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage(signs=False, issues=True), critical=True)
            .sign(issuer.key, hashes.SHA256())
        )  # fmt: skip

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def card(
        self, holder: str = "100123", *, serial: int = 0x10A, since: datetime = NOW - YEAR,
        until: datetime = NOW + YEAR, purposes: tuple[x509.ObjectIdentifier, ...] = (CLIENT,), signs: bool = True,
        authority: bool = False, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
        digest: hashes.SHA224 | hashes.SHA256 | None = None,
    ) -> x509.Certificate:  # fmt: skip
        """A card's certificate."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(holder)).issuer_name(self.certificate.subject)
            .public_key((key or ec.generate_private_key(ec.SECP256R1())).public_key())
            .serial_number(serial).not_valid_before(since).not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(usage(signs=signs, issues=False), critical=True)
        )  # fmt: skip
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        return builder.sign(self.key, digest or hashes.SHA256())

    def revoked(
        self, *serials: int, since: datetime = NOW - DAY, until: datetime = NOW + DAY, delta: bool = False,
        key: CertificateIssuerPrivateKeyTypes | None = None,
    ) -> x509.CertificateRevocationList:  # fmt: skip
        """The list of what is revoked."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject).last_update(since).next_update(until)
        )  # fmt: skip
        if delta:
            builder = builder.add_extension(x509.DeltaCRLIndicator(1), critical=True)
        for serial in serials:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(key or self.key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def trust(*authorities: Authority, lists: "list[x509.CertificateRevocationList] | None" = None) -> Trust:
    """What the body's files say."""
    content = None if lists is None else b"".join(each.public_bytes(Encoding.PEM) for each in lists)
    return Trust.parse(b"".join(each.pem for each in authorities), content)
