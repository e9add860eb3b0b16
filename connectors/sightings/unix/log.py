"""A log of Linux as sightings: text files and `journalctl -o json`.

The one law: *the same line is the same sighting* in auth.log, in a copy of the journal, and in a copy with finer times.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, Protocol

from connectors.sightings.content import Content, Hashed, Line, encoding_of, lines_of
from connectors.sightings.reading import NO_SIGN_IN, Reading, fingerprint, instant_part
from connectors.sightings.unix.heads import Said, Years, said_in, unwrapped
from connectors.sightings.unix.programs import Found, Programs
from connectors.sightings.unix.slapd import Slapd
from iam.ports import Sighting, Unreadable

_NO_HEAD: Final = "日時とホスト名で始まる行ではありません。"
_NO_DATE: Final = "日付として読めません。年の書かれていない記録なら --year で最初の行の年を指定してください。"
_MICROSECONDS: Final = 1_000_000


class _Reader(Protocol):
    def found_in(self, said: Said) -> Found | None: ...


class UnixLog(Reading):
    """A text log; `year`: of its first line, for lines that do not say theirs."""

    def __init__(self, content: Content, zone: tzinfo, year: int | None) -> None:
        super().__init__(content)
        self._zone = zone
        self._years = Years(content.modified, year, zone)
        self._programs: _Reader = Programs()
        self._slapd: _Reader = Slapd()

    def _rows(self) -> Iterator[Sighting | Unreadable | str]:
        encoding = encoding_of(self._content.head())
        with Hashed(self._content) as hashed:
            for line in lines_of(hashed, encoding):
                yield self._row(line)
            self._sha256 = hashed.hexdigest()

    def _row(self, line: Line) -> Sighting | Unreadable | str:
        if line.fault:
            return self._unreadable(line.number, "", line.text, line.fault)
        if not line.text.strip():
            return NO_SIGN_IN
        try:
            said = self._said(line)
        except ValueError:
            return self._unreadable(line.number, "日時", line.text, _NO_DATE)
        if said is None:
            return self._unreadable(line.number, "", line.text, _NO_HEAD)
        return self._sighting(unwrapped(said), line.number)

    def _said(self, line: Line) -> Said | None:
        return said_in(line.text, self._years, self._zone)

    def _sighting(self, said: Said, line: int) -> Sighting | str:
        found = (self._slapd if said.program == "slapd" else self._programs).found_in(said)
        if found is None:
            return NO_SIGN_IN
        host = said.host.partition(".")[0].casefold()
        mark = fingerprint("unix", host, instant_part(said.at), said.program, said.message.strip())
        return Sighting(self._place(line), said.host, found.login, said.at, found.what, found.address, mark)


class Journal(UnixLog):
    """The journal as `journalctl -o json` writes it: one JSON object a line."""

    def __init__(self, content: Content) -> None:
        super().__init__(content, UTC, None)

    def _said(self, line: Line) -> Said | None:
        try:
            entry = json.loads(line.text)
        except RecursionError as error:
            raise ValueError(line.number) from error
        if not isinstance(entry, dict) or "__REALTIME_TIMESTAMP" not in entry:
            return None
        at = datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / _MICROSECONDS, UTC)
        program = _text(entry.get("SYSLOG_IDENTIFIER") or entry.get("_COMM"))
        pid = _text(entry.get("_PID") or entry.get("SYSLOG_PID"))
        return Said(at, _text(entry.get("_HOSTNAME")), program, pid, _text(entry.get("MESSAGE")))

    def _row(self, line: Line) -> Sighting | Unreadable | str:
        try:
            return super()._row(line)
        except (OverflowError, OSError, TypeError):
            return self._unreadable(line.number, "", line.text, _NO_DATE)


def _text(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """A field of the journal: text, or a list of its bytes where it is no UTF-8, or of several values."""
    if isinstance(value, list):
        if all(isinstance(each, int) and 0 <= each < 256 for each in value):  # noqa: PLR2004 - a byte
            return bytes(value).decode("utf-8", "replace")
        value = value[-1] if value else ""
    return value if isinstance(value, str) else ""
