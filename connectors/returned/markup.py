"""One XML part, walked through by expat as it is unpacked: nothing of it is kept but what the reader keeps.

The one law: *whoever wrote the file does not decide how long we are busy*: elements, depth, lengths and document types
are bounded over all parts together, and a file beyond a bound is not read to its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Final, Protocol
from xml.parsers import expat

DEEPEST: Final = 64
MOST_ELEMENTS: Final = 1_500_000
"""In all parts together: some twice what 10,000 rows have, a few seconds of work."""

MOST_NAMES: Final = 2_000
"""Different names, and namespaces, in a part: expat remembers each (all that a spreadsheet knows are fewer)."""

LONGEST_TEXT: Final = 32_767
"""Characters of a cell (Excel's own bound)."""

LONGEST_MARK: Final = 1 << 20
"""Bytes of one tag: expat reads an unfinished one again with each piece that follows."""

_PIECE: Final = 1 << 16


class TooMuch(Exception):
    """The file goes beyond a bound."""


class Reader(Protocol):
    """What follows one part; names come without their namespace."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """It ends."""

    def text(self, data: str) -> None:
        """A piece of text."""


@dataclass
class Budget:
    """How many elements may still come, over all parts of a file."""

    elements: int = MOST_ELEMENTS


class _Walk:
    def __init__(self, reader: Reader, budget: Budget) -> None:
        self._reader = reader
        self._budget = budget
        self._depth = 0
        self._namespaces = 0
        self._names: dict[str, str] = {}
        """Without their namespaces."""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = reader.text
        self.parser.StartNamespaceDeclHandler = self._namespace
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._budget.elements -= 1
        if self._depth > DEEPEST or self._budget.elements < 0:
            raise TooMuch
        for attribute in attributes:
            self._local(attribute)
        self._reader.start(self._local(name), attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._reader.end(self._local(name))

    def _namespace(self, _prefix: str | None, _uri: str) -> None:
        self._namespaces += 1
        if self._namespaces > MOST_NAMES:
            raise TooMuch

    def _local(self, name: str) -> str:
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = name.rpartition(" ")[2]
            if len(self._names) > MOST_NAMES:
                raise TooMuch
        return found

    def _doctype(self, *_told: object) -> None:
        raise ValueError("a document type in a part of a package (ECMA-376-2 §8.1.4)")


def walk(part: IO[bytes], reader: Reader, budget: Budget) -> None:
    """Let `reader` follow `part` from beginning to end.

    Raises:
        TooMuch: beyond a bound.
        expat.ExpatError, ValueError: when it is no XML, or brings a document type.
    """
    parser = _Walk(reader, budget).parser
    fed = 0
    while piece := part.read(_PIECE):
        parser.Parse(piece, False)  # noqa: FBT003 - expat's own
        fed += len(piece)
        if fed - max(parser.CurrentByteIndex, 0) > LONGEST_MARK:
            raise TooMuch
    parser.Parse(b"", True)  # noqa: FBT003 - expat's own
