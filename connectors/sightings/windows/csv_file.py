"""The security log as CSV: saved by the Event Viewer in Japanese or English, or written by Export-Csv with the message.

The one law: *a record whose quotation mark is never closed takes no other record with it*: it is told with its line,
and the reading goes on with the line behind it.
"""

import csv
import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from typing import Final

from connectors.sightings.content import Content, Hashed, Line, encoding_of, lines_of
from connectors.sightings.reading import NO_SIGN_IN, Reading
from connectors.sightings.windows.events import EVENTS, Event, sighting_of
from connectors.sightings.windows.times import instant_of
from iam.errors import SourceError
from iam.ports import Sighting, Unreadable

_MOST_LINES: Final = 400
"""Lines of one record; Windows writes some seventy."""

_COLUMNS: Final[Mapping[str, str]] = {
    "日付と時刻": "time", "dateandtime": "time", "timecreated": "time", "timegenerated": "time",
    "イベントid": "id", "eventid": "id", "id": "id",
    "message": "message", "メッセージ": "message", "説明": "message", "description": "message",
    "machinename": "host", "コンピューター": "host", "コンピュータ": "host", "computer": "host",
    "ソース": "source", "source": "source", "providername": "source",
}  # fmt: skip

_SECTIONS: Final[Mapping[str, str]] = {
    "サブジェクト": "subject", "subject": "subject", "件名": "subject",
    "新しいログオン": "target", "newlogon": "target",
    "ログオンを失敗したアカウント": "target", "ログオンに失敗したアカウント": "target",
    "accountforwhichlogonfailed": "target",
}  # fmt: skip

_FIELDS: Final[Mapping[str, str]] = {
    "アカウント名": "login", "accountname": "login",
    "セキュリティid": "sid", "securityid": "sid",
    "ログオンid": "logon_id", "logonid": "logon_id",
    "ログオンタイプ": "kind", "ログオンの種類": "kind", "logontype": "kind",
    "ソースネットワークアドレス": "address", "sourcenetworkaddress": "address",
    "ソースポート": "port", "sourceport": "port",
}  # fmt: skip

_WHOSE: Final = {4624: "target", 4625: "target", 4672: "subject", 4634: "subject", 4647: "subject"}
_OF_ACCOUNT: Final = frozenset({"login", "sid", "logon_id"})
_BEGINS: Final = re.compile(r'"?[^,\t"]{1,30}"?[,\t]"?\d{1,4}[/-]\d{1,2}[/-]\d{1,4}[ T]')
"""How a record of the Event Viewer begins: no line of a message does."""

# What follows is stripped, not matched: blanks that may end a value or not would be tried again at each of them.
_PAIR: Final = re.compile(r"^([ \t]*)([^:：\t]{1,60})[:：](.*)$")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where what stands.  The Event Viewer names no column for the message: it is the one behind the last."""

    time: int
    id: int
    message: int
    host: int | None
    source: int | None
    delimiter: str


class WindowsCsv(Reading):
    """A CSV of the security log; its times are in `zone` unless they say another."""

    def __init__(self, content: Content, zone: tzinfo) -> None:
        super().__init__(content)
        self._zone = zone

    def _rows(self) -> Iterator[Sighting | Unreadable | str]:
        encoding = encoding_of(self._content.head())
        with Hashed(self._content) as hashed:
            records = _records(lines_of(hashed, encoding))
            columns = self._heading(records)
            for lines, fault in records:
                yield self._row(columns, lines, fault)
            self._sha256 = hashed.hexdigest()

    def _heading(self, records: Iterator[tuple[Sequence[Line], str]]) -> _Columns:
        for lines, _ in records:
            text = lines[0].text
            if not text.strip() or text.startswith("#TYPE"):
                continue
            if columns := columns_of(text):
                return columns
            break
        raise SourceError(
            f"{self.name}: 見出しの行に「日付と時刻」と「イベント ID」がありません。"
            "イベントビューアーの「名前を付けて保存」の CSV か、Message を含む Export-Csv を取り込んでください。"
        )

    def _row(self, columns: _Columns, lines: Sequence[Line], fault: str) -> Sighting | Unreadable | str:
        line = lines[0]
        broken = fault or next((each.fault for each in lines if each.fault), "")
        if broken:
            return self._unreadable(line.number, "", line.text, broken)
        if len(lines) == 1 and not line.text.strip():
            return NO_SIGN_IN
        try:
            cells = next(csv.reader([each.text + "\n" for each in lines], delimiter=columns.delimiter, strict=True))
        except (csv.Error, StopIteration):
            return self._unreadable(line.number, "", line.text, '引用符（"）の使い方が正しくありません。')
        return self._event(columns, cells, line.number)

    def _event(self, columns: _Columns, cells: Sequence[str], line: int) -> Sighting | Unreadable | str:
        if len(cells) <= max(columns.time, columns.id):
            return self._unreadable(line, "", ",".join(cells), "列が足りません。")
        number = cells[columns.id].strip()
        if not number.isascii() or not number.isdecimal():
            return self._unreadable(line, "イベント ID", number, "数字ではありません。")
        if len(number) > 5 or int(number) not in EVENTS or not _is_audit(columns, cells):  # noqa: PLR2004 - 16 bits
            return NO_SIGN_IN
        try:
            at = instant_of(cells[columns.time], self._zone)
        except ValueError as error:
            return self._unreadable(line, "日付と時刻", cells[columns.time], str(error))
        said = said_by(int(number), cells[columns.message]) if columns.message < len(cells) else {}
        if "login" not in said:
            reason = "説明にアカウント名がありません。説明（Message）を含めて出力してください。"
            return self._unreadable(line, "説明", "".join(cells[columns.message : columns.message + 1]), reason)
        host = cells[columns.host].strip() if columns.host is not None and columns.host < len(cells) else ""
        return sighting_of(Event(int(number), at, host, **said), self._place(line))


def columns_of(heading: str) -> _Columns | None:
    """Where what stands, by a heading; None when it is no heading of a Windows log."""
    delimiter = "\t" if heading.count("\t") > heading.count(",") else ","
    try:
        names = next(csv.reader([heading], delimiter=delimiter))
    except (csv.Error, StopIteration):
        return None
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        found.setdefault(_COLUMNS.get(_plain(name), ""), place)
    if "time" not in found or "id" not in found:
        return None
    message = found.get("message", len(names))
    return _Columns(found["time"], found["id"], message, found.get("host"), found.get("source"), delimiter)


def said_by(number: int, message: str) -> dict[str, str]:
    """What the message of event `number` says of the account that it speaks of, by the names of `Event`."""
    whose, section = _WHOSE[number], ""
    said: dict[str, str] = {}
    for text in message.splitlines():
        found = _PAIR.match(text)
        if found is None:
            continue
        name, value = _plain(found[2]), found[3].strip(" \t")
        if not value and not found[1]:
            section = _SECTIONS.get(name, name)
        field = _FIELDS.get(name)
        if field and value and (field not in _OF_ACCOUNT or section == whose):
            said.setdefault(field, value)
    return said


def _is_audit(columns: _Columns, cells: Sequence[str]) -> bool:
    source = cells[columns.source] if columns.source is not None and columns.source < len(cells) else ""
    return not source or "security" in source.casefold()


@lru_cache(maxsize=4_096)
def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _records(lines: Iterator[Line]) -> Iterator[tuple[Sequence[Line], str]]:
    """Lines that belong together, because a quotation mark is open at the end of all but the last."""
    waiting: deque[Line] = deque()
    while first := waiting.popleft() if waiting else next(lines, None):
        held, open_ = [first], first.text.count('"') % 2 == 1
        while open_ and len(held) < _MOST_LINES and (more := waiting.popleft() if waiting else next(lines, None)):
            held.append(more)
            if _BEGINS.match(more.text):
                break
            open_ ^= more.text.count('"') % 2 == 1
        if open_:
            waiting.extendleft(reversed(held[1:]))
            yield [first], '引用符（"）が閉じていません。'
        else:
            yield held, ""
