"""Whether a file is a sheet that we made, whole and unaltered, and which row is which.

The one law: *a file that was altered where nobody may write is not read on*: who changed one row may have changed
others, and nobody could say later what was answered about.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from iam.errors import NotFound
from iam.people.ledger import people
from iam.ports import CellKind, ReturnedBook, SheetCell, SheetRow
from iam.record.columns import local_text
from iam.record.keys import KeyRing
from iam.review.books import campaign_return_table
from iam.review.campaigns import Campaign, campaign
from iam.review.returned.columns import ANSWERS, CONTROL, Column, answered, fixed, heading, kept
from iam.review.returned.marks import FORMAT, KEY, LINE, PERSON, is_ours, row_key, row_of
from iam.review.returned.rows import cells_of
from iam.review.returned.sheets import SheetRecord, sheet_record
from iam.review.returned.told import CellProblem, Refused, shown
from iam.review.words import CampaignState, Part
from iam.signin.door import Door

MOST_PROBLEMS: Final = 200
"""Places that are named; the rest are counted."""

_HEADINGS_WITHIN: Final = 30
_FEWEST_HEADINGS: Final = 4
_MORE_ROWS: Final = 500
"""Rows beyond those of the sheet that are looked at, each to be named."""

_EMPTY: Final = SheetCell("")


@dataclass(frozen=True, slots=True)
class Genuine:
    """A file that is ours and unaltered.  `seen`: the campaign's revision when the sheet was made.

    `letters`: each column's letters in this file; `rows`: by the id of the line, or for HR of the person.
    """

    book: ReturnedBook
    record: SheetRecord
    campaign: Campaign
    seen: int
    letters: Mapping[Column, str]
    rows: Mapping[int, SheetRow]

    def fixed(self, row: SheetRow) -> list[str]:
        """What stands in the fixed cells of a row."""
        letters = (self.letters[column] for column in fixed(self.record.part))
        return [kept(row.cells.get(each, _EMPTY).text) for each in letters]

    def placed(self, number: int, problems: Mapping[Column, str]) -> Iterator[CellProblem]:
        """What is wrong in a row, by cell."""
        for column, words in problems.items():
            yield CellProblem(ANSWERS, f"{self.letters[column]}{number}", words)


class _Altered(Exception):
    def __init__(self, *problems: CellProblem) -> None:
        self.problems = problems
        super().__init__()


def genuine(connection: Connection, door: Door, book: ReturnedBook, campaign_id: int | None) -> Genuine | Refused:
    """The sheet that `book` is, or everything that speaks against it."""
    record: SheetRecord | None = None
    try:
        told = _control(door, book)
        record, of = _record(connection, told, campaign_id)
        _not_yet_taken(connection, record, book)
        letters, below = _headings(book, record.part)
        rows = _Rows(connection, door.keys, record, letters).known(below)
    except _Altered as altered:
        named = altered.problems[:MOST_PROBLEMS]
        more = len(altered.problems) - len(named)
        ids = (record.id, record.campaign_id) if record else (0, 0)
        return Refused(book.name, book.sha256, named, more, *ids)
    return Genuine(book, record, of, int(told["版"][0]), letters, rows)


Told = Mapping[str, tuple[str, str]]


def _control(door: Door, book: ReturnedBook) -> Told:
    """What the control sheet says, each value with its cell."""
    if CONTROL not in book.sheets or ANSWERS not in book.sheets:
        name = ANSWERS if ANSWERS not in book.sheets else CONTROL
        raise _Altered(
            CellProblem(
                "", "", f"シート「{name}」がありません。配ったファイルに回答を書き、そのファイルを戻してください。"
            )
        )
    rows = book.sheets[CONTROL]
    told = {row.cells.get("A", _EMPTY).text: (row.cells.get("B", _EMPTY).text, f"B{row.number}") for row in rows}
    if told.get("形式", ("", ""))[0] != FORMAT:
        raise _Altered(
            CellProblem(
                CONTROL,
                told.get("形式", ("", ""))[1],
                "この版で配ったシートではありません。新しいシートを作り直してください。",
            )
        )
    ours = door.profile.body.name
    body, cell = told.get("団体", ("", ""))
    if body != ours:
        raise _Altered(
            CellProblem(CONTROL, cell, f"「{shown(body)}」のシートです。{ours}で配ったシートを戻してください。")
        )
    plain = {name: text for name, (text, _) in told.items()}
    if not door.keys.has(plain.get(KEY, "")):
        words = "この鍵守の鍵で作られたシートではありません。この鍵守で配ったシートを戻してください。"
        raise _Altered(CellProblem(CONTROL, told.get(KEY, ("", ""))[1], words))
    if not is_ours(door.keys, plain):
        words = "署名が合いません。管理情報が書き換えられています。配ったシートに書き直して戻してください。"
        raise _Altered(CellProblem(CONTROL, told.get("署名", ("", ""))[1], words))
    return told


def _record(connection: Connection, told: Told, campaign_id: int | None) -> tuple[SheetRecord, Campaign]:
    """The sheet's own record and its campaign, which must be taking answers."""
    number, cell = told["シート"]
    try:
        record = sheet_record(connection, int(number))
    except NotFound:
        record = None
    if record is None or (record.digest, record.key_id) != (told["固定列"][0], told[KEY][0]):
        words = "このシートを作った記録がありません。シートを作り直してください。"
        raise _Altered(CellProblem(CONTROL, cell, words))
    of = campaign(connection, record.campaign_id)
    if of.state is not CampaignState.OPEN:
        words = f"「{of.title}」は「{of.state.label_ja}」です。回答受付中の棚卸のシートを作り、回答してください。"
        raise _Altered(CellProblem(CONTROL, told["棚卸"][1], words))
    if campaign_id not in {None, of.id}:
        words = f"「{of.title}」のシートです。その棚卸のページから取り込んでください。"
        raise _Altered(CellProblem(CONTROL, told["棚卸"][1], words))
    return record, of


def _not_yet_taken(connection: Connection, record: SheetRecord, book: ReturnedBook) -> None:
    if words := why_taken(connection, record.id, book.sha256):
        raise _Altered(CellProblem("", "", words))


def why_taken(connection: Connection, sheet_id: int, sha256: str) -> str:
    """Who handed in this very file already, and when; "" when nobody has."""
    columns = campaign_return_table.c
    query = select(columns.returned_by, columns.returned_at, columns.taken).where(
        columns.sheet_id == sheet_id, columns.sha256 == sha256
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return ""
    name = next((person.name for person in people(connection, [row.returned_by])), "")
    return (
        f"同じファイルは {local_text(row.returned_at)} に{name}さんが取り込み済みです（{row.taken:,}件）。"
        "続きを回答したときは、保存し直したファイルを選んでください。"
    )


def _headings(book: ReturnedBook, part: Part) -> tuple[dict[Column, str], Sequence[SheetRow]]:
    """The letters of each column, and the rows below the headings."""
    needed = {heading(column): column for column in (*fixed(part), *answered(part), Column.KEY)}
    rows = book.sheets[ANSWERS]
    for place, row in enumerate(rows[:_HEADINGS_WITHIN]):
        found = [(needed[name], each) for each, cell in row.cells.items() if (name := heading(cell.text)) in needed]
        if len({column for column, _ in found}) >= _FEWEST_HEADINGS:
            _complete(needed.values(), found, row.number)
            return dict(found), rows[place + 1 :]
    words = "見出しの行がありません。配ったシートの見出しを元に戻してください。"
    raise _Altered(CellProblem(ANSWERS, "", words))


def _complete(needed: Iterable[Column], found: Sequence[tuple[Column, str]], number: int) -> None:
    problems: list[CellProblem] = []
    for column in needed:
        places = [f"{each}{number}" for named, each in found if named is column]
        if not places:
            words = f"列「{column.value}」がありません。配ったシートの見出しと列を元に戻してください。"
            problems.append(CellProblem(ANSWERS, "", words))
        words = f"列「{column.value}」が二つあります（{places[0] if places else ''}）。加えた列を削除してください。"
        problems += [CellProblem(ANSWERS, place, words) for place in places[1:]]
    if problems:
        raise _Altered(*problems)


class _Rows:
    """The rows of a file held against their keys."""

    def __init__(
        self, connection: Connection, keys: KeyRing, record: SheetRecord, letters: Mapping[Column, str]
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._record = record
        self._letters = letters
        self._kind = PERSON if record.part is Part.HR else LINE
        self._fixed = [letters[column] for column in fixed(record.part)]
        self._known = {*letters.values()}

    def known(self, rows: Sequence[SheetRow]) -> dict[int, SheetRow]:
        """Each row by the line or person that its key names; rows in which nothing of ours stands are passed over."""
        filled = [row for row in rows if any(self._filled(row, each) for each in self._known)]
        if len(filled) > self._record.rows + _MORE_ROWS:
            words = f"配ったシートの{self._record.rows:,}行より多い行があります。加えた行を削除してください。"
            raise _Altered(CellProblem(ANSWERS, "", words))
        found: dict[int, SheetRow] = {}
        strange: list[tuple[SheetRow, int]] = []
        problems: list[CellProblem] = []
        for row in filled:
            about, key = self._about(row)
            if not about:
                problems.append(self._at(row, self._no_key(row, key)))
            elif self._key_of(about, self._cells(row)) != key:
                strange.append((row, about))
            elif about in found:
                words = f"{found[about].number}行目と同じ行です。どちらか一方の行を削除してください。"
                problems.append(self._at(row, words))
            else:
                found[about] = row
        problems += self._changed(strange)
        if problems:
            raise _Altered(*sorted(problems, key=_order))
        return found

    def _filled(self, row: SheetRow, letters: str) -> bool:
        cell = row.cells.get(letters)
        return cell is not None and (cell.kind is not CellKind.TEXT or bool(kept(cell.text)))

    def _about(self, row: SheetRow) -> tuple[int, str]:
        key = kept(row.cells.get(self._letters[Column.KEY], _EMPTY).text)
        named = row_of(key)
        return (named[1], key) if named and named[0] == self._kind else (0, key)

    def _no_key(self, row: SheetRow, key: str) -> str:
        if key:
            return "行の鍵が書き換えられています。配ったシートの行をそのまま使ってください。"
        if any(self._filled(row, each) for each in self._fixed):
            return "行の鍵がありません。加えた行なら行ごと削除し、鍵を消したときは元に戻してください。"
        return "配ったシートにない行です。行ごと削除してください。"

    def _cells(self, row: SheetRow) -> list[str]:
        return [row.cells.get(each, _EMPTY).text for each in self._fixed]

    def _key_of(self, about: int, cells: Sequence[str]) -> str:
        return row_key(self._keys, self._record.key_id, self._record.id, f"{self._kind}{about}", cells)

    def _at(self, row: SheetRow, words: str) -> CellProblem:
        return CellProblem(ANSWERS, f"{self._letters[Column.KEY]}{row.number}", words)

    def _changed(self, strange: Sequence[tuple[SheetRow, int]]) -> Iterator[CellProblem]:
        """Which cell of each row was changed, where what went out can be told; else that its key is another's."""
        ids = {about for _, about in strange}
        told = cells_of(self._connection, self._record.campaign_id, self._record.part, ids) if ids else {}
        for row, about in strange:
            cells = told.get(about)
            key = kept(row.cells.get(self._letters[Column.KEY], _EMPTY).text)
            if cells is None or self._key_of(about, cells) != key:
                yield self._at(row, "行の鍵が、この行のものではありません。配ったシートの行をそのまま使ってください。")
                continue
            for letters, cell, there in zip(self._fixed, cells, self._cells(row), strict=True):
                if kept(cell) != kept(there):
                    yield CellProblem(ANSWERS, f"{letters}{row.number}", _restored(cell))


def _restored(cell: str) -> str:
    was = f"元の値「{shown(cell)}」に戻してください。" if kept(cell) else "元は空の欄です。消してください。"
    return f"この列は変えられません。{was}"


def _order(problem: CellProblem) -> tuple[int, int, str]:
    """From the top, from the left."""
    letters = problem.cell.rstrip("0123456789")
    return int(problem.cell[len(letters) :]), len(letters), letters
