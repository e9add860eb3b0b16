"""What a file of seeds may be opened with, what it holds, and what a serial number is.

The one law: *no part of a seed is ever said*: a text that could be a seed in
the wrong column is not taken for a serial, nor repeated (R33, R49).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from iam.ports import TokenSeed

LONGEST_SERIAL: Final = 22
"""Characters; a seed of 112 bits takes 23 in base32, so one in the wrong column is never taken for a serial."""

_SERIAL: Final = re.compile(rf"[!-~]{{1,{LONGEST_SERIAL}}}")
_ROUNDED: Final = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unlock:
    """What opens an encrypted file: the key that was agreed with the maker, or the password.  At most one."""

    key: bytes | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class TokenFile:
    """What was read.  With `problems`, nothing of it may be used."""

    seeds: Sequence[TokenSeed]
    problems: Sequence[str]


def serial_problem(serial: str) -> str:
    """Why this cannot be a serial, or ""; the text itself is not repeated."""
    if not serial:
        return "製造番号がありません。"
    if not _SERIAL.fullmatch(serial):
        return f"製造番号が正しくありません。空白のない半角{LONGEST_SERIAL}文字以内で書いてください。"
    if _ROUNDED.fullmatch(serial):
        return "製造番号が表計算ソフトで丸められています。文字列として保存し直してください。"
    return ""
