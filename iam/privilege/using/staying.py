"""While a use is open: the witness stays, the user sees the secret.

The one law: *once*: a secret is shown to whoever holds the use, one time, in the session that asked.
"""

from iam.privilege.using.uses import Acting, Use
from iam.record.act import Act


def present(act: Act, acting: Acting, use_id: int) -> Use:
    """The witness is there (a page says so each 15 s).  The way back into a use that paused because of silence.

    Raises:
        NotFound; Forbidden: not its witness; Conflict: it is over.
    """
    raise NotImplementedError


def leave(act: Act, acting: Acting, use_id: int) -> Use:
    """The witness goes: the use pauses or ends, as the profile says.

    Raises:
        NotFound; Forbidden: not its witness; Conflict: it is over.
    """
    raise NotImplementedError


def reveal(act: Act, acting: Acting, use_id: int) -> str:
    """The secret, once.  To be sent with Cache-Control: no-store, and never kept.

    Raises:
        ProofNeeded; NotFound; Forbidden: not the user, or another session; Conflict: not open, or shown before.
    """
    raise NotImplementedError
