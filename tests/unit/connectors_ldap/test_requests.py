"""Requests of ours are, octet for octet, what ldap3 would send; and no value becomes syntax."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.core.exceptions import LDAPException
from ldap3.operation.add import add_operation
from ldap3.operation.compare import compare_operation
from ldap3.operation.delete import delete_operation
from ldap3.operation.modify import modify_operation
from ldap3.operation.search import search_operation
from ldap3.protocol.controls import build_control
from ldap3.protocol.convert import build_controls_list
from ldap3.protocol.rfc2696 import paged_search_control
from ldap3.protocol.rfc4511 import Control, LDAPMessage, MessageID, ProtocolOp
from ldap3.utils.asn1 import encode  # type: ignore[attr-defined]  # missing in the stubs

from connectors.ldap.options import Scope
from connectors.ldap.requests import (
    Request,
    add,
    any_of,
    both,
    compare,
    condition,
    control,
    delete,
    element,
    modify,
    paged,
    present,
    search,
)
from tests.unit.connectors_ldap.encoding import names, tlv, unhurried

texts = st.text(st.characters(codec="utf-8"), max_size=200)
ids = st.integers(min_value=1, max_value=2**31 - 1)
held = st.dictionaries(names, st.lists(texts, min_size=1, max_size=4), min_size=1, max_size=6)
ControlList = list[Control | tuple[str, bool, str | bytes | None]]
PERMISSIVE = "1.2.840.113556.1.4.1413"


def as_ldap3_sends(
    number: int,
    kind: str,
    operation: object,
    controls: ControlList | None = None,
) -> bytes:
    whole = LDAPMessage()
    whole["messageID"] = MessageID(number)
    whole["protocolOp"] = ProtocolOp().setComponentByName(kind, operation)
    built = build_controls_list(controls)
    if built is not None:
        whole["controls"] = built
    return cast("bytes", encode(whole))


@unhurried
@given(ids, texts, held)
def test_add(number: int, dn: str, attributes: dict[str, list[str]]) -> None:
    expected = as_ldap3_sends(number, "addRequest", add_operation(dn, attributes, auto_encode=False))

    assert add(dn, attributes).message(number) == expected


@unhurried
@given(ids, texts, st.sampled_from([0, 1, 2]), held)
def test_modify_with_and_without_a_control(number: int, dn: str, kind: int, attributes: dict[str, list[str]]) -> None:
    changes = {name: [(kind, values)] for name, values in attributes.items()}
    operation = modify_operation(dn, changes, auto_encode=False)
    ours = [(kind, name, values) for name, values in attributes.items()]

    assert modify(dn, ours).message(number) == as_ldap3_sends(number, "modifyRequest", operation)
    permissive: ControlList = [build_control(PERMISSIVE, criticality=True, value=None)]
    assert modify(dn, ours, control(PERMISSIVE, critical=True)).message(number) == as_ldap3_sends(
        number, "modifyRequest", operation, permissive
    )


@unhurried
@given(ids, texts)
def test_delete(number: int, dn: str) -> None:
    assert delete(dn).message(number) == as_ldap3_sends(number, "delRequest", delete_operation(dn))


@unhurried
@given(ids, texts, names, texts)
def test_compare(number: int, dn: str, name: str, value: str) -> None:
    expected = as_ldap3_sends(number, "compareRequest", compare_operation(dn, name, value, auto_encode=False))

    assert compare(dn, name, value).message(number) == expected


@unhurried
@given(ids, texts, st.sampled_from(["base", "one", "sub"]), st.lists(names, max_size=5))
def test_search(number: int, base: str, scope: Scope, wanted: list[str]) -> None:
    text = "(&(objectClass=inetOrgPerson)(!(ou=退職者*)))"
    scopes = {"base": "BASE", "one": "LEVEL", "sub": "SUBTREE"}
    operation = search_operation(base, text, scopes[scope], "NEVER", wanted, 0, 0, False, False, False)

    ours = search(base, scope, condition(text), wanted)

    assert ours.message(number) == as_ldap3_sends(number, "searchRequest", operation)


@unhurried
@given(st.integers(min_value=1, max_value=100_000), st.binary(max_size=300))
def test_the_control_that_asks_for_a_page(size: int, cookie: bytes) -> None:
    operation = search_operation("dc=x", "(cn=*)", "SUBTREE", "NEVER", ["cn"], 0, 0, False, False, False)

    ours = search("dc=x", "sub", present("cn"), ["cn"], paged(size, cookie))

    controls: ControlList = [paged_search_control(True, size, cookie)]
    assert ours.message(5) == as_ldap3_sends(5, "searchRequest", operation, controls)


@unhurried
@given(st.lists(texts, min_size=1, max_size=4))
def test_values_of_a_filter_arrive_as_they_are(values: list[str]) -> None:
    encoded = both(present("objectClass"), any_of("uid", values))

    asked = b"".join(tlv(0xA3, tlv(0x04, b"uid") + tlv(0x04, value.encode())) for value in values)
    assert encoded == tlv(0xA0, tlv(0x87, b"objectClass") + tlv(0xA1, asked))


@unhurried
@given(st.from_regex(r"[A-Za-z0-9]{1,20}", fullmatch=True))
def test_plain_values_make_the_filter_that_ldap3_makes(value: str) -> None:
    assert both(present("objectClass"), any_of("uid", [value, "b"])) == condition(
        f"(&(objectClass=*)(|(uid={value})(uid=b)))"
    )


@pytest.mark.parametrize("hostile", ["*", "*)(uid=*", "a)(|(uid=*", "\\2a", "\0", "a\\", "((((", "山田*", " ", ""])
def test_a_hostile_login_stays_a_value(hostile: str) -> None:
    assert any_of("uid", [hostile]) == tlv(0xA1, tlv(0xA3, tlv(0x04, b"uid") + tlv(0x04, hostile.encode())))


@unhurried
@given(st.integers(min_value=0, max_value=70_000))
def test_an_element_has_the_shortest_length(size: int) -> None:
    assert element(0x04, b"x" * size) == tlv(0x04, b"x" * size)


def test_text_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        add("uid=a", {"cn": ["\ud800"]})


def test_a_filter_that_is_none_is_refused() -> None:
    with pytest.raises(LDAPException):
        condition("(uid=a")


def test_a_request_without_controls_ends_with_its_operation() -> None:
    assert Request(b"\x42\x00").message(1) == b"\x30\x05\x02\x01\x01\x42\x00"
