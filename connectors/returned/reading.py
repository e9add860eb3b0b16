"""A workbook (xlsx, ECMA-376) that came back from a reviewer.

The one law: *nothing in the file is trusted before it is measured*: sizes, parts and depth are bounded, macros and
passwords refused, no formula computed, no link followed.
"""

from collections.abc import Collection
from typing import Final

from iam.ports import ReturnedBook

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a file."""


def read_book(name: str, content: bytes, wanted: Collection[str]) -> ReturnedBook:
    """The sheets of `content` that are called as `wanted` says.

    Raises:
        SheetError: when it is no xlsx, is too large in any way, or holds what must not be there.
    """
    raise NotImplementedError
