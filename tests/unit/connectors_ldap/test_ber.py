"""Cutting and decoding entries: equal to ldap3's own decoder, and never past the bytes that are there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.ldap.ber import (
    MOST_BYTES,
    Malformed,
    Sifted,
    decode_entry,
    entry_head,
    extent,
    fingerprint,
    inside,
    message_end,
    message_parts,
    salt_of,
    sift,
)
from tests.unit.connectors_ldap.encoding import (
    FORMS,
    Attributes,
    Tlv,
    as_ldap3_decodes,
    attributes,
    dns,
    entry_body,
    entry_message,
    makers,
    result,
    tlv,
    unhurried,
)

SALT = salt_of("test")
numbers = st.integers(min_value=1, max_value=2**31 - 1)
entries = st.lists(st.tuples(dns, attributes), max_size=6)


@unhurried
@given(dns, attributes, makers())
def test_decodes_an_entry_as_ldap3_does(dn: bytes, held: Attributes, make: Tlv) -> None:
    body = entry_body(dn, held, make)

    assert decode_entry(body) == as_ldap3_decodes(tlv(0x30, tlv(0x02, b"\x01") + tlv(0x64, body)))


@unhurried
@given(numbers, entries, makers())
def test_sifts_every_entry_whatever_the_length_forms(
    number: int, held: list[tuple[bytes, Attributes]], make: Tlv
) -> None:
    stream = b"".join(entry_message(number, dn, attributes, make) for dn, attributes in held)
    found = Sifted()

    at = sift(stream, 0, entry_head(number), set(), SALT, found)

    assert at == len(stream)
    assert [decode_entry(entry) for _, entry in found.fresh] == held


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [0, 100, 120, 127, 128, 200, 255, 256, 300, 65_535, 65_536, 70_000])
def test_sifts_each_length_form_by_itself(form: int, size: int) -> None:
    def make(tag: int, value: bytes) -> bytes:
        return tlv(tag, value) if tag == 0x02 else tlv(tag, value, form)

    stream = entry_message(7, b"uid=a", {"cn": [b"x" * size]}, make) * 3
    found = Sifted()

    assert sift(stream, 0, entry_head(7), set(), SALT, found) == len(stream)
    assert [decode_entry(entry) for _, entry in found.fresh] == [(b"uid=a", {"cn": [b"x" * size]})] * 3


@unhurried
@given(dns, attributes)
def test_known_entries_are_not_kept(dn: bytes, held: Attributes) -> None:
    body = entry_body(dn, held)
    known = {fingerprint(body, SALT)}
    found = Sifted()

    sift(entry_message(3, dn, held), 0, entry_head(3), known, SALT, found)

    assert (found.unchanged, found.fresh) == ([fingerprint(body, SALT)], [])


def test_a_fingerprint_is_of_the_entry_alone_not_of_the_message() -> None:
    marks = []
    for number in (1, 127, 128, 40_000, 2**31 - 1):
        found = Sifted()
        sift(entry_message(number, b"uid=a", {"cn": [b"x"]}), 0, entry_head(number), set(), SALT, found)
        marks += [mark for mark, _ in found.fresh]

    assert len(marks) == 5
    assert set(marks) == {fingerprint(entry_body(b"uid=a", {"cn": [b"x"]}), SALT)}
    assert len(marks[0]) == 16


def test_other_settings_make_every_entry_new() -> None:
    body = entry_body(b"uid=a", {"cn": [b"x"]})

    assert fingerprint(body, salt_of("name=cn")) != fingerprint(body, salt_of("name=sn"))
    assert salt_of("a", "b") != salt_of("ab")


def test_stops_before_what_is_no_entry_of_this_search() -> None:
    stream = entry_message(5, b"uid=a", {}) + result(5) + entry_message(5, b"uid=b", {})
    other = entry_message(6, b"uid=a", {})

    found = Sifted()
    assert sift(stream, 0, entry_head(5), set(), SALT, found) == len(entry_message(5, b"uid=a", {}))
    assert len(found) == 1
    assert sift(other, 0, entry_head(5), set(), SALT, found) == 0


@unhurried
@given(st.data(), entries)
def test_a_stream_cut_anywhere_yields_the_whole_entries_before_the_cut(
    data: st.DataObject, held: list[tuple[bytes, Attributes]]
) -> None:
    messages = [entry_message(300, dn, attributes) for dn, attributes in held]
    stream = b"".join(messages)
    cut = data.draw(st.integers(min_value=0, max_value=len(stream)))
    found = Sifted()

    at = sift(stream[:cut], 0, entry_head(300), set(), SALT, found)

    assert stream[:at] == b"".join(messages[: len(found)])
    assert at <= cut < at + len([*messages, b" "][len(found)])


@unhurried
@given(st.binary(max_size=200), numbers)
def test_no_bytes_make_it_read_past_their_end(stream: bytes, number: int) -> None:
    found = Sifted()
    try:
        at = sift(stream, 0, entry_head(number), set(), SALT, found)
    except Malformed:
        return
    assert 0 <= at <= len(stream)


@unhurried
@given(st.data(), dns, attributes)
def test_a_damaged_entry_is_refused_or_read_within_its_bytes(data: st.DataObject, dn: bytes, held: Attributes) -> None:
    body = bytearray(entry_body(dn, held))
    for _ in range(data.draw(st.integers(min_value=1, max_value=4))):
        body[data.draw(st.integers(min_value=0, max_value=len(body) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(body)[: data.draw(st.integers(min_value=0, max_value=len(body)))]

    try:
        found, decoded = decode_entry(damaged)
    except Malformed:
        return
    assert len(found) + sum(len(value) for values in decoded.values() for value in values) <= len(damaged)


@unhurried
@given(st.data(), dns, attributes, numbers)
def test_a_damaged_message_is_refused_or_stays_within_its_bytes(
    data: st.DataObject, dn: bytes, held: Attributes, number: int
) -> None:
    whole = bytearray(entry_message(number, dn, held))
    whole[data.draw(st.integers(min_value=0, max_value=len(whole) - 1))] = data.draw(st.integers(0, 255))
    stream, found = bytes(whole) + entry_message(number, b"uid=next", {}), Sifted()

    try:
        at = sift(stream, 0, entry_head(number), set(), SALT, found)
        end = message_end(stream, at)
        if end is not None and end <= len(stream):
            message_parts(stream[at:end])
    except Malformed:
        return
    assert sum(len(entry) for _, entry in found.fresh) <= at <= len(stream)


@pytest.mark.parametrize(
    "stream",
    [
        b"\x30\x80\x02\x01\x01\x00\x00",  # indefinite length
        b"\x30\x85\x00\x00\x00\x00\x05",  # more than four octets
        b"\x30\xff",
        b"\x31\x05\x02\x01\x01\x64\x00",  # not a sequence
        b"HTTP/1.1 400 Bad Request\r\n",
    ],
)
def test_what_cannot_become_a_message_is_refused_at_once(stream: bytes) -> None:
    with pytest.raises(Malformed):
        message_end(stream, 0)


def test_a_message_too_long_to_wait_for_is_refused_by_its_length_alone() -> None:
    with pytest.raises(Malformed):
        message_end(b"\x30\x84" + (MOST_BYTES + 1).to_bytes(4), 0)
    assert message_end(b"\x30\x84" + (MOST_BYTES - 6).to_bytes(4), 0) == MOST_BYTES


@pytest.mark.parametrize("stream", [b"", b"\x30", b"\x30\x82", b"\x30\x82\x01", b"\x30\x84\x00\x00\x00"])
def test_too_few_bytes_to_tell_the_length_are_waited_for(stream: bytes) -> None:
    assert message_end(stream, 0) is None


@pytest.mark.parametrize(
    "message",
    [
        tlv(0x30, b""),
        tlv(0x30, tlv(0x02, b"")),
        tlv(0x30, tlv(0x02, b"\x01")),
        tlv(0x30, tlv(0x02, b"\0\0\0\0\1") + tlv(0x64, b"")),
        tlv(0x30, tlv(0x04, b"\x01") + tlv(0x64, b"")),
    ],
)
def test_a_message_without_id_or_operation_is_refused(message: bytes) -> None:
    with pytest.raises(Malformed):
        message_parts(message)


def test_an_entry_that_reaches_past_its_message_is_refused() -> None:
    liar = tlv(0x30, tlv(0x02, b"\x01") + b"\x64\x7f" + entry_body(b"uid=a", {}))
    wide = b"\x30\x82\x00\x09" + tlv(0x02, b"\x01") + b"\x64\x82\xff\xff\x04\x00"

    for stream in (liar, wide):
        with pytest.raises(Malformed):
            sift(stream + b"\0" * 70_000, 0, entry_head(1), set(), SALT, Sifted())


def test_elements_are_found_by_tag_and_within_their_limit() -> None:
    assert inside(b"\x04\x01a", 0, 3, 0x04) == (2, 3)
    assert extent(b"\x04\x81\x01a", 0) == (3, 4)
    for data, limit in ((b"\x04\x01a", 2), (b"\x04", 1), (b"", 0), (b"\x04\x81", 2), (b"\x02\x01a", 3)):
        with pytest.raises(Malformed):
            inside(data, 0, limit, 0x04)


def test_an_attribute_name_that_is_not_ascii_is_refused() -> None:
    with pytest.raises(Malformed):
        decode_entry(entry_body(b"uid=a", {"氏名": [b"x"]}))
