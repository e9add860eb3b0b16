"""CSV files in CP932 and UTF-8, whole and broken."""

import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from iam.errors import SourceError
from tests.functional.connectors_personnel.files import COLUMNS, HEADER, STAFF, Read, csv_text, read, source

MY_NUMBERS = ("123456789018", "234567890121", "345678901234")  # samples with their check digits
SUM_TRAILER = {"marker": "T", "rows_at": 2, "sha256_at": 3}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jinji.csv"


def refusal(path: Path, **said: object) -> str:
    with pytest.raises(SourceError) as caught:
        read(path, **said)
    told = str(caught.value)
    assert "jinji" in told
    assert told.endswith("。")
    return told


def read_bytes(path: Path, content: bytes, **said: object) -> Read:
    path.write_bytes(content)
    return read(path, **said)


def refusal_of(path: Path, content: bytes, **said: object) -> str:
    path.write_bytes(content)
    return refusal(path, **said)


@pytest.mark.parametrize(("codec", "encoding"), [("cp932", "cp932"), ("utf-8", "utf-8"), ("utf-8-sig", "utf-8")])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_every_encoding_gives_the_same_rows(path: Path, codec: str, encoding: str, end: str) -> None:
    found = read_bytes(path, csv_text().replace("\r\n", end).encode(codec), encoding=encoding)
    assert found.names == ["髙橋　太郎", "山﨑　花子", "鈴木　次郎"]
    assert found.rows[1].fields == dict(zip(COLUMNS, (STAFF[1][0], *STAFF[1][1:3], *STAFF[1][4:]), strict=True))
    assert [row.place for row in found.rows] == ["jinji.csv 2行目", "jinji.csv 3行目", "jinji.csv 4行目"]
    assert found.warnings == []


def test_birth_dates_are_never_read(path: Path) -> None:
    assert "昭和60年" not in repr(read_bytes(path, csv_text().encode("cp932")))


def test_fingerprints_are_the_same_in_every_encoding_and_night(path: Path) -> None:
    first = read_bytes(path, csv_text().encode("cp932"))
    known = {row.fingerprint for row in first.rows}
    path.write_bytes(csv_text().encode("utf-8-sig"))
    second = read(path, known, encoding="utf-8")
    assert (second.rows, len(second.unchanged)) == ([], 3)
    assert {len(mark) for mark in known} == {16}


def test_yesterdays_file_again_is_no_error(path: Path) -> None:
    path.write_bytes(csv_text().encode("cp932"))
    known = {row.fingerprint for row in read(path).rows}
    assert len(read(path, known).unchanged) == len(read(path, known).unchanged) == 3


def test_the_proof_holds_count_and_hash_of_the_whole_file(path: Path) -> None:
    content = csv_text().encode("cp932")
    found = read_bytes(path, content)
    assert found.proof
    assert (found.proof.rows, found.proof.sha256) == (3, hashlib.sha256(content).hexdigest())


def test_a_reading_that_was_given_up_proves_nothing(path: Path) -> None:
    path.write_bytes(csv_text().encode("cp932"))
    reader = source(path)
    next(iter(reader.read(frozenset())))
    assert reader.proof is None


@pytest.mark.parametrize("tail", [b"\x1a", b"\x1a" * 512, b"\r\n\x1a"])
def test_a_trailing_control_z_is_taken_away(path: Path, tail: bytes) -> None:
    assert len(read_bytes(path, csv_text().encode("cp932") + tail).rows) == 3


def test_a_control_z_within_the_text_stays(path: Path) -> None:
    found = read_bytes(path, csv_text().replace("花子", "花\x1a子").encode("cp932"))
    assert found.names[1] == "山﨑　花\x1a子"


def test_tabs_may_stand_between_cells(path: Path) -> None:
    assert len(read_bytes(path, csv_text().replace(",", "\t").encode("cp932"), delimiter="\t").rows) == 3


def test_without_a_header_columns_are_found_by_position(path: Path) -> None:
    columns = {field: HEADER.index(header) + 1 for field, header in COLUMNS.items()}
    found = read_bytes(path, csv_text(header=None).encode("cp932"), header=False, columns=columns)
    assert [row.place for row in found.rows] == ["jinji.csv 1行目", "jinji.csv 2行目", "jinji.csv 3行目"]


def test_vendor_characters_are_kept(path: Path) -> None:
    found = read_bytes(path, csv_text().encode("cp932").replace("花".encode("cp932"), b"\xf0\x40"))
    assert found.names[1] == "山﨑　\ue000子"


def test_a_formula_is_kept_as_written_and_reported(path: Path) -> None:
    found = read_bytes(path, csv_text().replace("山﨑　花子", "=cmd|' /C calc'!A0").encode("cp932"))
    assert found.names[1] == "=cmd|' /C calc'!A0"
    assert "式のように" in found.warnings[0]


class TestFilesThatCannotBeOpened:
    """Missing, unreadable, no file at all."""

    def test_a_missing_file(self, path: Path) -> None:
        assert "ファイルがありません" in refusal(path)

    def test_a_directory(self, path: Path) -> None:
        path.mkdir()
        assert "ファイルではありません" in refusal(path)

    def test_a_pipe_is_refused_without_waiting(self, path: Path) -> None:
        os.mkfifo(path)
        assert "ファイルではありません" in refusal(path)

    def test_a_file_below_a_file(self, path: Path) -> None:
        path.touch()
        assert "読めません" in refusal(path / "jinji.csv") or "読み取れません" in refusal(path / "jinji.csv")

    def test_an_empty_file(self, path: Path) -> None:
        path.touch()
        assert "空です（0バイト）" in refusal(path)

    def test_nothing_but_control_z(self, path: Path) -> None:
        assert "行が1つもありません" in refusal_of(path, b"\x1a\x1a")

    def test_a_header_alone(self, path: Path) -> None:
        assert "データ行が1件もありません" in refusal_of(path, csv_text(()).encode("cp932"))


class TestWrongEncoding:
    """The message says which line, which byte, and what the file seems to be."""

    @pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
    def test_utf8_where_cp932_was_said(self, path: Path, codec: str) -> None:
        told = refusal_of(path, csv_text().encode(codec))
        assert "UTF-8のファイルのようです" in told
        assert 'encoding を "utf-8"' in told

    def test_cp932_where_utf8_was_said(self, path: Path) -> None:
        told = refusal_of(path, csv_text().encode("cp932"), encoding="utf-8")
        assert told.startswith("jinji.csv 1行目 1バイト目: UTF-8として読めない文字があります（0x90）。")
        assert 'encoding を "cp932"' in told

    def test_the_line_and_byte_of_a_broken_character(self, path: Path) -> None:
        content = csv_text(STAFF * 4000).encode("cp932") + b"0009999,\x81\xff\r\n"
        told = refusal_of(path, content)
        assert told.startswith("jinji.csv 12002行目 9バイト目: CP932（Shift_JIS）として読めない文字があります（0x81")

    @pytest.mark.parametrize("codec", ["utf-16", "utf-16-le"])
    def test_utf16(self, path: Path, codec: str) -> None:
        assert "UTF-16" in refusal_of(path, csv_text().encode(codec))

    def test_a_nul_is_refused_with_its_line(self, path: Path) -> None:
        content = csv_text(STAFF * 4000).encode("cp932") + b"0009999,\x00\r\n"
        assert refusal_of(path, content).startswith("jinji.csv 12002行目: NUL（0x00）があります。")


class TestHalfAFile:
    """Whatever is cut is noticed."""

    def test_cut_within_a_row(self, path: Path) -> None:
        content = csv_text().encode("cp932")
        assert "最後の行が途中で切れて" in refusal_of(path, content[:-40])

    def test_cut_within_a_character(self, path: Path) -> None:
        content = csv_text().encode("cp932")
        cut = content.index("次郎".encode("cp932")) + 1
        told = refusal_of(path, content[:cut])
        assert told.startswith("jinji.csv 4行目 15バイト目: ")
        assert "文字の途中でファイルが切れています" in told

    def test_cut_within_quotes(self, path: Path) -> None:
        content = csv_text().replace("鈴木　次郎", '"鈴木').encode("cp932")
        assert "引用符" in refusal_of(path, content)

    @pytest.mark.parametrize("tail", [b"", b"\x1a", b"\r\n\r\n"])
    def test_the_trailer_proves_count_and_hash(self, path: Path, tail: bytes) -> None:
        body = csv_text().encode("cp932")
        trailer = f"T,3,{hashlib.sha256(body).hexdigest()}\r\n".encode()
        assert len(read_bytes(path, body + trailer + tail, trailer=SUM_TRAILER).rows) == 3

    def test_a_body_that_changed_after_its_trailer_was_made(self, path: Path) -> None:
        body = csv_text().encode("cp932")
        trailer = f"T,3,{hashlib.sha256(body).hexdigest()}\r\n".encode()
        told = refusal_of(
            path, body.replace("花子".encode("cp932"), "華子".encode("cp932")) + trailer, trailer=SUM_TRAILER
        )
        assert told.startswith("jinji.csv 5行目: SHA-256が合いません。")

    def test_a_missing_trailer(self, path: Path) -> None:
        assert "終端行「T」がありません" in refusal_of(path, csv_text().encode("cp932"), trailer=SUM_TRAILER)

    def test_a_row_lost_before_the_trailer(self, path: Path) -> None:
        content = csv_text(STAFF[:2]).encode("cp932") + b"T,3\r\n"
        assert "書かれた件数 3、読んだ件数 2" in refusal_of(path, content, trailer={"marker": "T", "rows_at": 2})

    @pytest.mark.parametrize("text", ["rows=3\nsha256={}\n", "sha256={} rows=3", "ROWS: 3", "sha256 = {}"])
    def test_the_sidecar_proves_the_file(self, path: Path, text: str) -> None:
        content = csv_text().encode("cp932")
        path.with_name("jinji.csv.sum").write_text(text.format(hashlib.sha256(content).hexdigest().upper()))
        assert len(read_bytes(path, content, sidecar=".sum").rows) == 3

    @pytest.mark.parametrize(
        ("text", "why"),
        [("rows=4", "件数が合いません"), (f"sha256={'0' * 64}", "SHA-256が合いません"), ("ok", "書かれていません")],
    )
    def test_a_sidecar_that_says_something_else(self, path: Path, text: str, why: str) -> None:
        path.with_name("jinji.csv.sum").write_text(text)
        assert why in refusal_of(path, csv_text().encode("cp932"), sidecar=".sum")

    def test_a_missing_sidecar(self, path: Path) -> None:
        assert "jinji.csv.sum" in refusal_of(path, csv_text().encode("cp932"), sidecar=".sum")


class TestFilesInMotion:
    """A file that is still being written is not whole."""

    def test_a_file_that_grows_during_the_reading(self, path: Path) -> None:
        path.write_bytes(csv_text(STAFF * 300).encode("cp932"))
        batches = source(path).read(frozenset())
        next(batches)
        with path.open("ab") as file:
            file.write(csv_text(STAFF, None).encode("cp932"))
        with pytest.raises(SourceError, match="書き換えられました"):
            list(batches)

    def test_a_file_that_is_replaced_during_the_reading(self, path: Path) -> None:
        path.write_bytes(csv_text(STAFF * 300).encode("cp932"))
        batches = source(path).read(frozenset())
        next(batches)
        other = path.with_name("new")
        other.write_bytes(path.read_bytes())
        other.replace(path)
        with pytest.raises(SourceError, match="書き換えられました"):
            list(batches)


class TestHugeInput:
    """Memory is bounded, whatever comes."""

    @pytest.mark.parametrize("filler", [b"x", b"\x1a", b",", b'"'])
    def test_a_line_of_40_mb_is_refused_in_bounded_memory(self, path: Path, filler: bytes) -> None:
        path.write_bytes(csv_text().encode("cp932") + filler * (40 << 20) + b"y\r\n")
        tracemalloc.start()
        try:
            assert "1行が1,048,576バイトを超えています" in refusal(path)
            assert tracemalloc.get_traced_memory()[1] < 10 << 20
        finally:
            tracemalloc.stop()

    def test_an_open_quote_does_not_collect_the_rest_of_the_file(self, path: Path) -> None:
        text = csv_text() + '0009999,"山田\r\n' + csv_text(STAFF * 20_000, None)
        assert "jinji.csv 5行目: 引用符" in refusal_of(path, text.encode("cp932"))

    def test_blank_lines_without_end_are_refused(self, path: Path) -> None:
        assert "1行が" in refusal_of(path, csv_text().encode("cp932") + b"\r\n" * (4 << 20))

    def test_a_large_file_is_read_in_bounded_memory(self, path: Path) -> None:
        path.write_bytes(csv_text(STAFF * 30_000).encode("cp932"))
        known = {row.fingerprint for row in read(path).rows}
        tracemalloc.start()
        try:
            count = sum(len(batch.unchanged) for batch in source(path).read(known))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert count == 90_000
        assert peak < 5 << 20


class TestMyNumbers:
    """A column of My Numbers stops the import, and no number is ever shown."""

    def test_by_its_header(self, path: Path) -> None:
        rows = [(*row, number) for row, number in zip(STAFF, MY_NUMBERS, strict=True)]
        told = refusal_of(path, csv_text(rows, (*HEADER, "個人番号")).encode("cp932"))
        assert told.startswith("【警報】")
        assert not any(number in told for number in MY_NUMBERS)

    def test_by_its_values_in_a_mapped_column(self, path: Path) -> None:
        rows = [(number, *row[1:]) for row, number in zip(STAFF, MY_NUMBERS, strict=True)]
        told = refusal_of(path, csv_text(rows).encode("cp932"))
        assert told.startswith("【警報】")
        assert not any(number in told for number in MY_NUMBERS)

    def test_before_a_single_row_is_given(self, path: Path) -> None:
        rows = [(number, *row[1:]) for row, number in zip(STAFF, MY_NUMBERS, strict=True)]
        path.write_bytes(csv_text(rows).encode("cp932"))
        with pytest.raises(SourceError, match="警報"):
            next(source(path).read(frozenset()))


def test_a_header_renamed_by_an_update_is_named(path: Path) -> None:
    told = refusal_of(path, csv_text(header=[cell.replace("氏名", "職員氏名") for cell in HEADER]).encode("cp932"))
    assert "列「氏名」がありません（「職員氏名」" in told


def test_extra_and_moved_columns_change_nothing(path: Path) -> None:
    first = read_bytes(path, csv_text().encode("cp932"))
    moved = csv_text([("x", *row[::-1]) for row in STAFF], ("新列", *HEADER[::-1]))
    path.write_bytes(moved.encode("cp932"))
    assert len(read(path, {row.fingerprint for row in first.rows}).unchanged) == 3
