"""A list of terminals as an asset management system writes it: CSV in UTF-8 or CP932, any order of columns.

The one law: *what the file does not say stays as it is*: a column that is not there changes nothing, and
everything that is wrong is told at once with its line.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any, Final

from iam.access.places.register import LABELS, Known, Particulars
from iam.access.places.taking_in import Line
from iam.access.places.terminals import Terminal, TerminalKind
from iam.errors import SheetError

LARGEST: Final = 5_000_000
"""Bytes of a file that is read."""

HEADINGS: Final[Mapping[str, Sequence[str]]] = {
    "code": ("管理番号", "資産番号", "code"),
    "name": ("名称", "端末名", "name"),
    "kind": ("種別", "kind"),
    "zone": ("領域", "zone"),
    "tasks": ("専用の業務", "専用業務", "tasks"),
    "certificate": ("証明書", "拇印", "certificate"),
    "mac": ("MACアドレス", "MAC", "mac"),
    "address": ("IPアドレス", "固定IP", "address"),
    "outside": ("庁外", "持出し", "outside"),
    "note": ("備考", "note"),
}
"""The words over each column; those that stand under other words are not read."""

_NEEDED: Final = ("code", "name")
_YES: Final = frozenset({"可", "○", "◯", "はい", "1", "yes", "true"})
_NO: Final = frozenset({"", "不可", "×", "いいえ", "0", "no", "false"})
_KINDS: Final = {word: kind for kind in TerminalKind for word in (kind.value, kind.label_ja, kind.value.upper())}
_APART: Final = re.compile(r"[;；、,/|\n]+")


@dataclass(frozen=True, slots=True)
class ReadList:
    """What could be made of the file, and what is wrong in it."""

    lines: Sequence[Line]
    problems: Sequence[str]


def read_terminals(content: bytes, known: Known, there: Mapping[str, Terminal]) -> ReadList:
    """The lines of the file; `there`: the register as it is, by asset number.

    Raises:
        SheetError: when the file as a whole cannot be read.
    """
    rows = _rows(content)
    columns = _columns(rows[0] if rows else [])
    lines, problems = [], []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        place = f"{number}行目"
        if len(row) != len(rows[0]):
            problems.append(f"{place}: 列の数（{len(row)}）が見出し（{len(rows[0])}）と違います。")
            continue
        read, wrong = _read({name: row[at].strip() for name, at in columns.items()}, known)
        problems += [f"{place}: {sentence}" for sentence in wrong]
        before = there.get(read["code"])
        base = Particulars.of(before) if before else Particulars(read["code"], read["name"])
        if not wrong:
            lines.append(Line(place, replace(base, **read)))
    return ReadList(lines, problems)


def _rows(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
            return list(csv.reader(StringIO(text, newline=""), strict=True))
        except UnicodeDecodeError:
            continue
        except csv.Error as error:
            raise SheetError(["CSVとして読めません。引用符の対応を確かめてください。"]) from error
    raise SheetError(["文字コードが UTF-8 でも CP932（Shift_JIS）でもありません。どちらかで保存し直してください。"])


def _columns(heading: Sequence[str]) -> dict[str, int]:
    """Where each column stands."""
    plain = [cell.strip() for cell in heading]
    found = {name: plain.index(word) for name, words in HEADINGS.items() for word in words if word in plain}
    if missing := [HEADINGS[name][0] for name in _NEEDED if name not in found]:
        known = "、".join(words[0] for words in HEADINGS.values())
        raise SheetError([f"1行目に列「{'、'.join(missing)}」がありません。使える見出しは {known} です。"])
    return found


def _read(cells: Mapping[str, str], known: Known) -> tuple[dict[str, Any], list[str]]:
    """The cells as the register's values, and what none could be made of."""
    words: Mapping[str, Callable[[str, Known], Any]] = {
        "kind": _kind, "zone": _zone, "tasks": _tasks, "outside": _outside
    }  # fmt: skip
    read: dict[str, Any] = {}
    problems = []
    for name, cell in cells.items():
        try:
            read[name] = words[name](cell, known) if name in words else cell
        except ValueError as error:
            problems.append(f"{LABELS[name]}: {error}")
    return read, problems


def _kind(cell: str, known: Known) -> TerminalKind:
    del known
    if not cell:
        return TerminalKind.PC
    if cell not in _KINDS:
        choices = "、".join(kind.label_ja for kind in TerminalKind)
        raise ValueError(f"「{cell}」は分かりません。{choices} のいずれかにしてください。")
    return _KINDS[cell]


def _zone(cell: str, known: Known) -> str:
    """The code of a zone that is named by code or by label; what is neither is told by the register."""
    return _code(cell, known.zones)


def _tasks(cell: str, known: Known) -> tuple[str, ...]:
    return tuple(_code(word, known.systems) for word in _split(cell))


def _outside(cell: str, known: Known) -> bool:
    del known
    word = cell.lower()
    if word not in _YES | _NO:
        raise ValueError(f"「{cell}」は分かりません。可 か、空にしてください。")
    return word in _YES


def _split(cell: str) -> Iterator[str]:
    return (word for part in _APART.split(cell) if (word := part.strip()))


def _code(word: str, names: Mapping[str, str]) -> str:
    return next((code for code, name in names.items() if word in {code, name}), word)
