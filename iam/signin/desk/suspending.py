"""Suspending a person, and giving them everything back (利用権の停止と回復).

The one law: *the general officer alone, never about themselves, and at once* (R20, OITA-S9.6.2.3): in the act that
writes the block every session, half-done sign-in and token of the person is dead, an urgent run is due, and the two
officers whom the clause names are told.
"""

from dataclasses import dataclass

from iam.access.suspensions import Suspension
from iam.errors import Forbidden
from iam.signin.desk.deeds import Officer
from iam.signin.door import Entrant


@dataclass(frozen=True, slots=True)
class Suspended:
    """What suspending ended: sessions, and families of tokens; and how many officers were told."""

    suspension: Suspension
    sessions: int
    told: int


def why_not_suspend(officer: Entrant, subject: Entrant) -> Forbidden | None:
    """The first rule that stands between this officer and suspending or restoring this person, or None."""
    raise NotImplementedError


def suspend(officer: Officer, person_id: int, reason: str) -> Suspended:
    """Take everything away from a person, at once.

    Raises:
        Forbidden, NotFound: as `why_not_suspend`; Conflict: when they are suspended already.
    """
    raise NotImplementedError


def restore(officer: Officer, person_id: int, reason: str) -> Suspended:
    """Give everything back as it was; sessions stay ended.

    Raises:
        Forbidden, NotFound: as `why_not_suspend`; Conflict: when they are not suspended.
    """
    raise NotImplementedError
