"""The security log as EVTX, as Windows keeps it.

The one law: *a broken chunk is told, and so is a record that a chunk promises and nobody can read*: the library passes
over both in silence.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any, Final, cast

from evtx import PyEvtxParser

from connectors.sightings.content import Content
from connectors.sightings.reading import NO_SIGN_IN, Reading, fingerprint
from connectors.sightings.windows.events import EVENTS, Event, sighting_of
from iam.errors import SourceError
from iam.ports import Sighting, Unreadable

MAGIC: Final = b"ElfFile\x00"
_HEADER: Final = 4096
_CHUNK: Final = 65536
_CHUNK_MAGIC: Final = b"ElfChnk\x00"
_MOST_FAULTS: Final = 1_000

_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "Target": {"login": "TargetUserName", "sid": "TargetUserSid", "logon_id": "TargetLogonId"},
    "Subject": {"login": "SubjectUserName", "sid": "SubjectUserSid", "logon_id": "SubjectLogonId"},
}
_COMMON: Final = {"kind": "LogonType", "address": "IpAddress", "port": "IpPort"}


class WindowsEvtx(Reading):
    """An EVTX file of the security log."""

    def __init__(self, content: Content) -> None:
        super().__init__(content)
        self._told = 0

    def _rows(self) -> Iterator[Sighting | Unreadable | str]:
        held = self._held()
        yield from self._broken_chunks(held)
        try:
            parser = PyEvtxParser(BytesIO(held), number_of_threads=1, separate_json_attributes=True)
        except (RuntimeError, OSError) as error:
            raise SourceError(f"{self.name}: EVTX として読めません（{str(error)[:120]}）。") from error
        missing = _promised(held)
        for found in self._records(parser):
            if isinstance(found, Unreadable):
                yield found
                continue
            number = int(found["event_record_id"])
            missing.discard(number)
            yield self._row(number, found["data"])
        if len(missing) > self._told:
            listed = "、".join(str(each) for each in sorted(missing)[:10])
            yield self._fault(f"記録 {listed}", f"区画の見出しにある記録{len(missing):,}件が読めません。")
        self._sha256 = hashlib.sha256(held).hexdigest()

    def _held(self) -> bytes:
        with self._content.open() as file:
            held = file.read(self._content.size)
        if len(held) < self._content.size or (len(held) - _HEADER) % _CHUNK:
            raise SourceError(f"{self.name}: EVTX が途中で切れています。コピーが終わってから取り込んでください。")
        return held

    def _broken_chunks(self, held: bytes) -> Iterator[Unreadable]:
        for number, start in enumerate(range(_HEADER, len(held), _CHUNK), 1):
            head = held[start : start + len(_CHUNK_MAGIC)]
            if head != _CHUNK_MAGIC and head.strip(b"\0"):
                yield self._fault(f"第{number}区画", "区画が壊れています。この区画の記録は読めません。")

    def _records(self, parser: PyEvtxParser) -> Iterator[Mapping[str, Any] | Unreadable]:
        records = parser.records_json()
        while True:
            try:
                yield cast("Mapping[str, Any]", next(records))
            except StopIteration:
                return
            except RuntimeError as error:
                self._told += 1
                if self._told > _MOST_FAULTS:
                    raise SourceError(f"{self.name}: 壊れた記録が{_MOST_FAULTS:,}件を超えています。") from error
                yield self._fault(f"壊れた記録 {self._told}", f"記録が読めません（{str(error)[:120]}）。")

    def _row(self, number: int, data: str) -> Sighting | Unreadable | str:
        try:
            event = _event_of(json.loads(data))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return self._fault(f"記録 {number}", "イベントの項目が読めません。")
        if event is None:
            return NO_SIGN_IN
        return sighting_of(event, f"{self.name} 記録{number}")

    def _fault(self, what: str, reason: str) -> Unreadable:
        return Unreadable(f"{self.name} {what}", "", "", reason, None, fingerprint("evtx", self.name, what, reason))


def _promised(held: bytes) -> set[int]:
    """The numbers of the records that the heads of the chunks promise (first at 24, last at 32, little endian)."""
    found: set[int] = set()
    for start in range(_HEADER, len(held), _CHUNK):
        if held[start : start + len(_CHUNK_MAGIC)] == _CHUNK_MAGIC:
            first, last = (int.from_bytes(held[start + at : start + at + 8], "little") for at in (24, 32))
            if 0 <= last - first < _CHUNK:
                found.update(range(first, last + 1))
    return found


def _event_of(record: Mapping[str, Any]) -> Event | None:
    event = record["Event"]
    system = event["System"]
    number = _number(system["EventID"])
    provider = str((system.get("Provider_attributes") or {}).get("Name", ""))
    if number not in EVENTS or "security" not in provider.casefold():
        return None
    at = datetime.fromisoformat(system["TimeCreated_attributes"]["SystemTime"])
    data = event["EventData"]
    side = "Subject" if EVENTS[number] == "raised" else "Target"
    names = {**_NAMES[side], **_COMMON}
    if names["login"] not in data:
        raise KeyError(names["login"])
    said = {field: _text(data.get(name)) for field, name in names.items()}
    return Event(number, at, str(system.get("Computer") or ""), **said)


def _number(value: object) -> int:
    return int(str(value.get("#text", "0") if isinstance(value, Mapping) else value))


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        value = value.get("#text")
    return "" if value is None else str(value)
