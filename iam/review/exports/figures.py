"""The figures of a review: how far it is, what it finds over the quarters, how long decisions take.

The one law: *a figure can be counted again*: each is a count of rows that an export holds.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from iam.review.words import FindingKind


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a department is.  `department`: "" for what belongs to nobody.  `decided` <= `lines`."""

    department: str
    lines: int
    decided: int
    with_findings: int

    @property
    def percent(self) -> int:
        """Decided lines in percent, rounded down: 100 only when nothing is left."""
        return 100 if not self.lines else self.decided * 100 // self.lines


@dataclass(frozen=True, slots=True)
class Quarter:
    """A campaign among the last eight: `label` R8 Q3, `counts` of its findings; kinds without any are left out."""

    campaign_id: int
    label: str
    title: str
    lines: int
    counts: dict[FindingKind, int]


@dataclass(frozen=True, slots=True)
class Days:
    """How many lines were decided within how many days of the opening.  `label` 0日, 1日, 2～3日 …"""

    label: str
    first: int
    last: int | None
    count: int


def progress_by_department(connection: Connection, campaign_id: int) -> list[Progress]:
    """Progress of every department, nobody's first, then by name; a line is decided when a verdict on it stands."""
    raise NotImplementedError


def findings_by_quarter(connection: Connection, campaign_id: int, most: int = 8) -> list[Quarter]:
    """What was found in this campaign and those before it, oldest first; abandoned ones are left out."""
    raise NotImplementedError


def days_to_decision(connection: Connection, campaign_id: int) -> list[Days]:
    """After how many days lines were decided, from the opening to the answer; silence does not count."""
    raise NotImplementedError
