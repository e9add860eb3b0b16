"""Receiving: whatever the chunks, the same answers; whatever the bytes, an end."""

from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3 import Connection, Server

from connectors.ldap.ber import Malformed, fingerprint, salt_of
from connectors.ldap.wire import MOST_OTHER_BYTES, Answer, Disconnected, WireStrategy
from tests.unit.connectors_ldap.encoding import (
    Attributes,
    attributes,
    dns,
    entry_body,
    entry_message,
    message,
    result,
    tlv,
    unhurried,
)

SALT = salt_of("test")
NUMBER = 300


class FedSocket:
    """Gives out prepared chunks, then the end of the stream."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = [chunk for chunk in chunks if chunk]
        self.received = 0

    def recv(self, size: int) -> bytes:
        if not self.chunks:
            return b""
        chunk = self.chunks[0][:size]
        self.chunks[0] = self.chunks[0][size:]
        if not self.chunks[0]:
            del self.chunks[0]
        self.received += len(chunk)
        return chunk


def wire(*chunks: bytes) -> WireStrategy:
    server = SimpleNamespace(schema=None, custom_formatter=None)
    socket = FedSocket(list(chunks))
    connection = SimpleNamespace(socket=socket, server=server, check_names=False, receive_timeout=1)
    return WireStrategy(cast("Connection", connection))


def chopped(data: st.DataObject, stream: bytes) -> list[bytes]:
    cuts = data.draw(st.lists(st.integers(min_value=0, max_value=len(stream)), max_size=8).map(sorted))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


@unhurried
@given(st.data(), st.lists(st.tuples(dns, attributes), max_size=5), st.binary(max_size=20))
def test_chunks_make_no_difference(data: st.DataObject, held: list[tuple[bytes, Attributes]], cookie: bytes) -> None:
    stream = b"".join(entry_message(NUMBER, *entry) for entry in held) + result(NUMBER, cookie=cookie)

    found, answer = wire(*chopped(data, stream)).collect(NUMBER, set(), SALT)

    assert [entry for _, entry in found.fresh] == [entry_body(*entry) for entry in held]
    assert (answer.kind, answer.code, answer.name, answer.cookie) == ("searchResDone", 0, "success", cookie)


@unhurried
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_an_answer_or_refused(stream: bytes, framed: bool) -> None:
    sent = tlv(0x30, tlv(0x02, NUMBER.to_bytes(2)) + stream) if framed else stream

    try:
        found, answer = wire(sent).collect(NUMBER, set(), SALT)
    except (Malformed, Disconnected):
        return
    assert framed
    assert len(found) == 0
    assert answer.kind


@unhurried
@given(st.data())
def test_a_damaged_result_is_never_taken_for_another_search(data: st.DataObject) -> None:
    sent = bytearray(result(NUMBER, cookie=b"abc"))
    sent[data.draw(st.integers(min_value=0, max_value=len(sent) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    try:
        found, answer = wire(bytes(sent)).collect(NUMBER, set(), SALT)
    except (Malformed, Disconnected):
        return
    assert len(found) == 0
    assert isinstance(answer, Answer)


def test_an_entry_under_an_id_spelled_at_length_is_read_all_the_same() -> None:
    body = entry_body(b"uid=a", {"cn": [b"x"]})
    odd = tlv(0x30, tlv(0x02, NUMBER.to_bytes(2), 2) + tlv(0x64, body))

    found, _ = wire(odd + result(NUMBER, cookie=b"")).collect(NUMBER, {fingerprint(body, SALT)}, SALT)

    assert found.unchanged == [fingerprint(body, SALT)]


def test_controls_on_an_entry_do_not_belong_to_it() -> None:
    body = entry_body(b"uid=a", {"cn": [b"x" * 300]})
    control = tlv(0xA0, tlv(0x30, tlv(0x04, b"1.3.6.1.4.1.4203.1.9.1.2") + tlv(0x04, b"12")))

    found, _ = wire(message(NUMBER, 0x64, body, controls=control), result(NUMBER)).collect(NUMBER, set(), SALT)

    assert [entry for _, entry in found.fresh] == [body]


def test_an_answer_to_another_request_is_refused() -> None:
    for stream in (result(NUMBER + 1), entry_message(NUMBER + 1, b"uid=a", {})):
        with pytest.raises(Malformed):
            wire(stream).collect(NUMBER, set(), SALT)


def test_a_referral_among_the_entries_ends_the_search() -> None:
    reference = message(NUMBER, 0x73, tlv(0x04, b"ldap://other.example.jp/dc=x"))

    _, answer = wire(entry_message(NUMBER, b"uid=a", {}) + reference).collect(NUMBER, set(), SALT)

    assert (answer.kind, answer.referrals) == ("searchResRef", ("ldap://other.example.jp/dc=x",))


def test_an_intermediate_response_is_passed_over() -> None:
    intermediate = message(NUMBER, 0x79, tlv(0x80, b"1.3.6.1.4.1.4203.1.9.1.4") + tlv(0x81, b"x"))

    _, answer = wire(intermediate + result(NUMBER, 4)).collect(NUMBER, set(), SALT)

    assert (answer.code, answer.name, answer.cookie) == (4, "sizeLimitExceeded", None)


def test_a_notice_of_disconnection_says_why() -> None:
    body = tlv(0x0A, b"\x34") + tlv(0x04, b"") + tlv(0x04, b"shutting down") + tlv(0x8A, b"1.3.6.1.4.1.1466.20036")

    with pytest.raises(Disconnected, match="shutting down"):
        wire(message(0, 0x78, body)).collect(NUMBER, set(), SALT)


def test_the_end_of_the_stream_is_a_disconnection_wherever_it_comes() -> None:
    stream = entry_message(NUMBER, b"uid=a", {"cn": [b"x" * 200]}) + result(NUMBER)

    for cut in range(len(stream)):
        with pytest.raises(Disconnected):
            wire(stream[:cut]).collect(NUMBER, set(), SALT)


def test_a_long_result_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(Malformed, match="bytes"):
        wire(result(NUMBER, diagnostic=b"x" * MOST_OTHER_BYTES)).collect(NUMBER, set(), SALT)


def test_nested_elements_without_end_are_refused() -> None:
    deep = b""
    for _ in range(5000):
        deep = tlv(0x30, deep)

    with pytest.raises(Malformed):
        wire(message(NUMBER, 0x65, deep)).collect(NUMBER, set(), SALT)


def test_one_great_message_is_received_without_copying_it_for_every_chunk() -> None:
    value = b"m" * (8 * 2**20)
    stream = entry_message(NUMBER, b"cn=all", {"member": [value]}) + result(NUMBER)

    found, _ = wire(*(stream[at : at + 4096] for at in range(0, len(stream), 4096))).collect(NUMBER, set(), SALT)

    assert len(found.fresh[0][1]) > len(value)


def test_answers_to_several_requests_keep_their_ids() -> None:
    strategy = wire(entry_message(8, b"uid=a", {}), result(9, 32), result(8))

    received = [strategy.receive() for _ in range(3)]

    assert [number for number, _ in received] == [8, 9, 8]
    assert isinstance(received[0][1], bytes)


def test_ldap3_gives_out_ids_that_fit_the_short_path() -> None:
    assert 0 < Server.next_message_id() < 2**31
