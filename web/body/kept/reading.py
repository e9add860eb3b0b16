"""A register of kept IDs as a body has kept it: CSV in UTF-8 or CP932, or xlsx; any order of columns.

The one law: *what the file does not say stays as it is*: a column that is not there changes nothing, and everything
that is wrong is told at once with its row.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from connectors.personnel.tables.sheet import sheet_rows
from iam.access.kept.judging import LABELS, Particulars, Rules
from iam.access.kept.register import Kept, KeptKind
from iam.access.kept.taking_in import Line, in_force
from iam.errors import SheetError, SourceError
from iam.people.japanese import NotADate, Open, narrow, parse_date
from iam.people.ledger import persons_by_number
from web.body.kept.columns import COMPUTED, DAYS, GUARD, HEADINGS, KINDS, NEEDED, PERSONS

LARGEST: Final = 5_000_000
"""Bytes of a file that is read."""
MOST_UNPACKED: Final = 64 << 20
MOST_ROWS: Final = 50_000
_AT_ONCE: Final = 500
_ZIP: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_APART: Final = re.compile(r"[;；、,，/\s]+")


@dataclass(frozen=True, slots=True)
class ReadList:
    """What could be made of the file, and what is wrong in it."""

    lines: Sequence[Line]
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of cells and where it stands ("3行目")."""

    place: str
    cells: Sequence[str]


class _Wrong(Exception):
    """A cell of which nothing could be made, in one sentence."""


def read_register(connection: Connection, content: bytes, rules: Rules) -> ReadList:
    """The rows of the file, over what the register says now.

    Raises:
        SheetError: when the file as a whole cannot be read.
    """
    if len(content) > LARGEST:
        raise SheetError([f"ファイルが大きすぎます（上限 {LARGEST:,}バイト）。分けて取り込んでください。"])
    heading, *rows = list(_sheet(content) if content.startswith(_ZIP) else _text(content)) or [_Row("", ())]
    columns = _columns(heading.cells)
    cells = [
        (row, {name: _plain(row.cells[at]) for name, at in columns.items() if at < len(row.cells)}) for row in rows
    ]
    numbers = {number for _, each in cells for name in (*PERSONS, "members") for number in _numbers(each.get(name, ""))}
    reader = _Reader(rules, persons_by_number(connection, numbers), in_force(connection))
    lines, problems = [], []
    for row, each in cells:
        if len(row.cells) != len(heading.cells):
            problems.append(f"{row.place}: 列の数（{len(row.cells)}）が見出し（{len(heading.cells)}）と違います。")
            continue
        line, wrong = reader.line(row.place, each)
        problems += [f"{row.place}: {sentence}" for sentence in wrong]
        lines += [line] if line else []
    if not rows:
        problems.append("IDが一件も書かれていません。")
    return ReadList(lines, problems)


def _text(content: bytes) -> Iterator[_Row]:
    reader = csv.reader(StringIO(_decoded(content), newline=""), strict=True)
    at = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _Row(f"{at}行目", cells)
            at = reader.line_num + 1
            _refuse_endless(at)
    except csv.Error as error:
        raise SheetError([f"{at}行目から先をCSVとして読めません。引用符の対応を確かめてください。"]) from error


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError(
        ["文字コードが UTF-8 でも CP932（Shift_JIS）でも、Excel（.xlsx）でもありません。保存し直してください。"]
    )


def _sheet(content: bytes) -> Iterator[_Row]:
    """The rows of the first sheet.  A cell that holds a formula is empty: none is computed."""
    try:
        with sheet_rows(BytesIO(content), Path("シート"), sheet="", skip_lines=0, max_unpacked=MOST_UNPACKED) as rows:
            heading = rows.take(1)
            if not heading.rows:
                return
            first = heading.rows[0]
            yield _Row("1行目", first)
            dates = [at for name, at in _columns(first).items() if name in DAYS]
            rows.expect(len(first), dates, -1)
            while (stretch := rows.take(_AT_ONCE)).rows:
                for at, cells in zip(stretch.lines, stretch.rows, strict=False):
                    _refuse_endless(at)
                    if any(cell.strip() for cell in cells):
                        yield _Row(f"{at}行目", cells)
    except SourceError as error:
        raise SheetError([str(error)]) from error


def _refuse_endless(at: int) -> None:
    if at > MOST_ROWS:
        raise SheetError([f"{MOST_ROWS:,}行を超えています。分けて取り込んでください。"])


def _columns(heading: Sequence[str]) -> dict[str, int]:
    """Where each column stands."""
    plain = [_plain(cell) for cell in heading]
    found = {name: plain.index(word) for name, words in HEADINGS.items() for word in words if word in plain}
    if missing := [HEADINGS[name][0] for name in NEEDED if name not in found]:
        known = "、".join(words[0] for words in HEADINGS.values())
        raise SheetError([f"1行目に列「{'、'.join(missing)}」がありません。使える見出しは {known} です。"])
    return found


def _plain(cell: str) -> str:
    text = cell.replace("\u3000", " ").strip()
    return text[1:] if text.startswith(GUARD) and text[1:].lstrip().startswith(COMPUTED) else text


def _numbers(cell: str) -> list[str]:
    return [narrow(word) for word in _APART.split(cell) if word]


class _Reader:
    """Makes particulars of cells, over the register as it is."""

    def __init__(self, rules: Rules, persons: Mapping[str, int], there: Mapping[tuple[str, str], Kept]) -> None:
        self._rules, self._persons, self._there = rules, persons, there

    def line(self, place: str, cells: Mapping[str, str]) -> tuple[Line | None, list[str]]:
        """What the row says, or None, and what is wrong in it."""
        words: Mapping[str, Callable[[str], Any]] = {
            "system": self._system, "kind": _kind, "members": self._members,
            **dict.fromkeys(PERSONS, self._person), **dict.fromkeys(DAYS, _day),
        }  # fmt: skip
        read: dict[str, Any] = {}
        problems = []
        for name, cell in cells.items():
            try:
                read[name] = words[name](cell) if name in words else cell
            except _Wrong as error:
                problems.append(f"{LABELS[name]}: {error}")
        if problems:
            return None, problems
        members = read.pop("members", None)
        base = Particulars(read["system"], read["login"], KeptKind.SHARED)
        before = self._there.get(base.key)
        kind = read.pop("kind", None) or (before.kind if before else None)
        if kind is None:
            return None, [f"{LABELS['kind']}: 空にはできません。{_kinds()} のいずれかにしてください。"]
        given = replace(Particulars.of(before) if before else base, **read, kind=kind)
        return Line(place, given, members if members or kind is KeptKind.SHARED else None), []

    def _system(self, cell: str) -> str:
        """The code of a system that is named by code or by name; what is neither is told by the register."""
        return next((code for code, name in self._rules.systems.items() if cell in {code, name}), cell)

    def _person(self, cell: str) -> int | None:
        numbers = _numbers(cell)
        if len(numbers) > 1:
            raise _Wrong(f"「{cell}」のように、二人以上は書けません。")
        return self._known(numbers[0]) if numbers else None

    def _members(self, cell: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys(self._known(number) for number in _numbers(cell)))

    def _known(self, number: str) -> int:
        if number not in self._persons:
            hint = "（先頭の0が消えていないかも）" if number.isdigit() else "（氏名ではなく職員番号か）"
            raise _Wrong(f"職員番号「{number}」の職員は台帳にいません。番号{hint}を確かめてください。")
        return self._persons[number]


def _kind(cell: str) -> KeptKind | None:
    if cell and cell not in KINDS:
        raise _Wrong(f"「{cell}」は分かりません。{_kinds()} のいずれかにしてください。")
    return KINDS[cell] if cell else None


def _kinds() -> str:
    return "、".join(kind.label_ja for kind in KeptKind)


def _day(cell: str) -> date | None:
    try:
        found = parse_date(cell)
    except NotADate as error:
        raise _Wrong(f"「{cell}」は{error}。2027-03-31 や R9.3.31 のように書いてください。") from error
    return None if isinstance(found, Open) else found
