"""What the tables of `iam.toml` share: paths from the file's own folder, and secrets in files of their own.

The one law: *a secret is never in the configuration itself*, and one that others
can read is refused.
"""

import os
import stat
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, ValidationInfo

from iam.errors import ConfigurationError

OTHERS = 0o077
"""The bits of a file's mode that let others than its owner at it."""


def folder_of(info: ValidationInfo) -> Path:
    """The folder of the configuration file, which relative paths start from."""
    return info.context if isinstance(info.context, Path) else Path()


def _from_folder(value: Path, info: ValidationInfo) -> Path:
    return folder_of(info) / value


FilePath: TypeAlias = Annotated[Path, AfterValidator(_from_folder)]


def word_in(path: Path, key: str) -> str:
    """What stands alone in the file that `key` names.

    Raises:
        ConfigurationError: when it cannot be read.
    """
    return _read(path, key)[0]


def secret_in(path: Path, key: str) -> str:
    """As `word_in`, of a file that nobody but its owner can read.

    Raises:
        ConfigurationError: when it cannot be read, or others can read it.
    """
    text, mode = _read(path, key)
    if mode & OTHERS:
        cure = f"chmod 600 {path} としてください。"
        raise ConfigurationError([f"{key}: {path} を所有者以外も読めます（モード {mode:04o}）。{cure}"])
    return text


def _read(path: Path, key: str) -> tuple[str, int]:
    try:
        with path.open(encoding="utf-8") as file:
            # The mode is that of the file opened, not of what the name may point to a moment later.
            return file.read().rstrip("\r\n"), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except (OSError, UnicodeDecodeError):
        problem = f"{path} を読み取れません。置き場所と読み取り権限を確かめてください。"
        raise ConfigurationError([f"{key}: {problem}"]) from None
