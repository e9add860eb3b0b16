"""Findings: what was seen of privileged IDs and no use explains, and what an officer said to it.

The one law: *nobody settles what was found about themselves* (design law 4): a constraint of the table and
`why_not_settle`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from iam.errors import IamError
from iam.record.act import Act
from iam.signin.door import Door


class FindingKind(StrEnum):
    """What was found."""

    NO_USE = "no_use"
    OUTSIDE_WINDOW = "outside_window"
    OTHER_ADDRESS = "other_address"
    NOT_THE_USER = "not_the_user"
    FAILED = "failed"
    DEFAULT_NAME = "default_name"
    UNKNOWN_PRIVILEGED = "unknown_privileged"
    HELD_WITHOUT_USE = "held_without_use"


class FindingState(StrEnum):
    """Where a finding stands: open, its cause gone without a word, or settled by an officer."""

    OPEN = "open"
    GONE = "gone"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.  `detail`: evidence, e.g. {"count": 3, "places": [...], "addresses": [...]}.

    `person_id`: whom it concerns, where that is known.
    """

    id: int
    kind: FindingKind
    system: str
    login: str
    detail: Mapping[str, object]
    person_id: int | None
    sighting_id: int | None
    use_id: int | None
    found_at: datetime
    last_at: datetime
    gone_at: datetime | None
    settled_at: datetime | None
    settled_by: int | None
    settled_reason: str

    @property
    def state(self) -> FindingState:
        """Open, gone or settled."""
        raise NotImplementedError


def findings(
    connection: Connection,
    *,
    state: FindingState | None = FindingState.OPEN,
    system: str = "",
    kind: FindingKind | None = None,
    use_id: int | None = None,
    most: int | None = None,
    offset: int = 0,
) -> list[Finding]:
    """Findings, the newest first; `state` None: all."""
    raise NotImplementedError


def finding(connection: Connection, finding_id: int) -> Finding:
    """One finding.

    Raises:
        NotFound: when there is none.
    """
    raise NotImplementedError


def why_not_settle(connection: Connection, door: Door, finding: Finding, by: int, at: datetime) -> IamError | None:
    """What keeps `by` from settling it."""
    raise NotImplementedError


def settle(act: Act, door: Door, finding_id: int, by: int, reason: str) -> Finding:
    """An officer explains a finding.

    Raises:
        NotFound, Forbidden, Conflict: see `why_not_settle`; a reason is mandatory.
    """
    raise NotImplementedError
