"""A sheet on a reviewer's desk: filled in with a spreadsheet, saved, handed in.

desk = Desk.of(council, GW, Part.OWNER)
desk.fill("ghost", 判定="停止", 理由="不要")
taken = desk.hand_in(GW)
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import update

from connectors.returned import read_book
from iam.review.books import campaign_finding_table
from iam.review.returned.columns import ANSWERS, CONTROL, Column, answered, fixed
from iam.review.returned.sheets import Scope, Sheet, Wanted, make_sheet
from iam.review.returned.taking import examine, take_back
from iam.review.returned.told import Refused, Taken
from iam.review.words import FindingKind, Part
from tests.functional.review.deciding.given import Council
from web.paper.returned.worksheet import worksheet

HEADINGS = 3
"""The row of the headings, from 1."""


EVIDENCE: Final = {
    "link": "", "used": None, "where": "", "created": None, "status": "", "since": None, "post": "", "former": "",
}  # fmt: skip


def told(council: Council) -> Council:
    """Its findings with evidence: each in words that stand on a sheet."""
    with council.store.act("test") as act:
        act.connection.execute(update(campaign_finding_table).values(kind=FindingKind.NO_OWNER, evidence=EVIDENCE))
    return council


@dataclass
class Desk:
    """One sheet, and the workbook that it is."""

    council: Council
    sheet: Sheet
    content: bytes

    @classmethod
    def of(cls, council: Council, number: int, part: Part, scope: Scope | None = None) -> Self:
        """Made for somebody by themselves."""
        council.clock.on(seconds=1)
        with council.store.act(f"staff:{number:07}") as act:
            wanted = Wanted(part, council.numbers[number], scope or Scope())
            sheet = make_sheet(act, council.door, council.campaign, wanted)
        return cls(council, sheet, worksheet(sheet))

    def edit(self, change: Callable[[Worksheet], None], tab: str = ANSWERS) -> None:
        """Somebody works on a sheet of it, and saves."""
        self.work(lambda book: change(book[tab]))

    def work(self, change: Callable[[Workbook], None]) -> None:
        """Somebody works on the workbook, and saves."""
        book = load_workbook(io.BytesIO(self.content))
        change(book)
        saved = io.BytesIO()
        book.save(saved)
        self.content = saved.getvalue()

    def row(self, about: str) -> int:
        """The row of a login, or (人事's sheet) of a staff number, as the sheet was made."""
        place = 0 if self.sheet.part is Part.HR else fixed(self.sheet.part).index(Column.LOGIN)
        return HEADINGS + 1 + [row.fixed[place] for row in self.sheet.rows].index(about)

    def letters(self, column: Column) -> str:
        """Where a column stands, as the sheet was made."""
        columns = (*fixed(self.sheet.part), *answered(self.sheet.part), Column.KEY)
        return get_column_letter(columns.index(column) + 1)

    def place(self, about: str, column: Column) -> str:
        """The cell of a row as people name it."""
        return f"{self.letters(column)}{self.row(about)}"

    def fill(self, about: str, **cells: object) -> None:
        """Write into the row about `about`, by headings."""
        self.fill_in({about: cells})

    def fill_in(self, rows: Mapping[str, Mapping[str, object]]) -> None:
        """The same for many rows at once."""

        def write(tab: Worksheet) -> None:
            for about, cells in rows.items():
                for name, value in cells.items():
                    tab[self.place(about, Column(name))].value = value

        self.edit(write)

    def hand_in(self, number: int, name: str = "回答.xlsx", campaign_id: int | None = None) -> Taken | Refused:
        """Somebody hands it in."""
        council = self.council
        council.clock.on(seconds=1)
        book = read_book(name, self.content, (ANSWERS, CONTROL))
        with council.store.read() as connection:
            examined = examine(connection, council.door, book, campaign_id=campaign_id or council.id)
        with council.store.act(f"staff:{number:07}") as act:
            return take_back(act, council.door, examined, council.numbers[number])

    def taken(self, number: int) -> Taken:
        """Somebody hands it in, and it is taken."""
        done = self.hand_in(number)
        assert isinstance(done, Taken), done
        assert done.taken + done.same + done.blank + done.missing + len(_rows(done)) == done.rows
        return done

    def refused(self, number: int, campaign_id: int | None = None) -> dict[str, str]:
        """Somebody hands it in, and nothing is taken: what was said, by place."""
        before = self.council.rows()
        done = self.hand_in(number, campaign_id=campaign_id)
        assert isinstance(done, Refused), done
        assert self.council.rows() == before
        assert all(each.words.endswith("。") for each in done.problems)
        return {each.place: each.words for each in done.problems}


def _rows(done: Taken) -> set[str]:
    """The rows of which something was not taken."""
    return {each.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for each in (*done.problems, *done.conflicts)}
