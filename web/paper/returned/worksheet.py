"""A review's sheet as an xlsx that is filled in and comes back.

The one law: *a cell holds text*, whatever it begins with; locking is a courtesy to whoever fills it in, the keys of the
rows are what is believed.
"""

import io
import re
from collections.abc import Mapping
from typing import Any, Final

from xlsxwriter import Workbook

from iam.people.japanese import wareki
from iam.review.returned.columns import ANSWERS, CONTROL, COVER, MARK, Column, answered, fixed, verdicts
from iam.review.returned.sheets import Sheet
from iam.review.words import Part
from web.paper.returned.guidance import put_guidance

# Nothing of it goes through a file of ours: it names people and what is wrong about them.
_OPTIONS: Final = {
    "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}  # fmt: skip
_A3: Final = 8
_HEADINGS: Final = 2
"""The row of the headings, from 0: above it title and what to do."""

_FROZEN: Final = 2
"""Columns that stay in sight: number and name."""

_WIDTHS: Final = {
    Column.STAFF_NUMBER: 11, Column.NAME: 14, Column.UNIT: 18, Column.POST: 10, Column.APPOINTMENT: 16,
    Column.STANDING: 14, Column.SYSTEM: 16, Column.LOGIN: 14, Column.RIGHTS: 26, Column.USED: 16, Column.FINDINGS: 34,
    Column.VERDICT: 16, Column.UNTIL: 13, Column.GIVEN_TO: 16, Column.REDUCED: 20, Column.REASON: 30, Column.KEY: 10,
}  # fmt: skip

_HINTS: Final = {
    Column.UNTIL: "2027-03-31 か 令和9年3月31日",
    Column.GIVEN_TO: "「管理者を定める」「持ち主を定める」のとき。先頭の0も書きます。",
    Column.REDUCED: "「一部の権限を外す」のとき。「権限」の列から写します。",
    Column.REASON: "500文字まで",
}
_HINT_TITLES: Final = {Column.GIVEN_TO: "職員番号"}

_LOOKS: Final[Mapping[str, Mapping[str, object]]] = {
    "plain": {"text_wrap": True},
    "note": {},
    "huge": {"bold": True, "font_size": 16, "valign": "vcenter"},
    "title": {"bold": True, "font_size": 14},
    "part": {"bold": True, "font_size": 12},
    "label": {"bold": True, "border": 1, "bg_color": "#DDDDDD", "valign": "vcenter"},
    "value": {"border": 1, "text_wrap": True, "valign": "vcenter"},
    "heading": {"bold": True, "border": 1, "bg_color": "#DDDDDD", "text_wrap": True, "valign": "vcenter"},
    "asked": {"bold": True, "border": 2, "bg_color": "#F5D77A", "text_wrap": True, "valign": "vcenter"},
    "fixed": {"border": 1, "text_wrap": True, "num_format": "@"},
    "free": {"border": 1, "text_wrap": True, "num_format": "@", "bg_color": "#FFF9DB", "locked": False},
    "key": {"font_size": 7, "font_color": "#767676", "num_format": "@"},
}

_LINE: Final = 13.5
_TALLEST: Final = 400
"""Points; a row is 409 high at most."""

_NARROW: Final = 0xFF
"""Signs beyond it are two wide, near enough."""

_NOT_IN_NAMES: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\s]+')
_LONGEST_SCOPE: Final = 40


def worksheet(sheet: Sheet) -> bytes:
    """The xlsx."""
    content = io.BytesIO()
    with Workbook(content, _OPTIONS) as book:
        book.set_properties({"title": sheet.campaign.title, "author": sheet.body})
        base = {"font_name": "游ゴシック", "font_size": 10, "valign": "top"}
        looks = {name: book.add_format({**base, **look}) for name, look in _LOOKS.items()}
        put_guidance(book.add_worksheet(COVER), looks, sheet)
        answers = book.add_worksheet(ANSWERS)
        _put_rows(answers, looks, sheet)
        _for_filling_in(answers, sheet)
        _for_print(answers, sheet)
        _put_control(book.add_worksheet(CONTROL), sheet)
    return content.getvalue()


def file_name(sheet: Sheet) -> str:
    """What the file is called: 棚卸回答_令和8年度第1四半期の棚卸_人事_総務部_12.xlsx."""
    words = (sheet.campaign.title, sheet.part.label_ja, sheet.scope_words[:_LONGEST_SCOPE], str(sheet.id))
    return f"棚卸回答_{'_'.join(_NOT_IN_NAMES.sub('_', each) for each in words)}.xlsx"


def _columns(part: Part) -> tuple[Column, ...]:
    return *fixed(part), *answered(part), Column.KEY


def _title(sheet: Sheet) -> str:
    return f"{sheet.campaign.title}　{sheet.part.label_ja}の回答　{sheet.scope_words}"


def _put_rows(tab: Any, looks: Mapping[str, Any], sheet: Sheet) -> None:  # noqa: ANN401 - a worksheet of a library without types
    asked = answered(sheet.part)
    tab.set_row(0, 24)
    tab.write_string(0, 0, _title(sheet), looks["title"])
    todo = f"回答の期限 {wareki(sheet.campaign.due_on)}　{MARK}の黄色い欄に書いてください（書き方は表紙）"
    tab.write_string(1, 0, todo, looks["note"])
    tab.set_row(_HEADINGS, 32)
    for column, name in enumerate(_columns(sheet.part)):
        tab.set_column(column, column, _WIDTHS[name])
        mark = MARK if name in asked else ""
        tab.write_string(_HEADINGS, column, mark + name.value, looks["asked" if mark else "heading"])
    widths = [_WIDTHS[name] for name in _columns(sheet.part)]
    for place, row in enumerate(sheet.rows, _HEADINGS + 1):
        texts = (*row.fixed, *row.answers)
        lines = max(_lines(text, width) for text, width in zip(texts, widths, strict=False))
        tab.set_row(place, min(_LINE * lines + 6, _TALLEST))
        groups = (("fixed", row.fixed), ("free", row.answers), ("key", (row.key,)))
        cells = [(text, looks[look]) for look, texts in groups for text in texts]
        for column, (text, look) in enumerate(cells):
            if text:
                tab.write_string(place, column, text, look)
            else:
                tab.write_blank(place, column, None, look)


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column; no spreadsheet says it before it is opened."""
    return sum(1 + max(0, sum(1 + (ord(sign) > _NARROW) for sign in line) - 1) // width for line in text.split("\n"))


def _for_filling_in(tab: Any, sheet: Sheet) -> None:  # noqa: ANN401 - as above
    last, bottom = len(_columns(sheet.part)) - 1, _HEADINGS + len(sheet.rows)
    for column, name in enumerate(answered(sheet.part), len(fixed(sheet.part))):
        rule: dict[str, object] = {"validate": "any", "input_title": _HINT_TITLES.get(name, name.value)}
        if name is Column.VERDICT:
            # What is typed with blanks or in another width is understood too: so a warning, no refusal.
            rule = {
                "validate": "list", "source": [each.label_ja for each in verdicts(sheet.part)], "error_type": "warning",
                "error_title": name.value, "error_message": "一覧にない判定は取り込めません。",
            }  # fmt: skip
        else:
            rule["input_message"] = _hint(name, sheet.part)
        tab.data_validation(_HEADINGS + 1, column, bottom, column, rule)
    tab.autofilter(_HEADINGS, 0, bottom, last)
    tab.freeze_panes(_HEADINGS + 1, _FROZEN)
    allowed = ("autofilter", "sort", "format_cells", "format_columns", "format_rows")
    tab.protect("", dict.fromkeys(allowed, True))


def _hint(name: Column, part: Part) -> str:
    return f"在職した最後の日。{_HINTS[name]}" if (name, part) == (Column.UNTIL, Part.HR) else _HINTS[name]


def _for_print(tab: Any, sheet: Sheet) -> None:  # noqa: ANN401 - as above
    tab.set_landscape()
    tab.set_paper(_A3)
    tab.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.6)
    tab.fit_to_pages(1, 0)
    tab.repeat_rows(_HEADINGS)
    # The keys are for us, not for paper.
    tab.print_area(0, 0, _HEADINGS + len(sheet.rows), len(_columns(sheet.part)) - 2)
    tab.set_footer(f"&L{_title(sheet).replace('&', '&&')}&C&P / &N&Rシート番号 {sheet.id}")


def _put_control(tab: Any, sheet: Sheet) -> None:  # noqa: ANN401 - as above
    for row, pair in enumerate(sheet.control.items()):
        for column, text in enumerate(pair):
            tab.write_string(row, column, text)
    tab.protect()
    tab.very_hidden()
