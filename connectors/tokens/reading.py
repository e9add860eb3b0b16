"""One file of token seeds: which format it is, how it is opened, and what it says.

The one law: *a file is good as a whole or not at all*, and every problem in it
is told, with its line and the reason.
"""

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Final

from connectors.tokens.content import TokenFile, Unlock
from connectors.tokens.oath_csv import read_csv
from connectors.tokens.pskc_file import read_pskc
from iam.errors import TokenFileError
from iam.ports import TokenSeed

LARGEST: Final = 32 * 2**20
"""Bytes of a file: some 20,000 tokens in PSKC."""

_KEY_BYTES: Final = (16, 24, 32)


def read_tokens(name: str, content: bytes, unlock: Unlock) -> TokenFile:
    """The tokens in a file; `name` is how it is called in problems.

    Raises:
        TokenFileError: when it cannot be read at all, or the key is not the right one.
    """
    if len(content) > LARGEST:
        raise TokenFileError(
            [f"{name}: ファイルが大きすぎます（上限 {LARGEST // 2**20} MiB）。分けて取り込んでください。"]
        )
    if not content.strip():
        raise TokenFileError([f"{name}: ファイルが空です。"])
    found = read_pskc(name, content, unlock) if _is_xml(content) else read_csv(name, content, unlock)
    if not found.seeds and not found.problems:
        raise TokenFileError([f"{name}: 機器が一つもありません。"])
    return TokenFile(found.seeds, [*found.problems, *_doubled(found.seeds)])


def key_of(name: str, content: bytes) -> bytes:
    """The key in a key file: 16, 24 or 32 bytes, written in hexadecimal, in base64, or as they are.

    Raises:
        TokenFileError: when it is none of them.
    """
    text = content.strip()
    for decode in (bytes.fromhex, _base64):
        try:
            key = decode(text.decode("ascii"))
        except ValueError:
            continue
        if len(key) in _KEY_BYTES:
            return key
    if len(content) in _KEY_BYTES:
        return content
    raise TokenFileError(
        [f"{name}: 鍵は128・192・256ビットのいずれかです。16進数、Base64、またはバイト列で置いてください。"]
    )


def _is_xml(content: bytes) -> bool:
    # With a byte order mark, in UTF-8 or in UTF-16.
    return content.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _doubled(seeds: Sequence[TokenSeed]) -> Iterator[str]:
    first: dict[str, str] = {}
    for seed in seeds:
        if seed.serial in first:
            yield f"{seed.place} 製造番号 {seed.serial} が、{first[seed.serial]}と重複しています。"
        first.setdefault(seed.serial, seed.place)
