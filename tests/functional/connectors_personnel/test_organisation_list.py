"""The list of the body's organisation, from the file to the rules."""

from datetime import date
from pathlib import Path

import pytest

from connectors.personnel.organisation import read_organisation
from connectors.personnel.tables.stream import Encoding
from iam.errors import SourceError
from iam.people.organisation import Organisation

ENGLISH = "code,name,parent,valid_from,valid_until\r\n"
JAPANESE = "組織コード,組織名,上位組織コード,有効開始日,有効終了日,備考\r\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "組織.csv"


def write(path: Path, text: str, codec: str = "utf-8") -> Path:
    path.write_bytes(text.encode(codec))
    return path


def test_english_headers_in_utf8(path: Path) -> None:
    rows = read_organisation(write(path, ENGLISH + "01,総務部,,R8.4.1,\r\n\r\n0101,人事課,01,,\r\n", "utf-8-sig"))
    assert rows[0] == ("組織.csv 2行目", "01", "総務部", "", "R8.4.1", "")
    assert rows[1].place == "組織.csv 4行目"


def test_japanese_headers_in_cp932(path: Path) -> None:
    encoding: Encoding = "cp932"
    rows = read_organisation(write(path, JAPANESE + "01,総務部,,,,\r\n", encoding), encoding)
    assert rows[0].name == "総務部"


def test_dates_may_be_left_out(path: Path) -> None:
    [row] = read_organisation(write(path, "parent,name,code\n,総務部,01\n"))
    assert (row.code, row.parent, row.valid_from, row.valid_until) == ("01", "", "", "")


def test_the_rows_make_an_organisation(path: Path) -> None:
    text = ENGLISH + "01,総務部,,,\r\n0101,情報課,01,,R8.3.31\r\n0101,デジタル課,01,R8.4.1,\r\n"
    organisation = Organisation.from_rows(read_organisation(write(path, text)))
    unit = organisation.at("0101", date(2026, 4, 1))
    assert unit
    assert unit.name == "デジタル課"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "空です"),
        (ENGLISH, "組織が1件もありません"),
        ("code,title\r\n01,総務部\r\n", "列 name（組織名）、parent（上位組織コード） がありません"),
        (ENGLISH + "01,総務部\r\n", "2行目: セルの数が合いません（2個。正しくは5個）"),
        (ENGLISH + '01,"総"務部,,,\r\n', "2行目: 引用符"),
        (ENGLISH + '01,"総務部,,,\r\n', "2行目: 引用符"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_its_line(path: Path, text: str, why: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_organisation(write(path, text))
    assert why in str(caught.value)
    assert "組織.csv" in str(caught.value)


def test_a_missing_list_is_refused(path: Path) -> None:
    with pytest.raises(SourceError, match="ファイルがありません"):
        read_organisation(path)
