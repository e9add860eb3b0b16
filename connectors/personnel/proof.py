"""What proves that a file is whole: its trailer, or the sidecar beside it.

The one law: a proof that was promised in the configuration must be there and
must hold; otherwise nothing may be inferred from the file (design law 2).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.personnel.options import Trailer
from iam.errors import SourceError

_LARGEST_SIDECAR = 4096
_SAID = re.compile(r"(rows|sha256)\s*[=:]\s*([0-9A-Fa-f,]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Proof:
    """A reading that came to its proved end.  `rows` are data rows, `sha256` is of the whole file."""

    rows: int
    sha256: str


def prove_trailer(place: str, trailer: Trailer, cells: Sequence[str], *, rows: int, sha256: str) -> None:
    """Hold `cells`, the trailer at `place`, against what was read before it.

    Raises:
        SourceError: when the count or the SHA-256 differs or cannot be read.
    """
    _same_rows(place, _cell(place, cells, trailer.rows_at), rows)
    if trailer.sha256_at is not None:
        _same_sha256(place, _cell(place, cells, trailer.sha256_at), sha256)


def prove_sidecar(path: Path, found: Proof) -> None:
    """Hold the sidecar at `path` against what was read.

    Raises:
        SourceError: when it is missing, says nothing, or says something else.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_SIDECAR).decode("ascii", "replace")
    except OSError as error:
        raise SourceError(
            f"{path}: 件数とSHA-256のファイルが読めません（{error.strerror}）。"
            "名簿と一緒に出力されているか確かめてください。"
        ) from error
    said = {key.lower(): value for key, value in _SAID.findall(text)}
    if not said:
        raise SourceError(
            f"{path}: rows=… と sha256=… のどちらも書かれていません。人事システムの出力を確かめてください。"
        )
    if "rows" in said:
        _same_rows(str(path), said["rows"], found.rows)
    if "sha256" in said:
        _same_sha256(str(path), said["sha256"], found.sha256)


def _cell(place: str, cells: Sequence[str], position: int) -> str:
    if position > len(cells):
        raise SourceError(f"{place}: 終端行に{position}列目がありません。設定の trailer を確かめてください。")
    return unicodedata.normalize("NFKC", cells[position - 1]).strip()


def _same_rows(place: str, said: str, rows: int) -> None:
    count = said.replace(",", "")
    if not count.isdecimal():
        raise SourceError(f"{place}: 件数が数字ではありません。設定と人事システムの出力を確かめてください。")
    if int(count) != rows:
        raise SourceError(
            f"{place}: 件数が合いません（書かれた件数 {int(count):,}、読んだ件数 {rows:,}）。"
            "ファイルが途中で切れたか増えています。人事システムから出力し直してください。"
        )


def _same_sha256(place: str, said: str, sha256: str) -> None:
    if said.lower() != sha256:
        raise SourceError(
            f"{place}: SHA-256が合いません。ファイルが出力のあとで変わったか壊れています。"
            "人事システムから出力し直してください。"
        )
