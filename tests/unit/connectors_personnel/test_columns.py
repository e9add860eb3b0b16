"""Which column is which field, and which column stops everything."""

import pytest

from connectors.personnel.columns import columns_of
from connectors.personnel.options import Options
from iam.errors import SourceError

COLUMNS = {"staff_number": "職員番号", "name": "氏名", "category": "任用区分", "valid_from": "発令年月日"}
HEADER = ["氏名", "職員番号", "生年月日", "任用区分", "発令年月日"]


def options(**said: object) -> Options:
    return Options.model_validate({"path": "jinji.csv", "columns": COLUMNS, **said})


def refusal(first: list[str], /, **said: object) -> str:
    with pytest.raises(SourceError) as caught:
        columns_of(options(**said), "jinji.csv 1行目", first)
    return str(caught.value)


def test_columns_are_found_wherever_they_stand() -> None:
    columns = columns_of(options(), "x", HEADER)
    assert columns.indexes == {"staff_number": 1, "name": 0, "category": 3, "valid_from": 4}
    assert columns.width == 5


def test_only_mapped_cells_are_picked() -> None:
    picked = columns_of(options(), "x", HEADER).pick(["山田", "0001", "1990-01-01", "01", "20260401"])
    assert set(picked) == {"山田", "0001", "01", "20260401"}


def test_the_order_of_the_configuration_does_not_matter() -> None:
    backwards = dict(reversed(COLUMNS.items()))
    cells = ["山田", "0001", "x", "01", "20260401"]
    assert columns_of(options(), "x", HEADER).pick(cells) == columns_of(options(columns=backwards), "x", HEADER).pick(
        cells
    )


def test_headers_match_without_width_and_spaces() -> None:
    columns = columns_of(options(columns={**COLUMNS, "name_kana": "氏名（カナ）"}), "x", [*HEADER, "氏名（ｶﾅ） "])
    assert columns.indexes["name_kana"] == 5


def test_every_missing_column_is_named_with_what_is_near() -> None:
    told = refusal(["職員番号", "職員氏名", "任用区分名", "発令日"])
    assert told.startswith("jinji.csv 1行目: ")
    assert "列「氏名」がありません（「職員氏名」のことですか）。" in told
    assert "列「任用区分」がありません（「任用区分名」のことですか）。" in told
    assert "列「発令年月日」がありません" in told


def test_a_header_that_stands_twice_is_refused() -> None:
    assert "列「氏名」が2つあります" in refusal([*HEADER, "氏名"])


def test_a_position_beyond_the_last_column_is_refused() -> None:
    positions = {"staff_number": 1, "name": 2, "category": 3, "valid_from": 9}
    assert "valid_from の 9列目がありません（列数は3）" in refusal(["1", "山田", "01"], header=False, columns=positions)


def test_one_single_column_hints_at_the_delimiter() -> None:
    assert "delimiter" in refusal(["\t".join(HEADER)])


@pytest.mark.parametrize(
    "header", ["マイナンバー", "ﾏｲﾅﾝﾊﾞｰ", "個人番号", "個 人 番 号", "本人個人番号", "My_Number", "MYNUMBER"]
)
def test_a_column_of_my_numbers_stops_the_import_with_an_alarm(header: str) -> None:
    told = refusal([*HEADER, header])
    assert told.startswith("【警報】jinji.csv 1行目: 6列目はマイナンバー")


@pytest.mark.parametrize("header", ["番号", "職員個人コード", "携帯番号"])
def test_other_numbers_do_not(header: str) -> None:
    assert columns_of(options(), "x", [*HEADER, header]).width == 6
