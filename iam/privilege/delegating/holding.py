"""Whether a delegation holds, what voids it, and its end.

The one law: *judged again at every use* (R13, R17): appointment, leave, suspension, a lost factor or a changed register
row void it at once, whether or not anybody has marked it so.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from iam.privilege.delegating.delegation import Delegation
from iam.record.act import Act
from iam.record.store import Store
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Tidied:
    """What a round found: how many were voided or expired, and how many nominations lapsed."""

    over: int = 0
    lapsed: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A review that another officer owes, and the last day for it."""

    delegation: Delegation
    due: date
    overdue: bool


def why_void(connection: Connection, door: Door, found: Delegation, at: datetime) -> str:
    """A value of `Broken`, or "" while it holds; one that begins on a later day holds."""
    raise NotImplementedError


def live_for(connection: Connection, door: Door, person_id: int, privileged_id: int, at: datetime) -> Delegation | None:
    """The delegation by which this person may use this ID at this instant, or None."""
    raise NotImplementedError


def end(act: Act, door: Door, id_: int, by: int, reason: str) -> Delegation:
    """End it before its last day: the delegate, the nominator or any head is enough.

    Raises:
        NotFound; Forbidden: nobody of these; Conflict: it is not live, or no reason.
    """
    raise NotImplementedError


def void_broken(act: Act, door: Door) -> list[Delegation]:
    """Mark every live one that holds no longer, and tell whom it concerns; those that were marked."""
    raise NotImplementedError


def lapse(act: Act, door: Door) -> int:
    """Mark nominations that nobody approved in their time, and tell; how many."""
    raise NotImplementedError


def tidy(store: Store, door: Door, actor: str) -> Tidied:
    """`void_broken` and `lapse`, in an act only where a look finds something to mark: for a worker's every round."""
    raise NotImplementedError


def reviews_due(connection: Connection, door: Door, at: datetime) -> list[Due]:
    """The reviews that are owed, oldest first."""
    raise NotImplementedError
