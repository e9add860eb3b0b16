"""What waits to be carried elsewhere: a row at a time, by one worker of several, tried again until it is given up.

The one law: *the row says what is still to do*: it is claimed by a conditional UPDATE before anything is sent, and a
worker that dies with it loses it when the claim lapses.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, delete, select, update

from iam.record.act import Act

FAILED: Final = "failed"
"""The outcome of what was tried often enough."""


@dataclass(frozen=True)
class Queue:
    """One table whose rows have id, due_at, tries, settled_at, outcome and reason.

    `name`: of a row in the audit.  `hold`: how long a claim holds, longer than any one sending.  `first_delay`: after
    the first try, doubled each time up to `longest_delay`.  `interrupted`: the reason where every try was cut short.
    """

    table: Table
    name: str
    hold: timedelta
    first_delay: timedelta
    longest_delay: timedelta
    most_tries: int
    interrupted: str

    def waiting(self, connection: Connection, at: datetime) -> bool:
        """Whether one is due.  A look costs no writer's lock, and most looks find nothing."""
        return connection.execute(select(self.table.c.id).where(self._due(at)).limit(1)).first() is not None

    def claim(self, act: Act, query: Select[Any]) -> Row[Any] | None:
        """The row of `query` (over this table) that has waited longest, this worker's alone until the claim lapses.

        Its `tries` does not count this one yet; None when none is due or somebody else was first.
        """
        found = query.where(self._due(act.at)).order_by(self.table.c.due_at, self.table.c.id).limit(1)
        # Another worker's is passed over, not waited for; SQLite has one writer and ignores this.
        row = act.connection.execute(found.with_for_update(skip_locked=True, of=self.table)).first()
        if row is None or not self._moved(act, row.id, row.tries, due_at=act.at + self.hold, tries=row.tries + 1):
            return None
        return row

    def settle(self, act: Act, number: int, outcome: str, reason: str) -> bool:
        """The end of a row; False when somebody settled it before: then it stays as it is."""
        unsettled = (self.table.c.id == number) & self.table.c.settled_at.is_(None)
        values = {"settled_at": act.at, "outcome": outcome, "reason": reason}
        return bool(act.connection.execute(update(self.table).where(unsettled).values(**values)).rowcount)

    def postpone(self, act: Act, number: int, tries: int, reason: str) -> bool:
        """Try again later, each time after a longer while; False after `most_tries`: it is to be settled as FAILED."""
        if tries >= self.most_tries:
            return False
        self._moved(act, number, tries, due_at=act.at + self.delay_after(tries), reason=reason)
        return True

    def delay_after(self, tries: int) -> timedelta:
        """How long to wait after so many tries."""
        # Beyond thirty doublings any delay is the longest.
        return min(self.longest_delay, self.first_delay * (1 << (min(tries, self.most_tries, 30) - 1)))

    def give_up(self, act: Act) -> int:
        """Settle what was claimed for the last time by workers that died; how many."""
        table = self.table.c
        spent = table.settled_at.is_(None), table.due_at <= act.at, table.tries >= self.most_tries
        values = {"settled_at": act.at, "outcome": FAILED, "reason": self.interrupted}
        # One statement: of two workers at once, each records only what it settled itself.
        settled = update(self.table).where(*spent).values(**values).returning(table.id)
        numbers = sorted(act.connection.execute(settled).scalars())
        detail = {"reason": self.interrupted}
        act.record_many((f"{self.name}.{FAILED}", f"{self.name} {number}", detail) for number in numbers)
        return len(numbers)

    def forget(self, act: Act, before: datetime) -> int:
        """Drop what was settled before an instant; the audit keeps what became of it.  How many."""
        old = self.table.c.settled_at < before
        return act.connection.execute(delete(self.table).where(old)).rowcount

    def _due(self, at: datetime) -> ColumnElement[bool]:
        table = self.table.c
        return table.settled_at.is_(None) & (table.due_at <= at) & (table.tries < self.most_tries)

    def _moved(self, act: Act, number: int, known_tries: int, **values: object) -> bool:
        """Change a row if nobody has claimed or settled it since; False when somebody was first."""
        table = self.table.c
        same = (table.id == number) & (table.tries == known_tries) & table.settled_at.is_(None)
        return bool(act.connection.execute(update(self.table).where(same).values(**values)).rowcount)
