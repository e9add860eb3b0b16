"""A workbook (xlsx, ECMA-376) that came back from a reviewer.

The one law: *nothing in the file is trusted before it is measured*: sizes, parts and depth are bounded, macros and
passwords refused, no formula computed, no link followed.  Only the parts that say something here are opened at all:
colours, notes, pictures and other sheets are nobody's business.
"""

import hashlib
import io
import posixpath
import zipfile
import zlib
from collections.abc import Collection, Mapping
from typing import Final, TypeVar
from xml.parsers import expat

from connectors.packed import BROKEN, OLE, Unfit, why_not_open
from connectors.returned.markup import Budget, Reader, TooMuch, walk
from connectors.returned.parts import Cells, Contents, Links, Strings
from iam.errors import SheetError
from iam.ports import ReturnedBook, SheetRow

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a file."""

MOST_UNPACKED: Final = 64 * 1024 * 1024
"""Bytes of all parts of a file."""

R = TypeVar("R", bound=Reader)

_UNFIT: Final[Mapping[Unfit, str]] = {
    Unfit.LOCKED: "パスワードが付いています。パスワードを外して保存し直してください。",
    Unfit.TOO_LARGE: f"展開すると{MOST_UNPACKED >> 20}MBを超えるため開きません。配ったシートに回答だけを書き、"
    "ほかのシート・画像・空の行を除いて保存し直してください。",
    Unfit.MACROS: "マクロが含まれています。マクロのない.xlsx形式で保存し直してください。",
    Unfit.AMBIGUOUS: "xlsxとして正しくない作りです。Excelで開き、.xlsx形式で保存し直してください。",
}
_TOO_MUCH: Final = (
    "シートの中身が多すぎるため読みません。何も書いていない行・列・シートを削除し、配ったシートに回答だけを書いて"
    "保存し直してください。"
)
_UNREADABLE: Final = (
    "xlsxとして読めません。途中で切れているか別の形式です。Excelで開けるか確かめ、.xlsx形式で保存し直してください。"
)


def read_book(name: str, content: bytes, wanted: Collection[str]) -> ReturnedBook:
    """The sheets of `content` that are called as `wanted` says.

    Raises:
        SheetError: when it is no xlsx, is too large in any way, or holds what must not be there.
    """
    if refusal := _refusal(name, content):
        raise SheetError([f"{name}: {refusal}"])
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unfit = why_not_open(archive, MOST_UNPACKED)
            if unfit is None:
                return _Package(archive).book(name, content, wanted)
    except TooMuch:
        raise SheetError([f"{name}: {_TOO_MUCH}"]) from None
    except (*BROKEN, zlib.error, expat.ExpatError) as error:
        raise SheetError([f"{name}: {_UNREADABLE}"]) from error
    raise SheetError([f"{name}: {_UNFIT[unfit]}"])


def _refusal(name: str, content: bytes) -> str:
    """What is wrong before anything is unpacked, or ""."""
    if len(content) > LARGEST:
        return f"{LARGEST >> 20}MBを超えています。配ったシートに回答だけを書いて保存し直してください。"
    if content.startswith(OLE):
        return (
            "パスワード付きか古い形式（.xls）のExcelファイルです。パスワードを外し、.xlsx形式で保存し直してください。"
        )
    if name.lower().endswith((".xlsm", ".xltm", ".xlam", ".xlsb")):
        return "マクロを入れられる形式のファイルです。.xlsx形式で保存し直してください。"
    return ""


class _Package:
    """The parts of one file, by the relationships between them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._parts = {part.filename.lstrip("/").lower(): part for part in archive.infolist()}
        self._budget = Budget()

    def book(self, name: str, content: bytes, wanted: Collection[str]) -> ReturnedBook:
        """What the workbook says."""
        root = self._links("").of_type("officeDocument") or "xl/workbook.xml"
        home = _resolved("", root)
        contents, links = self._read(home, Contents()), self._links(home)
        chosen = [(title, link) for title, link in contents.sheets if title in wanted]
        if len({title for title, _ in chosen}) < len(chosen):
            raise ValueError("two sheets of one name")
        shared = links.of_type("sharedStrings")
        strings = self._read(_resolved(home, shared), Strings()).found if shared else []
        sheets: dict[str, list[SheetRow]] = {}
        for title, link in chosen:
            target = _resolved(home, links.found[link][1])
            sheets[title] = list(self._read(target, Cells(strings)).rows())
        return ReturnedBook(name, hashlib.sha256(content).hexdigest(), sheets, contents.from_1904)

    def _links(self, part: str) -> Links:
        folder, file = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{file}.rels")
        return self._read(name, Links()) if name in self._parts else Links()

    def _read(self, part: str, reader: R) -> R:
        with self._archive.open(self._parts[part]) as stream:
            walk(stream, reader, self._budget)
        return reader


def _resolved(part: str, target: str) -> str:
    """The name of the part that `target`, said by `part`, means: lower case, as names of parts are compared."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/").lower()
