"""Workbooks written part by part, so that a test can write what no spreadsheet would."""

import io
import zipfile
from collections.abc import Iterable, Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
NAME = "回答"


def types(*more: str) -> str:
    return (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>{"".join(more)}</Types>'
    )


def relations(*pairs: tuple[str, str]) -> str:
    links = "".join(
        f'<Relationship Id="r{number}" Type="{RELATIONS}/{type_}" Target="{target}"/>'
        for number, (type_, target) in enumerate(pairs, 1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def sheet(rows: str, before: str = "") -> str:
    return f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def strings(*items: str) -> str:
    return f'<sst xmlns="{MAIN}">{"".join(items)}</sst>'


def parts(rows: str = "", shared: str = "") -> dict[str, str | bytes]:
    """A workbook of one sheet; what a test wants otherwise, it replaces."""
    return {
        "[Content_Types].xml": types(),
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        f'<sheet name="{NAME}" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": sheet(rows),
        "xl/sharedStrings.xml": shared or strings(),
    }


def packed(content: Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]], method: int = 8) -> bytes:
    """The parts as a file."""
    file = io.BytesIO()
    pairs = content.items() if isinstance(content, Mapping) else content
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, part in pairs:
            archive.writestr(name, part)
    return file.getvalue()


def book(rows: str = "", shared: str = "", **replaced: str | bytes) -> bytes:
    """A workbook with these rows; `replaced`: parts by the end of their names."""
    whole = parts(rows, shared)
    for end, part in replaced.items():
        name = next(each for each in whole if each.replace("[", "").rpartition("/")[2].partition(".")[0] == end)
        whole[name] = part
    return packed(whole)
