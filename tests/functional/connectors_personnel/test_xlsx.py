"""Sheets of the same shape as the CSV, whole and broken."""

import hashlib
import random
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from iam.errors import SourceError
from iam.people.japanese import parse_date
from tests.functional.connectors_personnel.files import HEADER, STAFF, csv_text, read, write_xlsx

MY_NUMBER_COLUMN = "個人番号"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jinji.xlsx"


def refusal(path: Path, **said: object) -> str:
    with pytest.raises(SourceError) as caught:
        read(path, **said)
    told = str(caught.value)
    assert "jinji" in told
    assert told.endswith("。")
    return told


def test_a_sheet_gives_the_same_rows_as_the_csv(path: Path) -> None:
    write_xlsx(path, [HEADER, *STAFF])
    found = read(path)
    other = path.with_suffix(".csv")
    other.write_bytes(csv_text().encode("cp932"))
    assert [row.fields for row in found.rows] == [row.fields for row in read(other).rows]
    assert [row.fingerprint for row in found.rows] == [row.fingerprint for row in read(other).rows]
    assert [row.place for row in found.rows] == [f"jinji.xlsx {number}行目" for number in (2, 3, 4)]
    assert found.proof
    assert found.proof.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_second_reading_decodes_nothing(path: Path) -> None:
    write_xlsx(path, [HEADER, *STAFF])
    known = {row.fingerprint for row in read(path).rows}
    again = read(path, known)
    assert (again.rows, len(again.unchanged)) == ([], 3)


@pytest.mark.parametrize(
    "value",
    [date(2026, 4, 1), datetime(2026, 4, 1), 46113, 20260401, 5080401, "R8.4.1", "令和8年4月1日"],  # noqa: DTZ001 - a cell
)
def test_a_date_may_be_a_date_a_number_or_text(path: Path, value: object) -> None:
    write_xlsx(path, [HEADER, (*STAFF[0][:7], value, "")])
    assert parse_date(read(path).rows[0].fields["valid_from"]) == date(2026, 4, 1)


def test_the_open_end_of_a_sheet_is_a_date_too(path: Path) -> None:
    write_xlsx(path, [HEADER, (*STAFF[0][:8], date(9999, 12, 31))])
    assert read(path).rows[0].fields["valid_until"] == "9999-12-31"


def test_a_number_in_a_code_is_no_date(path: Path) -> None:
    write_xlsx(path, [HEADER, (*STAFF[0][:5], 46113, *STAFF[0][6:])])
    assert read(path).rows[0].fields["org_code"] == "46113"


def test_staff_numbers_that_lost_their_zeros_are_reported(path: Path) -> None:
    write_xlsx(path, [HEADER, STAFF[0], (1235, *STAFF[1][1:]), (1236.0, *STAFF[2][1:])])
    found = read(path)
    assert [row.fields["staff_number"] for row in found.rows] == ["0001234", "1235", "1236"]
    [told] = found.warnings
    assert told.startswith("jinji.xlsx 3行目など2行: 職員番号が数値のセル")


def test_lost_zeros_are_put_back_where_the_configuration_says_so(path: Path) -> None:
    write_xlsx(path, [HEADER, STAFF[0], (1235, *STAFF[1][1:])])
    found = read(path, zero_pad=7)
    assert [row.fields["staff_number"] for row in found.rows] == ["0001234", "0001235"]
    assert found.warnings == []


def test_the_named_sheet_is_read(path: Path) -> None:
    write_xlsx(path, [HEADER, *STAFF], "令和8年度")
    assert len(read(path, sheet="令和8年度").rows) == 3


def test_hidden_sheets_are_passed_over_unless_named(path: Path) -> None:
    write_xlsx(path, [HEADER, *STAFF], hidden_first=True)
    assert len(read(path).rows) == 3
    assert "行が1つもありません" in refusal(path, sheet="作業用")


def test_a_sheet_that_is_missing_is_named_with_those_that_are_there(path: Path) -> None:
    write_xlsx(path, [HEADER, *STAFF])
    assert "シート「なし」がありません（あるシート: 名簿）" in refusal(path, sheet="なし")


def test_titles_above_the_header_and_blank_rows_are_passed_over(path: Path) -> None:
    write_xlsx(path, [("職員名簿",), ("令和8年4月1日現在",), (), HEADER, STAFF[0], (), STAFF[1]])
    assert [row.place for row in read(path, skip_lines=2).rows] == ["jinji.xlsx 5行目", "jinji.xlsx 7行目"]


def test_short_rows_have_blank_cells_and_long_ones_are_put_aside(path: Path) -> None:
    write_xlsx(path, [HEADER, STAFF[0][:8], (*STAFF[1], "", "はみ出し")])
    found = read(path)
    assert found.rows[0].fields["valid_until"] == ""
    assert (found.aside[0].place, found.aside[0].staff_number) == ("jinji.xlsx 3行目", "0001235")


def test_a_trailer_row_proves_the_count(path: Path) -> None:
    write_xlsx(path, [HEADER, *STAFF, ("合計", 3)])
    trailer = {"marker": "合計", "rows_at": 2}
    assert len(read(path, trailer=trailer).rows) == 3
    write_xlsx(path, [HEADER, *STAFF[:2], ("合計", 3)])
    assert "件数が合いません" in refusal(path, trailer=trailer)


def test_a_column_of_my_numbers_stops_the_import(path: Path) -> None:
    write_xlsx(path, [(*HEADER, MY_NUMBER_COLUMN), *STAFF])
    assert refusal(path).startswith("【警報】")


def test_my_numbers_in_number_cells_stop_the_import(path: Path) -> None:
    numbers = (123456789018, 234567890121, 345678901234)  # samples with their check digits
    write_xlsx(path, [HEADER, *((number, *row[1:]) for number, row in zip(numbers, STAFF, strict=True))])
    told = refusal(path)
    assert told.startswith("【警報】")
    assert not any(str(number) in told for number in numbers)


def test_an_empty_sheet_is_refused(path: Path) -> None:
    write_xlsx(path, [])
    assert "行が1つもありません" in refusal(path)


def test_a_header_alone_is_refused(path: Path) -> None:
    write_xlsx(path, [HEADER])
    assert "データ行が1件もありません" in refusal(path)


@pytest.mark.parametrize("content", [b"staff,name\r\n", b"PK\x03\x04 but no zip"])
def test_what_is_no_zip_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "xlsxとして読めません" in refusal(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.99])
def test_half_a_sheet_is_refused(path: Path, share: float) -> None:
    write_xlsx(path, [HEADER, *(STAFF * 50)])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "xlsxとして読めません" in refusal(path)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
@pytest.mark.parametrize(
    "content", [b"", b"<broken", b"<sheetData><row r='x'><c t='s'><v>99999</v></c></row></sheetData>"]
)
def test_a_broken_part_never_gives_fewer_rows_in_silence(path: Path, part: str, content: bytes) -> None:
    whole = path.with_name("whole.xlsx")
    write_xlsx(whole, [HEADER, *STAFF])
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    refusal(path)


def test_a_zip_of_something_else_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert "xlsxとして読めません" in refusal(path)


def test_an_old_or_locked_workbook_is_refused_with_the_cure(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    assert "パスワード" in refusal(path)


def test_macros_are_refused_whatever_the_suffix_says(path: Path) -> None:
    write_xlsx(path, [HEADER, *STAFF])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    assert "マクロ" in refusal(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(path: Path) -> None:
    write_xlsx(path, [HEADER, *STAFF])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/1.bin", "w") as part:
        for _ in range(300):
            part.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    assert "展開すると200MBを超える" in refusal(path)


def test_a_row_number_beyond_any_sheet_is_refused(path: Path) -> None:
    whole = path.with_name("whole.xlsx")
    write_xlsx(whole, [HEADER, *STAFF])
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b'<row r="4"', b'<row r="9999999"') if "sheet1" in name else content)
    assert "行番号が1,048,576を超えています" in refusal(path)


def test_a_damaged_sheet_is_read_the_same_or_refused(path: Path) -> None:
    write_xlsx(path, [HEADER, *STAFF])
    content, names = path.read_bytes(), read(path).names
    dice = random.Random(8)
    for _ in range(150):
        damaged = bytearray(content)
        damaged[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        try:
            found = read(path).names
        except SourceError:
            found = names
        assert found == names
