"""A job: everything that a run needs, whoever starts it.

The one law: *a run is told everything*: it reads no configuration, no clock but
the store's, and knows no more of sources and targets than their ports.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from iam.intake.staging import SourceRules, last_runs
from iam.office.roles import Offices
from iam.ports import Source, Target
from iam.record.store import Store
from iam.sync.apply import Applier
from iam.sync.prepare import Policy
from iam.sync.stored.release import Releasers


@dataclass(frozen=True)
class Feed:
    """A source with the rules by which its rows are understood."""

    source: Source
    rules: SourceRules


@dataclass(frozen=True)
class Job:
    """Everything a run needs.  `today` is the JST date; `pause` waits seconds; `progress` hears (what, done, of).

    `officers`: the operating-system accounts that may release plans.  With `offices`, whoever
    holds the role today may, by their staff number, and no account does.
    `told`: says who is written to about what a night finds of privilege; None: there is no portal to look in.
    """

    store: Store
    actor: str
    policy: Policy
    feeds: Sequence[Feed]
    targets: Mapping[str, Target]
    today: date
    pause: Callable[[float], None]
    progress: Callable[[str, int, int], None] = lambda _what, _done, _of: None
    officers: Sequence[str] = ()
    offices: Offices | None = None
    told: Offices | None = None

    def releasers(self, connection: Connection) -> Container[str]:
        """Who may release a plan today, as acts name them."""
        return self.officers if self.offices is None else Releasers(connection, self.offices, self.today)


def base_of(job: Job, connection: Connection) -> dict[str, object]:
    """What a plan stands on: the last believed reading of every source, and the rules."""
    return {"runs": last_runs(connection), "rules": job.policy.digest}


def applier_of(job: Job) -> Applier:
    """Carries out the job's plans."""

    def progress(done: int, in_all: int) -> None:
        job.progress("変更を適用しています", done, in_all)

    return Applier(job.store, job.actor, job.targets, job.pause, progress)
