"""A rehearsal as one workbook for each department, to be printed and passed on.

The one law: *a cell holds text*, whatever it begins with, and a file can be
read by its owner alone until the owner passes it on.
"""

import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Final

from xlsxwriter import Workbook

from iam.errors import StoreError
from iam.people.japanese import wareki
from iam.sync.plan import Change, ChangeKind
from web.cli.night.lines import NO_DEPARTMENT

COLUMNS: Final = (("職員番号", 12), ("氏名", 18), ("システム", 18), ("変更", 34), ("理由", 52), ("条項", 18))
_LONGEST_NAME: Final = 60
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_HEADING_ROW: Final = 3
_A4: Final = 9


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What stands above every table."""

    body: str
    on: date
    today: date


def write_sheets(folder: Path, rehearsal: Rehearsal, changes: Mapping[str, Sequence[Change]]) -> list[Path]:
    """One workbook a department; answers their paths.  A workbook of an earlier rehearsal of the day is replaced.

    Raises:
        StoreError: when they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            _put(folder / name, _workbook(rehearsal, department, changes[department]))
            for department, name in _names(rehearsal.on, sorted(changes)).items()
        ]
    except OSError as error:
        cure = "[output] directory の権限と空き容量を確かめてください。"
        raise StoreError(f"{error.filename or folder}: 書き出せません（{error.strerror}）。{cure}") from error


def _names(on: date, departments: Sequence[str]) -> dict[str, str]:
    """A file name for each department, safe on every system and never twice."""
    taken: set[str] = set()
    names: dict[str, str] = {}
    for department in departments:
        stem = _UNSAFE.sub("_", department or NO_DEPARTMENT).strip(" .")[:_LONGEST_NAME] or "_"
        tries = (f"予行_{on}_{stem}{'' if number == 1 else f'_{number}'}.xlsx" for number in count(1))
        names[department] = next(name for name in tries if name.casefold() not in taken)
        taken.add(names[department].casefold())
    return names


def _put(path: Path, content: bytes) -> Path:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return fresh.replace(path)


def _workbook(rehearsal: Rehearsal, department: str, changes: Sequence[Change]) -> bytes:
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(content, options) as book:
        sheet = book.add_worksheet("変更予定")
        title = f"{rehearsal.body}　{wareki(rehearsal.on)}付の変更予定　{department or NO_DEPARTMENT}"
        sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
        sheet.write_string(1, 0, f"{wareki(rehearsal.today)}の予行　{len(changes):,}件")
        heading = book.add_format({"bold": True, "border": 1, "bg_color": "#DDDDDD"})
        cell = book.add_format({"border": 1, "text_wrap": True, "valign": "top"})
        for column, (name, width) in enumerate(COLUMNS):
            sheet.set_column(column, column, width)
            sheet.write_string(_HEADING_ROW, column, name, heading)
        for row, change in enumerate(changes, _HEADING_ROW + 1):
            for column, text in enumerate(_cells(change)):
                sheet.write_string(row, column, text, cell)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEADING_ROW)
        sheet.freeze_panes(_HEADING_ROW + 1, 0)
        sheet.print_area(0, 0, _HEADING_ROW + len(changes), len(COLUMNS) - 1)
        sheet.set_footer("&L&A&C&P / &N")
    return content.getvalue()


def _cells(change: Change) -> tuple[str, ...]:
    return (
        change.staff_number, change.name, change.system_name, _deed(change), _reason(change), change.cause.clause,
    )  # fmt: skip


def _reason(change: Change) -> str:
    drift = "システム側が最後の確認から変わっている / " if change.drift else ""
    place = f"（{change.cause.entry.place}）" if change.cause.entry else ""
    return f"{drift}{change.cause.words}{place}"


def _deed(change: Change) -> str:
    """What changes, without whose it is: that stands in the cells before."""
    if change.kind is ChangeKind.MODIFY:
        differences = (
            f"{name}: {'・'.join(change.before.get(name, ())) or 'なし'} → {'・'.join(value) or 'なし'}"
            for name, value in change.after.items()
        )
        return "\n".join((change.kind.label_ja, *differences))
    return f"{change.kind.label_ja} {change.entitlement_name}".rstrip()
