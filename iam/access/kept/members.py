"""Who uses a shared ID, from when until when: whoever knew its secret.

The one law: *nobody is forgotten*: whoever stops using it keeps their row with its last day, so that a review can ask
whether the secret was changed since.
"""

from collections.abc import Collection
from datetime import date

from iam.access.kept.register import Kept, Member
from iam.record.act import Act


def join(act: Act, kept: Kept, person_id: int, valid_from: date, valid_until: date | None = None) -> Member:
    """Somebody uses it from a day until a day (both inclusive; None: no end).

    Raises:
        Conflict: it is not shared or has left the register, they use it already, or the days are in the wrong order.
        NotFound: there is no such person.
    """
    raise NotImplementedError


def leave(act: Act, kept: Kept, person_id: int, valid_until: date) -> Member:
    """Somebody uses it until a day (inclusive) and no longer.

    Raises:
        Conflict: they do not use it, or began later.
    """
    raise NotImplementedError


def set_members(act: Act, kept: Kept, person_ids: Collection[int]) -> None:
    """Exactly these use it from today; whoever else did, did until today."""
    raise NotImplementedError
