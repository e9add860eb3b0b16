"""One reading of a file of rows: known rows by fingerprint, the others as fields.

The one law: a row that cannot be cut right keeps its staff number only when it
is sure that nobody else's row hides in it; without a number it is put aside,
and nobody may be counted absent.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Protocol

from connectors.personnel.columns import Columns, columns_of
from connectors.personnel.options import Options
from connectors.personnel.proof import Proof, prove_trailer
from connectors.personnel.remarks import Remarks, is_my_number
from connectors.personnel.tables.delimited import Stretch
from iam.errors import SourceError
from iam.ports import Fingerprint, SourceBatch, SourceRow, Unreadable

BATCH = 200
_LONGEST_NUMBER = 32
_NUMBERS = ("staff_number", "previous_number")


class Rows(Protocol):
    """A file that gives rows of text; see `TextRows`."""

    def take(self, most: int) -> Stretch: ...
    def sha256(self) -> str: ...
    def sha256_before_last_line(self) -> str: ...
    def cut_short(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A batch in the making."""

    known: Container[Fingerprint]
    unchanged: list[Fingerprint] = field(default_factory=list)
    found: list[SourceRow | Unreadable] = field(default_factory=list)


class Reading:
    """One pass over `rows`.  Its `columns` are known as soon as it is made."""

    def __init__(self, options: Options, rows: Rows) -> None:
        self._options = options
        self._rows = rows
        self._name = options.path.name
        self._marker = options.trailer.marker if options.trailer else None
        self._trailer: tuple[int, Sequence[str]] | None = None
        self._count = 0
        self._last: Sequence[str] = ()
        self._last_line = 0
        self.remarks = Remarks(self._name)
        first = self._first()
        self.columns: Columns = columns_of(options, self._place(first.lines[0]), first.rows[0])
        self._pushed_back = None if options.header else first
        self._constants = {str(name): value for name, value in sorted(options.constants.items())}
        # The same cells mean something else once the configuration does.
        meaning = (tuple(self.columns.indexes), tuple(self._constants.items()), options.zero_pad)
        self._meaning = blake2b(repr(meaning).encode(), digest_size=16).digest()

    def batches(self, known: Container[Fingerprint]) -> Iterator[SourceBatch]:
        """Everything up to the end, unproved."""
        if self._pushed_back:
            yield self._batch(self._pushed_back, known)
        while (stretch := self._rows.take(BATCH)).rows or stretch.fault:
            yield self._batch(stretch, known)

    def prove(self) -> Proof:
        """Prove that the end was the end.

        Raises:
            SourceError: when rows are missing, or may be.
        """
        self._refuse_cut()
        if not self._count:
            raise SourceError(f"{self._name}: データ行が1件もありません。人事システムの出力を確かめてください。")
        if trailer := self._options.trailer:
            if self._trailer is None:
                raise SourceError(
                    f"{self._name}: 終端行「{trailer.marker}」がありません。"
                    "ファイルが途中で切れています。人事システムから出力し直してください。"
                )
            line, cells = self._trailer
            before = self._rows.sha256_before_last_line()
            prove_trailer(self._place(line), trailer, cells, rows=self._count, sha256=before)
        return Proof(self._count, self._rows.sha256())

    def _first(self) -> Stretch:
        """The first row that is not blank, alone."""
        while (stretch := self._rows.take(1)).rows or stretch.fault:
            if stretch.fault:
                raise SourceError(f"{self._place(stretch.lines[-1])}: {stretch.fault}")
            if not _blank(stretch.rows[0]):
                return stretch
        raise SourceError(f"{self._name}: 行が1つもありません。人事システムの出力を確かめてください。")

    def _batch(self, stretch: Stretch, known: Container[Fingerprint]) -> SourceBatch:
        marker, width, pick, meaning = self._marker, self.columns.width, self.columns.pick, self._meaning
        lines = stretch.lines
        tall = () if isinstance(lines, range) else {line for line, after in pairwise(lines) if after - line > 1}
        batch = _Sorted(known)
        unchanged = batch.unchanged
        for cells, line in zip(stretch.rows, lines, strict=False):
            if len(cells) == width and cells[0] != marker and line not in tall:
                joined = "\0".join(pick(cells))
                mark = blake2b(joined.encode(), digest_size=16, person=meaning).digest()
                if mark in known:
                    unchanged.append(mark)
                else:
                    self._decode(cells, joined, mark, line, batch)
            elif not _blank(cells):
                self._odd(cells, line, batch, alone=line not in tall)
        self._finish(stretch, batch)
        return SourceBatch(unchanged, batch.found, self.remarks.take())

    def _finish(self, stretch: Stretch, batch: _Sorted) -> None:
        if stretch.fault:
            line = stretch.lines[-1]
            self._put_aside([str(line), stretch.fault], line, stretch.fault, None, batch)
        if stretch.rows:
            self._last, self._last_line = stretch.rows[-1], stretch.lines[-1] - 1
        self._refuse_after_trailer(stretch)
        self._count += len(batch.unchanged) + len(batch.found)
        if self._count > self._options.max_rows:
            raise SourceError(
                f"{self._name}: {self._options.max_rows:,}行を超えています。"
                "別のファイルでなければ、設定の max_rows を上げてください。"
            )

    def _decode(self, cells: Sequence[str], joined: str, mark: Fingerprint, line: int, batch: _Sorted) -> None:
        if not joined.strip("\0 \u3000"):
            return
        place = self._place(line)
        fields: dict[str, str] = dict(zip(self.columns.indexes, self.columns.pick(cells), strict=True))
        self.remarks.look(place, joined, fields)
        for name in _NUMBERS if self._options.zero_pad else ():
            fields[name] = self._padded(fields.get(name, "").strip())
        batch.found.append(SourceRow(place, {**self._constants, **fields}, mark))

    def _padded(self, number: str) -> str:
        return number.zfill(self._options.zero_pad) if number.isdecimal() else number

    def _odd(self, cells: list[str], line: int, batch: _Sorted, *, alone: bool) -> None:
        """A row that is not one line (`alone`) with the right number of cells, or that is the trailer."""
        if self._marker is not None and cells[0].strip() == self._marker:
            self._refuse_after_trailer(Stretch([cells], [line]))
            self._trailer = (line, cells)
            return
        width = self.columns.width
        if len(cells) > width and _blank(cells[width:]):
            del cells[width:]
        if fault := self._fault(cells, alone=alone):
            self._put_aside(cells, line, fault, self._number(cells) if alone else None, batch)
            return
        joined = "\0".join(self.columns.pick(cells))
        mark = self._mark(joined)
        if mark in batch.known:
            batch.unchanged.append(mark)
        else:
            self._decode(cells, joined, mark, line, batch)

    def _put_aside(self, cells: Sequence[str], line: int, fault: str, number: str | None, batch: _Sorted) -> None:
        mark = self._mark("\0".join(cells))
        if mark in batch.known:
            batch.unchanged.append(mark)
        else:
            batch.found.append(Unreadable(self._place(line), "", "", fault, number, mark))

    def _mark(self, joined: str) -> Fingerprint:
        return blake2b(joined.encode(), digest_size=16, person=self._meaning).digest()

    def _fault(self, cells: Sequence[str], *, alone: bool) -> str:
        """Why the row cannot be cut into our fields; "" when it can."""
        width = self.columns.width
        if len(cells) != width:
            return (
                f"セルの数が合いません（{len(cells)}個。正しくは{width}個）。"
                "氏名などに区切り文字や引用符が入っていないか、人事システムで確かめてください。"
            )
        if not alone and self._swallows(cells):
            return '引用符（"）が閉じておらず、次の行を飲み込んでいるようです。この行を人事システムで直してください。'
        return ""

    def _swallows(self, cells: Sequence[str]) -> bool:
        """Whether a cell with line breaks holds what looks like another row."""
        enough = max(1, self.columns.width // 2)
        below = (line for cell in cells for line in cell.split("\n")[1:])
        return any(line.count(self._options.delimiter) >= enough for line in below)

    def _number(self, cells: Sequence[str]) -> str | None:
        """The staff number of a row put aside, when nothing that went wrong in it can have moved it."""
        if self.columns.indexes["staff_number"] != 0:
            return None
        number = cells[0].strip()
        if not number or len(number) > _LONGEST_NUMBER or is_my_number(number):
            return None
        return self._padded(number)

    def _refuse_after_trailer(self, stretch: Stretch) -> None:
        if self._trailer is None:
            return
        end = self._trailer[0]
        for cells, line in zip(stretch.rows, stretch.lines, strict=False):
            if line > end and not _blank(cells):
                raise SourceError(
                    f"{self._place(line)}: 終端行（{end}行目）の後に行があります。"
                    "二つのファイルがつながっていないか確かめてください。"
                )

    def _refuse_cut(self) -> None:
        if not self._rows.cut_short():
            return
        place = self._place(self._last_line)
        if len(self._last) < self.columns.width and self._last is not (self._trailer or (0, ()))[1]:
            raise SourceError(f"{place}: 最後の行が途中で切れています。人事システムから出力し直してください。")
        if not (self._options.trailer or self._options.sidecar):
            self.remarks.warn(f"{place}: 最後の行に改行がありません。途中で切れていないか確かめてください。")

    def _place(self, line: int) -> str:
        return f"{self._name} {line}行目"


def _blank(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells)
