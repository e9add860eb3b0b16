"""A review as a workbook for offices: a cover with boxes for seals, and a sheet for each department, ready to print.

The one law: *a cell holds text*, whatever it begins with; and a page says what it is a page of, wherever it is cut.
Memory stays bounded (rows go to files of the workbook's own folder as they come), so a cell is written once, downwards.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from xlsxwriter import Workbook as Book

from iam.people.japanese import wareki
from iam.review.exports.columns import PAPER, texts
from iam.review.exports.cover import NOBODYS, Cover
from iam.review.exports.rows import Row
from web.paper.fitting import row_height, tab_name
from web.paper.front import put_cover
from web.paper.tally import Tally
from web.paper.text.characters import printable

HEADING_ROW: Final = 3
"""Of a department's sheet, from 0."""

MOST_LINES: Final = 1_000_000
"""Lines on one sheet: 1,048,576 rows are a sheet's most."""

_HEADINGS: Final = tuple(each.heading for each in PAPER)
_WIDTHS: Final = tuple(float(each.width) for each in PAPER)
_FROZEN: Final = 5
_A4: Final = 9
_LONGEST: Final = 32_000
_CUT: Final = "…（全文はCSVにあります）"
_OPTIONS: Final = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}  # fmt: skip


class Workbook:
    """A review as a workbook; a writer of `folder.write`.  Rows come by department, as `rows` gives them."""

    def __init__(self, path: Path, cover: Cover, on: date) -> None:
        self._book = Book(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
        self._cover, self._on, self._tally = cover, on, Tally()
        self._taken: set[str] = {"history"}
        self._tabs: dict[str, str] = {}
        self._formats = _formats(self._book)
        self._front = self._add("表紙")
        self._sheet: _Sheet | None = None
        # What is stated is of the review, so that the same review makes the same file.
        stamp = cover.campaign.opened_at.replace(tzinfo=None)
        self._book.set_properties({"title": cover.campaign.title, "author": cover.body, "created": stamp})

    @property
    def lines(self) -> int:
        """Lines of the review that were written."""
        return self._tally.lines

    def take(self, row: Row) -> None:
        """One line of the review."""
        cells = texts(PAPER, row, self._cover.categories, self._on)
        sheet = self._sheet
        if sheet is None or sheet.department != row.department or sheet.lines >= MOST_LINES:
            sheet = self._begin(row.department)
        sheet.put(cells, found=bool(row.findings))
        self._tally.take(row, f"{sheet.name} {sheet.row}行目", _HEADINGS, cells)

    def close(self) -> None:
        """End the last sheet, write the cover, and put the file together."""
        self._end()
        put_cover(self._front, self._formats, self._cover, self._tally, self._tabs)
        self._put_odd()
        self._book.close()

    def _begin(self, department: str) -> "_Sheet":
        self._end()
        tab = self._add(department or NOBODYS)
        self._tabs.setdefault(department, tab.get_name())
        self._sheet = _Sheet(tab, self._formats, self._cover, department)
        return self._sheet

    def _end(self) -> None:
        if self._sheet is not None:
            self._sheet.close()

    def _add(self, name: str) -> Any:  # noqa: ANN401 - a worksheet of a library without types
        return self._book.add_worksheet(tab_name(name, self._taken))

    def _put_odd(self) -> None:
        """Characters that only their maker can show, each once, with where they stand first."""
        if not self._tally.odd:
            return
        tab, bold, cell = self._add("外字"), self._formats["heading"], self._formats["cell"]
        widths = zip(("文字", "符号位置", "件数", "初めの場所", "理由"), (8, 12, 8, 40, 60), strict=True)
        for column, (heading, width) in enumerate(widths):
            tab.set_column(column, column, width)
            tab.write_string(0, column, heading, bold)
        for number, (character, odd) in enumerate(sorted(self._tally.odd.items()), 1):
            code = f"U+{ord(character):04X}"
            for column, text in enumerate((character, code, str(odd.count), odd.first, odd.why)):
                tab.write_string(number, column, printable(text), cell)
        _for_print(tab, self._cover, (len(self._tally.odd), 4), 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            with suppress(Exception):
                # Half a workbook is thrown away; its files are closed.
                self._book.close()


class _Sheet:
    """The sheet of one department."""

    def __init__(self, tab: Any, formats: dict[str, Any], cover: Cover, department: str) -> None:  # noqa: ANN401 - as above
        self.department, self.lines = department, 0
        self._tab, self._formats, self._cover = tab, formats, cover
        of = next((each for each in cover.departments if each.name == department), None)
        title = f"{cover.body}　{cover.campaign.title}　{department or NOBODYS}"
        counted = f"{of.lines:,}件（指摘のあるもの {of.with_findings:,}件）" if of else ""
        for column, each in enumerate(PAPER):
            tab.set_column(column, column, each.width)
        tab.set_row(0, 20)
        tab.write_string(0, 0, printable(title), formats["title"])
        day = f"基準日 {wareki(cover.campaign.day)}　{counted}　「印」の列の●は、指摘のある行です。"
        tab.write_string(1, 0, day, formats["plain"])
        for column, each in enumerate(PAPER):
            tab.write_string(HEADING_ROW, column, each.heading, formats["heading"])

    @property
    def name(self) -> str:
        """As the tab says it."""
        return str(self._tab.get_name())

    @property
    def row(self) -> int:
        """The newest row, from 1 as sheets show it."""
        return HEADING_ROW + 1 + self.lines

    def put(self, cells: Sequence[str], *, found: bool) -> None:
        """One line; what was found is bold within a thick frame."""
        self.lines += 1
        texts_ = [_fitting(each) for each in cells]
        self._tab.set_row(self.row - 1, row_height(zip(texts_, _WIDTHS, strict=True)))
        for column, (text, each) in enumerate(zip(texts_, PAPER, strict=True)):
            marked = found and each.key in {"mark", "findings"}
            self._tab.write_string(self.row - 1, column, text, self._formats["found" if marked else "cell"])
        # The row before is in its file by now; the library would keep how high each was until the end.
        for kept in (self._tab.row_info, self._tab.row_sizes):
            kept.pop(self.row - 2, None)

    def close(self) -> None:
        """What a printer and a screen need to know."""
        last = HEADING_ROW + self.lines, len(PAPER) - 1
        self._tab.autofilter(HEADING_ROW, 0, *last)
        self._tab.freeze_panes(HEADING_ROW + 1, _FROZEN)
        _for_print(self._tab, self._cover, last, HEADING_ROW)


def _for_print(tab: Any, cover: Cover, last: tuple[int, int], heading: int) -> None:  # noqa: ANN401 - as above
    tab.set_landscape()
    tab.set_paper(_A4)
    tab.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.6)
    tab.fit_to_pages(1, 0)
    tab.repeat_rows(heading)
    tab.print_area(0, 0, *last)
    label = f"{cover.year} {cover.period}".replace("&", "&&")
    tab.set_footer(f"&L{label}　&A&C&P / &N&Rスナップショット {cover.campaign.snapshot_hash[:12]}")


def _fitting(text: str) -> str:
    """`text` as a cell can hold it."""
    text = printable(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT


def _formats(book: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """How cells look; never by colour alone."""
    base = {"font_name": "ＭＳ Ｐゴシック", "font_size": 9, "valign": "top"}
    boxed = {**base, "border": 1, "text_wrap": True}
    looks = {
        "plain": base,
        "wrapped": {**base, "text_wrap": True},
        "title": {**base, "bold": True, "font_size": 13},
        "huge": {**base, "bold": True, "font_size": 20, "valign": "vcenter"},
        "part": {**base, "bold": True, "font_size": 11, "bottom": 2},
        "heading": {**boxed, "bold": True, "bg_color": "#DDDDDD", "valign": "vcenter", "align": "center"},
        "cell": boxed,
        "number": {**boxed, "align": "right", "num_format": "#,##0"},
        "found": {**boxed, "bold": True, "border": 2, "bg_color": "#F2F2F2"},
        "seal": {**boxed, "align": "center", "valign": "vcenter", "font_color": "#808080"},
    }
    return {name: book.add_format(look) for name, look in looks.items()}
