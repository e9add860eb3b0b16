"""The clock on the wall: whether this host's clock can be believed where codes depend on it.

The one law: *no code of the hour by a wrong clock* (R25, OITA-S9.1.2): a host
whose clock is off that of the database by more than the profile allows takes no
code that a clock makes; keys, cards and single-use codes still serve.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from iam.record.store import Store

_EVERY: Final = timedelta(minutes=1)


@dataclass
class ClockWatch:
    """Asks the database for the time once a minute.  A host with SQLite has one clock, and nothing to compare."""

    store: Store
    limit: timedelta
    skew: timedelta = timedelta()
    _asked_at: datetime | None = field(default=None, repr=False)

    def wrong(self, at: datetime) -> bool:
        """Whether the two clocks are further apart than `limit`."""
        # A clock that was set back would else not be asked again for as long as it went.
        if self._asked_at is None or not timedelta(0) <= at - self._asked_at < _EVERY:
            self.skew = self.store.skew()
            self._asked_at = at
        return abs(self.skew) > self.limit
