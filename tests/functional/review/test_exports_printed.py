"""What offices do with an export: open it in LibreOffice, save it again, print it; what the report says in print."""

import csv
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from weasyprint.urls import FatalURLFetchingError

from iam.record.store import Store
from iam.review.campaigns import campaign
from iam.review.exports.cover import cover
from iam.review.exports.figures import figures_of
from iam.review.exports.rows import rows
from tests.functional.review.planted import DAY, HOSTILE, plant, sign_and_carry_out
from tests.functional.review.test_exports import STEM, store_in, table
from web.paper import report
from web.paper.folder import Form, Wish, export
from web.paper.front import SEALS
from web.paper.report import Report

FRONT, ODD = "表紙", "外字"
SAID = (
    "さくら市", "令和8年度 第3四半期の棚卸", "税務システム 応答がありません。",
    "所属なし・持ち主なし", "持ち主が名簿にいない", "＋11", "未判定", "0000001", "指摘の移り変わり", "R8-2", "R8-3",
    "12 件のすべてです",
)  # fmt: skip
"""What stands in the report, as pdftotext reads it."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, empty_file: Path) -> Iterator[Store]:
    store = store_in(tmp_path_factory.mktemp("printed"), empty_file)
    sign_and_carry_out(store, plant(store))
    yield store
    store.dispose()


@pytest.fixture(scope="module")
def folder(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    below = tmp_path_factory.mktemp("below")
    return export(store, "nobu", Wish(2, below, "さくら市", (Form.XLSX, Form.CP932, Form.PDF))).folder


def hashes(store: Store) -> set[str]:
    """Of the snapshot, and of what was signed."""
    with store.read() as connection:
        found = campaign(connection, 2)
    return {found.snapshot_hash, found.result_hash}


def run(*words: str | Path) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """LibreOffice with a profile of its own."""
    profile = tmp_path_factory.mktemp("profile")
    return ("soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--norestore")


def printing(sheet: Worksheet) -> dict[str, Any]:
    """What a printer and a screen are told of a sheet."""
    page = sheet.page_setup
    return {
        "area": re.sub(r"^.*!|\$", "", str(sheet.print_area)), "rows": str(sheet.print_title_rows).replace("$", ""),
        "paper": page.paperSize, "way": page.orientation, "wide": page.fitToWidth or 1, "high": page.fitToHeight,
        "frozen": sheet.freeze_panes, "filter": str(sheet.auto_filter.ref or "").replace("$", ""),
    }  # fmt: skip


def cells(sheet: Worksheet) -> list[list[str]]:
    return [[str(cell.value if cell.value is not None else "") for cell in row] for row in sheet.iter_rows()]


def test_a_workbook_that_libreoffice_saved_again_is_the_same(
    store: Store, folder: Path, office: tuple[str, ...], tmp_path: Path
) -> None:
    run(*office, "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", tmp_path, folder / f"{STEM}.xlsx")
    ours, theirs = (openpyxl.load_workbook(place / f"{STEM}.xlsx") for place in (folder, tmp_path))
    assert theirs.sheetnames == ours.sheetnames
    assert ours.sheetnames[:2] == [FRONT, "所属なし・持ち主なし"]
    assert all(len(name) <= 31 for name in ours.sheetnames)
    for name in ours.sheetnames:
        mine, saved = ours[name], theirs[name]
        # Converting without a window LibreOffice writes no panes, of whatever file; all else comes back.
        assert {**printing(saved), "frozen": None} == {**printing(mine), "frozen": None}, name
        assert [row[: mine.max_column] for row in cells(saved)] == cells(mine), name
    for name in ours.sheetnames[1:-1]:
        told = printing(ours[name])
        assert (told["paper"], told["way"], told["wide"], told["high"], told["rows"]) == (9, "landscape", 1, 0, "4:4")
        assert told["frozen"] == "F5"
        assert told["filter"] == f"A4:O{ours[name].max_row}"
        assert told["area"] == f"A1:O{ours[name].max_row}"
    front = {text for row in cells(ours[FRONT]) for text in row}
    assert {
        "さくら市",
        "令和8年度 第3四半期の棚卸",
        "税務システム",
        "応答がありません。",
        *hashes(store),
        *SEALS,
    } <= front
    assert {row[0] for row in cells(ours[ODD])[1:]} >= {"\ue000", "\ue0f2"}


def test_a_cp932_file_opens_right_in_libreoffice(folder: Path, office: tuple[str, ...], tmp_path: Path) -> None:
    ours = table(folder / f"{STEM}_CP932.csv", "cp932")
    # Separator, quote, Windows-932, from line 1, no formats, language, quoted is text, and so on as it is by itself.
    read, write = "CSV:44,34,60,1,,0,true,false", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true"
    run(*office, f"--infilter={read}", "--convert-to", write, "--outdir", tmp_path, folder / f"{STEM}_CP932.csv")
    with (tmp_path / f"{STEM}_CP932.csv").open(encoding="utf-8-sig", newline="") as file:
        theirs = list(csv.reader(file))
    assert theirs == ours
    assert {f"'{each}" for each in HOSTILE[:4]} <= {row[10] for row in ours}


def test_the_report_says_it_in_print_with_its_fonts(store: Store, folder: Path) -> None:
    path = folder / f"{STEM}.pdf"
    text = re.sub(r"\s+", " ", run("pdftotext", "-layout", path, "-"))
    for words in (*SAID, *SEALS, *hashes(store)):
        assert words in text, words
    assert re.search(r"反映する変更 読み直して確認した 取り消した まだ終わっていない 3件 1件 1件 1件", text)
    fonts = [line.split() for line in run("pdffonts", path).splitlines()[2:]]
    assert fonts
    for font in fonts:
        assert "Noto-Sans-CJK-JP" in font[0], font
        assert font[-5:-3] == ["yes", "yes"], font
    pages = re.search(r"Pages: +(\d+)", run("pdfinfo", path))
    assert pages
    assert all(re.search(rf"\b{number} ?/ ?{pages[1]}\b", text) for number in range(1, int(pages[1]) + 1))


def test_the_report_lists_no_more_than_fits_and_says_where_the_rest_is(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "LISTED", 5)
    with store.read() as connection:
        making = Report(tmp_path / "a.pdf", cover(connection, 2, "<b>市</b>"), figures_of(connection, 2), DAY)
        for row in rows(connection, 2):
            making.take(row)
    html = making.html()
    assert "12 件のうち、初めの 5 件です。" in re.sub(r"\s+", " ", html)
    assert "<b>市</b>" not in html
    assert "&lt;b&gt;市" in html


def test_the_report_fetches_nothing(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = tmp_path / "secret.svg"
    asked.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    with store.read() as connection:
        making = Report(tmp_path / "a.pdf", cover(connection, 2, "市"), figures_of(connection, 2), DAY)
    monkeypatch.setattr(making, "html", lambda: f'<img src="{asked.as_uri()}">')
    with pytest.raises(FatalURLFetchingError, match="the report asks for nothing"):
        making.close()


def test_the_same_review_makes_the_same_files(store: Store, folder: Path, tmp_path: Path) -> None:
    made = export(store, "nobu", Wish(2, tmp_path, "さくら市", (Form.XLSX, Form.CP932, Form.PDF)))
    for each in made.files:
        assert (made.folder / each.name).read_bytes() == (folder / each.name).read_bytes(), each.name
