"""The list of whom to ask, as a file for a spreadsheet.

The one law: *a cell is a text*: what a spreadsheet would take for a formula is
made one by an apostrophe (CWE-1236), whoever wrote it into a personnel file.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final
from urllib.parse import quote

from flask import Response
from flask_babel import gettext

from iam.signin.desk.progress import Staff

_STARTS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_BOM: Final = "\ufeff"


def sheet(staff: Sequence[Staff], sections: Mapping[str, str], day: date) -> Response:
    """The file, to be kept by whoever asked: UTF-8 with a mark at its beginning, as spreadsheets want it."""
    heading = [
        gettext("職員番号"), gettext("氏名"), gettext("読み"), gettext("所属コード"), gettext("所属"), gettext("職名"),
        gettext("状態"),
    ]  # fmt: skip
    rows = (
        [
            each.staff_number, each.name, each.name_kana, each.org_code, sections[each.org_code], each.title,
            gettext(each.stage.label_ja),
        ]
        for each in staff
    )  # fmt: skip
    name = gettext("登録の進み具合")
    answer = Response(_BOM + text([heading, *rows]), mimetype="text/csv")
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"enrolment-{day}.csv\"; filename*=UTF-8''{quote(f'{name}-{day}.csv')}"
    )
    return answer


def text(rows: Iterable[Iterable[str]]) -> str:
    """Rows as CSV, each cell a text."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def harmless(cell: str) -> str:
    """`cell` as a spreadsheet shows it and does not compute it."""
    return f"'{cell}" if cell.lstrip(" \u3000").startswith(_STARTS) or cell.startswith(_STARTS) else cell
