"""Dates and times as Windows writes them in Japanese and in English.

The one law: *never guess a month*: where day and month cannot be told apart, the row is told as unreadable.
"""

import re
from datetime import datetime, tzinfo
from typing import Final

_TIME: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})(?:\.(?P<part>\d{1,7}))?"
_JAPANESE: Final = re.compile(
    r"(?P<year>\d{4})[/-](?P<month>\d{1,2})[/-](?P<day>\d{1,2})[ T](?:(?P<half>午前|午後) ?)?"
    + _TIME
    + r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_ENGLISH: Final = re.compile(
    r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<year>\d{4}),? " + _TIME + r"(?:[ \u202f](?P<half>[AP]M))?"
)
_MONTHS: Final = 12


def instant_of(text: str, zone: tzinfo) -> datetime:
    """The instant that `text` says, in `zone` unless it says another.

    Raises:
        ValueError: with what is wrong, in Japanese.
    """
    text = text.strip()
    if found := _JAPANESE.fullmatch(text):
        return _made(found, int(found["month"]), int(found["day"]), _zone(found["zone"], zone))
    if found := _ENGLISH.fullmatch(text):
        first, second = int(found["a"]), int(found["b"])
        if found["half"] or second > _MONTHS or first == second:
            return _made(found, first, second, zone)
        if first > _MONTHS:
            return _made(found, second, first, zone)
        raise ValueError("月と日の順がわかりません。EVTX で出力するか、日本語の地域設定で出力してください。")
    raise ValueError("日時として読めません。")


def _made(found: re.Match[str], month: int, day: int, zone: tzinfo) -> datetime:
    hour = int(found["hour"])
    if half := found["half"]:
        hour = hour % 12 + (12 if half in {"午後", "PM"} else 0)
    part = int((found["part"] or "0").ljust(6, "0")[:6])
    try:
        made = datetime(int(found["year"]), month, day, hour, int(found["minute"]), int(found["second"]), part, zone)
    except ValueError as error:
        raise ValueError("ない日時です。") from error
    return made


def _zone(text: str | None, zone: tzinfo) -> tzinfo:
    return (datetime.fromisoformat(f"2000-01-01T00:00:00{text}").tzinfo or zone) if text else zone
