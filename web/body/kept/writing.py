"""The register of kept IDs as a sheet: CSV in UTF-8 with a byte order mark or in CP932, or xlsx.

The one law: *nothing changes silently*: a character that the encoding cannot hold is told and nothing is written, and
a cell is text, whatever it begins with.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from io import BytesIO, StringIO
from typing import Final

from sqlalchemy import Connection
from xlsxwriter import Workbook

from iam.access.kept.register import Kept, kept_ids, members_of
from iam.errors import SheetError
from iam.people.japanese import outside_cp932
from iam.people.ledger import Person, people
from web.body.kept.columns import BESIDE, COMPUTED, GUARD, HEADINGS

WIDTHS: Final = (14, 20, 12, 30, 12, 14, 18, 18, 12, 16, 24, 18, 30)
"""Columns of the xlsx, in characters."""
_A4: Final = 9


def register_rows(connection: Connection, on: date) -> list[tuple[str, ...]]:
    """The heading, and every row in force with who uses it on the day."""
    kept = kept_ids(connection)
    members = members_of(connection, [each.id for each in kept], on)
    wanted = {id_ for each in kept for id_ in (each.keeper_id, each.sponsor_id) if id_ is not None}
    wanted |= {member.person_id for many in members.values() for member in many}
    known = {person.id: person for person in people(connection, sorted(wanted))}
    heading = (*(words[0] for words in HEADINGS.values()), *BESIDE)
    return [heading, *(_cells(each, [m.person_id for m in members[each.id]], known) for each in kept)]


def _cells(kept: Kept, members: Sequence[int], known: Mapping[int, Person]) -> tuple[str, ...]:
    def number(id_: int | None) -> str:
        person = known.get(id_ or 0)
        return person.staff_number if person else ""

    keeper = known.get(kept.keeper_id or 0)
    return (
        kept.system, kept.login, kept.kind.label_ja, kept.purpose, number(kept.keeper_id), number(kept.sponsor_id),
        kept.project, kept.company, str(kept.valid_until or ""), str(kept.secret_changed_on or ""),
        "、".join(map(number, members)), keeper.name if keeper else "", "、".join(known[id_].name for id_ in members),
    )  # fmt: skip


def as_csv(rows: Sequence[Sequence[str]], *, cp932: bool = False) -> bytes:
    """The rows as a file; lines end with CR LF (RFC 4180).

    Raises:
        SheetError: with every cell that CP932 cannot hold.
    """
    if cp932 and (odd := list(_odd(rows))):
        raise SheetError([*odd, "CP932 にない文字があるため、書き出していません。UTF-8 で書き出してください。"])
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([[_guarded(cell) for cell in row] for row in rows])
    return text.getvalue().encode("cp932" if cp932 else "utf-8-sig")


def _odd(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for line, row in enumerate(rows, 1):
        for heading, cell in zip(rows[0], row, strict=True):
            if missing := outside_cp932(cell):
                yield f"{line}行目: {heading}: 「{''.join(dict.fromkeys(missing))}」は CP932 にありません。"


def _guarded(cell: str) -> str:
    return GUARD + cell if cell.lstrip().startswith(COMPUTED) else cell


def as_xlsx(rows: Sequence[Sequence[str]], title: str) -> bytes:
    """The rows as a workbook that prints on A4 across; every cell is text."""
    content = BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("台帳")
        heading = book.add_format({"bold": True, "border": 1, "bg_color": "#DDDDDD", "text_wrap": True})
        cell = book.add_format({"border": 1, "text_wrap": True, "valign": "top", "num_format": "@"})
        for at, width in enumerate(WIDTHS):
            sheet.set_column(at, at, width)
        for line, row in enumerate(rows):
            for at, text in enumerate(row):
                sheet.write_string(line, at, text, cell if line else heading)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(len(rows) - 1, 0), len(rows[0]) - 1)
        sheet.print_area(0, 0, max(len(rows) - 1, 0), len(rows[0]) - 1)
        sheet.set_header(f"&L{title.replace('&', '&&')}")
        sheet.set_footer("&C&P / &N")
    return content.getvalue()
