"""Undoing what a review took away: an officer with a reason, as a suspension is undone.

The one law: *nobody gives back their own* (design law 4): neither an account of theirs nor one that they keep.
"""

from collections.abc import Collection
from dataclasses import dataclass

from iam.record.act import Act
from iam.review.closing.removals import Removal
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Lift:
    """Undo everything that a review took from these lines."""

    campaign_id: int
    line_ids: Collection[int]
    by: int
    reason: str


def lift(act: Act, door: Door, wish: Lift) -> list[Removal]:
    """Undo; a person's own account comes back as it was within moments, what is nobody's own by hand at the system.

    Raises:
        Forbidden: they are neither general officer nor 人事 today, barred, or it is theirs.
        Conflict: there is nothing to undo, or no reason.
    """
    raise NotImplementedError
