"""What each part of a workbook says: relationships, the list of sheets, shared strings, the cells of a sheet.

The one law: *one meaning or none*: a cell that stands twice, out of order or outside a row is a broken file, not a
guess; whatever a formula stands in, or spills into, is a formula and has no value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connectors.returned.markup import LONGEST_TEXT, TooMuch
from iam.ports import CellKind, SheetCell, SheetRow

_LAST_ROW: Final = 1_048_576
_LAST_COLUMN: Final = 16_384
_MOST_AREAS: Final = 20
_LETTERS: Final = 26
_PLACE: Final = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})", re.ASCII)
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Links:
    """The relationships of a part (ECMA-376-2 §9.3): id to type and target; what lies outside the file is left out."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """One relationship."""
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.found[attributes["Id"]] = (attributes["Type"].rpartition("/")[2], attributes["Target"])

    def end(self, name: str) -> None:
        """Nothing."""

    def text(self, data: str) -> None:
        """Nothing."""

    def of_type(self, type_: str) -> str | None:
        """The target of the first of this type."""
        return next((target for each, target in self.found.values() if each == type_), None)


class Contents:
    """The workbook itself (ECMA-376-1 §18.2): its sheets, and from when days are counted."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.from_1904 = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """One sheet, or the properties."""
        if name == "sheet":
            link = next(value for key, value in attributes.items() if key.endswith(" id"))
            self.sheets.append((attributes["name"], link))
        elif name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true"}

    def end(self, name: str) -> None:
        """Nothing."""

    def text(self, data: str) -> None:
        """Nothing."""


class _Words:
    """The text of <t> elements, without readings (rPh) that Excel puts beside them."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._open = False
        self._reading = 0

    def start(self, name: str) -> None:
        if name == "rPh":
            self._reading += 1
        elif name == "t":
            self._open = not self._reading

    def end(self, name: str) -> None:
        if name == "rPh":
            self._reading -= 1
        elif name == "t":
            self._open = False

    def add(self, data: str) -> None:
        if self._open:
            self._length += len(data)
            if self._length > LONGEST_TEXT:
                raise TooMuch
            self._pieces.append(data)

    def take(self) -> str:
        """What was gathered, and begin anew."""
        found = "".join(self._pieces)
        self._pieces, self._length = [], 0
        return unescaped(found)


class Strings:
    """The strings that cells share (ECMA-376-1 §18.4)."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._words = _Words()

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        """A piece of a string."""
        self._words.start(name)

    def end(self, name: str) -> None:
        """A string is whole."""
        self._words.end(name)
        if name == "si":
            self.found.append(self._words.take())

    def text(self, data: str) -> None:
        """Of a string."""
        self._words.add(data)


class Cells:
    """The cells of a sheet (ECMA-376-1 §18.3)."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._strings = strings
        self._rows: list[tuple[int, dict[str, SheetCell]]] = []
        self._areas: list[tuple[int, int, int, int]] = []
        self._words = _Words()
        self._inside = False
        self._row = 0
        self._column = 0
        self._cells: dict[str, SheetCell] = {}
        self._type = ""
        self._formula = False
        self._value: list[str] | None = None
        self._length = 0

    def rows(self) -> Iterator[SheetRow]:
        """The rows that hold anything, cells within an array's area marked as formulas."""
        for number, cells in self._rows:
            for first, last, left, right in self._areas:
                if first <= number <= last:
                    within = [each for each in cells if left <= column_number(each) <= right]
                    cells.update((each, SheetCell("", CellKind.FORMULA)) for each in within)
            yield SheetRow(number, cells)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """A row, a cell, or what stands in it."""
        if name == "sheetData":
            self._inside = True
        elif not self._inside:
            return
        elif name == "c":
            self._open_cell(attributes)
        elif name == "v":
            self._value = []
        elif name == "row":
            self._open_row(attributes)
        elif name == "f":
            self._open_formula(attributes)
        else:
            self._words.start(name)

    def end(self, name: str) -> None:
        """The same, ended."""
        if not self._inside:
            return
        if name == "c":
            self._close_cell()
        elif name == "row" and self._cells:
            self._rows.append((self._row, self._cells))
        elif name == "sheetData":
            self._inside = False
        else:
            self._words.end(name)

    def text(self, data: str) -> None:
        """Of a value."""
        if self._value is not None:
            self._length += len(data)
            if self._length > LONGEST_TEXT:
                raise TooMuch
            self._value.append(data)
        else:
            self._words.add(data)

    def _open_row(self, attributes: Mapping[str, str]) -> None:
        number = int(attributes.get("r", self._row + 1))
        if number > _LAST_ROW:
            raise TooMuch
        if number <= self._row:
            raise ValueError(f"row {number} after row {self._row}")
        self._row, self._column, self._cells = number, 0, {}

    def _open_cell(self, attributes: Mapping[str, str]) -> None:
        column, row = self._column + 1, self._row
        if said := attributes.get("r"):
            column, row = place_of(said)
        if row != self._row or not self._column < column <= _LAST_COLUMN:
            raise ValueError(f"a cell out of order in row {self._row}")
        self._column, self._type, self._formula = column, attributes.get("t", "n"), False
        self._value, self._length = None, 0

    def _open_formula(self, attributes: Mapping[str, str]) -> None:
        self._formula = True
        if attributes.get("t") in {"array", "dataTable"} and "ref" in attributes:
            first, _, last = attributes["ref"].partition(":")
            (left, top), (right, bottom) = place_of(first), place_of(last or first)
            self._areas.append((top, bottom, left, right))
            if len(self._areas) > _MOST_AREAS:
                raise TooMuch

    def _close_cell(self) -> None:
        inline = self._words.take()
        value = "".join(self._value or ())
        self._value = None
        found = SheetCell("", CellKind.FORMULA) if self._formula else self._cell(value, inline)
        if found.text or found.kind is not CellKind.TEXT:
            self._cells[letters(self._column)] = found

    def _cell(self, value: str, inline: str) -> SheetCell:
        match self._type:
            case "s":
                return SheetCell(self._strings[_index(value)] if value else "")
            case "inlineStr":
                return SheetCell(inline)
            case "n":
                return SheetCell(value, CellKind.NUMBER if value else CellKind.TEXT)
            case "e":
                return SheetCell(value, CellKind.ERROR)
            case "b":
                return SheetCell("TRUE" if value.strip() == "1" else "FALSE")
            case _:
                return SheetCell(unescaped(value))


def _index(value: str) -> int:
    found = int(value)
    if found < 0:
        raise ValueError(f"string {found}")
    return found


def unescaped(text: str) -> str:
    """`text` with the characters that XML cannot hold, as ECMA-376-1 §22.4.2.4 (bstr) escapes them."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    """What no database can hold (NUL, half a pair) is made visible."""
    character = chr(int(found[1], 16))
    return "\N{REPLACEMENT CHARACTER}" if character == "\0" or "\ud800" <= character <= "\udfff" else character


def place_of(cell: str) -> tuple[int, int]:
    """Column and row of "F12", from 1.

    Raises:
        ValueError: when it is no place.
    """
    found = _PLACE.fullmatch(cell)
    if found is None:
        raise ValueError(f"no cell: {cell[:20]!r}")
    return column_number(found[1]), int(found[2])


def column_number(column: str) -> int:
    """The number of a column from 1: A is 1, AA 27."""
    number = 0
    for letter in column:
        number = number * _LETTERS + ord(letter) - ord("A") + 1
    return number


def letters(column: int) -> str:
    """The letters of a column from 1."""
    found = ""
    while column:
        column, rest = divmod(column - 1, _LETTERS)
        found = chr(ord("A") + rest) + found
    return found
