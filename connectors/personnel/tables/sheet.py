"""An xlsx read as if it were a CSV: rows of text with their line numbers.

The one law: nothing in the file is trusted before it is measured.  What it
would unpack to is looked up first, macros and passwords are refused, and no
formula is ever computed.
"""

import hashlib
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import BufferedReader, BytesIO
from itertools import islice
from pathlib import Path
from typing import Final
from xml.parsers import expat

import openpyxl
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.exceptions import InvalidFileException

from connectors.packed import BROKEN, OLE, Unfit, why_not_open
from connectors.personnel.tables.delimited import Stretch
from iam.errors import SourceError

_SLICE = 500
_MOST_LINES = 1_048_576
_BROKEN: Final = (
    *BROKEN,
    zlib.error,
    InvalidFileException,
    SyntaxError,  # what the XML parsers raise
    expat.ExpatError,
)
"""What zipfile and openpyxl raise over a file that is not a whole xlsx."""

# Excel's numbers of days from 1954 to 2119; a date written as digits is far larger.
_SERIALS = range(20_000, 80_000)


class SheetRows:
    """The rows of a sheet from first to last, each as wide as `expect` said."""

    def __init__(self, rows: Iterator[tuple[object, ...]], path: Path, epoch: datetime, sha256: str) -> None:
        self._rows = rows
        self._path = path
        self._epoch = epoch
        self._sha256 = sha256
        self._width = 0
        self._dates: Collection[int] = ()
        self._number_index = -1
        self._line = 0
        self.numeric = 0
        """How many staff numbers were numbers, which have no leading zeros."""
        self.first_numeric = 0

    def expect(self, width: int, dates: Collection[int], staff_number: int) -> None:
        """Say how wide a row is, and where dates and the staff number stand."""
        self._width, self._dates, self._number_index = width, dates, staff_number

    def sha256(self) -> str:
        """Of the whole file."""
        return self._sha256

    def sha256_before_last_line(self) -> str:
        """Nothing that an xlsx could have."""
        return ""

    def cut_short(self) -> bool:
        """Never: half an xlsx cannot be opened."""
        return False

    def take(self, most: int) -> Stretch:
        """The next rows, at most `most`; none at the end."""
        with _translated(self._path):
            values = list(islice(self._rows, min(most, _SLICE)))
        first = self._line + 1
        rows = [self._cells(row) for row in values]
        if self._line > _MOST_LINES:
            raise SourceError(
                f"{self._path.name}: 行番号が{_MOST_LINES:,}を超えています。Excelで保存し直してください。"
            )
        return Stretch(rows, range(first, self._line + 2))

    def _cells(self, values: tuple[object, ...]) -> list[str]:
        self._line += 1
        cells = [self._text(index, value) for index, value in enumerate(values)]
        while len(cells) > self._width and not cells[-1]:
            cells.pop()
        if not cells:
            return []
        if 0 <= self._number_index < len(values) and _is_number(values[self._number_index]):
            self.numeric += 1
            self.first_numeric = self.first_numeric or self._line
        return cells + [""] * (self._width - len(cells))

    def _text(self, index: int, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if index in self._dates and isinstance(value, int) and value in _SERIALS:
            with _translated(self._path):
                value = from_excel(value, self._epoch)
        if isinstance(value, datetime):
            return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
        return value.isoformat() if isinstance(value, date) else str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@contextmanager
def sheet_rows(
    file: BufferedReader | BytesIO, path: Path, *, sheet: str, skip_lines: int, max_unpacked: int
) -> Iterator[SheetRows]:
    """The rows of `sheet`, or of the first visible one where it is "".

    Raises:
        SourceError: when it is no xlsx, has macros or a password, would unpack
            to more than `max_unpacked` bytes, or has no such sheet.
    """
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    _refuse_unmeasured(file, path, max_unpacked)
    with _translated(path):
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        sheets = {each.title: each for each in book.worksheets if sheet or each.sheet_state == "visible"}
        found = sheets.get(sheet) if sheet else next(iter(sheets.values()), None)
        if found is None:
            names = "、".join(sheets) or "なし"
            raise SourceError(
                f"{path.name}: シート「{sheet}」がありません（あるシート: {names}）。設定の sheet を確かめてください。"
            )
        with _translated(path):
            found.reset_dimensions()
            rows = found.iter_rows(values_only=True)
        found_rows = SheetRows(rows, path, book.epoch, sha256)
        if skip_lines:
            found_rows.take(skip_lines)
        yield found_rows
    finally:
        book.close()


def _refuse_unmeasured(file: BufferedReader | BytesIO, path: Path, max_unpacked: int) -> None:
    locked = (
        f"{path.name}: パスワード付きか古い形式（.xls）のExcelファイルです。"
        "パスワードを外し、.xlsx形式で保存し直してください。"
    )
    if file.read(len(OLE)) == OLE:
        raise SourceError(locked)
    file.seek(0)
    with _translated(path), zipfile.ZipFile(file) as archive:
        unfit = why_not_open(archive, max_unpacked)
        if unfit is Unfit.AMBIGUOUS:
            raise zipfile.BadZipFile
    if unfit is not None:
        raise SourceError(
            {
                Unfit.LOCKED: locked,
                Unfit.MACROS: f"{path.name}: マクロが含まれています。マクロのない.xlsx形式で保存し直してください。",
                Unfit.TOO_LARGE: f"{path.name}: 展開すると{max_unpacked >> 20}MBを超えるため開きません。"
                "不要なシートや画像を除くか、設定の max_unpacked を上げてください。",
            }[unfit]
        )
    file.seek(0)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Errors of the libraries as ours; their warnings (a style, a validation rule) are nobody's business."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except _BROKEN as error:
        raise SourceError(
            f"{path.name}: xlsxとして読めません（{type(error).__name__}）。"
            "途中で切れているか別の形式です。Excelで開けるか確かめ、.xlsx形式で保存し直してください。"
        ) from error
