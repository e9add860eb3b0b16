"""What an operator may say about a personnel file."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.personnel.options import Options

COLUMNS = {"staff_number": "職員番号", "name": "氏名", "category": "任用区分", "valid_from": "発令年月日"}


def options(**said: object) -> Options:
    return Options.model_validate({"path": "jinji.csv", "columns": COLUMNS, **said})


def refusal(**said: object) -> str:
    with pytest.raises(ValidationError) as caught:
        options(**said)
    return str(caught.value)


def test_a_relative_path_lies_under_the_folder_of_the_configuration() -> None:
    said = {"path": "in/jinji.csv", "columns": COLUMNS}
    assert Options.model_validate(said, context={"folder": Path("/etc/iam")}).path == Path("/etc/iam/in/jinji.csv")
    absolute = {"path": "/srv/jinji.csv", "columns": COLUMNS}
    assert Options.model_validate(absolute, context={"folder": Path("/etc/iam")}).path == Path("/srv/jinji.csv")


@pytest.mark.parametrize(
    ("said", "encoding"), [("cp932", "cp932"), ("Shift_JIS", "cp932"), ("UTF-8", "utf-8"), ("utf-8-sig", "utf-8")]
)
def test_the_usual_names_of_the_two_encodings_are_understood(said: str, encoding: str) -> None:
    assert options(encoding=said).encoding == encoding


@pytest.mark.parametrize(("path", "kind"), [("a.csv", "csv"), ("a.CSV", "csv"), ("a.txt", "csv"), ("a.XLSX", "xlsx")])
def test_the_suffix_says_how_the_file_is_read(path: str, kind: str) -> None:
    assert options(path=path).kind == kind


@pytest.mark.parametrize("path", ["a.xlsm", "a.xls", "a.XLSB"])
def test_sheets_with_macros_and_old_sheets_are_refused(path: str) -> None:
    assert ".xlsx か CSV" in refusal(path=path)


def without(field: str) -> Mapping[str, str]:
    return {name: column for name, column in COLUMNS.items() if name != field}


@pytest.mark.parametrize("field", list(COLUMNS))
def test_what_every_row_needs_must_have_a_column(field: str) -> None:
    assert f"columns に {field} がありません" in refusal(columns=without(field))


def test_a_constant_stands_for_a_column_that_the_file_has_not() -> None:
    assert options(columns=without("category"), constants={"category": "01"}).constants == {"category": "01"}


def test_a_staff_number_is_never_a_constant() -> None:
    assert "staff_number は constants に書けません" in refusal(
        columns=without("staff_number"), constants={"staff_number": "1"}
    )


def test_a_field_has_a_column_or_a_constant_not_both() -> None:
    assert "両方" in refusal(constants={"name": "x"})


def test_without_a_header_columns_are_positions() -> None:
    assert "位置で書いてください" in refusal(header=False)
    positions = {field: number for number, field in enumerate(COLUMNS, start=1)}
    assert options(header=False, columns=positions).columns["valid_from"] == 4


@pytest.mark.parametrize("position", [0, -1, True])
def test_positions_count_from_one(position: int) -> None:
    assert "columns" in refusal(columns={**COLUMNS, "name": position})


def test_a_hash_within_an_xlsx_is_refused() -> None:
    assert "sidecar" in refusal(path="a.xlsx", trailer={"marker": "T", "rows_at": 2, "sha256_at": 3})


def test_unknown_keys_and_fields_are_refused() -> None:
    assert "colums" in refusal(colums={})
    assert "columns.birth_date" in refusal(columns={**COLUMNS, "birth_date": "生年月日"})
