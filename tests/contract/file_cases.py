"""The personnel file in the contract suite, as CSV with a trailer and as a workbook with a sidecar."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from connectors.personnel.options import Options
from connectors.personnel.source import FileSource
from tests.conftest import StartSlapd
from tests.contract.cases import Person

FIELDS = ("staff_number", "name", "category", "org_code", "valid_from")
SURPLUS = "a cell too many"


def _cells(people: Sequence[Person]) -> list[list[str]]:
    return [[person[field] for field in FIELDS] for person in people]


class CsvCase:
    """`FileSource` over a CP932 file whose last line counts the rows."""

    def __init__(self, _: StartSlapd, folder: Path) -> None:
        self._path = folder / "jinji.csv"

    def holding(self, people: Sequence[Person]) -> FileSource:
        return self._written(_cells(people), len(people))

    def holding_unreadable(self, people: Sequence[Person], staff_number: str) -> FileSource:
        return self._written(
            [*_cells(people), [staff_number, "誰か", "01", "1010", "2026-04-01", SURPLUS]], len(people) + 1
        )

    def cut_off(self, people: Sequence[Person]) -> FileSource:
        return self._written(_cells(people[:-1]), len(people))

    def away(self) -> FileSource:
        return self._source()

    def _written(self, rows: Sequence[Sequence[str]], promised: int) -> FileSource:
        lines = [",".join(FIELDS), *(",".join(cells) for cells in rows), f"END,{promised}"]
        self._path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("cp932"))
        return self._source()

    def _source(self) -> FileSource:
        columns = {field: field for field in FIELDS}
        trailer = {"marker": "END", "rows_at": 2}
        return FileSource("jinji", Options.model_validate({"path": self._path, "columns": columns, "trailer": trailer}))


class XlsxCase:
    """`FileSource` over a workbook whose sidecar holds rows and hash."""

    def __init__(self, _: StartSlapd, folder: Path) -> None:
        self._path = folder / "jinji.xlsx"

    def holding(self, people: Sequence[Person]) -> FileSource:
        return self._written(_cells(people), len(people))

    def holding_unreadable(self, people: Sequence[Person], staff_number: str) -> FileSource:
        return self._written(
            [*_cells(people), [staff_number, "誰か", "01", "1010", "2026-04-01", SURPLUS]], len(people) + 1
        )

    def cut_off(self, people: Sequence[Person]) -> FileSource:
        return self._written(_cells(people[:-1]), len(people))

    def away(self) -> FileSource:
        return self._source()

    def _written(self, rows: Sequence[Sequence[str]], promised: int) -> FileSource:
        with xlsxwriter.Workbook(self._path) as book:
            sheet = book.add_worksheet()
            for number, cells in enumerate([FIELDS, *rows]):
                sheet.write_row(number, 0, cells)
        digest = hashlib.sha256(self._path.read_bytes()).hexdigest()
        self._path.with_name("jinji.xlsx.sum").write_text(f"rows={promised}\nsha256={digest}\n", encoding="utf-8")
        return self._source()

    def _source(self) -> FileSource:
        columns = {field: field for field in FIELDS}
        return FileSource("jinji", Options.model_validate({"path": self._path, "columns": columns, "sidecar": ".sum"}))
