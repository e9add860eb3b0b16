"""Which format an export is in, and the reader for it.

The one law: *a format is seen by what the file holds*, not by its name; what is none of them is refused with the list
of those that are.
"""

from datetime import timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Final

from connectors.sightings.content import Content, encoding_of
from connectors.sightings.reading import Reading
from connectors.sightings.unix.log import Journal, UnixLog
from connectors.sightings.windows.csv_file import WindowsCsv, columns_of
from connectors.sightings.windows.evtx_file import MAGIC, WindowsEvtx

JST: Final = timezone(timedelta(hours=9))
_LINES: Final = 20


class Format(StrEnum):
    """What an export may be."""

    AUTO = "auto"
    WINDOWS_CSV = "windows-csv"
    EVTX = "evtx"
    SYSLOG = "syslog"
    JOURNAL = "journal"


def open_log(
    content: Content, format_: Format = Format.AUTO, *, year: int | None = None, zone: tzinfo = JST
) -> Reading:
    """The reader for `content`.  `year`: of the first line of a log that writes none; `zone`: of times that say none.

    Raises:
        SourceError: when the file is packed or cannot be opened.
    """
    found = _format_of(content) if format_ is Format.AUTO else format_
    match found:
        case Format.EVTX:
            return WindowsEvtx(content)
        case Format.WINDOWS_CSV:
            return WindowsCsv(content, zone)
        case Format.JOURNAL:
            return Journal(content)
        case _:
            return UnixLog(content, zone, year)


def _format_of(content: Content) -> Format:
    head = content.head()
    if head.startswith(MAGIC):
        return Format.EVTX
    text = head.decode(encoding_of(head), "replace")
    first = [line for line in text.splitlines()[:_LINES] if line.strip()]
    if any(columns_of(line) for line in first[:2]):
        return Format.WINDOWS_CSV
    if first and first[0].lstrip().startswith("{"):
        return Format.JOURNAL
    return Format.SYSLOG
