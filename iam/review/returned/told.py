"""What is said of a sheet that came back: what was taken, what was not, and by which cell.

The one law: *every cell that was not taken is named, with its cure*; and a file that was altered where it must not be
is not taken at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

SHOWN: Final = 20
"""Characters of a cell that are repeated to whoever wrote it."""


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong at one place, with its cure.  `cell`: "F12", or "" for a sheet; `sheet` "" too: for the file."""

    sheet: str
    cell: str
    words: str

    @property
    def place(self) -> str:
        """The place as people read it."""
        return " ".join(filter(None, (f"シート「{self.sheet}」" if self.sheet else "", self.cell)))

    @property
    def said(self) -> str:
        """The whole sentence."""
        return f"{self.place}: {self.words}" if self.place else self.words


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was taken: what is wrong with the file as a whole, and how many places more than are named.

    `sheet_id`, `campaign_id`: of the sheet that it is, 0 while that is not known.
    """

    file_name: str
    sha256: str
    problems: tuple[CellProblem, ...]
    more: int = 0
    sheet_id: int = 0
    campaign_id: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken.  `taken` + `same` + `blank` + `missing` + rows with problems or conflicts = `rows`.

    `same`: rows that say what is on record already.  `blank`: rows without an answer; `missing`: rows that are not in
    the file any more, which count as unanswered.  `conflicts`: answered meanwhile by somebody else: not taken either.
    """

    sheet_id: int
    campaign_id: int
    return_id: int
    file_name: str
    returned_by: int
    returned_at: datetime
    rows: int
    taken: int
    same: int
    blank: int
    missing: int
    problems: Sequence[CellProblem] = ()
    conflicts: Sequence[CellProblem] = ()


def shown(text: str) -> str:
    """The beginning of what stands in a cell, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
