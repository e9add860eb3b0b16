"""The round over reviews: opens what is due, reminds, lets silence speak, carries out what was signed, verifies.

The one law: *safe to run twice and by two at once*: each step is one conditional statement, and a round that was killed
is followed by one that goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from iam.jobs.job import Job
from iam.record.store import Store
from iam.review.campaigns import Campaign
from iam.signin.door import Door


@dataclass
class Tended:
    """What a round did, and in `troubles` what stood in the way, in sentences."""

    opened: list[Campaign] = field(default_factory=list)
    reminded: int = 0
    silenced: int = 0
    put: int = 0
    verified: int = 0
    closed: list[int] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


def tend(job: Job, door: Door, *, opens: bool = True) -> Tended:
    """One round.  `opens` False: nothing new is opened, as under a configuration that nobody has confirmed.

    Raises:
        StoreError, Busy: when the database is away.
    """
    raise NotImplementedError


def signed_waits(store: Store) -> bool:
    """Whether something signed is to be put or verified now: for a worker that looks often."""
    raise NotImplementedError


def carry_out(job: Job, door: Door, campaign_id: int, going: Callable[[], bool] = lambda: True) -> Tended:
    """Put, run, read back and verify what one signed review changes, now."""
    raise NotImplementedError
