"""Cut LDAP messages out of bytes as they came off the wire: pure, and fast where the many are.

The one law: no length is believed that reaches past what holds it.  Whatever
a server sends, it is either read exactly, waited for within a bound, or
refused as `Malformed`.

An unchanged night reads every entry and needs not one attribute of it.  So
`sift` only finds each entry's bounds and takes its fingerprint; what is not
known is left raw for `decode_entry`.  RFC 4511 §5.1: definite lengths only.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from iam.ports import Fingerprint

ENTRY = 0x64
INTEGER, OCTET_STRING, SEQUENCE, SET = 0x02, 0x04, 0x30, 0x31
LONG_FORM, TWO_OCTETS = 0x80, 0x82
MOST_LENGTH_OCTETS = 4
MOST_ID_OCTETS = 4
MOST_BYTES = 64 * 2**20
"""The longest message that is waited for; a group that holds 170,000 accounts takes about 15 MiB."""


class Malformed(ValueError):
    """These bytes are not an LDAP message that can be read."""


_ONE_SHORT_VALUE = {size: bytes((SET, size - 2, OCTET_STRING, size - 4)) for size in range(4, LONG_FORM - 2)}
"""Size of a set of one value -> the four octets that it starts with, where all fits into short lengths."""


@dataclass(slots=True)
class Sifted:
    """What one page of a search held: fingerprints that were known, and (fingerprint, raw entry) of all others."""

    unchanged: list[Fingerprint] = field(default_factory=list)
    fresh: list[tuple[Fingerprint, bytes]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.unchanged) + len(self.fresh)

    def take(self, entry: bytes, known: Container[Fingerprint], salt: bytes) -> None:
        mark = fingerprint(entry, salt)
        if mark in known:
            self.unchanged.append(mark)
        else:
            self.fresh.append((mark, entry))


def fingerprint(entry: bytes, salt: bytes) -> Fingerprint:
    """16 bytes for one raw entry.  `salt` (at most 16 bytes) stands for how it would be decoded."""
    return blake2b(entry, digest_size=16, person=salt).digest()


def salt_of(*settings: str) -> bytes:
    """A salt for `fingerprint`: other settings make every entry new."""
    return blake2b("\0".join(settings).encode(), digest_size=16).digest()


def extent(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the value of the element at `at` starts and stops; None while too few bytes are there to tell.

    Raises:
        Malformed: for an indefinite length, or one of more than four octets.
    """
    if at + 1 >= len(data):
        return None
    length = data[at + 1]
    if length < LONG_FORM:
        return at + 2, at + 2 + length
    octets = length - LONG_FORM
    if not 1 <= octets <= MOST_LENGTH_OCTETS:
        raise Malformed(f"length in {octets} octets")
    start = at + 2 + octets
    if start > len(data):
        return None
    return start, start + int.from_bytes(data[at + 2 : start])


def inside(data: bytes, at: int, limit: int, tag: int) -> tuple[int, int]:
    """The bounds of the element at `at`, which must have this tag and end within `limit`.

    Raises:
        Malformed: when it has another tag, or does not.
    """
    if at + 1 >= limit or data[at] != tag:
        raise Malformed(f"no element 0x{tag:02x} at {at}")
    length = data[at + 1]
    if length < LONG_FORM and at + 2 + length <= limit:
        return at + 2, at + 2 + length
    bounds = extent(data, at)
    if bounds is None or bounds[1] > limit:
        raise Malformed(f"element 0x{tag:02x} at {at} reaches past its end")
    return bounds


def message_end(data: bytes, at: int) -> int | None:
    """Where the message at `at` ends, perhaps beyond `data`; None while too few bytes are there to tell.

    Raises:
        Malformed: when no message can start so, or it would be longer than `MOST_BYTES`.
    """
    if at < len(data) and data[at] != SEQUENCE:
        raise Malformed(f"a message cannot start with 0x{data[at]:02x}")
    bounds = extent(data, at)
    if bounds is None:
        return None
    if bounds[1] - at > MOST_BYTES:
        raise Malformed(f"a message of {bounds[1] - at} bytes")
    return bounds[1]


def message_parts(message: bytes) -> tuple[int, int, int]:
    """The id of one whole message, where its operation's tag stands, and where the message's value stops."""
    start, stop = inside(message, 0, len(message), SEQUENCE)
    first, last = inside(message, start, stop, INTEGER)
    if not 1 <= last - first <= MOST_ID_OCTETS or last >= stop:
        raise Malformed("a message without id or operation")
    return int.from_bytes(message[first:last]), last, stop


def entry_head(message_id: int) -> bytes:
    """The octets between the length of an entry's message and the length of its entry."""
    octets = message_id.to_bytes(message_id.bit_length() // 8 + 1)
    return bytes((INTEGER, len(octets))) + octets + bytes((ENTRY,))


def _entry_bounds(data: bytes, at: int, head: bytes) -> tuple[int, int, int] | None:
    """Where the entry in the message at `at` starts and stops, and the message ends; None when not for `sift`."""
    message = extent(data, at)
    if data[at : at + 1] != b"\x30" or message is None or message[1] > len(data):
        return None
    if not data.startswith(head, message[0]):
        return None
    entry = extent(data, message[0] + len(head) - 1)
    return entry and (*entry, message[1])


def sift(data: bytes, at: int, head: bytes, known: Container[Fingerprint], salt: bytes, found: Sifted) -> int:  # noqa: PLR0917
    """Take every whole entry from `at` on into `found`; answer where it stopped.

    It stops at a message that is cut off, or that is no entry of `head`, and
    leaves the judgement to the caller.

    Raises:
        Malformed: when an entry reaches past its message.
    """
    size, starts, wide, skip = len(data), data.startswith, head + bytes((TWO_OCTETS,)), len(head) + 5
    unchanged, fresh = found.unchanged.append, found.fresh.append
    while True:
        # Nearly every message is 30 82 hh ll, head, 82 hh ll, entry: no call is made for it but the hash.
        if starts(b"\x30\x82", at) and starts(wide, at + 4):
            end = at + 4 + (data[at + 2] << 8 | data[at + 3])
            start = at + skip + 2
            if end > size or start > end:
                return at
            stop = start + (data[start - 2] << 8 | data[start - 1])
        elif bounds := _entry_bounds(data, at, head):
            start, stop, end = bounds
        else:
            return at
        if stop > end:
            raise Malformed("an entry that reaches past its message")
        entry = data[start:stop]
        mark = blake2b(entry, digest_size=16, person=salt).digest()
        if mark in known:
            unchanged(mark)
        else:
            fresh((mark, entry))
        at = end


def decode_entry(entry: bytes) -> tuple[bytes, dict[str, list[bytes]]]:
    """The DN and the attributes of one raw entry, as the server spelled and ordered them.

    Raises:
        Malformed: when the bytes are not an entry.
    """
    size = len(entry)
    start, stop = inside(entry, 0, size, OCTET_STRING)
    dn = entry[start:stop]
    at, end = inside(entry, stop, size, SEQUENCE)
    attributes: dict[str, list[bytes]] = {}
    while at < end:
        # Nearly every attribute has one value and only short lengths: 30 ll 04 nn name, 31 mm 04 vv value.
        if at + 4 <= end and entry[at] == SEQUENCE and entry[at + 1] < LONG_FORM and entry[at + 2] == OCTET_STRING:
            stop, middle = at + 2 + entry[at + 1], at + 4 + entry[at + 3]
            # A long name points past `stop`, where the table has nothing.
            if stop <= end and (shape := _ONE_SHORT_VALUE.get(stop - middle)) and entry.startswith(shape, middle):
                attributes[_attribute_name(entry[at + 4 : middle])] = [entry[middle + 4 : stop]]
                at = stop
                continue
        start, stop = inside(entry, at, end, SEQUENCE)
        start, middle = inside(entry, start, stop, OCTET_STRING)
        attributes[_attribute_name(entry[start:middle])] = _values(entry, *inside(entry, middle, stop, SET))
        at = stop
    return dn, attributes


@lru_cache(maxsize=1024)
def _attribute_name(name: bytes) -> str:
    try:
        return name.decode("ascii")
    except UnicodeDecodeError as error:
        raise Malformed("an attribute name that is not ASCII") from error


def _values(entry: bytes, at: int, end: int) -> list[bytes]:
    values = []
    while at < end:
        start, stop = inside(entry, at, end, OCTET_STRING)
        values.append(entry[start:stop])
        at = stop
    return values
