"""The head of a log line: when, on which host, by which program.

The one law: *a year that the log does not say is worked out from when it was written last*, never from the present day.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_BSD: Final = re.compile(
    r"(?:<\d{1,3}>)?(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?P<time>\d{2}:\d{2}:\d{2}) "
    r"(?P<host>\S+) (?P<rest>.*)"
)
_ISO: Final = re.compile(
    r"(?:<\d{1,3}>)?(?P<at>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?) "
    r"(?P<host>\S+) (?P<rest>.*)"
)
_RFC5424: Final = re.compile(
    r"<\d{1,3}>1 (?P<at>\d{4}-\d{2}-\d{2}T\S+) (?P<host>\S+) (?P<program>\S+) (?P<pid>\S+) \S+ "
    r"(?:-|(?:\[[^\]]*\])+)(?: (?:\ufeff)? ?(?P<message>.*))?"
)
_DEBUG: Final = re.compile(r"(?P<seconds>[0-9a-f]{8,12})\.[0-9a-f]{8} 0x[0-9a-f]+ (?P<message>conn=.*)")
_TAG: Final = re.compile(r"(?P<program>[^\s:\[\]]{1,128})(?:\[(?P<pid>\d{1,10})\])?: ?(?P<message>.*)")
_REPEATED: Final = re.compile(r"message repeated \d+ times: \[ ?(?P<message>.*)\]")
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_BACK: Final = 6
"""A month that is so many before the last line's has begun another year."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a program, with its head.  `program` without path; `pid` "" where the line has none."""

    at: datetime
    host: str
    program: str
    pid: str
    message: str


class Years:
    """Which year a line without one is of, line by line from the first."""

    def __init__(self, modified: datetime, first: int | None, zone: tzinfo) -> None:
        """`first`: the year of the first line; without it, no line is a day later than `modified`."""
        self._latest = modified.astimezone(zone).replace(tzinfo=None) + timedelta(days=1)
        self._year = first
        self._last = 0

    def of(self, make: Callable[[int], datetime], month: int) -> int:
        """The year of a line of `month`; `make` makes its naive instant in a year."""
        if self._year is None:
            year = self._latest.year
            return year if make(year) <= self._latest else year - 1
        if self._last - month >= _BACK:
            self._year += 1
        self._last = month
        return self._year


def said_in(line: str, years: Years, zone: tzinfo) -> Said | None:
    """The message in a line and its head; None for a line that has none.

    Raises:
        ValueError: when its date is none.
    """
    if found := _BSD.fullmatch(line):
        return _tagged(found["rest"], _bsd_instant(found, years, zone), found["host"])
    if found := _ISO.fullmatch(line):
        return _tagged(found["rest"], iso_instant(found["at"], zone), found["host"])
    if found := _RFC5424.fullmatch(line):
        pid = found["pid"].strip("-")
        return Said(
            iso_instant(found["at"], zone), found["host"], _program(found["program"]), pid, found["message"] or ""
        )
    if found := _DEBUG.fullmatch(line):
        at = datetime.fromtimestamp(int(found["seconds"], 16), UTC)
        return Said(at, "", "slapd", "", found["message"])
    return None


def iso_instant(text: str, zone: tzinfo) -> datetime:
    """An instant in ISO 8601, in `zone` unless it says another.

    Raises:
        ValueError: when it is none.
    """
    at = datetime.fromisoformat(text.replace(",", "."))
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _bsd_instant(found: re.Match[str], years: Years, zone: tzinfo) -> datetime:
    month = _MONTHS.get(found["month"], 0)
    hour, minute, second = map(int, found["time"].split(":"))

    def made(year: int) -> datetime:
        return datetime(year, month, int(found["day"]), hour, minute, second)  # noqa: DTZ001 - its zone comes below

    return made(years.of(made, month)).replace(tzinfo=zone)


def _tagged(rest: str, at: datetime, host: str) -> Said | None:
    found = _TAG.fullmatch(rest)
    if found is None:
        # `last message repeated 2 times` and the like: a head, and nobody who says it.
        return Said(at, host, "", "", rest)
    return Said(at, host, _program(found["program"]), found["pid"] or "", found["message"])


def unwrapped(said: Said) -> Said:
    """What rsyslog packs as repeated, as it was said."""
    again = _REPEATED.fullmatch(said.message)
    return replace(said, message=again["message"]) if again else said


def _program(name: str) -> str:
    return name.rpartition("/")[2]
