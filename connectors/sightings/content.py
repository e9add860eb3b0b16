"""The bytes of an exported log: where they are, how many belong to this reading, and as which text they read.

The one law: *memory is bounded whatever the file holds, and what cannot be read is told*: a line that is too long, that
holds a NUL or that does not decode is passed on as what it is, never dropped.
"""

import codecs
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from iam.errors import SourceError

LARGEST: Final = 512 * 2**20
"""Bytes of a file."""

LONGEST: Final = 64 * 1024
"""Characters of a line."""

_SAMPLE: Final = 1 << 20
_CHUNK: Final = 1 << 18
_PACKED: Final = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf\x27\x1c")
_FIRST_KANA, _LAST_KANJI = "\u3041", "\u9fff"


@dataclass(frozen=True, slots=True)
class Content:
    """A file, or what somebody sent of one.  `modified`: when the log was written last, as far as is known."""

    name: str
    size: int
    modified: datetime
    path: Path | None = None
    held: bytes = b""

    @classmethod
    def at(cls, path: Path) -> "Content":
        """The file at `path`, as long as it is now: what a running service appends while we read is for the next time.

        Raises:
            SourceError: when it is missing, no file, empty or too large.
        """
        try:
            found = path.stat()
        except OSError as error:
            raise SourceError(f"{path}: ファイルを開けません（{error.strerror}）。") from error
        if not stat.S_ISREG(found.st_mode):
            raise SourceError(f"{path}: ファイルではありません。")
        modified = datetime.fromtimestamp(found.st_mtime, UTC)
        return cls(path.name, _sized(path.name, found.st_size), modified, path=path)

    @classmethod
    def sent(cls, name: str, held: bytes, at: datetime) -> "Content":
        """What somebody sent `at`.

        Raises:
            SourceError: when it is empty or too large.
        """
        return cls(name, _sized(name, len(held)), at, held=held)

    def open(self) -> BinaryIO:
        """The bytes from their start.

        Raises:
            SourceError: when the file cannot be opened.
        """
        if self.path is None:
            return io.BytesIO(self.held)
        try:
            return self.path.open("rb")
        except OSError as error:
            raise SourceError(f"{self.path}: ファイルを開けません（{error.strerror}）。") from error

    def head(self) -> bytes:
        """The first mebibyte.

        Raises:
            SourceError: when the file is packed: what it would unpack to is not bounded.
        """
        with self.open() as file:
            found = file.read(min(_SAMPLE, self.size))
        if found.startswith(_PACKED):
            raise SourceError(f"{self.name}: 圧縮されたファイルです。展開してから取り込んでください。")
        return found


def _sized(name: str, size: int) -> int:
    if not size:
        raise SourceError(f"{name}: 空です（0バイト）。出力が失敗していないか確かめてください。")
    if size > LARGEST:
        raise SourceError(
            f"{name}: ファイルが大きすぎます（上限 {LARGEST // 2**20} MiB）。期間を分けて出力してください。"
        )
    return size


class Hashed(io.RawIOBase):
    """The bytes of `content` on their way, hashed as they pass; ends where the file ended when it was looked at."""

    def __init__(self, content: Content) -> None:
        super().__init__()
        self._content = content
        self._file = content.open()
        self._left = content.size
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """As RawIOBase; the file may have grown, but must not have shrunk."""
        wanted = min(len(buffer), self._left)
        found = self._file.read(wanted)
        if wanted and not found:
            name = self._content.name
            raise SourceError(f"{name}: 読み取りの間にファイルが切り詰められました。もう一度実行してください。")
        self._left -= len(found)
        self._hash.update(found)
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._file.close()
        super().close()

    def hexdigest(self) -> str:
        """SHA-256 over what was read."""
        return self._hash.hexdigest()

    @property
    def grew(self) -> bool:
        """Whether something was appended since the file was looked at."""
        return self._content.path is not None and os.fstat(self._file.fileno()).st_size > self._content.size


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text without its end.  `fault`: why it cannot be read, or ""."""

    number: int
    text: str
    fault: str = ""


def encoding_of(head: bytes) -> str:
    """As which text a file reads, by its mark or by what it holds."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    few = head[:1024]
    if few[1::2].count(0) > len(few) // 4 and few[::2].count(0) < len(few) // 16:
        return "utf-16-le"
    if _decodes(head, "utf-8") is None:
        japanese = _decodes(head, "cp932")
        if japanese and any(_FIRST_KANA <= character <= _LAST_KANJI for character in japanese):
            return "cp932"
    return "utf-8"


def _decodes(head: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return None


def lines_of(hashed: Hashed, encoding: str) -> Iterator[Line]:
    """The lines of a file, each with what is wrong with it; a last line that is still being written is left for later.

    Raises:
        SourceError: when the file shrinks while it is read.
    """
    wide = encoding.startswith("utf-16")
    buffered = io.BufferedReader(hashed, _CHUNK)
    text = io.TextIOWrapper(buffered, encoding, errors="replace" if wide else "surrogateescape")
    number = 0
    while line := text.readline(LONGEST + 1):
        number += 1
        if not line.endswith("\n"):
            if len(line) > LONGEST:
                _skip(text)
                yield Line(number, line[:80], f"1行が{LONGEST:,}文字を超えています。")
                continue
            if hashed.grew:
                return
        yield _looked_at(number, line.rstrip("\n"), wide=wide)


def _skip(text: io.TextIOWrapper) -> None:
    while rest := text.readline(LONGEST):
        if rest.endswith("\n"):
            return


def _looked_at(number: int, line: str, *, wide: bool) -> Line:
    if "\0" in line:
        return Line(number, line.replace("\0", "\N{REPLACEMENT CHARACTER}"), "NUL（0x00）があります。")
    if line.isascii():
        return Line(number, line)
    if wide and "\N{REPLACEMENT CHARACTER}" in line:
        return Line(number, line, "文字として読めないバイトがあります。")
    try:
        line.encode()
    except UnicodeEncodeError:
        shown = line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return Line(number, shown, "文字として読めないバイトがあります。")
    return Line(number, line)
