"""Personnel files as a body's system writes them, made for one test each."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter

from connectors.personnel.options import Options
from connectors.personnel.proof import Proof
from connectors.personnel.source import FileSource
from iam.ports import Fingerprint, SourceRow, Unreadable

HEADER = ("職員番号", "氏名", "氏名カナ", "生年月日", "任用区分", "所属コード", "所属名", "発令年月日", "終了年月日")
COLUMNS = {
    "staff_number": "職員番号",
    "name": "氏名",
    "name_kana": "氏名カナ",
    "category": "任用区分",
    "org_code": "所属コード",
    "org_name": "所属名",
    "valid_from": "発令年月日",
    "valid_until": "終了年月日",
}
STAFF: tuple[tuple[str, ...], ...] = (
    ("0001234", "髙橋　太郎", "ﾀｶﾊｼ ﾀﾛｳ", "昭和60年1月2日", "01", "010203", "総務課", "20260401", "99999999"),
    ("0001235", "山﨑　花子", "ﾔﾏｻﾞｷ ﾊﾅｺ", "H2.3.4", "05", "020101", "介護保険課①", "R080401", ""),
    ("0001236", "鈴木　次郎", "ｽｽﾞｷ ｼﾞﾛｳ", "1990/05/06", "01", "020102", "子育て支援課", "令和8年4月1日", "R9.3.31"),
)


def csv_text(rows: Iterable[Sequence[str]] = STAFF, header: Sequence[str] | None = HEADER) -> str:
    every = [*([header] if header else []), *rows]
    return "".join(",".join(cells) + "\r\n" for cells in every)


def write_xlsx(
    path: Path, rows: Iterable[Sequence[object]], sheet: str = "名簿", *, hidden_first: bool = False
) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy/mm/dd"}) as book:
        if hidden_first:
            book.add_worksheet("作業用").hide()
        page = book.add_worksheet(sheet)
        page.activate()
        for number, cells in enumerate(rows):
            page.write_row(number, 0, cells)


@dataclass
class Read:
    """All that one reading gave."""

    rows: list[SourceRow] = field(default_factory=list)
    aside: list[Unreadable] = field(default_factory=list)
    unchanged: list[Fingerprint] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    proof: Proof | None = None

    @property
    def names(self) -> list[str]:
        return [row.fields["name"] for row in self.rows]


def source(path: Path, **said: object) -> FileSource:
    return FileSource("hr", Options.model_validate({"path": path, "columns": COLUMNS, **said}))


def read(path: Path, known: Container[Fingerprint] = frozenset(), /, **said: object) -> Read:
    reader = source(path, **said)
    found = Read()
    for batch in reader.read(known):
        found.unchanged += batch.unchanged
        found.warnings += batch.warnings
        for row in batch.rows:
            if isinstance(row, SourceRow):
                found.rows.append(row)
            else:
                found.aside.append(row)
    found.proof = reader.proof
    return found
