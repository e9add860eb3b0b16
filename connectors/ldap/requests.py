"""LDAP requests as bytes (RFC 4511 §4): what a night of writes sends ten thousand times.

The one law: a value goes in as counted octets.  It never passes through the
syntax of a filter or of anything else, so none can be injected (R44).

ldap3 needs about 0.6 ms to build and encode one entry, which is longer than a
directory with a fast disk needs to write it; this takes a thirtieth.  A test
holds both equal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ldap3.operation.search import compile_filter, parse_filter
from ldap3.utils.asn1 import encode as encode_message  # type: ignore[attr-defined]  # missing in the stubs

from connectors.ldap.ber import INTEGER, LONG_FORM, OCTET_STRING, SEQUENCE, SET
from connectors.ldap.options import Scope

BOOLEAN, ENUMERATED = 0x01, 0x0A
SEARCH, MODIFY, ADD, DELETE, COMPARE, EXTENDED = 0x63, 0x66, 0x68, 0x4A, 0x6E, 0x77
CONTROLS, AND, OR, EQUAL, PRESENT = 0xA0, 0xA0, 0xA1, 0xA3, 0x87
VALUE_ADD, VALUE_DELETE, VALUE_REPLACE = 0, 1, 2
SET_PASSWORD: Final = "1.3.6.1.4.1.4203.1.11.1"  # noqa: S105 - the name of an operation
_SCOPES: Final[Mapping[Scope, int]] = {"base": 0, "one": 1, "sub": 2}

Change = tuple[int, str, Sequence[str]]
"""VALUE_ADD, VALUE_DELETE or VALUE_REPLACE; the attribute; its values."""


@dataclass(frozen=True, slots=True)
class Request:
    """One operation, and the controls that go with it, encoded; it may hold a secret, so it shows nothing."""

    operation: bytes = field(repr=False)
    controls: bytes = b""

    def message(self, message_id: int) -> bytes:
        controls = element(CONTROLS, self.controls) if self.controls else b""
        return element(SEQUENCE, _number(INTEGER, message_id), self.operation, controls)


def element(tag: int, *parts: bytes) -> bytes:
    """One BER element of definite length, in the shortest form."""
    value = b"".join(parts)
    length = len(value)
    if length < LONG_FORM:
        return bytes((tag, length)) + value
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, LONG_FORM + len(octets))) + octets + value


def _number(tag: int, number: int) -> bytes:
    return element(tag, number.to_bytes(number.bit_length() // 8 + 1))


def _text(value: str, tag: int = OCTET_STRING) -> bytes:
    return element(tag, value.encode())


def _attributes(attributes: Iterable[tuple[str, Sequence[str]]]) -> Iterable[bytes]:
    return (element(SEQUENCE, _text(name), element(SET, *map(_text, values))) for name, values in attributes)


def add(dn: str, attributes: Mapping[str, Sequence[str]]) -> Request:
    return Request(element(ADD, _text(dn), element(SEQUENCE, *_attributes(attributes.items()))))


def modify(dn: str, changes: Iterable[Change], controls: bytes = b"") -> Request:
    encoded = (
        element(SEQUENCE, _number(ENUMERATED, kind), *_attributes([(name, values)])) for kind, name, values in changes
    )
    return Request(element(MODIFY, _text(dn), element(SEQUENCE, *encoded)), controls)


def delete(dn: str) -> Request:
    return Request(_text(dn, DELETE))


def compare(dn: str, attribute: str, value: str) -> Request:
    return Request(element(COMPARE, _text(dn), element(SEQUENCE, _text(attribute), _text(value))))


def password_modify(dn: str, secret: str, controls: bytes = b"") -> Request:
    """Set an account's password (RFC 3062 §2): hashed, and judged, as the server does it for everybody."""
    asked = element(SEQUENCE, _text(dn, 0x80), _text(secret, 0x82))
    return Request(element(EXTENDED, _text(SET_PASSWORD, 0x80), element(0x81, asked)), controls)


def search(base: str, scope: Scope, condition: bytes, attributes: Iterable[str], controls: bytes = b"") -> Request:
    """Aliases are never followed; no limit of ours is set."""
    nothing = _number(INTEGER, 0)
    return Request(
        element(
            SEARCH, _text(base), _number(ENUMERATED, _SCOPES[scope]), _number(ENUMERATED, 0), nothing, nothing,
            element(BOOLEAN, b"\0"), condition, element(SEQUENCE, *map(_text, attributes)),
        ),
        controls,
    )  # fmt: skip


def condition(text: str) -> bytes:
    """A filter that an operator wrote, read by ldap3.

    Raises:
        LDAPException: when it is not one.
    """
    parsed = parse_filter(text, None, False, False, None, False)  # noqa: FBT003
    encoded: bytes = encode_message(compile_filter(parsed.elements[0]))
    return encoded


def any_of(attribute: str, values: Iterable[str]) -> bytes:
    """The attribute has one of these values."""
    return element(OR, *(element(EQUAL, _text(attribute), _text(value)) for value in values))


def both(first: bytes, second: bytes) -> bytes:
    return element(AND, first, second)


def present(attribute: str) -> bytes:
    return _text(attribute, PRESENT)


def control(oid: str, value: bytes | None = None, *, critical: bool) -> bytes:
    return element(
        SEQUENCE, _text(oid), element(BOOLEAN, b"\xff") if critical else b"",
        b"" if value is None else element(OCTET_STRING, value),
    )  # fmt: skip


def paged(size: int, cookie: bytes) -> bytes:
    """Ask for one page (RFC 2696); critical, so that a server without pages refuses instead of cutting off."""
    value = element(SEQUENCE, _number(INTEGER, size), element(OCTET_STRING, cookie))
    return control("1.2.840.113556.1.4.319", value, critical=True)
