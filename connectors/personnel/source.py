"""The personnel file as a `Source`.

The one law: the reading ends normally only when the file was still, whole, and
proved by whatever the configuration promises; in every other case it raises.
"""

import os
from collections.abc import Container, Iterator
from contextlib import contextmanager
from io import BufferedReader

from connectors.personnel.options import Options
from connectors.personnel.proof import Proof, prove_sidecar
from connectors.personnel.reading import Reading
from connectors.personnel.tables.delimited import TextRows, text_rows
from connectors.personnel.tables.sheet import SheetRows, sheet_rows
from connectors.personnel.tables.stream import opened
from iam.ports import Fingerprint, SourceBatch

_DATES = ("valid_from", "valid_until", "announce_from")


class FileSource:
    """A CSV or xlsx that another system writes.

    `proof` and `edition` tell of the last reading that ended well; the edition
    is the file's SHA-256 and when it was written.
    """

    def __init__(self, name: str, options: Options) -> None:
        self._name = name
        self._options = options
        self._written = 0
        self.proof: Proof | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def edition(self) -> str:
        return f"{self.proof.sha256}:{self._written}" if self.proof else ""

    def read(self, known: Container[Fingerprint]) -> Iterator[SourceBatch]:
        """Everything in the file, as `Source.read`.

        Raises:
            SourceError: when the file is missing, broken, cut, still being
                written, of another shape than configured, or holds My Numbers.
        """
        self.proof = None
        options = self._options
        with opened(options.path) as file, _rows(file, options) as rows:
            self._written = os.fstat(file.fileno()).st_mtime_ns
            reading = Reading(options, rows)
            if isinstance(rows, SheetRows):
                self._expect(rows, reading)
            yield from reading.batches(known)
            proof = reading.prove()
            if isinstance(rows, SheetRows) and rows.numeric and not options.zero_pad:
                reading.remarks.warn(_lost_zeros(options, rows))
        if options.sidecar:
            prove_sidecar(options.path.with_name(options.path.name + options.sidecar), proof)
        if last := reading.remarks.take():
            yield SourceBatch((), (), last)
        self.proof = proof

    def _expect(self, rows: SheetRows, reading: Reading) -> None:
        indexes = reading.columns.indexes
        dates = {index for field, index in indexes.items() if field in _DATES}
        rows.expect(reading.columns.width, dates, indexes["staff_number"])


@contextmanager
def _rows(file: BufferedReader, options: Options) -> Iterator[TextRows | SheetRows]:
    if options.kind == "xlsx":
        with sheet_rows(
            file,
            options.path,
            sheet=options.sheet,
            skip_lines=options.skip_lines,
            max_unpacked=options.max_unpacked,
        ) as sheet:
            yield sheet
    else:
        with text_rows(
            file,
            options.path,
            options.encoding,
            longest=options.max_bytes_per_line,
            delimiter=options.delimiter,
            skip_lines=options.skip_lines,
        ) as text:
            yield text


def _lost_zeros(options: Options, rows: SheetRows) -> str:
    return (
        f"{options.path.name} {rows.first_numeric}行目など{rows.numeric:,}行: 職員番号が数値のセルになっています。"
        "先頭の0が失われていれば、列を文字列にするか、設定の zero_pad に桁数を書いてください。"
    )
