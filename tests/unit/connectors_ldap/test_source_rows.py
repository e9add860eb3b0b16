"""From one raw entry to a row, or to a reason that names the attribute and the cure."""

import pytest
from hypothesis import given

from connectors.ldap.source import FieldName, row_of
from iam.ports import SourceRow, Unreadable
from tests.unit.connectors_ldap.encoding import Attributes, attributes, dns, entry_body, unhurried

MARK = b"0123456789abcdef"
MAPPED: dict[FieldName, str] = {"staff_number": "employeeNumber", "name": "displayName", "org_code": "departmentNumber"}
WHOLE = {"employeeNumber": [b"00123"], "displayName": ["山田 太郎".encode()], "departmentNumber": [b"1010"]}


def read(held: Attributes, dn: str = "uid=a,dc=x") -> SourceRow | Unreadable:
    return row_of(entry_body(dn.encode(), held), MARK, MAPPED)


def test_a_row_carries_our_names_and_its_dn() -> None:
    fields = {"staff_number": "00123", "name": "山田 太郎", "org_code": "1010"}

    assert read(WHOLE, "uid=山田,dc=x") == SourceRow("uid=山田,dc=x", fields, MARK)


def test_attribute_names_match_in_any_case() -> None:
    assert read({name.upper(): values for name, values in WHOLE.items()}) == read(WHOLE)


def test_what_is_not_there_is_left_out_and_what_is_not_mapped_too() -> None:
    row = read({"employeeNumber": [b"1"], "description": [b"x"], "displayName;lang-en": [b"Yamada"]})

    assert isinstance(row, SourceRow)
    assert row.fields == {"staff_number": "1"}


def test_two_values_where_one_belongs_are_quarantined_under_their_number() -> None:
    row = read(WHOLE | {"departmentNumber": [b"1010", b"2020"]})

    assert row == Unreadable("uid=a,dc=x", "org_code", "1010 / 2020", row.reason, "00123", MARK)  # type: ignore[union-attr]  # that it is Unreadable is what is asserted
    assert "departmentNumber に値が2個" in row.reason


@pytest.mark.parametrize("values", [[], [b""], [b"  "]])
def test_without_a_staff_number_nobody_can_be_named(values: list[bytes]) -> None:
    row = read(WHOLE | {"employeeNumber": values})

    assert isinstance(row, Unreadable)
    assert (row.field, row.staff_number) == ("staff_number", None)
    assert "employeeNumber" in row.reason


def test_two_staff_numbers_are_no_staff_number() -> None:
    row = read(WHOLE | {"employeeNumber": [b"1", b"2"]})

    assert isinstance(row, Unreadable)
    assert (row.value, row.staff_number) == ("1 / 2", None)


def test_what_is_not_utf_8_is_shown_and_named() -> None:
    row = read(WHOLE | {"displayName": ["山田".encode("cp932")]})

    assert isinstance(row, Unreadable)
    assert (row.field, row.value, row.staff_number) == ("name", "\\x8eR\\x93c", "00123")
    assert "UTF-8" in row.reason


def test_a_long_value_is_shown_in_part() -> None:
    row = read(WHOLE | {"displayName": [b"x" * 5000, b"y"]})

    assert isinstance(row, Unreadable)
    assert len(row.value) == 100


@unhurried
@given(dns, attributes)
def test_every_entry_becomes_a_row_or_a_reason(dn: bytes, held: Attributes) -> None:
    row = row_of(entry_body(dn, held), MARK, MAPPED)

    assert row.fingerprint == MARK
    assert isinstance(row, SourceRow) or row.reason
