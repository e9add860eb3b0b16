"""What stands in an xlsx (a ZIP of parts, ECMA-376-2), looked up before any part of it is opened.

The one law: *nothing in the file is trusted before it is measured*: how much it would unpack to, whether it is locked,
whether it brings a program along, whatever that may be called.
"""

import zipfile
from enum import Enum, auto
from typing import Final
from xml.parsers import expat

OLE: Final = b"\xd0\xcf\x11\xe0"
"""How a compound file begins: an old .xls, or an xlsx under a password."""

MOST_PARTS: Final = 2_000

BROKEN: Final = (
    zipfile.BadZipFile,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What zipfile raises over a file that is no whole ZIP; its decompressor raises zlib.error beside."""

_TYPES: Final = "[content_types].xml"
_LONGEST_TYPES: Final = 1 << 20
_PROGRAMS: Final = ("vbaproject", "vbadata", "macrosheet")
_PROGRAM_TYPES: Final = (*_PROGRAMS, "macroenabled")


class Unfit(Enum):
    """Why a file is not opened."""

    LOCKED = auto()
    TOO_LARGE = auto()
    MACROS = auto()
    AMBIGUOUS = auto()


def why_not_open(archive: zipfile.ZipFile, most_bytes: int) -> Unfit | None:
    """Why not, or None.  A part is never read beyond the size that is declared for it, so declared sizes bound it all.

    Raises:
        zipfile.BadZipFile, ExpatError and their like: when it is no whole ZIP.
    """
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > most_bytes:
        return Unfit.TOO_LARGE
    if any(part.flag_bits & 1 for part in parts):
        return Unfit.LOCKED
    names = [part.filename.replace("\\", "/").lstrip("/").lower() for part in parts]
    if any(program in name for name in names for program in _PROGRAMS):
        return Unfit.MACROS
    if len(set(names)) < len(names) or not all(_is_plain(part) for part in parts):
        return Unfit.AMBIGUOUS
    return Unfit.MACROS if _declares_a_program(archive) else None


def _is_plain(part: zipfile.ZipInfo) -> bool:
    """Whether it is packed as a package packs its parts (ECMA-376-2 §C.3); other methods unpack without bound."""
    known = part.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    return known and (part.filename.lower() != _TYPES or part.file_size <= _LONGEST_TYPES)


def _declares_a_program(archive: zipfile.ZipFile) -> bool:
    """Whether some part is said to be a program, under whichever name it lies."""
    found = [part for part in archive.infolist() if part.filename.lower() == _TYPES]
    said = [each.lower() for part in found for each in _types(archive.read(part))]
    return any(program in each for each in said for program in _PROGRAM_TYPES)


def _types(content: bytes) -> list[str]:
    said: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda _name, attributes: said.append(attributes.get("ContentType", ""))
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.Parse(content, True)  # noqa: FBT003 - expat's own
    return said


def _no_doctype(*_told: object) -> None:
    raise ValueError("a document type in a part of a package (ECMA-376-2 §8.1.4)")
