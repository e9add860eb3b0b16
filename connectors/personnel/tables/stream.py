"""The bytes of a file on their way to the reader: checked, counted and hashed as they pass.

The one law: memory is bounded whatever the file holds.  A line without an end
is refused while it is being read, never collected first.
"""

import codecs
import hashlib
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from iam.errors import SourceError

Encoding: TypeAlias = Literal["cp932", "utf-8"]
"""utf-8 with or without a byte order mark."""

CHUNK = 1 << 18
_CONTROL_Z = b"\x1a"
_BLANKS = b"\r\n \x1a"
_READABLE_AS = {"cp932": "CP932（Shift_JIS）", "utf-8": "UTF-8"}
_CUT = frozenset({"incomplete multibyte sequence", "unexpected end of data"})
_FIRST_KANA, _LAST_KANJI = "\u3041", "\u9fff"


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """`path` for reading, whole and still: the block fails when the file changed while it ran.

    Raises:
        SourceError: when it is missing, unreadable, no file, empty, or changed.
    """
    try:
        _refuse_unless_file(path)
        with path.open("rb") as file:
            before = path.stat()
            yield file
            after = path.stat()
    except OSError as error:
        raise SourceError(f"{path}: {_cause(error)}") from error
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
        raise SourceError(
            f"{path}: 読み取りの間にファイルが書き換えられました。"
            "人事システムの出力が終わってから、もう一度実行してください。"
        )


def _refuse_unless_file(path: Path) -> None:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise SourceError(f"{path}: ファイルではありません。設定の path にファイル名まで書いてください。")
    if not found.st_size:
        raise SourceError(f"{path}: 空です（0バイト）。人事システムの出力が失敗していないか確かめてください。")


def _cause(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "ファイルがありません。人事システムの出力と設定の path を確かめてください。"
    if isinstance(error, PermissionError):
        return "読み取る権限がありません。サービスの利用者に読み取りを許してください。"
    return f"読み取れません（{error.strerror}）。媒体か共有フォルダーを確かめてください。"


class CheckedBytes(io.BufferedIOBase):
    """A binary file for `io.TextIOWrapper`, read through once.

    Raises SourceError at a NUL, at a line longer than `longest` bytes, and
    where the file plainly is in another encoding.  The Ctrl-Z that DOS puts
    behind a text is taken away.
    """

    def __init__(self, file: BinaryIO, path: Path, encoding: Encoding, longest: int) -> None:
        super().__init__()
        self._file = file
        self.path = path
        self._encoding = encoding
        self._longest = longest
        self._whole = hashlib.sha256()
        self._before_last = hashlib.sha256()
        self._last_line = b""
        self._control_z = 0
        self._lines = 0
        self._chunk_lines = 0
        self._line_bytes = 0
        self._chunk_bytes = 0
        self._chunk_carried = 0
        self._size = 0
        self.last_byte = b""
        """The last byte that was passed on."""

    @property
    def name(self) -> str:
        """For `io.TextIOWrapper`."""
        return str(self.path)

    def readable(self) -> bool:
        return True

    def read1(self, _size: int = -1, /) -> bytes:
        """The next chunk, of whatever size; b"" at the end."""
        chunk = self._next()
        while chunk and not chunk.strip(_CONTROL_Z):
            self._control_z += len(chunk)
            self._refuse_long(self._control_z)
            chunk = self._next()
        kept = chunk.rstrip(_CONTROL_Z)
        if not kept:
            self._count(b"")
            return b""
        given = _CONTROL_Z * self._control_z + kept
        self._control_z = len(chunk) - len(kept)
        self._count(given)
        self.last_byte = given[-1:]
        return given

    def sha256(self) -> str:
        """Of the whole file, once it is read."""
        return self._whole.hexdigest()

    def sha256_before_last_line(self) -> str:
        """Of everything before the last line that is not blank."""
        return self._before_last.hexdigest()

    def undecodable(self, error: UnicodeDecodeError) -> SourceError:
        """What to say when the chunk passed on last does not decode."""
        start = error.object.rfind(b"\n", 0, error.start) + 1
        line = self._lines + error.object.count(b"\n", 0, error.start) + 1
        held_over = len(error.object) - self._chunk_bytes  # the first half of a character cut by the chunks
        column = error.start - start + 1 + (0 if start else self._chunk_carried - held_over)
        return SourceError(
            f"{self.path.name} {line}行目 {column}バイト目: {_READABLE_AS[self._encoding]}として読めない文字があります"
            f"（0x{error.object[error.start : error.end].hex().upper()}）。{self._cure(error, start)}"
        )

    def _cure(self, error: UnicodeDecodeError, start: int) -> str:
        if error.reason in _CUT:
            return "文字の途中でファイルが切れています。人事システムから出力し直してください。"
        other = "utf-8" if self._encoding == "cp932" else "cp932"
        if _holds_japanese(error.object[start:], other):
            return f'{_READABLE_AS[other]}のファイルのようです。設定の encoding を "{other}" にしてください。'
        return "ファイルが壊れていないか、設定の encoding が正しいかを確かめてください。"

    def _next(self) -> bytes:
        chunk = self._file.read(CHUNK)
        if not self._size:
            self._refuse_other_encoding(chunk)
        self._size += len(chunk)
        self._whole.update(chunk)
        held = self._last_line + chunk
        start = held.rstrip(_BLANKS).rfind(b"\n") + 1
        self._before_last.update(held[:start])
        self._last_line = held[start:]
        self._refuse_long(len(self._last_line) - CHUNK)
        return chunk

    def _count(self, given: bytes) -> None:
        self._lines += self._chunk_lines
        self._chunk_bytes, self._chunk_carried = len(given), self._line_bytes
        lines = given.split(b"\n")
        self._chunk_lines = len(lines) - 1
        if b"\0" in given:
            self._refuse_nul(self._lines + given.count(b"\n", 0, given.index(b"\0")) + 1)
        self._refuse_long(max(self._line_bytes + len(lines[0]), *map(len, lines)))
        self._line_bytes = len(lines[-1]) + (0 if self._chunk_lines else self._line_bytes)

    def _refuse_long(self, length: int) -> None:
        if length > self._longest:
            raise SourceError(
                f"{self.path.name} {self._lines + 1}行目付近: 1行が{self._longest:,}バイトを超えています。"
                "改行が失われたか、別のファイルです。人事システムから出力し直してください。"
            )

    def _refuse_nul(self, line: int) -> None:
        raise SourceError(
            f"{self.path.name} {line}行目: NUL（0x00）があります。ファイルが壊れているかUTF-16で保存されています。"
            "CP932かUTF-8で出力し直してください。"
        )

    def _refuse_other_encoding(self, chunk: bytes) -> None:
        if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise SourceError(f"{self.path}: UTF-16のファイルです。CP932かUTF-8で出力し直してください。")
        marked = chunk.startswith(codecs.BOM_UTF8)
        if self._encoding == "cp932" and (marked or _holds_japanese(chunk, "utf-8")):
            raise SourceError(
                f"{self.path}: UTF-8のファイルのようです。"
                '設定の encoding を "utf-8" にするか、CP932で出力し直してください。'
            )


def _holds_japanese(sample: bytes, encoding: str) -> bool:
    """Whether `sample` decodes in `encoding` and then holds kana or kanji."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(sample)
    except UnicodeDecodeError:
        return False
    return any(_FIRST_KANA <= character <= _LAST_KANJI for character in text)
