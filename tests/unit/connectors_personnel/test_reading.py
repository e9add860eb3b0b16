"""One reading: fingerprints, line numbers, rows put aside, and the end."""

import io
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.personnel.options import Options
from connectors.personnel.proof import Proof
from connectors.personnel.reading import Reading
from connectors.personnel.tables.delimited import text_rows
from iam.errors import SourceError
from iam.ports import Fingerprint, SourceRow, Unreadable

COLUMNS = {"staff_number": "職員番号", "name": "氏名", "category": "区分", "valid_from": "発令日"}
HEADER = "職員番号,氏名,備考,区分,発令日\r\n"
TRAILER = {"marker": "T", "rows_at": 2}


@contextmanager
def reading_of(text: str, said: Mapping[str, object]) -> Iterator[Reading]:
    options = Options.model_validate({"path": "jinji.csv", "encoding": "utf-8", "columns": COLUMNS, **said})
    file = io.BytesIO(text.encode())
    with text_rows(file, options.path, "utf-8", longest=1 << 20, skip_lines=options.skip_lines) as rows:
        yield Reading(options, rows)


def read(
    text: str, known: Container[Fingerprint] = frozenset(), /, **said: object
) -> tuple[list[SourceRow | Unreadable], list[Fingerprint], Proof]:
    with reading_of(text, said) as reading:
        batches = list(reading.batches(known))
        proof = reading.prove()
    return [row for batch in batches for row in batch.rows], [m for batch in batches for m in batch.unchanged], proof


def rows_of(text: str, **said: object) -> list[SourceRow]:
    rows = read(text, frozenset(), **said)[0]
    assert all(isinstance(row, SourceRow) for row in rows), rows
    return [row for row in rows if isinstance(row, SourceRow)]


def aside(text: str, **said: object) -> Unreadable:
    [row] = [row for row in read(text, frozenset(), **said)[0] if isinstance(row, Unreadable)]
    return row


def refusal(text: str, **said: object) -> str:
    with pytest.raises(SourceError) as caught:
        read(text, frozenset(), **said)
    return str(caught.value)


def line(number: int, note: str = "", name: str = "山田") -> str:
    return f"{number:07},{name},{note},01,20260401\r\n"


def test_only_mapped_cells_become_fields() -> None:
    [row] = rows_of(HEADER + line(1, "住所は秘密"))
    assert row.fields == {"staff_number": "0000001", "name": "山田", "category": "01", "valid_from": "20260401"}
    assert row.place == "jinji.csv 2行目"


def test_a_second_reading_decodes_nothing() -> None:
    text = HEADER + "".join(line(number) for number in range(500))
    rows, _, proof = read(text)
    again, unchanged, _ = read(text, frozenset(row.fingerprint for row in rows))
    assert (again, len(unchanged), proof.rows) == ([], 500, 500)


def test_a_change_in_a_column_that_is_not_mapped_is_no_change() -> None:
    known = frozenset(row.fingerprint for row in rows_of(HEADER + line(1, "給与 1")))
    assert read(HEADER + line(1, "給与 2"), known)[0] == []


def test_a_change_of_the_mapping_makes_every_row_new() -> None:
    known = frozenset(row.fingerprint for row in rows_of(HEADER + line(1)))
    assert read(HEADER + line(1), known, zero_pad=9)[0]
    swapped = {**COLUMNS, "category": "発令日", "valid_from": "区分"}
    assert read(HEADER + line(1), known, columns=swapped)[0]


def test_cells_cannot_be_shifted_into_the_same_fingerprint() -> None:
    first, second = rows_of(HEADER + "1,ab,,c,d\r\n" + "1,a,,bc,d\r\n")
    assert first.fingerprint != second.fingerprint


def test_quoted_line_breaks_do_not_disturb_line_numbers() -> None:
    rows = rows_of(HEADER + line(1, '"一行\r\n二行\r\n三行"') + line(2) + line(3, '"x\r\ny"') + line(4))
    assert [row.place for row in rows] == [f"jinji.csv {number}行目" for number in (2, 5, 6, 8)]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=450))
def test_line_numbers_are_right_whatever_breaks_stand_above(breaks: list[int]) -> None:
    text = HEADER + "".join(
        line(number, '"' + "\n".join("x" * (count + 1)) + '"') for number, count in enumerate(breaks)
    )
    expected, at = [], 2
    for count in breaks:
        expected.append(f"jinji.csv {at}行目")
        at += count + 1
    assert [row.place for row in rows_of(text)] == expected


def test_lines_above_the_header_and_blank_rows_are_passed_over() -> None:
    text = '職員名簿 "8年度"\r\n出力日 令和8年4月1日\r\n\r\n' + HEADER + line(1) + "\r\n,,,,\r\n" + line(2) + "\r\n"
    assert [row.place for row in rows_of(text, skip_lines=2)] == ["jinji.csv 5行目", "jinji.csv 8行目"]


def test_without_a_header_the_first_row_is_data() -> None:
    positions = {"staff_number": 1, "name": 2, "category": 4, "valid_from": 5}
    rows = rows_of(line(1) + line(2), header=False, columns=positions)
    assert [row.place for row in rows] == ["jinji.csv 1行目", "jinji.csv 2行目"]
    assert rows[0].fields["staff_number"] == "0000001"


def test_constants_stand_in_every_row() -> None:
    [row] = rows_of(HEADER + line(1), constants={"home_body": "みなと市"})
    assert row.fields["home_body"] == "みなと市"


def test_lost_zeros_are_put_back_where_the_configuration_says_so() -> None:
    assert rows_of(HEADER + "12,山田,,01,20260401\r\n", zero_pad=7)[0].fields["staff_number"] == "0000012"
    assert rows_of(HEADER + "A12,山田,,01,20260401\r\n", zero_pad=7)[0].fields["staff_number"] == "A12"
    assert rows_of(HEADER + "12,山田,,01,20260401\r\n")[0].fields["staff_number"] == "12"


def test_empty_cells_behind_the_last_column_are_forgiven() -> None:
    assert len(rows_of(HEADER + line(1).strip() + ",,\r\n")) == 1


class TestRowsPutAside:
    """A row that cannot be cut right never hides another person."""

    def test_a_row_with_a_cell_too_many_keeps_its_number(self) -> None:
        row = aside(HEADER + line(1) + "0000002,山田,太郎,,01,20260401\r\n" + line(3))
        assert (row.place, row.staff_number) == ("jinji.csv 3行目", "0000002")
        assert "6個。正しくは5個" in row.reason

    def test_its_number_is_nobodys_when_it_may_have_moved(self) -> None:
        columns = {**COLUMNS, "staff_number": "氏名", "name": "職員番号"}
        assert aside(HEADER + line(1) + "x,y\r\n" + line(3), columns=columns).staff_number is None

    def test_its_number_gets_its_zeros_back_too(self) -> None:
        assert aside(HEADER + "2,山田\r\n" + line(3), zero_pad=7).staff_number == "0000002"

    def test_a_quote_that_swallows_the_next_row_leaves_no_number(self) -> None:
        text = HEADER + '0000001,山田,"メモ,01,20260401\r\n0000002,鈴木,"メモ",01,20260401\r\n' + line(3)
        rows = read(text)[0]
        assert [row for row in rows if isinstance(row, Unreadable) and row.staff_number is None]
        assert rows[-1] == rows_of(HEADER + line(1) + line(2) + line(3))[2]

    def test_a_swallowed_row_is_noticed_even_when_the_cells_add_up(self) -> None:
        text = HEADER + '0000001,山田,"メモ\r\n0000002,鈴木,メモ,01,20260401",01,20260401\r\n' + line(3)
        row = aside(text)
        assert (row.place, row.staff_number) == ("jinji.csv 2行目", None)
        assert "飲み込んで" in row.reason

    def test_a_misplaced_quote_costs_one_row(self) -> None:
        rows = read(HEADER + line(1) + '0000002,"山"田,,01,20260401\r\n' + line(3))[0]
        assert [type(row) for row in rows] == [SourceRow, Unreadable, SourceRow]
        assert [row.place for row in rows] == [f"jinji.csv {number}行目" for number in (2, 3, 4)]

    def test_a_row_put_aside_is_known_the_next_night(self) -> None:
        text = HEADER + line(1) + "0000002\r\n" + '0000003,"山"田,,01,20260401\r\n' + line(4)
        known = frozenset(row.fingerprint for row in read(text)[0])
        assert read(text, known)[0] == []


class TestTheEnd:
    """A reading ends normally only when the end was the end."""

    @pytest.mark.parametrize("text", [HEADER, HEADER + "\r\n,,,,\r\n", HEADER.strip()])
    def test_a_header_alone_is_refused(self, text: str) -> None:
        assert "データ行が1件もありません" in refusal(text)

    def test_blank_lines_alone_are_refused(self) -> None:
        assert "行が1つもありません" in refusal("\r\n\r\n")

    def test_a_last_line_cut_in_its_middle_is_refused(self) -> None:
        assert "jinji.csv 3行目: 最後の行が途中で切れて" in refusal(HEADER + line(1) + "0000002,山")

    def test_a_last_line_without_end_but_with_all_cells_is_taken_with_a_warning(self) -> None:
        with reading_of(HEADER + line(1) + line(2).strip(), {}) as reading:
            assert sum(len(batch.rows) for batch in reading.batches(frozenset())) == 2
            reading.prove()
            assert "最後の行に改行がありません" in reading.remarks.take()[0]

    def test_a_quote_open_at_the_end_is_refused(self) -> None:
        assert "引用符" in refusal(HEADER + line(1) + '0000002,"山田')

    def test_the_trailer_must_be_there(self) -> None:
        assert "終端行「T」がありません" in refusal(HEADER + line(1), trailer=TRAILER)

    def test_the_trailer_must_count_right(self) -> None:
        assert read(HEADER + line(1) + line(2) + "T,0002\r\n", trailer=TRAILER)[2].rows == 2
        assert "書かれた件数 3、読んだ件数 2" in refusal(HEADER + line(1) + line(2) + "T,3\r\n", trailer=TRAILER)

    def test_rows_put_aside_count_and_blank_ones_do_not(self) -> None:
        assert read(HEADER + line(1) + "0000002\r\n\r\nT,2\r\n", trailer=TRAILER)[2].rows == 2

    def test_known_rows_count(self) -> None:
        text = HEADER + line(1) + line(2) + "T,2\r\n"
        known = frozenset(row.fingerprint for row in read(text, trailer=TRAILER)[0])
        assert read(text, known, trailer=TRAILER)[2].rows == 2

    @pytest.mark.parametrize("count", ["", "二", "-1"])
    def test_a_trailer_without_a_number_is_refused(self, count: str) -> None:
        assert "件数が数字ではありません" in refusal(HEADER + line(1) + f"T,{count}\r\n", trailer=TRAILER)

    def test_a_trailer_without_the_position_is_refused(self) -> None:
        assert "2列目がありません" in refusal(HEADER + line(1) + "T\r\n", trailer=TRAILER)

    @pytest.mark.parametrize("after", [line(2), "T,1\r\n"])
    def test_nothing_stands_behind_the_trailer(self, after: str) -> None:
        assert "終端行（3行目）の後に行があります" in refusal(HEADER + line(1) + "T,1\r\n" + after, trailer=TRAILER)

    def test_a_trailer_as_wide_as_a_row_is_a_trailer(self) -> None:
        assert read(HEADER + line(1) + "T,1,,,\r\n", trailer=TRAILER)[2].rows == 1

    def test_more_rows_than_allowed_are_refused(self) -> None:
        assert "max_rows" in refusal(HEADER + line(1) * 3, max_rows=2)


@given(st.text(st.sampled_from('0123,"\r\n山T\x1a '), max_size=60), st.booleans())
def test_any_text_ends_proved_or_in_a_clear_refusal(text: str, whole: bool) -> None:
    try:
        rows, _, proof = read(HEADER + text if whole else text)
    except SourceError as error:
        assert "。" in str(error)  # noqa: PT017 - whether it raises is not the point
    else:
        assert proof.rows == len(rows)
