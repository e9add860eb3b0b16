"""What a terminal is known by, in one spelling."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as some

from iam.access.places.marks import address_of, certificate_in, certificate_of, mac_of

MAC = "0a:1b:2c:3d:4e:5f"


@pytest.mark.parametrize(
    "written",
    [
        MAC,
        "0A-1B-2C-3D-4E-5F",
        "0a1b.2c3d.4e5f",
        "0A1B2C3D4E5F",
        "０Ａ－１Ｂ－２Ｃ－３Ｄ－４Ｅ－５Ｆ",
        " 0a 1b 2c 3d 4e 5f ",
    ],
)
def test_a_mac_is_one_whatever_stands_between_its_digits(written: str) -> None:
    assert mac_of(written) == MAC


@pytest.mark.parametrize(
    "written", ["0a1b2c3d4e", "0a1b2c3d4e5g", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "01005e000001", "窓口"]
)
def test_what_is_not_the_mac_of_one_device_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="MACアドレス"):
        mac_of(written)


@given(some.binary(min_size=32, max_size=32), some.sampled_from([":", "", "-", " "]))
def test_a_thumbprint_is_one_however_it_is_grouped(digest: bytes, between: str) -> None:
    written = digest.hex(between).upper() if between else digest.hex()
    assert certificate_of(written) == digest.hex()


@pytest.mark.parametrize(("written", "plain"), [("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"),
                                                ("2001:DB8:0::1", "2001:db8::1"), ("", "")])  # fmt: skip
def test_an_address_is_written_in_its_shortest_form(written: str, plain: str) -> None:
    assert address_of(written) == plain


@pytest.mark.parametrize("written", ["::", "224.0.0.1", "10.1.2.0/24", "pc-12"])
def test_what_is_the_address_of_no_terminal_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="IPアドレスではありません"):
        address_of(written)


def certificate() -> x509.Certificate:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "PC-1")])
    begins = datetime(2026, 4, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.serial_number(7).not_valid_before(begins).not_valid_after(begins + timedelta(days=30))
    return dated.sign(key, hashes.SHA256())


def test_the_mark_of_a_certificate_is_the_hash_of_its_der() -> None:
    one = certificate()
    pem = one.public_bytes(Encoding.PEM)
    assert (
        certificate_in(pem)
        == sha256(one.public_bytes(Encoding.DER)).hexdigest()
        == one.fingerprint(hashes.SHA256()).hex()
    )
    for other in (b"", b"-----BEGIN CERTIFICATE-----\n", pem + certificate().public_bytes(Encoding.PEM)):
        with pytest.raises(ValueError, match="証明書が一つだけ"):
            certificate_in(other)


def test_the_old_thumbprint_of_sha_1_is_refused() -> None:
    with pytest.raises(ValueError, match="SHA-1"):
        certificate_of("a" * 40)
