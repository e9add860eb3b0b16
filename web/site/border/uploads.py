"""Files that people send: kept in memory while they are read.

The one law: *what was sent never lies on a disk*: a file of token seeds is a
file of secrets, and the largest body a page takes bounds the memory (access.py).
"""

from io import BytesIO
from typing import IO

from flask import Request


class InMemory(Request):
    """A request whose files are never spooled to a temporary file."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        del total_content_length, content_type, filename, content_length
        return BytesIO()
