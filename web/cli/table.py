"""Text for a terminal: tables and paragraphs that hold Japanese.

The one law: *a full-width character takes two columns*, and nothing that came
from a feed or a target can move the cursor or change a colour.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

import click

GAP = "  "
_NOT_FIRST = frozenset("、。，．」』）】〕・：；？！ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ)]}.,:;?!")
_PIECE = re.compile(r"[!-~]+|\s+|.")


def width(text: str) -> int:
    """How many columns `text` takes; a combining mark takes none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def padded(text: str, columns: int) -> str:
    """`text` with spaces behind it, `columns` wide."""
    return text + " " * (columns - width(text))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines whose columns begin at the same place."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [GAP.join(padded(cell, columns) for cell, columns in zip(row, widths, strict=True)).rstrip() for row in rows]


def wrapped(text: str, columns: int) -> list[str]:
    """`text` in lines of at most `columns`, none of which begins with a closing mark."""
    lines: list[str] = []
    line, used = "", 0
    for piece in _PIECE.findall(text):
        wide = width(piece)
        if line and used + wide > columns and piece not in _NOT_FIRST:
            lines.append(line.rstrip())
            line, used = "", 0
            if piece.isspace():
                continue
        line, used = line + piece, used + wide
    return [*lines, line.rstrip()]


def printable(text: str) -> str:
    """`text` without characters that do something to a terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


def say(*lines: str, err: bool = False) -> None:
    """Print each line as it may be printed."""
    for line in lines:
        click.echo(printable(line), err=err)


def say_table(rows: Iterable[Sequence[str]], indent: str = "") -> None:
    """Print the rows, aligned."""
    held = [[printable(cell) for cell in row] for row in rows]
    if held:
        say(*(indent + line for line in aligned(held)))
