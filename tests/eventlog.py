"""Files of Windows event logs: BinXml without templates ([MS-EVEN6] 2.2.12) in chunks, as the service writes them."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_CHUNK: Final = 65536
_FIRST: Final = 512
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LoggedEvent:
    """One event, with the named data that Windows keeps of it."""

    number: int
    at: datetime
    data: Mapping[str, str]
    computer: str = "DC01.minato.local"
    provider: str = "Microsoft-Windows-Security-Auditing"


def event_file(events: Sequence[LoggedEvent], a_chunk: int = 40) -> bytes:
    """An EVTX file of these events, `a_chunk` in each chunk."""
    parts = [events[start : start + a_chunk] for start in range(0, len(events), a_chunk)]
    chunks = [_chunk(part, 1 + number * a_chunk) for number, part in enumerate(parts)]
    head = struct.pack(
        "<8sQQQIHHHH76x", b"ElfFile\0", 0, len(chunks) - 1, len(events) + 1, 128, 1, 3, 4096, len(chunks)
    )
    head += struct.pack("<II", 0, zlib.crc32(head))
    return head.ljust(4096, b"\0") + b"".join(chunks)


def _chunk(events: Sequence[LoggedEvent], first: int) -> bytes:
    data, last = bytearray(), 0
    for number, event in enumerate(events, first):
        last = _FIRST + len(data)
        data += _record(event, number, last)
    head = struct.pack(
        "<8sQQQQIIII64x", b"ElfChnk\0", first, first + len(events) - 1, first, first + len(events) - 1, 128, last,
        _FIRST + len(data), zlib.crc32(data),
    )  # fmt: skip
    head += struct.pack("<I", 0)
    tables = bytes(_FIRST - 128)
    head += struct.pack("<I", zlib.crc32(head[:120] + tables))
    return (head + tables + bytes(data)).ljust(_CHUNK, b"\0")


def _record(event: LoggedEvent, number: int, start: int) -> bytes:
    xml = _Xml(start + 24)
    ticks = (event.at - _EPOCH) // timedelta(microseconds=1) * 10
    size = 24 + len(xml.of(event, number)) + 4
    return struct.pack("<IIQQ", 0x2A2A, size, number, ticks) + bytes(xml.out) + struct.pack("<I", size)


class _Xml:
    """BinXml at a place of its chunk."""

    def __init__(self, start: int) -> None:
        self._start = start
        self.out = bytearray(b"\x0f\x01\x01\x00")

    def of(self, event: LoggedEvent, number: int) -> bytes:
        self._open("Event")
        self._open("System")
        self._element("Provider", {"Name": event.provider})
        self._element("EventID", {}, str(event.number))
        self._element("TimeCreated", {"SystemTime": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")})
        self._element("EventRecordID", {}, str(number))
        self._element("Channel", {}, "Security")
        self._element("Computer", {}, event.computer)
        self._close()
        self._open("EventData")
        for name, value in event.data.items():
            self._element("Data", {"Name": name}, value)
        self._close()
        self._close()
        self.out += b"\x00"
        return bytes(self.out)

    def _element(self, name: str, attributes: Mapping[str, str], text: str = "") -> None:
        self._open(name, attributes)
        if text:
            self._value(text)
        self._close()

    def _open(self, name: str, attributes: Mapping[str, str] | None = None) -> None:
        self.out += struct.pack("<BI", 0x41 if attributes else 0x01, 0)
        self._name(name)
        if attributes:
            size_at = len(self.out)
            self.out += b"\0\0\0\0"
            for key, value in attributes.items():
                self.out += b"\x06"
                self._name(key)
                self._value(value)
            struct.pack_into("<I", self.out, size_at, len(self.out) - size_at - 4)
        self.out += b"\x02"

    def _close(self) -> None:
        self.out += b"\x04"

    def _value(self, text: str) -> None:
        self.out += struct.pack("<BBH", 0x05, 0x01, len(text)) + text.encode("utf-16-le")

    def _name(self, text: str) -> None:
        place = self._start + len(self.out) + 4
        self.out += struct.pack("<IIHH", place, 0, 0, len(text)) + text.encode("utf-16-le") + b"\0\0"
