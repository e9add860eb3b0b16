"""The columns of a sheet: which are fixed, which are filled in, and by which headings they are known when they return.

The one law: *a column is known by its heading, never by its place*: whoever fills a sheet in may have moved it.
"""

import unicodedata
from enum import StrEnum
from typing import Final

from iam.review.words import OF_LINES, OF_PERSONS, Part, Verdict

ANSWERS: Final = "回答"
"""The sheet with the rows."""

COVER: Final = "表紙"
"""The sheet that says how to fill it in; it is not read again."""

CONTROL: Final = "管理情報"
"""The very hidden sheet that says which sheet this is."""

MARK: Final = "＊"
"""Stands before the heading of what is to be filled in, for whoever sees no colours; it may be missing."""


class Column(StrEnum):
    """A column of the sheet by its heading."""

    STAFF_NUMBER = "職員番号"
    NAME = "氏名"
    UNIT = "所属"
    POST = "職"
    APPOINTMENT = "任用"
    STANDING = "在職の状況"
    SYSTEM = "システム"
    LOGIN = "ID"
    RIGHTS = "権限"
    USED = "最終利用"
    FINDINGS = "指摘"
    VERDICT = "判定"
    UNTIL = "期限"
    GIVEN_TO = "新しい管理者・持ち主の職員番号"
    REDUCED = "外す権限"
    REASON = "理由"
    KEY = "行の鍵"


_WHO: Final = (
    Column.STAFF_NUMBER, Column.NAME, Column.UNIT, Column.POST, Column.APPOINTMENT, Column.STANDING,
)  # fmt: skip
_OF_PERSONS: Final = (*_WHO, Column.SYSTEM, Column.LOGIN, Column.FINDINGS)
_OF_LINES: Final = (*_WHO, Column.SYSTEM, Column.LOGIN, Column.RIGHTS, Column.USED, Column.FINDINGS)


def fixed(part: Part) -> tuple[Column, ...]:
    """The columns that nobody may change; the row's key stands for them."""
    return _OF_PERSONS if part is Part.HR else _OF_LINES


def answered(part: Part) -> tuple[Column, ...]:
    """The columns to fill in."""
    if part is Part.HR:
        return Column.VERDICT, Column.UNTIL, Column.REASON
    return Column.VERDICT, Column.UNTIL, Column.GIVEN_TO, Column.REDUCED, Column.REASON


def verdicts(part: Part) -> tuple[Verdict, ...]:
    """What may be answered."""
    return OF_PERSONS if part is Part.HR else OF_LINES


def even(text: str) -> str:
    """A word of the sheet for comparing: one width, no blanks within."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def heading(text: str) -> str:
    """A heading for comparing, with or without its mark."""
    return even(text).lstrip(even(MARK))


def kept(text: str) -> str:
    """A cell as spreadsheets give it back: one kind of line end, no blanks around."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
