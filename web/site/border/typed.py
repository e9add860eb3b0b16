"""What somebody had typed when a form was stopped for a new proof: shown again, on the same page, once.

The one law: *a reason, never a code, a password or the number of a person*, and only to the
session that typed it: the cookie that keeps it is signed, not secret.
"""

from typing import Final

from flask import g, request, session

KEPT: Final = frozenset(
    {"reason", "purpose", "note", "comment", "name", "until", "minutes", "decision_number", "privileged_id"}
)
"""Fields whose text may be shown again when a form was not taken."""

_TYPED: Final = "typed"
_LONGEST: Final = 600
"""Characters in all: a cookie holds four thousand bytes."""


def keep() -> None:
    """Remember what this form says, as far as it is harmless and short."""
    said = {name: text for name, text in request.form.items() if name in KEPT and text.strip()}
    if said and sum(map(len, said.values())) <= _LONGEST:
        session[_TYPED] = {"page": request.full_path, "of": g.session.id, "said": said}


def again() -> dict[str, str]:
    """What was typed on this page by this session, if it was stopped; forgotten from now on."""
    kept = session.get(_TYPED)
    if kept is None or kept["page"] != request.full_path:
        return {}
    session.pop(_TYPED)
    mine = g.get("session")
    said: dict[str, str] = kept["said"]
    return said if mine is not None and kept["of"] == mine.id else {}
