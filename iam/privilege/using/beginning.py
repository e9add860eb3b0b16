"""Asking for a use, a witness joining it, and the use in an emergency.

The one law: *nobody opens a privileged ID alone* (OITA-S8.1.4.3): a second person joins first, or a waiver that two
others gave is live, or it is an emergency that everybody who must know learns of at once.
"""

from iam.privilege.using.uses import Acting, Use, Wish
from iam.record.act import Act


def ask(act: Act, acting: Acting, wish: Wish) -> Use:
    """Ask for a use: ASKED until a witness joins; OPENING at once under a live waiver.

    Raises:
        ProofNeeded: the session must prove itself again; Forbidden, Conflict, NotFound: see `deciding.why_not_ask`.
    """
    raise NotImplementedError


def withdraw(act: Act, acting: Acting, use_id: int) -> None:
    """The asker takes back what nobody has joined yet.

    Raises:
        NotFound, Forbidden (another's), Conflict (it is not waiting any more).
    """
    raise NotImplementedError


def join(act: Act, acting: Acting, use_id: int) -> Use:
    """Join as its witness: it opens.  Also takes over from a witness who is gone, while it is paused.

    Raises:
        ProofNeeded: the session must prove itself again; NotFound, Forbidden, Conflict: see `deciding.why_not_join`.
    """
    raise NotImplementedError


def start_emergency(act: Act, acting: Acting, wish: Wish, reason: str) -> Use:
    """Open an ID that is registered for emergencies, without delegation and witness; everybody who must know is told.

    Raises:
        ProofNeeded, Forbidden, Conflict, NotFound: see `deciding.why_not_start`.
    """
    raise NotImplementedError
