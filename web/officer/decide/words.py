"""Short words for what a row of a decision says: which door asked, which reasons it had.

The one law: *a reason without words here is shown by its code*, never left out.
"""

from typing import Final

from flask_babel import gettext

from iam.signin.tokens.details import ClientKind

_DOORS: Final = {"validate": ClientKind.TERMINAL}
"""Doors that are not called as their clients are."""


def door_words(door: str) -> str:
    """By which door it was asked; "" for an officer's question."""
    known = _DOORS.get(door) or (ClientKind(door) if door in set(ClientKind) else None)
    return gettext(known.label_ja) if known else door


def why(code: str) -> str:
    """One reason in a few words."""
    return code
