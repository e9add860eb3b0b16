"""The worker's round over all uses: each second, each change an act of its own.

The one law: *no end is forgotten*: a round needs nothing but the rows, so whichever process comes next goes on.
"""

from dataclasses import dataclass

from iam.record.store import Store
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Swept:
    """What a round did: how many uses it opened, paused, ended, closed, let lapse, and reminders it sent."""

    opened: int = 0
    paused: int = 0
    ended: int = 0
    closed: int = 0
    lapsed: int = 0
    reminded: int = 0


def sweep(store: Store, door: Door) -> Swept:
    """One round: ends what is over, opens and closes what errands settled, chases records.  Safe by several at once."""
    raise NotImplementedError
