"""Files that an operator names: read as text, and written anew.

The one law: *what lies there is never written over*, and what is half written is taken away again.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from iam.errors import ConfigurationError, StoreError


def text_of(path: Path) -> str:
    """The text of a file; what is no UTF-8 is made visible.

    Raises:
        ConfigurationError: when it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigurationError([f"{path} を読めません: {error.strerror}"]) from error


@contextmanager
def fresh(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A new file, for its owner alone unless `mode` says otherwise; it goes again when the block does not end well.

    Raises:
        ConfigurationError: when something lies there already; StoreError: when it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise ConfigurationError([f"{path} はすでにあります。別の名前を指定してください。"]) from error
    except OSError as error:
        raise StoreError(f"{path} を作成できません: {error.strerror}") from error
    with ExitStack() as undo:
        undo.callback(path.unlink)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
        except OSError as error:
            raise StoreError(f"{path} に書き込めません: {error.strerror}") from error
        undo.pop_all()
