"""What stands in front of every export: which review it is, of which day, what was read, found, decided and signed.

The one law: *what could not be read stands in front* (R09): a cover that leaves out an unread system lies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, func, select

from iam.people.japanese import wareki
from iam.people.ledger import person_table
from iam.record.columns import among
from iam.review.books import campaign_finding_table, campaign_removal_table
from iam.review.campaigns import Campaign, CampaignSystem, campaign, systems_of
from iam.review.exports.rows import Department, departments
from iam.review.words import CampaignKind, CampaignState, FindingKind, Part

NOBODYS: Final = "所属なし・持ち主なし"
"""Where lines stand that belong to nobody, or to somebody without a post."""

_QUARTERS: Final = {1: "4月～6月", 2: "7月～9月", 3: "10月～12月", 4: "1月～3月"}


@dataclass(frozen=True, slots=True)
class Signature:
    """One of the two signatures under a review.  `who`: 職員番号 and name; "" with `at` None before anybody signed."""

    part: Part
    who: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Carried:
    """How many changes a signed review wanted, how many the targets show, and how many were undone."""

    wanted: int
    verified: int
    lifted: int

    @property
    def waiting(self) -> int:
        """What is still to be carried out or to be read back."""
        return self.wanted - self.verified - self.lifted


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands in front of every export.  `body`: the body's name.  `findings`: only kinds that were found.

    `categories`: the body's words for its staff categories by code.
    """

    body: str
    campaign: Campaign
    systems: tuple[CampaignSystem, ...]
    departments: tuple[Department, ...]
    findings: Mapping[FindingKind, int]
    carried: Carried
    signatures: tuple[Signature, ...]
    categories: Mapping[str, str]

    @property
    def year(self) -> str:
        """令和8年度."""
        return year_words(self.campaign.fiscal_year)

    @property
    def period(self) -> str:
        """第3四半期（10月～12月）, 4月の発令後 or 臨時."""
        return period_words(self.campaign)

    @property
    def stem(self) -> str:
        """How the names of its files begin: 棚卸_令和8年度第3四半期.  No two reviews in force share one."""
        return stem(self.campaign)

    @property
    def lines(self) -> int:
        """All lines."""
        return sum(each.lines for each in self.departments)

    @property
    def with_findings(self) -> int:
        """Lines about which something was found."""
        return sum(each.with_findings for each in self.departments)

    @property
    def unread(self) -> tuple[CampaignSystem, ...]:
        """Systems that could not be read: the review cannot say what they really hold."""
        return tuple(each for each in self.systems if each.unread)


def cover(connection: Connection, campaign_id: int, body: str, categories: Mapping[str, str] | None = None) -> Cover:
    """What stands in front of every export of a campaign.

    Raises:
        NotFound: when there is no such campaign.
    """
    found = campaign(connection, campaign_id)
    return Cover(
        body=body,
        campaign=found,
        systems=tuple(systems_of(connection, campaign_id)),
        departments=tuple(departments(connection, campaign_id)),
        findings=findings_counted(connection, [campaign_id]).get(campaign_id, {}),
        carried=_carried(connection, campaign_id),
        signatures=_signatures(connection, found),
        categories=categories or {},
    )


def year_words(fiscal_year: int) -> str:
    """令和8年度 for 2026; the year in which an era begins is named by the new one."""
    return wareki(date(fiscal_year, 5, 1)).partition("年")[0] + "年度"


def period_words(found: Campaign) -> str:
    """第3四半期（10月～12月）, 4月の発令後 or 臨時."""
    if found.kind is CampaignKind.QUARTERLY:
        return f"第{found.quarter}四半期（{_QUARTERS.get(found.quarter, '')}）"
    return "4月の発令後" if found.kind is CampaignKind.APRIL else "臨時"


def stem(found: Campaign) -> str:
    """How the names of its files begin: 棚卸_令和8年度第3四半期.  No two reviews in force share one."""
    period = period_words(found).partition("（")[0]
    alone = found.kind is not CampaignKind.EXTRA and found.state is not CampaignState.ABANDONED
    return f"棚卸_{year_words(found.fiscal_year)}{period}{'' if alone else f'_{found.id}'}"


def findings_counted(connection: Connection, campaign_ids: Sequence[int]) -> dict[int, dict[FindingKind, int]]:
    """How often each kind was found in each of these campaigns, in the order of `FindingKind`."""
    columns = campaign_finding_table.c
    query = (
        select(columns.campaign_id, columns.kind, func.count())
        .where(among(columns.campaign_id, campaign_ids))
        .group_by(columns.campaign_id, columns.kind)
    )
    counts: dict[int, dict[str, int]] = {}
    for campaign_id, kind, count in connection.execute(query):
        counts.setdefault(campaign_id, {})[kind] = count
    return {each: {kind: of[kind] for kind in FindingKind if kind in of} for each, of in counts.items()}


def _carried(connection: Connection, campaign_id: int) -> Carried:
    columns = campaign_removal_table.c
    query = select(
        func.count(),
        func.count().filter(columns.verified_at.is_not(None), columns.lifted_at.is_(None)),
        func.count().filter(columns.lifted_at.is_not(None)),
    ).where(columns.campaign_id == campaign_id)
    return Carried(*connection.execute(query).one())


def _signatures(connection: Connection, found: Campaign) -> tuple[Signature, ...]:
    wanted = (Part.GENERAL, found.general_by, found.general_at), (Part.HR, found.hr_by, found.hr_at)
    columns = person_table.c
    ids = [by for _, by, _ in wanted if by is not None]
    query = select(columns.id, columns.staff_number, columns.name).where(among(columns.id, ids))
    names = {each: f"{number} {name}" for each, number, name in connection.execute(query)}
    return tuple(Signature(part, names.get(by or 0, ""), at) for part, by, at in wanted)
