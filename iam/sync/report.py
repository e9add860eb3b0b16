"""A run, told: what was read, what would change, what waits, what became of it.

The one law: whatever did not go as it should has a sentence here; nothing is
only logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from iam.people.feed import Rejected
from iam.sync.apply import Applied
from iam.sync.guard import Hold
from iam.sync.plan import Change, Dispute
from iam.sync.stored.plans import StoredPlan


@dataclass
class SourceReport:
    """What became of one source.

    `error`: it could not be read to a proved end.  `rejected` are tonight's
    new rejections; `quarantined` counts all that wait.
    """

    name: str
    error: str = ""
    total: int = 0
    added: int = 0
    gone: int = 0
    rejected: Sequence[Rejected] = ()
    quarantined: int = 0
    warnings: Sequence[str] = ()
    absent: int = 0
    accepted: bool = False


@dataclass
class TargetReport:
    """What became of one target.  `drifted`: accounts that differ from what was last verified."""

    system: str
    error: str = ""
    total: int = 0
    drifted: int = 0


@dataclass
class Report:
    """A run, told.  `plan` is what was (or, for a preview, would be) applied; `held` waits for two officers."""

    today: date
    sources: list[SourceReport] = field(default_factory=list)
    targets: list[TargetReport] = field(default_factory=list)
    changes: Sequence[Change] = ()
    disputes: Sequence[Dispute] = ()
    plan: StoredPlan | None = None
    held: StoredPlan | None = None
    holds: Sequence[Hold] = ()
    applied: Applied | None = None

    @property
    def broken(self) -> bool:
        """Whether a source or a target could not be read, or a change failed."""
        away = any(s.error for s in self.sources) or any(t.error for t in self.targets)
        return away or (self.applied is not None and not self.applied.whole)
