"""The figures of a review: how far it is, what it finds over the quarters, how long decisions take.

The one law: *a figure can be counted again*: each is a count of rows that an export holds.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from iam.record.columns import jst_day
from iam.review.books import campaign_answer_table
from iam.review.campaigns import Campaign, campaign, campaigns
from iam.review.deciding.counting.progress import By, Progress, progress
from iam.review.exports.cover import findings_counted
from iam.review.exports.rows import departments
from iam.review.words import CampaignKind, CampaignState, FindingKind, How, Part

QUARTERS: Final = 8
"""Two fiscal years."""

_SPANS: Final = ((0, 0), (1, 1), (2, 3), (4, 7), (8, 14), (15, 21), (22, None))


@dataclass(frozen=True, slots=True)
class Quarter:
    """A campaign among the last eight: `label` R8-3 (R8-4月, R8-臨時), `counts` of its findings; none are left out."""

    campaign_id: int
    label: str
    title: str
    counts: dict[FindingKind, int]


@dataclass(frozen=True, slots=True)
class Days:
    """How many answers were given within so many days of the opening.  `label`: 0日, 1日, 2～3日 … 22日以上."""

    label: str
    first: int
    last: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a review.  `progress`: by department."""

    progress: Sequence[Progress]
    quarters: Sequence[Quarter]
    days: Sequence[Days]


def figures_of(connection: Connection, campaign_id: int) -> Figures:
    """The figures of a review, from the snapshot that `connection` reads.

    Raises:
        NotFound: when there is no such campaign.
    """
    return Figures(
        progress_by_department(connection, campaign_id),
        findings_by_quarter(connection, campaign_id),
        days_to_decision(connection, campaign_id),
    )


def progress_by_department(connection: Connection, campaign_id: int) -> list[Progress]:
    """Progress of every department in the order of the organisation, nobody's first."""
    found = {each.key: each for each in progress(connection, campaign_id, By.DEPARTMENT)}
    return [found[each.name] for each in departments(connection, campaign_id)]


def findings_by_quarter(connection: Connection, campaign_id: int, most: int = QUARTERS) -> list[Quarter]:
    """What was found in this campaign and those before it, oldest first; those abandoned or being opened are not said.

    Raises:
        NotFound: when there is no such campaign.
    """
    this = campaign(connection, campaign_id)
    told = [each for each in CampaignState if each not in {CampaignState.ABANDONED, CampaignState.OPENING}]
    before = [each for each in campaigns(connection, states=told) if each.id < campaign_id]
    chosen = [*reversed(before[: most - 1]), this]
    counts = findings_counted(connection, [each.id for each in chosen])
    return [Quarter(each.id, _label(each), each.title, counts.get(each.id, {})) for each in chosen]


def days_to_decision(connection: Connection, campaign_id: int) -> list[Days]:
    """After how many days lines were answered, from the opening to the answer; silence and 人事's answers do not count.

    Raises:
        NotFound: when there is no such campaign.
    """
    opened = jst_day(campaign(connection, campaign_id).opened_at)
    columns = campaign_answer_table.c
    query = select(columns.answered_at, func.count()).where(
        columns.campaign_id == campaign_id, columns.part != Part.HR, columns.how != How.SILENCE
    )
    counts = Counter[int]()
    for at, count in connection.execute(query.group_by(columns.answered_at)):
        counts[(jst_day(at) - opened).days] += count
    return [Days(_span(first, last), first, last, _within(counts, first, last)) for first, last in _SPANS]


def _within(counts: Counter[int], first: int, last: int | None) -> int:
    return sum(count for days, count in counts.items() if first <= days and (last is None or days <= last))


def _span(first: int, last: int | None) -> str:
    if last is None:
        return f"{first}日以上"
    return f"{first}日" if first == last else f"{first}～{last}日"


def _label(found: Campaign) -> str:
    """R8-3: the third quarter of 令和8年度."""
    year = f"R{found.fiscal_year - 2018}"
    if found.kind is CampaignKind.QUARTERLY:
        return f"{year}-{found.quarter}"
    return f"{year}-4月" if found.kind is CampaignKind.APRIL else f"{year}-臨時"
