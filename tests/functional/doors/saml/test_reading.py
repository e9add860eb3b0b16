"""Whatever comes, it is a message or it is refused: nothing a stranger writes is a fault of ours."""

from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.functional.doors.saml.provider import Pair, Provider
from web.doors.saml.wire import carrying
from web.doors.saml.wire.reading import DSIG, LARGEST, read
from web.doors.saml.wire.refusing import Refusal

PIECES = st.sampled_from(
    [
        b"<!--x-->", b"<?a b?>", b"<![CDATA[x]]>", b"&#0;", b"&amp;", b"&x;", b"<a/>", b"]]>", b'" ID="_x', b"\0",
        b"\xff", b"\xef\xbb\xbf", b"<!DOCTYPE a>", b' xmlns:samlp="x"', b"</samlp:AuthnRequest>",
    ]
)  # fmt: skip
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), PIECES | st.binary(max_size=8)), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def genuine(theirs: tuple[Pair, Pair, Pair]) -> bytes:
    by = Provider("https://sp.city.example/sp", ("https://sp.city.example/acs",), theirs[0])
    return by.signed(by.authn()).encode()


def edited(raw: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """At each place so many octets are replaced by others."""
    for where, gone, piece in edits:
        at = int(where * len(raw))
        raw = raw[:at] + piece + raw[at + gone :]
    return raw


@given(edits=EDITS)
@settings(max_examples=400, deadline=None)
def test_a_message_that_was_damaged_is_refused_or_still_one_message(
    genuine: bytes, edits: list[tuple[float, int, bytes]]
) -> None:
    try:
        found = read(edited(genuine, edits), "AuthnRequest")
    except Refusal:
        return
    root = fromstring(found.xml)  # noqa: S314 - read before by the parser under test
    signatures = list(root.iter(f"{{{DSIG}}}Signature"))
    assert signatures == [each for each in list(root)[1:2] if found.algorithm]
    assert root.get("ID") == found.ident


@given(raw=st.binary(max_size=200))
def test_no_octets_are_a_fault_of_ours(raw: bytes) -> None:
    with pytest.raises(Refusal):
        read(raw, "AuthnRequest")


WORDS = (b"SAMLRequest", b"RelayState", b"SigAlg", b"Signature", b"=", b"&", b"%", b"+", b"eJw", b"\xe3")


@given(query=st.lists(st.sampled_from(WORDS)).map(b"".join))
def test_no_address_is_a_fault_of_ours(query: bytes) -> None:
    try:
        found = carrying._in_address(query)  # noqa: SLF001 - as it comes, without a whole request
    except Refusal:
        return
    assert len(found.raw) <= LARGEST
