"""What makes a sheet known again: a key for each row, a digest over all of them, a signature over the whole.

The one law: *what the file says of itself is believed only under our own keys*: the key of a row is a MAC over sheet,
line and every fixed cell (HMAC-SHA256 cut to 80 bits; RFC 2104 §5 asks for half its length where forging may be
tried at will, here each try is an upload by name), the control sheet is signed (Ed25519, RFC 8032).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from iam.record.columns import canonical_json
from iam.record.keys import KeyRing, signed_by
from iam.review.returned.columns import kept

FORMAT: Final = "鍵守 棚卸シート 1"
SIGNATURE: Final = "署名"
KEY: Final = "署名の鍵"

_PURPOSE: Final = "row of a review sheet"
_SIGNED: Final = "kagimori review sheet\n"
_DIGITS: Final = 20
_KEY: Final = re.compile(r"([LP])([1-9][0-9]{0,17})-([0-9a-f]{20})", re.ASCII)

LINE: Final = "L"
PERSON: Final = "P"


def row_key(keys: KeyRing, key_id: str, sheet_id: int, row: str, cells: Sequence[str]) -> str:
    """The key of a row: `row` ("L12" a line, "P12" a person) and a MAC over everything in it that is fixed.

    Raises:
        IntegrityError: when the ring has no such key.
    """
    message = canonical_json([sheet_id, row, [kept(cell) for cell in cells]]).encode()
    return f"{row}-{keys.mac(_PURPOSE, message, key_id)[:_DIGITS]}"


def row_of(key: str) -> tuple[str, int] | None:
    """Kind (LINE, PERSON) and id that a key names, or None when it is no key; whether it is ours is not said."""
    found = _KEY.fullmatch(kept(key))
    return None if found is None else (found[1], int(found[2]))


def digest_of(rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """SHA-256 in hex over the keys and fixed cells of all rows, in their order."""
    whole = hashlib.sha256()
    for key, cells in rows:
        whole.update(canonical_json([key, list(cells)]).encode() + b"\n")
    return whole.hexdigest()


def signed(keys: KeyRing, told: Mapping[str, str]) -> dict[str, str]:
    """`told` with the key that signs it, and the signature."""
    whole = {**told, KEY: keys.current}
    return {**whole, SIGNATURE: base64.b64encode(keys.sign(_message(whole))).decode()}


def is_ours(keys: KeyRing, told: Mapping[str, str]) -> bool:
    """Whether one of our keys signed what the control sheet says."""
    key_id = told.get(KEY, "")
    try:
        signature = base64.b64decode(told.get(SIGNATURE, ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return keys.has(key_id) and signed_by(keys.public_key(key_id), signature, _message(told))


def _message(told: Mapping[str, str]) -> bytes:
    return (_SIGNED + canonical_json({name: text for name, text in told.items() if name != SIGNATURE})).encode()
