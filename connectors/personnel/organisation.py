"""The list of the body's organisation (組織) as plain text rows.

The one law: the file is read whole or refused; what its rows mean is decided
by whoever asked for them.
"""

from pathlib import Path
from typing import NamedTuple

from connectors.personnel.tables.delimited import TextRows, text_rows
from connectors.personnel.tables.stream import Encoding, opened
from iam.errors import SourceError

_LONGEST = 1 << 16
_SLICE = 1000
_HEADERS = {
    "code": "組織コード",
    "name": "組織名",
    "parent": "上位組織コード",
    "valid_from": "有効開始日",
    "valid_until": "有効終了日",
}
_NEEDED = ("code", "name", "parent")


class OrgRow(NamedTuple):
    """One row, as written.  `parent` is "" at the top; dates may be blank."""

    place: str
    code: str
    name: str
    parent: str
    valid_from: str
    valid_until: str


def read_organisation(path: Path, encoding: Encoding = "utf-8") -> list[OrgRow]:
    """The rows of a CSV with a header: code, name, parent, valid_from, valid_until, or the same in Japanese.

    `valid_from` and `valid_until` may be left out; other columns are ignored.

    Raises:
        SourceError: when the file cannot be read, has no such header or no
            rows, or a row has another number of cells.
    """
    with opened(path) as file, text_rows(file, path, encoding, longest=_LONGEST) as rows:
        header = [cell.strip() for cells in rows.take(1).rows for cell in cells]
        indexes = {field: _index(header, field) for field in _HEADERS}
        missing = [f"{field}（{_HEADERS[field]}）" for field in _NEEDED if indexes[field] is None]
        if missing:
            raise SourceError(f"{path.name} 1行目: 列 {'、'.join(missing)} がありません。見出しを直してください。")
        found = _read(path, rows, len(header), indexes)
    if not found:
        raise SourceError(f"{path.name}: 組織が1件もありません。")
    return found


def _index(header: list[str], field: str) -> int | None:
    return next((header.index(name) for name in (field, _HEADERS[field]) if name in header), None)


def _read(path: Path, rows: TextRows, width: int, indexes: dict[str, int | None]) -> list[OrgRow]:
    found: list[OrgRow] = []
    while (stretch := rows.take(_SLICE)).rows or stretch.fault:
        for cells, line in zip(stretch.rows, stretch.lines, strict=False):
            if not any(cell.strip() for cell in cells):
                continue
            place = f"{path.name} {line}行目"
            if len(cells) != width:
                raise SourceError(f"{place}: セルの数が合いません（{len(cells)}個。正しくは{width}個）。")
            found.append(OrgRow(place, *("" if index is None else cells[index] for index in indexes.values())))
        if stretch.fault:
            raise SourceError(f"{path.name} {stretch.lines[-1]}行目: {stretch.fault}")
    return found
