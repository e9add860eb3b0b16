"""One sighting held against the uses: pure.

The one law: *what no use explains is said*: a sign-in of a privileged ID is in order only while somebody used it, from
where they stood, and within the slack that two clocks may differ by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from iam.ports import Sighting

SLACK: Final = timedelta(minutes=2)
"""How far the clocks of a target and of this service may differ."""


class Verdict(StrEnum):
    """What a sighting is, held against the uses."""

    OK = "ok"
    NO_USE = "no_use"
    OUTSIDE_WINDOW = "outside_window"
    OTHER_ADDRESS = "other_address"
    NOT_THE_USER = "not_the_user"
    FAILED = "failed"
    UNKNOWN = "unknown_privileged"
    EARLIER = "earlier"
    ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True)
class Known:
    """A privileged ID as a sighting meets it.  `login` comparable; "" for a group (`member`)."""

    id: int
    login: str
    member: bool
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A use as a sighting meets it.  `login` comparable; `until` None while it is open; `address` "" unknown."""

    use_id: int
    privileged_id: int
    person_id: int
    login: str
    since: datetime
    until: datetime | None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the ID and the use that it speaks of."""

    verdict: Verdict
    privileged_id: int | None = None
    use_id: int | None = None


def verdict(sighting: Sighting, uses: Sequence[Span], ids: Sequence[Known], slack: timedelta = SLACK) -> Judged:
    """What `sighting` is.  `uses` and `ids` are those of its system; ORDINARY: no privileged ID's business."""
    raise NotImplementedError
