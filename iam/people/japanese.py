"""Japanese dates, widths and characters, as personnel files write them: pure.

The one law: *understood or refused, never guessed*.  A date that can be read
in two ways, or that no calendar has, raises `NotADate` with the reason; names
are compared in a normal form but never rewritten.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final


class Open(Enum):
    """The end that a file leaves open: blank, 99999999, 00000000 or the year 9999."""

    OPEN = "open"


OPEN: Final = Open.OPEN


class NotADate(ValueError):
    """The text is no date.  The message is a Japanese clause that says why."""


@dataclass(frozen=True, slots=True)
class _Era:
    name: str
    letter: str
    digit: str
    first: date
    last: date


_ERAS = (
    _Era("令和", "R", "5", date(2019, 5, 1), date.max),
    _Era("平成", "H", "4", date(1989, 1, 8), date(2019, 4, 30)),
    _Era("昭和", "S", "3", date(1926, 12, 25), date(1989, 1, 7)),
)
_BY_SIGN = {sign: era for era in _ERAS for sign in (era.name, era.letter, era.digit)}

_OPEN_TEXTS = frozenset({"", "99999999", "00000000", "9999-99-99", "9999/99/99"})
_YEARS = range(1900, 2200)
_OPEN_YEAR = 9999

_WESTERN = re.compile(r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)")
_WESTERN_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_ERA = re.compile(
    r"(令和|平成|昭和|[RHS])([0-9]{1,2}|元)(?:([-/.])([0-9]{1,2})\3([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)"
)
_ERA_DIGITS = re.compile(r"([RHS345])([0-9]{2})([0-9]{2})([0-9]{2})")
_MIDNIGHT = re.compile(r"[ T]0?0:00(:00(\.0+)?)?$")


def parse_date(text: str) -> date | Open:
    """The day that `text` names.

    Understood: 2026-04-01, 2026/4/1, 20260401, R8.4.1, R080401, 5080401 (era
    digit: 5 令和, 4 平成, 3 昭和), 令和8年4月1日, 令和元年5月1日, in either
    width, with or without a midnight behind.  A day before the first day of
    its era is refused.  A day after the last one (平成31年5月1日) is
    accepted: papers from before the change say so, and it can mean only one
    day; `outlived_era` tells.

    Raises:
        NotADate: when it is none of these, or no such day exists.
    """
    plain = _MIDNIGHT.sub("", unicodedata.normalize("NFKC", text).strip()).replace(" ", "")
    if plain in _OPEN_TEXTS:
        return OPEN
    if western := _WESTERN.fullmatch(plain) or _WESTERN_DIGITS.fullmatch(plain):
        return _western(western)
    if found := _era_parts(plain):
        return _in_era(*found)
    raise NotADate("日付として読めません")


def _western(match: re.Match[str]) -> date | Open:
    year, month, day = (int(part) for part in match.groups() if part and part.isdigit())
    if year == _OPEN_YEAR:
        return OPEN
    if year not in _YEARS:
        raise NotADate(f"西暦{year}年は{_YEARS.start}年から{_YEARS.stop - 1}年までの範囲にありません")
    return _day(year, month, day)


def _era_parts(plain: str) -> tuple[_Era, int, int, int] | None:
    upper = plain.upper()
    match = _ERA.fullmatch(upper) or _ERA_DIGITS.fullmatch(upper)
    if match is None:
        return None
    sign, *parts = (part for part in match.groups() if part and part not in {"-", "/", "."})
    year, month, day = (1 if part == "元" else int(part) for part in parts)
    return _BY_SIGN[sign], year, month, day


def _in_era(era: _Era, year: int, month: int, day: int) -> date:
    if year == 0:
        raise NotADate(f"{era.name}0年はありません")
    found = _day(era.first.year + year - 1, month, day)
    if found < era.first:
        raise NotADate(f"{era.name}は{era.first.year}年{era.first.month}月{era.first.day}日からです")
    return found


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise NotADate(f"{year}年{month}月{day}日は暦にありません") from error


def outlived_era(text: str) -> str | None:
    """The same day in its right era when `text` is written in an era that was over by then, else None.

    Raises:
        NotADate: as `parse_date`.
    """
    found = _era_parts(_MIDNIGHT.sub("", unicodedata.normalize("NFKC", text).strip()).replace(" ", ""))
    if found is None:
        return None
    day = _in_era(*found)
    return wareki(day) if day > found[0].last else None


def wareki(day: date) -> str:
    """`day` as officers write it: 令和8年4月1日, 令和元年5月1日; before 昭和 in western years."""
    for era in _ERAS:
        if day >= era.first:
            year = day.year - era.first.year + 1
            return f"{era.name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return f"{day.year}年{day.month}月{day.day}日"


_APRIL = 4


def fiscal_year(day: date) -> int:
    """The western year in which the 年度 of `day` began (1 April)."""
    return day.year if day.month >= _APRIL else day.year - 1


def fiscal_year_end(day: date) -> date:
    """31 March at the end of the 年度 of `day`; the last day of the calendar where it has none."""
    year = fiscal_year(day) + 1
    return date(year, 3, 31) if year <= date.max.year else date.max


_WIDE_CODES = {
    wide: wide - 0xFEE0 for first, last in ("０９", "ＡＺ", "ａｚ") for wide in range(ord(first), ord(last) + 1)
}
# CP932 gives U+FF0D for the wide minus, Shift_JIS U+2212; U+2010 is its hyphen.
_WIDE_CODES |= dict.fromkeys(map(ord, "－−‐"), ord("-"))


def narrow(text: str) -> str:
    """A code with digits, letters and hyphens in half width and no spaces around it.

    Everything else stays, half-width kana and leading zeros among it.
    """
    return text.translate(_WIDE_CODES).strip()


# NFKC would replace compatibility ideographs (U+FA19) by another character (U+795E).
_COMPATIBLE = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")


def comparable(name: str) -> str:
    """`name` for comparing: one width, no spaces; variants of a character (髙 and 高) stay different."""
    parts = _COMPATIBLE.split("".join(name.split()))
    parts[::2] = [unicodedata.normalize("NFKC", part) for part in parts[::2]]
    return "".join("".join(parts).split())


_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")


def private_use(text: str) -> list[str]:
    """The characters of `text` that only one vendor's font can show (外字), in order."""
    return _PRIVATE.findall(text)


def outside_cp932(text: str) -> list[str]:
    """The characters of `text` that CP932 cannot hold, in order."""
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return [character for character in text if not character.encode("cp932", "ignore")]
    return []


# Whatever people put between digits; never a line break, which parts one field from the next.
_GAP = r"(?:[-\u2010-\u2015\u2212\uff0dーｰ_.．・･]|[^\S\n]){0,3}"
_TWELVE_DIGITS = re.compile(rf"\d(?:{_GAP}\d){{11}}")
_ANY_TWELVE = re.compile(rf"(?=({_TWELVE_DIGITS.pattern}))")
_TWELVE_ALONE = re.compile(rf"(?<!\d)(?=({_TWELVE_DIGITS.pattern})(?!\d))")
_CHECK_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def looks_like_my_number(text: str) -> bool:
    """Whether `text` is twelve digits, however parted, whose last is the check digit of an 個人番号.

    平成26年総務省令第85号第5条: 11 less the weighted sum of the first eleven
    digits modulo 11, or 0 where that remainder is 0 or 1.
    """
    match = _TWELVE_DIGITS.fullmatch(text.strip())
    return match is not None and _check_digit_holds(match.group())


def holds_my_number(code: str) -> bool:
    """Whether a code has an 個人番号 in it: twelve such digits that are no part of a longer number."""
    return any(_check_digit_holds(match[1]) for match in _TWELVE_ALONE.finditer(code))


def hide_my_numbers(text: str) -> str:
    """`text` with every twelve digits that look like an 個人番号 masked by ＊, also within longer numbers."""
    hidden: list[str] = []
    end = 0
    for match in _ANY_TWELVE.finditer(text):
        if _check_digit_holds(match[1]):
            if match.start() >= end:
                hidden += [text[end : match.start()], "＊" * 12]
            end = match.end(1)
    return "".join([*hidden, text[end:]])


def _check_digit_holds(text: str) -> bool:
    digits = [unicodedata.digit(character) for character in text if character.isdecimal()]
    remainder = sum(digit * weight for digit, weight in zip(digits, _CHECK_WEIGHTS, strict=False)) % 11
    return digits[-1] == (0 if remainder <= 1 else 11 - remainder)
