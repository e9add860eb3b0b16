"""Workbooks that come back, read within bounds: what is read of a sound one, and what every other one gets."""

import struct
import zipfile
from collections.abc import Callable
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.returned import LARGEST, read_book
from iam.errors import SheetError
from iam.ports import CellKind, SheetCell
from tests.unit.connectors_returned.books import NAME, book, packed, parts, relations, sheet, strings, types

MACRO = "application/vnd.ms-office.vbaProject"
SECONDS = 30
"""More than any file may take on a busy machine; a quiet one needs three at most."""


def cells(content: bytes) -> dict[str, SheetCell]:
    rows = read_book("a.xlsx", content, [NAME]).sheets[NAME]
    return {f"{letters}{row.number}": cell for row in rows for letters, cell in row.cells.items()}


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ('<c r="B2"><v>46112</v></c>', SheetCell("46112", CellKind.NUMBER)),
        ('<c r="B2" t="inlineStr"><is><t>継続</t></is></c>', SheetCell("継続")),
        ('<c r="B2" t="inlineStr"><is><r><t>継</t></r><r><t>続</t></r></is></c>', SheetCell("継続")),
        ('<c r="B2" t="s"><v>0</v></c>', SheetCell("理由")),
        ('<c r="B2" t="str"><v>文字</v></c>', SheetCell("文字")),
        ('<c r="B2" t="b"><v>1</v></c>', SheetCell("TRUE")),
        ('<c r="B2" t="e"><v>#REF!</v></c>', SheetCell("#REF!", CellKind.ERROR)),
        ('<c r="B2"><f>1+1</f><v>2</v></c>', SheetCell("", CellKind.FORMULA)),
        ('<c r="B2" t="str"><f>"継続"</f><v>継続</v></c>', SheetCell("", CellKind.FORMULA)),
        ('<c r="B2"><f t="shared" si="0"/><v>2</v></c>', SheetCell("", CellKind.FORMULA)),
        ('<c r="A2"><f t="array" ref="A2:B3"/><v>1</v></c><c r="B2"><v>1</v></c>', SheetCell("", CellKind.FORMULA)),
        ('<c r="B2" t="inlineStr"><is><t>a_x000D_b_x005F_x0041_</t></is></c>', SheetCell("a\rb_x0041_")),
        ('<c r="B2" t="inlineStr"><is><t>_xD800__x0000_</t></is></c>', SheetCell("\ufffd\ufffd")),
        ('<c/><c t="inlineStr"><is><t>番地なし</t></is></c>', SheetCell("番地なし")),
    ],
)
def test_a_cell_is_read_as_it_stands_and_never_computed(cell: str, read: SheetCell) -> None:
    """Excel's readings (rPh) beside a shared string are no part of it."""
    shared = strings("<si><t>理由</t><rPh sb='0' eb='2'><t>リユウ</t></rPh></si>")
    assert cells(book(f'<row r="2">{cell}</row>', shared))["B2"] == read


def test_only_sheets_that_were_asked_for_are_opened() -> None:
    """Other sheets, comments, styles and pictures may hold whatever they like; a nested archive stays packed."""
    whole = parts('<row><c t="inlineStr"><is><t>x</t></is></c></row>')
    whole["xl/workbook.xml"] = str(whole["xl/workbook.xml"]).replace(
        "</sheets>", '<sheet name="他" sheetId="2" r:id="r9"/></sheets>'
    )
    junk: dict[str, str | bytes] = {
        "xl/comments1.xml": b"\0",
        "xl/styles.xml": "<a><b>",
        "x.zip": packed({"y": b"\0" * 9_000_000}),
    }
    found = read_book("a.xlsx", packed({**whole, **junk}), [NAME, "他の名"])
    assert [row.cells["A"].text for row in found.sheets[NAME]] == ["x"]
    assert list(found.sheets) == [NAME]
    assert len(found.sha256) == 64


def replaced(name: str, part: str | bytes) -> bytes:
    return packed({**parts(), name: part})


def sheet1(part: str | bytes) -> bytes:
    return replaced("xl/worksheets/sheet1.xml", part)


def with_flag(content: bytes, flag: int) -> bytes:
    """The central directory's first entry with this general-purpose flag."""
    place = content.index(b"PK\1\2") + 8
    return content[:place] + struct.pack("<H", flag) + content[place + 2 :]


def with_size(content: bytes, name: bytes, size: int) -> bytes:
    """The central directory declares this unpacked size for a part, whatever it holds."""
    place = content.rindex(name) - 46 + 24
    return content[:place] + struct.pack("<I", size) + content[place + 4 :]


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return packed([*parts().items(), ("xl/worksheets/sheet1.xml", sheet(""))])


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
UNREADABLE, MACROS, LOCKED, MUCH, UNPACKED, MADE = (
    "xlsxとして読めません", "マクロ", "パスワード", "中身が多すぎる", "展開すると64MBを超える", "正しくない作り",
)  # fmt: skip

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", UNREADABLE),
    "no zip": (lambda: b"x" * 500, UNREADABLE),
    "cut": (lambda: book()[:-40], UNREADABLE),
    "compound file": (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), LOCKED),
    "encrypted entry": (lambda: with_flag(book(), 1), LOCKED),
    "large": (lambda: bytes(LARGEST + 1), "8MBを超えています"),
    "macro": (lambda: replaced("xl/vbaProject.bin", b"x"), MACROS),
    "macro by another folder and case": (lambda: replaced("X/VBAPROJECT.BIN", b"x"), MACROS),
    "macro under another name": (
        lambda: packed({
            **parts(), "xl/a.bin": b"x",
            "[Content_Types].xml": types(f'<Override PartName="/xl/a.bin" ContentType="{MACRO}"/>'),
        }),
        MACROS,
    ),
    "macro by extension": (
        lambda: replaced("[Content_Types].xml", types(f'<Default Extension="b" ContentType="{MACRO}"/>')),
        MACROS,
    ),
    "macro-enabled workbook": (
        lambda: replaced("[Content_Types].xml", types().replace("sheet.main", "sheet.macroEnabled.main")),
        MACROS,
    ),
    "macro sheet of old": (lambda: replaced("xl/macrosheets/sheet1.xml", sheet("")), MACROS),
    "types in another encoding": (
        lambda: replaced(
            "[Content_Types].xml", types(f'<Override PartName="/a" ContentType="{MACRO}"/>').encode("utf-16")
        ),
        MACROS,
    ),
    "types without end": (lambda: replaced("[Content_Types].xml", b" " * (2 << 20)), MADE),
    "bomb": (lambda: replaced("xl/media/a.png", bytes(200 << 20)), UNPACKED),
    "bomb in many parts": (
        lambda: packed({**parts(), **{f"xl/{each}": bytes(4 << 20) for each in range(17)}}), UNPACKED,
    ),
    "many parts": (lambda: packed({**parts(), **dict.fromkeys(map(str, range(2_001)), "")}, 0), UNPACKED),
    "bomb that declares little": (
        lambda: with_size(sheet1(bytes(90 << 20)), b"xl/worksheets/sheet1.xml", 900), UNREADABLE,
    ),
    "unbounded method": (lambda: packed(parts(), zipfile.ZIP_BZIP2), MADE),
    "one name twice": (twice, MADE),
    "document type": (lambda: sheet1(sheet("", LAUGHS)), UNREADABLE),
    "external entity": (lambda: sheet1(sheet("", '<!DOCTYPE a SYSTEM "file:///etc/passwd">')), UNREADABLE),
    "not closed": (lambda: sheet1("<worksheet>"), UNREADABLE),
    "deep": (lambda: sheet1("<a>" * 100 + "</a>" * 100), MUCH),
    "long tag": (lambda: sheet1(f'<a b="{"c" * (3 << 20)}"/>'), MUCH),
    "long comment": (lambda: sheet1(f"<a><!--{'c' * (3 << 20)}--></a>"), MUCH),
    "long value": (lambda: book(f"<row><c><v>{'1' * 40_000}</v></c></row>"), MUCH),
    "long shared string": (lambda: book("", strings(f"<si><t>{'あ' * 40_000}</t></si>")), MUCH),
    "many shared strings": (lambda: book("", strings("<si><t>a</t></si>" * 800_000)), MUCH),
    "many empty rows": (lambda: book("<row/>" * 1_048_577), MUCH),
    "many names": (lambda: sheet1(f"<a>{''.join(f'<b{each}/>' for each in range(3_000))}</a>"), MUCH),
    "many namespaces": (lambda: sheet1("<a>" + "".join(f'<b xmlns:c{n}="d"/>' for n in range(3_000)) + "</a>"), MUCH),
    "many arrays": (lambda: book("<row><c><f t='array' ref='A1:XFD9'/></c></row>" * 30), MUCH),
    "row beyond the last": (lambda: book('<row r="1048577"/>'), MUCH),
    "row out of order": (lambda: book('<row r="3"/><row r="3"/>'), UNREADABLE),
    "cell out of order": (lambda: book('<row><c r="B1"/><c r="A1"/></row>'), UNREADABLE),
    "cell of another row": (lambda: book('<row r="2"><c r="A3"/></row>'), UNREADABLE),
    "cell beyond the last column": (lambda: book('<row><c r="XFE1"/></row>'), UNREADABLE),
    "cell nowhere": (lambda: book('<row><c r="Ａ１"/></row>'), UNREADABLE),
    "string nowhere": (lambda: book('<row><c t="s"><v>7</v></c></row>'), UNREADABLE),
    "string before the first": (lambda: book('<row><c t="s"><v>-1</v></c></row>', strings("<si/>")), UNREADABLE),
    "sheet outside the file": (
        lambda: replaced("xl/_rels/workbook.xml.rels", relations(("worksheet", "../../../etc/passwd"))), UNREADABLE,
    ),
    "sheet of no link": (lambda: replaced("xl/_rels/workbook.xml.rels", relations()), UNREADABLE),
    "two sheets of one name": (
        lambda: replaced("xl/workbook.xml", str(parts()["xl/workbook.xml"]).replace(
            "</sheets>", f'<sheet name="{NAME}" sheetId="2" r:id="r1"/></sheets>')), UNREADABLE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_is_not_a_plain_small_xlsx_is_refused_in_one_sentence(kind: str) -> None:
    """Within bounded time, whatever it is; the sentence names file and cure."""
    content, words = HOSTILE[kind][0](), HOSTILE[kind][1]
    before = perf_counter()
    with pytest.raises(SheetError) as refused:
        read_book("回答.xlsx", content, [NAME])
    (problem,) = refused.value.problems
    assert words in problem
    assert problem.startswith("回答.xlsx: ")
    assert problem.endswith("ください。")
    assert perf_counter() - before < SECONDS


@pytest.mark.parametrize("name", ["a.xlsm", "a.XLSB", "a.xltm", "a.xlam"])
def test_a_name_that_promises_macros_is_refused_even_without_any(name: str) -> None:
    """What is called so is opened as such by whoever gets it next."""
    with pytest.raises(SheetError, match="マクロを入れられる形式"):
        read_book(name, book(), [NAME])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_any_damage_is_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    """Bytes changed, cut out or doubled in the file or in a part of it."""
    row = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>1</f><v>2</v></c></row>'
    whole = {name: str(part).encode() for name, part in parts(row, strings("<si><t>a_x0041_</t></si>")).items()}
    name = data.draw(st.sampled_from([*whole, ""]))
    content = whole[name] if name else packed(whole)
    begin = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(begin, min(len(content), begin + 30)))
    content = content[:begin] + data.draw(st.binary(max_size=12)) + content[end:]
    try:
        read_book("a.xlsx", packed({**whole, name: content}) if name else content, [NAME])
    except SheetError as refused:
        assert len(refused.problems) == 1  # noqa: PT017 - either end is right
