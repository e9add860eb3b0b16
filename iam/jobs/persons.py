"""An urgent run: the few persons who were decided about just now, without waiting for the night.

The one law: *the same door as the night* (design law 1): wanted, actual, plan, guard, stored plan, apply, read back;
only no source is read, and no system is read whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from iam.jobs.job import Job


@dataclass
class Hurried:
    """What an urgent run did: changes done, changes that failed, systems that could not be read with their trouble.

    `held`: why the guard let nothing pass.
    """

    done: int = 0
    failed: int = 0
    troubles: dict[str, str] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)


def run_for(job: Job, person_ids: Iterable[int]) -> Hurried:
    """Bring every system to what is wanted for these persons now.

    Raises:
        Busy: when another run is under way; the worker tries again.
    """
    raise NotImplementedError


def hurry(job: Job) -> Hurried | None:
    """Run for whoever waits for an urgent run and is due; None where nobody is.  For the worker, each second."""
    raise NotImplementedError
