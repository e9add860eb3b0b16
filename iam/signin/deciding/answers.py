"""What one process remembers of answers and of what they rest on.

The one law: *memory spares work and decides nothing*: what is kept is given back
only while what tells of change is the same, for half a minute at most, and never
past the instant at which time alone could change it.
"""

from collections.abc import Hashable
from datetime import datetime
from typing import NamedTuple

from iam.signin.deciding.decision import Decision
from iam.signin.deciding.records import Answer
from iam.signin.door import Remembered
from iam.signin.sessions import Session


class Right(NamedTuple):
    """What somebody may do in a system today; `names` None: they have no ID there.  `because`: words and clause."""

    names: frozenset[str] | None
    because: tuple[str, str]


class Told(NamedTuple):
    """An answer and how it is recorded.  `session`: the one that it was given to, as it stood."""

    decision: Decision
    answer: Answer
    session: Session | None


class Answers:
    """The memory of one door: rights by person, each by system; answers by who, where to, whence and for what."""

    def __init__(self) -> None:
        self.rights: Remembered[dict[str, Right]] = Remembered()
        self._told: Remembered[Told] = Remembered()

    def get(self, key: Hashable, pulse: object, session: Session | None, at: datetime) -> Told | None:
        """The answer to the same question under the same pulse, while it holds."""
        found = self._told.get(key, pulse, at)
        if found is None or found.session != session:
            return None
        return None if found.decision.until is None or at >= found.decision.until else found

    def put(self, key: Hashable, pulse: object, at: datetime, told: Told) -> None:
        """Remember an answer."""
        self._told.put(key, pulse, at, told)
