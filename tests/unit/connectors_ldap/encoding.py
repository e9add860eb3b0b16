"""BER as servers may send it, for the tests: any definite length form, and ldap3's own decoding beside ours."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from hypothesis import settings
from hypothesis import strategies as st
from ldap3.operation.search import search_result_entry_response_to_dict_fast
from ldap3.utils.asn1 import decode_message_fast

FORMS = (0, 1, 2, 3, 4)
"""Octets after the first length octet; 0 is the short form.  Active Directory always uses 4."""

unhurried = settings(deadline=None)
"""A machine that does other work as well must not fail a property."""

Attributes = Mapping[str, Sequence[bytes]]
Tlv = Callable[[int, bytes], bytes]


def tlv(tag: int, value: bytes, form: int = 0) -> bytes:
    """One element with the length in `form`, or in the smallest larger form that holds it."""
    if form == 0 and len(value) < 0x80:
        return bytes((tag, len(value))) + value
    form = max(form, (len(value).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | form)) + len(value).to_bytes(form) + value


def entry_body(dn: bytes, attributes: Attributes, make: Tlv = tlv) -> bytes:
    """What stands inside a SearchResultEntry."""
    encoded = b"".join(
        make(0x30, make(0x04, name.encode()) + make(0x31, b"".join(make(0x04, value) for value in values)))
        for name, values in attributes.items()
    )
    return make(0x04, dn) + make(0x30, encoded)


def message(number: int, tag: int, body: bytes, make: Tlv = tlv, controls: bytes = b"") -> bytes:
    octets = number.to_bytes(number.bit_length() // 8 + 1)
    return make(0x30, tlv(0x02, octets) + make(tag, body) + controls)


def entry_message(number: int, dn: bytes, attributes: Attributes, make: Tlv = tlv) -> bytes:
    return message(number, 0x64, entry_body(dn, attributes, make), make)


def result(number: int, code: int = 0, *, cookie: bytes | None = None, diagnostic: bytes = b"") -> bytes:
    """A SearchResultDone, with the paged results control when `cookie` is given."""
    body = tlv(0x0A, bytes((code,))) + tlv(0x04, b"") + tlv(0x04, diagnostic)
    controls = b""
    if cookie is not None:
        value = tlv(0x30, tlv(0x02, b"\0") + tlv(0x04, cookie))
        controls = tlv(0xA0, tlv(0x30, tlv(0x04, b"1.2.840.113556.1.4.319") + tlv(0x04, value)))
    return message(number, 0x65, body, controls=controls)


def as_ldap3_decodes(whole: bytes) -> tuple[bytes, dict[str, list[bytes]]]:
    """One entry's message through ldap3's own decoder."""
    payload = decode_message_fast(whole)["payload"]
    decoded = search_result_entry_response_to_dict_fast(payload, None, None, check_names=False)
    raw = cast("Mapping[str, list[bytes] | None]", decoded["raw_attributes"])
    return bytes(decoded["raw_dn"]), {name: [bytes(value) for value in values or ()] for name, values in raw.items()}


names = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}(;[a-z]{1,9})?", fullmatch=True)
values = st.binary(max_size=300)
attributes = st.lists(
    st.tuples(names, st.lists(values, max_size=4)), max_size=20, unique_by=lambda held: held[0].lower()
).map(dict)
dns = st.text(st.characters(codec="utf-8"), max_size=80).map(str.encode)


@st.composite
def makers(draw: st.DrawFn) -> Tlv:
    """An encoder that takes any length form, each time another."""
    forms = draw(st.lists(st.sampled_from(FORMS), min_size=1, max_size=40))
    turn = iter(range(10**9))
    return lambda tag, value: tlv(tag, value, forms[next(turn) % len(forms)])
