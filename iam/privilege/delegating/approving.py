"""Approving a delegation, declining it, its receipt by the general officer, and the review after an exception.

The one law: *three persons* (OITA-S8.2.1.3b, R13): whoever approves is neither nominator nor delegate, saw what is
approved, and the notice back goes out in the same act (OITA-S8.2.1.3c).
"""

from datetime import datetime

from sqlalchemy import Connection

from iam.privilege.delegating.delegation import Delegation
from iam.record.act import Act
from iam.signin.door import Door


def approve(act: Act, door: Door, id_: int, approved_by: int, seen_hash: str) -> Delegation:
    """Approve what was seen; nominator, general officers and delegate are told in the same act.

    Raises:
        NotFound: no such one; Conflict, Forbidden: see `deciding.why_not_approve`.
    """
    raise NotImplementedError


def decline(act: Act, door: Door, id_: int, by: int, reason: str) -> Delegation:
    """Say no; the nominator is told.

    Raises:
        NotFound; Forbidden: whoever could not approve; Conflict: it is not waiting any more, or no reason.
    """
    raise NotImplementedError


def receive(act: Act, door: Door, id_: int, by: int) -> Delegation:
    """A general officer has opened the notice of the approval; only the first is recorded, and again changes nothing.

    Raises:
        NotFound; Forbidden: no general officer; Conflict: it was never approved.
    """
    raise NotImplementedError


def review(act: Act, door: Door, id_: int, by: int, words: str) -> Delegation:
    """Another officer has looked at what a deputy did under an exception.

    Raises:
        NotFound; Forbidden: one of the three, or no such officer; Conflict: nothing to review, or no words.
    """
    raise NotImplementedError


def approvers(connection: Connection, door: Door, found: Delegation, at: datetime) -> list[int]:
    """Who could approve it now: person ids."""
    raise NotImplementedError
