"""A CSV as rows of text with their line numbers.

The one law: a line number is the file's own, whatever quoted line breaks
stand above it, so that everything that is reported can be found with an editor.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import BinaryIO

from connectors.personnel.tables.stream import CheckedBytes, Encoding
from iam.errors import SourceError

_CODECS = {"cp932": "cp932", "utf-8": "utf-8-sig"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of text in the order of the file.  `lines` holds the line on which each starts, and the one after them.

    `fault`: why the row after them cannot be cut into cells; its last line is
    `lines[-1]`.  Without rows and without a fault, the file is at its end.
    """

    rows: Sequence[list[str]]
    lines: Sequence[int]
    fault: str = ""


class TextRows:
    """The rows of a CSV, from first to last."""

    def __init__(self, text: io.TextIOWrapper, checked: CheckedBytes, delimiter: str, skip_lines: int) -> None:
        for _ in range(skip_lines):
            text.readline()
        self._skipped = skip_lines
        self._reader = csv.reader(text, delimiter=delimiter, strict=True)
        self._checked = checked
        self._name = checked.path.name

    def take(self, most: int) -> Stretch:
        """The next rows, at most `most`; fewer do not mean the end."""
        first = self._reader.line_num + self._skipped + 1
        rows: list[list[str]] = []
        try:
            rows.extend(islice(self._reader, most))
        except csv.Error as error:
            lines = _starts(first, rows)
            return Stretch(rows, lines, self._fault(error, lines[-1]))
        after = self._reader.line_num + self._skipped + 1
        plain = after - first == len(rows)
        return Stretch(rows, range(first, after + 1) if plain else _starts(first, rows))

    def sha256(self) -> str:
        """Of the whole file, once it is read."""
        return self._checked.sha256()

    def sha256_before_last_line(self) -> str:
        """Of everything before the last line that is not blank."""
        return self._checked.sha256_before_last_line()

    def cut_short(self) -> bool:
        """Whether the last line has no line end although others have one."""
        return self._reader.line_num > 1 and self._checked.last_byte != b"\n"

    def _fault(self, error: csv.Error, line: int) -> str:
        if "unexpected end" in str(error):
            raise SourceError(
                f'{self._name} {line}行目: 引用符（"）が閉じないままファイルが終わっています。'
                "途中で切れています。人事システムから出力し直してください。"
            ) from error
        if "field larger" in str(error):
            raise SourceError(
                f'{self._name} {line}行目: 引用符（"）が閉じていないか、'
                f"セルが{csv.field_size_limit():,}文字を超えています。人事システムから出力し直してください。"
            ) from error
        return '引用符（"）か改行の使い方が正しくありません。この行を人事システムで直してください。'


def _starts(first: int, rows: Sequence[list[str]]) -> list[int]:
    """Where each row starts, and the line after them: only a quoted cell can hold a line break."""
    spans = (1 + sum(cell.count("\n") for cell in cells) for cells in rows)
    return list(accumulate(spans, initial=first))


@contextmanager
def text_rows(
    file: BinaryIO, path: Path, encoding: Encoding, *, longest: int, delimiter: str = ",", skip_lines: int = 0
) -> Iterator[TextRows]:
    """The rows of `file`, which is `path`; no line may have more than `longest` bytes.

    Raises:
        SourceError: as `CheckedBytes` does, where a character does not decode,
            or where a quotation mark is never closed.
    """
    checked = CheckedBytes(file, path, encoding, longest)
    with io.TextIOWrapper(checked, encoding=_CODECS[encoding], newline="\n") as text:
        try:
            yield TextRows(text, checked, delimiter, skip_lines)
        except UnicodeDecodeError as error:
            raise checked.undecodable(error) from error
