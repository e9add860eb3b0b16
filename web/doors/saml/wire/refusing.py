"""A message that is not accepted: the cause for the log, and what somebody at the screen reads.

The one law: *one page for all of them*: it tells nothing that helps whoever forged the message; the log has the cause.
"""

import re
from typing import Final

CAUSES: Final = frozenset(
    {
        "malformed", "too_large", "encoding", "doctype", "structure", "kind", "unknown_sender", "stopped",
        "destination", "issued", "identifier", "unsigned", "algorithm", "signature", "acs", "binding", "subject",
        "replayed", "lapsed", "unsolicited", "unknown_session", "name_id", "no_logout",
    }
)  # fmt: skip
"""Every cause that stands in the log."""

_ODD: Final = re.compile(r"[^A-Za-z0-9#:/._ -]")
_LONGEST: Final = 60


class Refusal(Exception):
    """A message that is not accepted.  `cause`: one of CAUSES; `detail`: for the log, nothing of a person."""

    def __init__(self, cause: str, detail: str = "") -> None:
        if cause not in CAUSES:
            raise ValueError(cause)
        # Some of it is what strangers wrote.
        plain = _ODD.sub("?", detail)[:_LONGEST]
        super().__init__(f"{cause}: {plain}" if plain else cause)
        self.cause = cause
