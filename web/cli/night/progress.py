"""What a long run says while it runs, on the standard error: one updating line, or plain lines for a log.

The one law: *the standard output holds the result alone*.
"""

from types import TracebackType
from typing import IO, Self

import click

from web.cli.table import printable, width

_STEPS = 10
_WORTH_A_LINE = 200
_CLEAR = "\r\x1b[K"


class Progress:
    """Hears (what, done, of how many); a `with` leaves the line clean."""

    def __init__(self, stream: IO[str], columns: int = 78) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._columns = columns
        self._last: tuple[str, int] = ("", 0)

    def __call__(self, what: str, done: int, of: int) -> None:
        """Say it, if there is anything new to say."""
        step = done * min(_STEPS, 1 + of // _WORTH_A_LINE) // of if of else 0
        if not self._live and (what, step) == self._last:
            return
        self._last = (what, step)
        text = printable(f"{what}… {done:,}/{of:,}" if of else f"{what}…")
        if not self._live:
            click.echo(text, file=self._stream)
        elif width(text) < self._columns:
            click.echo(_CLEAR + text, file=self._stream, nl=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live and self._last[0]:
            click.echo(_CLEAR, file=self._stream, nl=False)
