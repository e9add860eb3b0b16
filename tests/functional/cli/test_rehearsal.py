"""`iam sync --as-of`: sheets for each department, and silence before 内示."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from iam.people.japanese import wareki
from tests.functional.cli.given import Row, Town, days, staff, today

WIDE = """extends = "oita"
[guard]
feed_total = { share = 1.0, minimum = 100, clause = "baseline" }
"""


MOVED = "異動 税務課 主事（標準付与 税務課）（jinji.csv 12行目）"


def moved(number: int, announce: str = "") -> Row:
    """A transfer to 税務課 in twenty days."""
    since = days(20)
    return Row(f"{number:06}", f"職員　{number}号", org="0201", kind="02", since=since, announce=announce)


def sheet_in(path: Path) -> Worksheet:
    sheet = load_workbook(path)["変更予定"]
    assert isinstance(sheet, Worksheet)
    return sheet


def table_of(sheet: Worksheet) -> list[tuple[object, ...]]:
    return list(sheet.iter_rows(min_row=4, values_only=True))


@pytest.fixture
def april(settled: Town) -> Town:
    """One transfer is public, one is not."""
    rows = [*staff(10), moved(1), moved(3, announce=days(10))]
    settled.edit("town.toml", 'extends = "oita"', WIDE)
    settled.feed(rows)
    return settled


def test_a_rehearsal_writes_a_sheet_for_each_department_and_changes_nothing(april: Town) -> None:
    shown = april.iam("sync", "--as-of", days(30))
    assert shown.returncode == 0
    path = april.folder / "出力" / f"予行_{days(30)}_財務部.xlsx"
    assert f"一覧を作りました: {path}" in shown.stdout
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    sheet = sheet_in(path)
    heading, *rows = table_of(sheet)
    assert heading == ("職員番号", "氏名", "システム", "変更", "理由", "条項")
    assert rows == [("000001", "職員　1号", "庁内ポータル", "権限の付与 税務情報", f"{days(20)} {MOVED}", "baseline")]
    assert sheet["A1"].value == f"みなと市　{wareki(today() + timedelta(days=30))}付の変更予定　財務部"
    assert sheet["A2"].value == f"{wareki(today())}の予行　1件"
    assert (sheet.print_title_rows, sheet.print_area) == ("$4:$4", "'変更予定'!$A$1:$F$5")
    assert april.told("sync", "--check")["changes"] == []


def test_what_is_not_announced_yet_shows_nowhere(april: Town) -> None:
    shown = april.iam("sync", "--as-of", days(30))
    assert "■ 内示前のため表示しません 1件" in shown.stdout
    told = april.told("sync", "--as-of", days(30))
    assert told["hidden"] == 1
    assert [change["staff_number"] for change in told["changes"]] == ["000001"]
    listed = april.run("plan", "show", str(told["plan"]["id"]), "--all")
    for text in (shown.stdout, listed.stdout, str(told), str(april.told("plan", "show", "2"))):
        assert "000003" not in text
    assert "内示前のため表示しません 1件" in listed.stdout
    written = [cell for path in (april.folder / "出力").iterdir() for row in table_of(sheet_in(path)) for cell in row]
    assert "000003" not in written


def test_once_it_is_announced_it_shows(april: Town) -> None:
    april.feed([*staff(10), moved(1), moved(3, announce=days(0))])
    told = april.told("sync", "--as-of", days(30))
    assert (told["hidden"], [change["staff_number"] for change in told["changes"]]) == (0, ["000001", "000003"])


def test_an_account_in_doubt_of_somebody_not_yet_announced_shows_nowhere(april: Town) -> None:
    with april.slapd.connection() as connection:
        connection.add(f"uid=s000077,ou=people,{april.slapd.suffix}", "inetOrgPerson", {"cn": "x", "sn": "x"})
    april.feed([*staff(10), Row("000077", "新人　花子", since=days(20), announce=days(10))])
    shown = april.run("sync", "--as-of", days(30))
    assert shown.exit_code == 4
    assert "判断が必要なID（内示前のため表示しません） 1件" in shown.stdout
    assert "000077" not in shown.stdout


def test_a_second_rehearsal_replaces_the_sheets_of_the_first(april: Town, tmp_path: Path) -> None:
    out = tmp_path / "別の場所"
    for _ in range(2):
        assert april.run("sync", "--as-of", days(30), "--out", str(out)).exit_code == 0
    assert len(list(out.iterdir())) == 1


def test_a_name_that_looks_like_a_formula_stays_a_name(april: Town) -> None:
    april.feed([*staff(10), Row("000055", "=HYPERLINK(1)", since=days(20))])
    assert april.run("sync", "--as-of", days(30)).exit_code == 0
    (path,) = (april.folder / "出力").iterdir()
    cells = [cell for row in sheet_in(path).iter_rows(min_row=5) for cell in row if "HYPERLINK" in str(cell.value)]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


def test_a_department_with_an_awkward_name_gets_a_file_all_the_same(town: Town) -> None:
    town.edit("組織.csv", "02,財務部", '02,"財務/会計: ""部"""')
    assert town.run("sync", "--as-of", days(0)).exit_code == 0
    written = {path.name for path in (town.folder / "出力").iterdir()}
    assert written == {f"予行_{days(0)}_総務部.xlsx", f"予行_{days(0)}_財務_会計_ _部_.xlsx"}


def test_an_output_folder_that_cannot_be_written_is_named(april: Town) -> None:
    (april.folder / "出力").write_text("ここはファイル", encoding="utf-8")
    shown = april.run("sync", "--as-of", days(30))
    assert shown.exit_code == 4
    assert "[output] directory の権限と空き容量を確かめてください。" in shown.stderr


def test_what_changes_today_is_told_of_somebody_who_will_move_too(town: Town) -> None:
    town.feed([*staff(10), moved(3, announce=days(10))])
    told = town.told("sync", "--check")
    assert (len(told["changes"]), told["hidden"]) == (25, 0)
