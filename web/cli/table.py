"""Text for a terminal: tables and paragraphs that hold Japanese.

The one law: *a full-width character takes two columns*, and nothing that came
from a feed or a target can move the cursor or change a colour.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

import click

GAP = "  "
_NOT_FIRST = frozenset("、。，．」』）】〕・：；？！ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ)]}.,:;?!")
_NOT_LAST = "「『（【〔([{"
_MARGIN = 4
_ACTS = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")
_WITHOUT_WIDTH = {"Mn", "Me", "Cf"}
_PIECE = re.compile(r"[!-~]+|\s+|.")


def width(text: str) -> int:
    """How many columns `text` takes; a combining mark or a variation selector takes none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(char) in _WITHOUT_WIDTH else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def padded(text: str, columns: int) -> str:
    """`text` with spaces behind it, `columns` wide."""
    return text + " " * (columns - width(text))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines whose columns begin at the same place."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [GAP.join(padded(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip() for row in rows]


def wrapped(text: str, columns: int) -> list[str]:
    """`text` in lines of at most `columns`; none begins with a closing mark or ends with an opening one.

    Closing marks hang in the margin.
    """
    columns -= _MARGIN
    lines: list[str] = []
    line, used = "", 0
    for piece in _PIECE.findall(text):
        wide = width(piece)
        if line and used + wide > columns and piece not in _NOT_FIRST:
            kept = line.rstrip().rstrip(_NOT_LAST)
            left = line[len(kept) :] if kept else ""
            lines.append((kept or line).rstrip())
            line, used = left.strip(), width(left.strip())
            if piece.isspace():
                continue
        line, used = line + piece, used + wide
    return [*lines, line.rstrip()]


def printable(text: str) -> str:
    """`text` without characters that do something to a terminal."""
    return text if text.isprintable() else _ACTS.sub("?", text)


def say(*lines: str, err: bool = False) -> None:
    """Print each line as it may be printed."""
    for line in lines:
        click.echo(printable(line), err=err)


def say_table(rows: Iterable[Sequence[str]], indent: str = "") -> None:
    """Print the rows, aligned."""
    held = [[printable(cell) for cell in row] for row in rows]
    if held:
        say(*(indent + line for line in aligned(held)))


def say_json(value: object) -> None:
    """Print `value` for a script; dates and instants in ISO 8601."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
