"""The rows of a review as they leave it: one shape for every format, streamed.

The one law: *every format says the same*: a sheet, a delimited file, the report and JSON are made of these values and
of nothing else, in the same order, so that their counts and their contents can be held against each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from iam.review.campaigns import Campaign, CampaignPerson, CampaignSystem, Line

NOBODYS: Final = "所属なし・持ち主なし"
"""Where lines stand that belong to nobody, or to somebody without a post."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One of the two signatures under a review.  `part` in words; `number`, `name`: "" before anybody signed."""

    part: str
    number: str
    name: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands in front of every export.

    `year` 令和8年度; `period` 第3四半期（10月～12月）; `stem`: how its files begin.  Counts are over all of it;
    `departments`: name ("" for nobody's) to its lines; `verdicts`, `findings`: words to counts.
    """

    body: str
    campaign: Campaign
    year: str
    period: str
    stem: str
    systems: tuple[CampaignSystem, ...]
    departments: tuple[tuple[str, int], ...]
    lines: int
    with_findings: int
    undecided: int
    verdicts: Mapping[str, int]
    findings: Mapping[str, int]
    removals: "Removals"
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Removals:
    """How many removals were decided, are verified on the target, were lifted, and wait."""

    decided: int
    verified: int
    lifted: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Said:
    """One finding in words."""

    kind: str
    label: str
    words: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer in words.  `by` is 職員番号 and name, "" for silence."""

    part: str
    verdict: str
    detail: str
    reason: str
    by: str
    at: datetime
    how: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a review with everything that is known of it.

    `number`: 1, 2, 3 … in the order of the export.  `department`: of whom the account is, or of who keeps it; ""
    for nobody's.  `verdict`: the merged one in words, "" while nobody has decided.  `removal`: its state in words.
    `clauses`: of findings and rights, sorted (R50).
    """

    number: int
    line: Line
    system_name: str
    department: str
    unit: str
    owner: CampaignPerson | None
    keeper: CampaignPerson | None
    standing: str
    findings: tuple[Said, ...]
    answers: tuple[Answered, ...]
    verdict: str
    verdict_detail: str
    removal: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the tables: its heading, its width in characters, its text for a row."""

    key: str
    heading: str
    width: int


COLUMNS: Final[Sequence[Column]] = ()


def cover(connection: Connection, campaign_id: int, body: str) -> Cover:
    """What stands in front of every export of a campaign.  `body`: the name of the body.

    Raises:
        NotFound: when there is no such campaign.
    """
    raise NotImplementedError


def rows(connection: Connection, campaign_id: int) -> Iterator[Row]:
    """Every line of a campaign, by department, unit, system, login; nobody's first.  Memory stays bounded.

    The connection must read one snapshot, as `Store.read` gives.
    """
    raise NotImplementedError


def cells(row: Row) -> list[str]:
    """The texts of a row in the order of COLUMNS, not yet guarded against formulas."""
    raise NotImplementedError


def day_text(day: date | datetime | None) -> str:
    """A day as tables say it: 2026-10-05; "" for none."""
    raise NotImplementedError
