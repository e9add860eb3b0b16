"""Marks: what a terminal is known by, in the one spelling of the register.  Pure.

The one law: *one mark, one spelling*, so that whoever looks for it finds it; what is no mark is a
`ValueError` that says what would be one.
"""

import re
import unicodedata
from collections.abc import Callable
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_HEX: Final = re.compile(r"[0-9a-f]+")
_APART: Final = re.compile(r"[-:.\s]+")
_MAC_DIGITS: Final = 12
_SHA256_DIGITS: Final = 64
_GROUP: Final = 1
"""The bit of a MAC's first octet that is set in addresses of many devices (IEEE 802)."""


def mac_of(text: str) -> str:
    """aa:bb:cc:dd:ee:ff, from AA-BB-CC-DD-EE-FF, aabb.ccdd.eeff, aabbccddeeff; "" stays "".

    Raises:
        ValueError: when it is not the address of one device.
    """
    digits = _digits(text)
    if not digits:
        return ""
    if len(digits) != _MAC_DIGITS or not _HEX.fullmatch(digits):
        raise ValueError(
            f"MACアドレス「{text}」は 16進数12桁ではありません。AA-BB-CC-DD-EE-FF のように書いてください。"
        )
    if int(digits[:2], 16) & _GROUP or not int(digits, 16):
        raise ValueError(f"MACアドレス「{text}」は一台の機器を指すものではありません。機器の表示を確かめてください。")
    return ":".join(digits[at : at + 2] for at in range(0, _MAC_DIGITS, 2))


def certificate_of(text: str) -> str:
    """The SHA-256 of a certificate in 64 hex digits, however it is grouped; "" stays "".

    Raises:
        ValueError: when it is none.
    """
    digits = _digits(text)
    if digits and (len(digits) != _SHA256_DIGITS or not _HEX.fullmatch(digits)):
        raise ValueError("証明書は、SHA-256 の拇印（16進数64桁）で書いてください。SHA-1（40桁）は使えません。")
    return digits


def certificate_in(pem: bytes) -> str:
    """The mark of the one certificate in a PEM file: SHA-256 of its DER.

    Raises:
        ValueError: when there is not exactly one.
    """
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        found = []
    if len(found) != 1:
        raise ValueError("証明書が一つだけ入った PEM（-----BEGIN CERTIFICATE----- で始まる形）を指定してください。")
    return sha256(found[0].public_bytes(Encoding.DER)).hexdigest()


def address_of(text: str) -> str:
    """An IP address in its shortest form; IPv4 within IPv6 is IPv4; "" stays "".

    Raises:
        ValueError: when it is the address of no terminal.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return ""
    try:
        found = ip_address(plain)
    except ValueError:
        found = None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found is None or found.is_unspecified or found.is_multicast:
        raise ValueError(f"「{text}」は端末のIPアドレスではありません。10.1.2.3 のように書いてください。")
    return str(found)


def spelt(form: Callable[[str], str], text: str) -> str:
    """`text` as the register has it, by one of the forms above; "" for what names no terminal."""
    try:
        return form(text)
    except ValueError:
        return ""


def _digits(text: str) -> str:
    return _APART.sub("", unicodedata.normalize("NFKC", text).lower())
