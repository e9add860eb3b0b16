"""A message that is not accepted: the cause for the log, and what somebody at the screen reads.

The one law: *one page for all of them*: it tells nothing that helps whoever forged the message; the log has the cause.
"""

from typing import Final

CAUSES: Final = frozenset(
    {
        "malformed", "too_large", "encoding", "doctype", "structure", "kind", "unknown_sender", "stopped",
        "destination", "issued", "identifier", "unsigned", "algorithm", "signature", "acs", "binding", "subject",
        "replayed", "lapsed", "unsolicited", "unknown_session", "name_id", "no_logout",
    }
)  # fmt: skip
"""Every cause that stands in the log."""


class Refusal(Exception):
    """A message that is not accepted.  `cause`: one of CAUSES; `detail`: for the log, nothing of a person."""

    def __init__(self, cause: str, detail: str = "") -> None:
        if cause not in CAUSES:
            raise ValueError(cause)
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause
        self.detail = detail
