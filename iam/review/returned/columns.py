"""The columns of a sheet: which are fixed, which are filled in, and by which headings they are known when they return.

The one law: *a column is known by its heading, never by its place*: whoever fills a sheet in may have moved it.
"""

from enum import StrEnum
from typing import Final

from iam.review.words import OF_LINES, OF_PERSONS, Part, Verdict

ANSWERS: Final = "回答"
"""The sheet with the rows."""

COVER: Final = "表紙"
"""The sheet that says how to fill it in; it is not read again."""

CONTROL: Final = "管理情報"
"""The very hidden sheet that says which sheet this is."""


class Column(StrEnum):
    """A column of the sheet by its heading."""

    KEY = "行の鍵"
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


_WHO: Final = (
    Column.STAFF_NUMBER, Column.NAME, Column.UNIT, Column.POST, Column.APPOINTMENT, Column.STANDING,
)  # fmt: skip
_OF_PERSONS: Final = (Column.KEY, *_WHO, Column.SYSTEM, Column.LOGIN, Column.FINDINGS)
_OF_LINES: Final = (
    Column.KEY, *_WHO, Column.SYSTEM, Column.LOGIN, Column.RIGHTS, Column.USED, Column.FINDINGS,
)  # fmt: skip


def fixed(part: Part) -> tuple[Column, ...]:
    """The columns that nobody may change, the row's key first."""
    return _OF_PERSONS if part is Part.HR else _OF_LINES


def answered(part: Part) -> tuple[Column, ...]:
    """The columns to fill in."""
    if part is Part.HR:
        return Column.VERDICT, Column.UNTIL, Column.REASON
    return Column.VERDICT, Column.UNTIL, Column.GIVEN_TO, Column.REDUCED, Column.REASON


def verdicts(part: Part) -> tuple[Verdict, ...]:
    """What may be answered."""
    return OF_PERSONS if part is Part.HR else OF_LINES
