"""Which certificates are believed, and which word each other one gets."""

import base64
from datetime import timedelta
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from iam.errors import ConfigurationError
from iam.signin.factors.certificates import (
    _SENTENCES,
    LONGEST_HEADER,
    Card,
    Code,
    Rejected,
    Trust,
    certificate_from,
    check,
)
from tests.unit.signin.factors.authority import CLIENT, DAY, NOW, YEAR, Authority, pem, trust

OURS = Authority()
OTHERS = Authority("他団体の認証局")
PLAIN = trust(OURS)
LISTED = trust(OURS, lists=[OURS.revoked(0xBAD)])
GOOD = OURS.card()
ANY = x509.ObjectIdentifier("2.5.29.37.0")


def verdict(certificate: x509.Certificate, trusted: Trust = PLAIN, at: object = NOW) -> Card | Code:
    found = check(trusted, pem(certificate), at)  # type: ignore[arg-type] # an instant
    return found.code if isinstance(found, Rejected) else found


def test_a_card_of_ours_is_believed_and_known_by_issuer_and_serial() -> None:
    card = verdict(GOOD, LISTED)
    assert isinstance(card, Card)
    assert card.serial == "10A"
    assert card.handle.endswith(":10a")
    assert "100123" in card.subject
    assert card.not_after == GOOD.not_valid_after_utc


def test_the_same_serial_of_two_issuers_is_two_cards() -> None:
    both = trust(OURS, OTHERS)
    ours, theirs = verdict(OURS.card(), both), verdict(OTHERS.card(), both)
    assert isinstance(ours, Card)
    assert isinstance(theirs, Card)
    assert ours.handle != theirs.handle


def test_a_renewed_certificate_is_another_card() -> None:
    first, second = verdict(OURS.card(serial=1)), verdict(OURS.card(serial=2))
    assert isinstance(first, Card)
    assert isinstance(second, Card)
    assert first.handle != second.handle


def test_a_card_of_another_issuer_is_refused() -> None:
    assert verdict(OTHERS.card()) is Code.UNKNOWN_ISSUER


def test_a_false_issuer_of_the_same_name_is_refused() -> None:
    assert verdict(Authority(OURS.common).card()) is Code.UNKNOWN_ISSUER


def test_a_card_that_signed_itself_is_refused() -> None:
    assert verdict(Authority("100123").certificate) is Code.UNKNOWN_ISSUER


def test_trust_is_not_inherited_from_a_root_that_is_listed() -> None:
    root = Authority("大きな認証局")
    branch = Authority("サーバーの認証局", above=root)
    assert verdict(branch.card(), trust(root)) is Code.UNKNOWN_ISSUER
    assert isinstance(verdict(branch.card(), trust(branch)), Card)


@pytest.mark.parametrize("purposes", [(), (CLIENT,), (ExtendedKeyUsageOID.SMARTCARD_LOGON,), (ANY,)])
def test_a_card_for_signing_in_or_for_any_purpose_will_do(purposes: tuple[x509.ObjectIdentifier, ...]) -> None:
    assert isinstance(verdict(OURS.card(purposes=purposes)), Card)


@pytest.mark.parametrize(
    "certificate",
    [
        OURS.card(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)),
        OURS.card(purposes=(ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION)),
        OURS.card(signs=False),
        OURS.card(authority=True),
    ],
)
def test_a_certificate_for_something_else_is_refused(certificate: x509.Certificate) -> None:
    assert verdict(certificate) is Code.WRONG_PURPOSE


def test_dates_hold_to_the_second() -> None:
    card = OURS.card(since=NOW, until=NOW + YEAR)
    second = timedelta(seconds=1)
    assert verdict(card, at=NOW - second) is Code.NOT_YET
    assert isinstance(verdict(card, at=NOW), Card)
    assert isinstance(verdict(card, at=NOW + YEAR), Card)
    assert verdict(card, at=NOW + YEAR + second) is Code.EXPIRED


def test_a_card_of_an_issuer_that_has_expired_is_refused() -> None:
    old = Authority(until=NOW - DAY)
    assert verdict(old.card(), trust(old)) is Code.EXPIRED


def test_a_revoked_card_is_refused() -> None:
    assert verdict(OURS.card(serial=0xBAD), LISTED) is Code.REVOKED


def test_a_revoked_card_stays_revoked_on_a_list_that_is_out_of_date() -> None:
    stale = OURS.revoked(0xBAD, since=NOW - 9 * DAY, until=NOW - 8 * DAY)
    assert verdict(OURS.card(serial=0xBAD), trust(OURS, lists=[stale, OURS.revoked()])) is Code.REVOKED


@pytest.mark.parametrize(
    "dates", [(NOW - 2 * DAY, NOW - timedelta(seconds=1)), (NOW + timedelta(minutes=1), NOW + DAY)]
)
def test_a_list_out_of_its_dates_refuses_everybody(dates: tuple[object, object]) -> None:
    late = OURS.revoked(since=dates[0], until=dates[1])  # type: ignore[arg-type] # instants
    assert verdict(GOOD, trust(OURS, lists=[late])) is Code.LIST_STALE


def test_a_newer_list_beside_an_old_one_counts() -> None:
    stale = OURS.revoked(since=NOW - 9 * DAY, until=NOW - 8 * DAY)
    assert isinstance(verdict(GOOD, trust(OURS, lists=[stale, OURS.revoked()])), Card)


def test_a_list_of_another_issuer_says_nothing_of_ours() -> None:
    assert verdict(GOOD, trust(OURS, OTHERS, lists=[OTHERS.revoked()])) is Code.LIST_MISSING


def test_a_list_with_a_false_signature_is_no_list() -> None:
    forged = OURS.revoked(key=OTHERS.key)
    assert verdict(GOOD, trust(OURS, lists=[forged])) is Code.LIST_MISSING


def test_an_issuer_that_is_revoked_takes_its_cards_with_it() -> None:
    root = Authority("大きな認証局")
    branch = Authority("職員の認証局", above=root)
    lists = [root.revoked(branch.certificate.serial_number), branch.revoked()]
    assert verdict(branch.card(), trust(root, branch, lists=lists)) is Code.REVOKED
    assert isinstance(verdict(branch.card(), trust(root, branch, lists=[root.revoked(), branch.revoked()])), Card)


@pytest.mark.parametrize(
    "certificate",
    [
        OURS.card(key=rsa.generate_private_key(65537, 1024)),  # noqa: S505 - that is the point
        OURS.card(digest=hashes.SHA224()),
    ],
)
def test_a_weak_key_or_signature_is_refused(certificate: x509.Certificate) -> None:
    assert verdict(certificate) is Code.WEAK


def test_a_card_with_an_rsa_key_of_today_will_do() -> None:
    assert isinstance(verdict(OURS.card(key=rsa.generate_private_key(65537, 2048))), Card)


def test_an_unknown_issuer_is_told_before_anything_else_about_the_certificate() -> None:
    assert verdict(OTHERS.card(until=NOW - DAY, signs=False)) is Code.UNKNOWN_ISSUER


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_told(text: str) -> None:
    found = check(PLAIN, text, NOW)
    assert found == Rejected(Code.UNREADABLE)


@given(st.binary(max_size=200))
def test_a_broken_certificate_never_raises(noise: bytes) -> None:
    der = bytearray(GOOD.public_bytes(Encoding.DER))
    for place, byte in enumerate(noise):
        der[(place * 7) % len(der)] ^= byte
    text = base64.b64encode(bytes(der)).decode()
    found = certificate_from(text)
    if found and bytes(der) != GOOD.public_bytes(Encoding.DER):
        assert isinstance(check(PLAIN, found, NOW), Rejected)


def test_every_code_has_its_sentence() -> None:
    assert set(_SENTENCES) == set(Code)


PEM = pem(GOOD)
BASE64 = base64.b64encode(GOOD.public_bytes(Encoding.DER)).decode()


@pytest.mark.parametrize(
    "header",
    [
        quote(PEM, safe=""),
        quote(PEM),
        PEM.strip().replace("\n", " "),
        PEM.strip().replace("\n", "\n\t"),
        f":{BASE64}:",
        BASE64,
    ],
)
def test_each_way_of_a_proxy_gives_the_same_certificate(header: str) -> None:
    assert certificate_from(header) == PEM


@pytest.mark.parametrize(
    "header",
    [
        "",
        "(null)",
        "x" * (LONGEST_HEADER + 1),
        quote(PEM + PEM),
        f":{BASE64}:, :{BASE64}:",
        f"{BASE64},{BASE64}",
        quote(PEM.replace("CERTIFICATE", "PRIVATE KEY")),
        f"{quote(PEM)}\r\nX-Admin: 1",
        quote(PEM)[:-40],
        "%00%ff%zz",
        "証明書",
    ],
)
def test_any_other_header_gives_none(header: str) -> None:
    assert certificate_from(header) == ""


@given(st.text(max_size=300))
def test_no_header_raises(header: str) -> None:
    assert certificate_from(header) == ""


@pytest.mark.parametrize("content", [b"", b"x", pem(GOOD).encode()])
def test_an_authority_that_is_none_is_told_to_the_operator(content: bytes) -> None:
    with pytest.raises(ConfigurationError):
        Trust.parse(content, None)


@pytest.mark.parametrize("content", [b"", b"x", OURS.revoked(delta=True).public_bytes(Encoding.PEM)])
def test_a_list_that_is_none_or_only_a_part_is_told_to_the_operator(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="失効リスト"):
        Trust.parse(OURS.pem, content)


def test_a_list_may_be_in_der() -> None:
    der = OURS.revoked(0xBAD).public_bytes(Encoding.DER)
    assert verdict(OURS.card(serial=0xBAD), Trust.parse(OURS.pem, der)) is Code.REVOKED
