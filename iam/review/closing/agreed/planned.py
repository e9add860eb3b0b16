"""From what was decided about a line to what is to change: pure.

The one law: *everything that an answer takes away is a row of its own*, with the day on which it goes; what stays the
same is none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from iam.access.accounts import AccountKind
from iam.review.campaigns import Line
from iam.review.closing.removals import What
from iam.review.deciding.verdicts import Outcome
from iam.review.words import Verdict
from iam.sync.actual.reconcile import Sorting

_DAY = timedelta(days=1)
SILENT = "期限までに回答がなかったため"
"""The reason where nobody gave one."""


class Way(StrEnum):
    """How a change of a line reaches its system.

    OWN: a person's own account, by a block and the sync.  ERRAND: any other account, by an errand of its own.
    HAND: what is no account (a nested group, an entry elsewhere), at the system itself.
    """

    OWN = "own"
    ERRAND = "errand"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class Planned:
    """One row to be.  `person_id`: whose own account it is, or becomes; the keeper of KEEPER."""

    line: Line
    what: What
    due_on: date
    reason: str
    entitlement: str = ""
    person_id: int | None = None
    blocked: bool = False


def way_of(line: Line, *, linked: bool, entry: bool) -> Way:
    """How this line is reached.  `linked`: the sync may write to it as the person's own (a number of theirs, no
    protection); `entry`: what the target holds under it is no account."""
    if entry:
        return Way.HAND
    own = line.account_id is not None and line.person_id is not None and line.kind == AccountKind.PERSONAL
    return Way.OWN if own and linked and line.sorting in (Sorting.LINKED, Sorting.MISSING) else Way.ERRAND


def planned(line: Line, outcome: Outcome, way: Way, today: date) -> Iterator[Planned]:
    """What becomes of a line whose review was signed on `today`."""
    reason = "、".join(outcome.reasons) or (SILENT if outcome.silent else "")
    end = max(outcome.until + _DAY, today) if outcome.until is not None else None
    for right in outcome.rights:
        yield _right(line, way, right, today, reason)
    if outcome.verdict is Verdict.REMOVE:
        yield from _removed(line, way, end or today, reason)
        return
    if end is not None:
        yield from _removed(line, way, end, reason)
    if outcome.keeper is not None:
        yield Planned(line, What.KEEPER, today, reason, person_id=outcome.keeper)
    if outcome.owner is not None:
        yield Planned(line, What.OWNER, today, reason, person_id=outcome.owner)


def _removed(line: Line, way: Way, due_on: date, reason: str) -> Iterator[Planned]:
    """The account and its rights.  Of somebody's own the block takes the rights with it."""
    if way is Way.HAND:
        yield Planned(line, What.ENTRY, due_on, reason)
        return
    own = way is Way.OWN
    yield Planned(line, What.ACCOUNT, due_on, reason, person_id=line.person_id if own else None, blocked=own)
    for each in () if own else line.rights:
        yield _right(line, way, each.right, due_on, reason)


def _right(line: Line, way: Way, right: str, due_on: date, reason: str) -> Planned:
    own = way is Way.OWN
    person_id = line.person_id if own else None
    return Planned(line, What.ENTRY if way is Way.HAND else What.RIGHT, due_on, reason, right, person_id, own)
