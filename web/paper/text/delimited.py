"""CSV: UTF-8 with a byte order mark, or CP932 for what reads nothing else, with a list of what did not fit.

The one law: *it never aborts and never says ?*: every character that is not written as it was stands in the list
beside the file, with row, column and substitute.
"""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from iam.review.exports.columns import ALL, texts
from iam.review.exports.cover import Cover
from iam.review.exports.rows import Row
from web.paper.text.characters import Odd, guarded, in_cp932, odd_in, on_one_line, printable

LIST: Final = ("行", "列", "項目", "文字", "符号位置", "置き換えた文字", "理由")


class Table:
    """A CSV file that takes rows one by one; every cell quoted, lines end with CR LF (RFC 4180)."""

    def __init__(self, path: Path, *, cp932: bool) -> None:
        # The substitutes are made before: what is left over would be a fault of ours, so it raises.
        encoding = "cp932" if cp932 else "utf-8-sig"
        self._file: TextIO = path.open("w", encoding=encoding, errors="strict", newline="")
        self._cp932 = cp932
        self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self.lines = 0

    def put(self, cells: Sequence[str]) -> None:
        """One row on one line, in the file's characters, guarded against formulas."""
        plain = [printable(on_one_line(each)) for each in cells]
        # What CP932 lacks goes first: a substitute may begin a formula as well.
        self._writer.writerow([guarded(in_cp932(each) if self._cp932 else each) for each in plain])
        self.lines += 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Delimited:
    """Every line of a review as CSV, and beside it the list of odd characters; a writer of `folder.write`.

    `lines` of the review, `odd` characters listed so far.
    """

    def __init__(self, path: Path, odd_path: Path, cover: Cover, on: date, *, cp932: bool) -> None:
        self._table, self._odd = Table(path, cp932=cp932), Table(odd_path, cp932=False)
        self._cp932, self._categories, self._on = cp932, cover.categories, on
        self._headings = [each.heading for each in ALL]
        self._table.put(self._headings)
        self._odd.put(LIST)

    @property
    def lines(self) -> int:
        """Lines of the review that were written."""
        return self._table.lines - 1

    @property
    def odd(self) -> int:
        """Characters that were listed."""
        return self._odd.lines - 1

    def take(self, row: Row) -> None:
        """One line of the review."""
        cells = [on_one_line(each) for each in texts(ALL, row, self._categories, self._on)]
        self._table.put(cells)
        for each in odd_in(self._table.lines, self._headings, cells, cp932=self._cp932):
            self._odd.put(_listed(each))

    def close(self) -> None:
        """Close both files."""
        self._table.close()
        self._odd.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _listed(odd: Odd) -> list[str]:
    return [
        str(odd.row), str(odd.column), odd.heading, odd.character, odd.code, odd.instead or "（なし）", odd.why,
    ]  # fmt: skip
