"""What the identity provider takes from a system, and what it refuses with one page and one cause in the audit."""

import re
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

import pytest
from sqlalchemy import update

from iam.signin.tokens.books import client_table
from tests.functional.doors.saml.hall import Hall, register
from tests.functional.doors.saml.provider import EC_SHA256, MORE, RSA_SHA256, SAML, Pair, Provider
from tests.functional.doors.saml.wrapping import WRAPS

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Sent:
    """How a message comes: in a form, or in the address."""

    form: Mapping[str, str] | None = None
    query: str = ""


def given(hall: Hall, sent: Sent, page: str = "/saml/sso") -> tuple[int, str, str]:
    """Status, where to, and the cause that the audit remembers; each from an address of its own."""
    browser, before = hall.stranger(), len(hall.causes())
    # As another site's page sends it: the border must let it through, and the door must judge it.
    foreign = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    if sent.form is not None:
        answer = browser.post(page, data=dict(sent.form), headers=foreign)
    else:
        answer = browser.get(f"{page}?{sent.query}", headers=foreign)
    causes = hall.causes()[before:]
    if answer.status_code == 400:
        assert "この連携の要求は受け付けられません" in answer.get_data(as_text=True)
    return answer.status_code, answer.location or "", causes[0] if causes else ""


def cause(detail: str) -> str:
    found = re.search(r'"why":\s*"([a-z_]+)', detail)
    return found[1] if found else detail


# --- what is taken


def test_a_request_is_taken_by_either_way_and_any_signature_that_is_registered(hall: Hall) -> None:
    plain, signing, waived = hall.plain, hall.signing, hall.waived
    second = plain.authn(AssertionConsumerServiceURL="", AssertionConsumerServiceIndex="1")
    for sent in (
        Sent(query=plain.address(plain.authn(), "/where")),
        Sent(plain.posted(plain.authn())),
        Sent(plain.posted(second)),
        Sent(plain.posted('<?xml version="1.0" encoding="UTF-8"?>' + plain.authn(Destination=""))),
        Sent(query=plain.address(plain.authn(by=-4 * MINUTE))),
        Sent(query=plain.address(plain.authn(by=MINUTE))),
        Sent(query=signing.address(signing.authn(), "/日本", der=True)),
        Sent(query=signing.address(signing.authn(), der=False)),
        Sent(signing.posted(signing.signed(signing.authn()), "x")),
        Sent(query=waived.address(waived.authn())),
        Sent(waived.posted(waived.signed(waived.authn(), algorithm=RSA_SHA256))),
    ):
        status, there, _ = given(hall, sent)
        assert (status, there.partition("?")[0]) == (303, "/saml/go"), sent
        assert "SAMLRequest" not in there


# --- what is not


def unsigned(change: Callable[[Provider], str]) -> Callable[[Hall, Pair], Sent]:
    return lambda hall, _: Sent(hall.plain.posted(change(hall.plain)))


def signed(change: Callable[[str], str], **how: str) -> Callable[[Hall, Pair], Sent]:
    """A genuine signed message, changed afterwards."""
    return lambda hall, _: Sent(hall.signing.posted(change(hall.signing.signed(hall.signing.authn(), **how))))  # type: ignore[arg-type] # as Provider.signed


def address(change: Callable[[str], str], *, plain: bool = False) -> Callable[[Hall, Pair], Sent]:
    def make(hall: Hall, _: Pair) -> Sent:
        by = hall.plain if plain else hall.signing
        return Sent(query=change(by.address(by.authn(), "/here")))

    return make


BOMB: Final = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'
EXTERNAL: Final = '<!DOCTYPE x SYSTEM "file:///etc/passwd">'
SUBJECT: Final = f'<saml:Subject xmlns:saml="{SAML}"><saml:NameID>7</saml:NameID></saml:Subject>'


def _deflated(raw: bytes) -> str:
    packing = zlib.compressobj(wbits=-15)
    return urlencode({"SAMLRequest": b64encode(packing.compress(raw) + packing.flush()).decode()})


REFUSED: Final[list[tuple[str, str, Callable[[Hall, Pair], Sent]]]] = [
    # who, where to, when
    ("nobody we know", "unknown_sender", unsigned(lambda p: p.authn().replace(p.entity_id, "https://evil.example/sp"))),
    ("a name with a comment in it", "structure", unsigned(lambda p: p.authn().replace("/sp<", "/sp<!-- x -->.evil<"))),
    (
        "an address that is not registered",
        "acs",
        unsigned(lambda p: p.authn(AssertionConsumerServiceURL="https://evil.example/acs")),
    ),
    ("a longer address", "acs", unsigned(lambda p: p.authn(AssertionConsumerServiceURL=f"{p.acs[0]}/../evil"))),
    ("an address in capitals", "acs", unsigned(lambda p: p.authn(AssertionConsumerServiceURL=p.acs[0].upper()))),
    (
        "a number beyond the list",
        "acs",
        unsigned(lambda p: p.authn(AssertionConsumerServiceURL="", AssertionConsumerServiceIndex="2")),
    ),
    ("address and number", "acs", unsigned(lambda p: p.authn(AssertionConsumerServiceIndex="0"))),
    (
        "an artifact wanted",
        "binding",
        unsigned(lambda p: p.authn(ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact")),
    ),
    ("about somebody", "subject", unsigned(lambda p: p.authn(SUBJECT))),
    ("for somebody else", "destination", unsigned(lambda p: p.authn(Destination="https://id.other.example/saml/sso"))),
    ("for our other page", "destination", unsigned(lambda p: p.authn(Destination="https://id.city.example/saml/slo"))),
    ("from six minutes ago", "issued", unsigned(lambda p: p.authn(by=-6 * MINUTE))),
    ("from two minutes ahead", "issued", unsigned(lambda p: p.authn(by=2 * MINUTE))),
    ("without a zone", "issued", unsigned(lambda p: p.authn(IssueInstant="2026-11-20T00:05:00"))),
    ("without an instant", "issued", unsigned(lambda p: p.authn(IssueInstant="soon"))),
    ("of another version", "kind", unsigned(lambda p: p.authn(Version="1.1"))),
    ("of another kind", "kind", unsigned(lambda p: p.logout("7"))),
    ("without an ID", "identifier", unsigned(lambda p: p.authn().replace(' ID="', ' Consent="'))),
    ("with an ID too long", "identifier", unsigned(lambda p: p.authn(ident="_" + "a" * 200))),
    # the wire
    ("entities", "doctype", unsigned(lambda p: BOMB + p.authn().replace("/sp<", "/sp&c;<"))),
    ("a document type elsewhere", "doctype", unsigned(lambda p: EXTERNAL + p.authn())),
    ("an instruction", "structure", unsigned(lambda p: p.authn().replace("<saml:Issuer>", "<?x y?><saml:Issuer>"))),
    ("no XML", "malformed", unsigned(lambda p: p.authn()[:-9])),
    ("another encoding", "encoding", unsigned(lambda p: '<?xml version="1.0" encoding="utf-7"?>' + p.authn())),
    ("other octets", "encoding", lambda hall, _: Sent(hall.plain.posted(hall.plain.authn().encode("utf-16")))),
    (
        "far too many elements",
        "structure",
        unsigned(lambda p: p.authn("<samlp:Scoping>" + "<a/>" * 300 + "</samlp:Scoping>")),
    ),
    ("far too deep", "structure", unsigned(lambda p: p.authn("<a>" * 30 + "</a>" * 30))),
    ("far too long", "too_large", unsigned(lambda p: p.authn(f"<a>{'x' * 40_000}</a>"))),
    ("much in little", "too_large", lambda *_: Sent(query=_deflated(b"<a>" + b" " * 5_000_000))),
    ("no base64", "malformed", lambda *_: Sent({"SAMLRequest": "<xml/>"})),
    ("no message", "malformed", lambda *_: Sent({"RelayState": "x"})),
    ("nothing in the address", "malformed", lambda *_: Sent(query="RelayState=x")),
    ("a message twice", "malformed", address(lambda q: f"{q}&{q}", plain=True)),
    ("a long way back", "too_large", lambda hall, _: Sent(hall.plain.posted(hall.plain.authn(), "x" * 1_001))),
    # the signature
    ("unsigned, by one who signs", "unsigned", lambda hall, _: Sent(hall.signing.posted(hall.signing.authn()))),
    (
        "unsigned in the address",
        "unsigned",
        lambda hall, _: Sent(query=hall.signing.address(hall.signing.authn()).partition("&SigAlg")[0]),
    ),
    (
        "signed within, in the address",
        "unsigned",
        lambda hall, _: Sent(
            query=hall.signing.address(hall.signing.signed(hall.signing.authn())).partition("&SigAlg")[0]
        ),
    ),
    ("another way back", "signature", address(lambda q: q.replace("RelayState=%2Fhere", "RelayState=%2Felsewhere"))),
    ("the way back left out", "signature", address(lambda q: q.replace("RelayState=%2Fhere&", ""))),
    ("a signature of nothing", "signature", address(lambda q: q.partition("&Signature=")[0])),
    (
        "by a stranger's key, in the address",
        "signature",
        lambda hall, stranger: Sent(query=hall.signing.address(hall.signing.authn(), keys=stranger)),
    ),
    (
        "by a stranger's key",
        "signature",
        lambda hall, stranger: Sent(hall.signing.posted(hall.signing.signed(hall.signing.authn(), keys=stranger))),
    ),
    (
        "by SHA-1, in the address",
        "algorithm",
        lambda hall, _: Sent(
            query=hall.signing.address(hall.signing.authn(), algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1")
        ),
    ),
    (
        "RSA named for a key on a curve",
        "algorithm",
        lambda hall, _: Sent(query=hall.signing.address(hall.signing.authn(), algorithm=RSA_SHA256)),
    ),
    ("by SHA-1", "algorithm", signed(str, algorithm=f"{MORE}ecdsa-sha1")),
    ("a weak digest", "algorithm", signed(str, digest="http://www.w3.org/2000/09/xmldsig#sha1")),
    ("a secret for a key", "algorithm", signed(lambda xml: xml.replace(EC_SHA256, f"{MORE}hmac-sha256"))),
    (
        "comments let in",
        "algorithm",
        signed(
            lambda xml: xml.replace('exc-c14n#"/><ds:SignatureMethod', 'exc-c14n#WithComments"/><ds:SignatureMethod')
        ),
    ),
    (
        "changed by another step",
        "algorithm",
        signed(
            lambda xml: xml.replace(
                "http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/1999/REC-xslt-19991116"
            )
        ),
    ),
    (
        "a key to be fetched",
        "structure",
        signed(
            lambda xml: xml.replace(
                "</ds:SignatureValue>",
                '</ds:SignatureValue><ds:KeyInfo><ds:RetrievalMethod URI="http://evil.example/k"/></ds:KeyInfo>',
            )
        ),
    ),
    (
        "changed after it was signed",
        "signature",
        signed(lambda xml: xml.replace(' Version="2.0"', ' Version="2.0" ForceAuthn="false"')),
    ),
    (
        "signed, and for nobody",
        "destination",
        lambda hall, _: Sent(hall.signing.posted(hall.signing.signed(hall.signing.authn(Destination="")))),
    ),
]


@pytest.mark.parametrize(("why", "make"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_a_request_that_is_not_right_is_refused_with_its_cause(
    hall: Hall, theirs: tuple[Pair, Pair, Pair], why: str, make: Callable[[Hall, Pair], Sent]
) -> None:
    status, there, told = given(hall, make(hall, theirs[2]))
    assert (status, there, cause(told)) == (400, "", why)


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS.keys())
def test_no_signature_is_about_another_message(hall: Hall, wrap: Callable[[str, str], str]) -> None:
    by = hall.signing
    asked = wrap(by.signed(by.authn()), by.authn(AssertionConsumerServiceURL=by.acs[1]))
    left = wrap(by.signed(by.logout("7", "_a")), by.logout("8", "_b"))
    for page, xml in (("/saml/sso", asked), ("/saml/slo", left)):
        status, _, told = given(hall, Sent(by.posted(xml)), page)
        assert (status, cause(told)) == (400, told and cause(told)), page
        assert cause(told) in {"structure", "signature"}, (page, told)


def test_a_request_too_long_to_come_back_to_is_refused_at_once(hall: Hall) -> None:
    longest = "https://wide.city.example/" + "".join(f"{number:x}." for number in range(500))
    wide = Provider("https://wide.city.example/sp", (longest,), clock=hall.city.clock)
    register(hall.city, wide, "groupware")
    relay = "".join(chr(0x4E00 + 61 * number % 20_000) for number in range(333))
    for sent, expected in (("", 303), (relay, 400)):
        assert given(hall, Sent(wide.posted(wide.authn(), sent)))[0] == expected
    assert "too_large" in hall.causes()[-1]


def test_a_waiver_ends_with_its_day(hall: Hall) -> None:
    by, clock = hall.waived, hall.city.clock
    began = clock.at
    clock.forward(days=11)  # the tenth is its last day
    try:
        for sent in (
            Sent(query=by.address(by.authn())),
            Sent(by.posted(by.signed(by.authn(), algorithm=RSA_SHA256))),
        ):
            status, _, told = given(hall, sent)
            assert (status, cause(told)) == (400, "algorithm")
    finally:
        clock.at = began


def test_whoever_was_stopped_is_not_served(hall: Hall) -> None:
    by = Provider("https://past.city.example/sp", ("https://past.city.example/acs",), clock=hall.city.clock)
    register(hall.city, by, "groupware")
    assert given(hall, Sent(by.posted(by.authn())))[0] == 303
    with hall.city.store.act("test") as act:
        act.connection.execute(update(client_table).where(client_table.c.code == "past").values(state="stopped"))
    status, _, told = given(hall, Sent(by.posted(by.authn())))
    assert (status, cause(told)) == (400, "stopped")
