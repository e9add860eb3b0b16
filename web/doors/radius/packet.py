"""A RADIUS packet as FreeRADIUS hands it on: the JSON of rlm_rest to what we need of it.

The one law: *what is not as FreeRADIUS writes it is refused whole*, with one cause; nothing is guessed of
a packet (RFC 2865).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from web.doors.devices.strict import Malformed, json_object

_CALL_CHECK: Final = frozenset({"Call-Check", "10"})
_ALONE: Final = ("User-Name", "User-Password", "State", "NAS-Identifier", "NAS-IP-Address", "Calling-Station-Id")
_HEX: Final = re.compile(r"0x(?:[0-9a-f]{2}){0,253}", re.IGNORECASE)
_TEXT: Final = re.compile(r"[^\x00-\x1f\x7f]*")


@dataclass(frozen=True, slots=True)
class Packet:
    """What a device says and asks.  "" for what it did not say.

    `device`, `device_address`: NAS-Identifier and NAS-IP-Address; `calling`: Calling-Station-Id, a MAC or an address;
    `framed`: the address that the visitor has in the net; `state`: what we gave with the last question.
    `call_check`: the device asks for itself or for what was plugged in (Service-Type Call-Check, RFC 2865 §5.6).
    """

    name: str
    password: str = field(repr=False)
    state: str = field(repr=False)
    device: str
    device_address: str
    calling: str
    framed: str
    call_check: bool


def read(body: bytes) -> Packet:
    """The packet in a request.

    Raises:
        Malformed: when it is none.
    """
    said = _attributes(body)
    name = said.get("User-Name", "")
    if not name:
        raise Malformed("no User-Name")
    return Packet(
        name=name,
        password=said.get("User-Password", ""),
        state=_state(said.get("State", "")),
        device=said.get("NAS-Identifier", ""),
        device_address=said.get("NAS-IP-Address", "") or said.get("NAS-IPv6-Address", ""),
        calling=said.get("Calling-Station-Id", ""),
        framed=said.get("Framed-IP-Address", "") or said.get("Framed-IPv6-Address", ""),
        call_check=said.get("Service-Type", "") in _CALL_CHECK,
    )


def _attributes(body: bytes) -> dict[str, str]:
    """The first value of each attribute."""
    return {name: _value(name, told) for name, told in json_object(body).items()}


def _value(name: str, told: object) -> str:
    values = told.get("value") if isinstance(told, Mapping) else None
    if not isinstance(values, list) or not values or not all(isinstance(each, str | int) for each in values):
        raise Malformed(f"{name[:40]!r} has no value")
    if len(values) > 1 and name in _ALONE:
        raise Malformed(f"{name} stands {len(values)} times")
    text = _mended(str(values[0]))
    if name in _ALONE and not _TEXT.fullmatch(text):
        raise Malformed(f"{name} holds control characters")
    return text


def _mended(text: str) -> str:
    """rlm_rest writes each octet of UTF-8 as one character (seen in 3.2.1); what is whole already stays as it is."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _state(written: str) -> str:
    if not written:
        return ""
    if not _HEX.fullmatch(written):
        raise Malformed("State is not written in octets")
    try:
        return bytes.fromhex(written[2:]).decode("ascii")
    except UnicodeDecodeError:
        raise Malformed("State is none of ours") from None
