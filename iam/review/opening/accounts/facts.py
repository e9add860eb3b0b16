"""What decides about every account of a system alike: registers, protections, owners, rules, former decisions.

The one law: *the night's own rules sort* (`iam.sync.actual.reconcile`): a review calls nothing rogue that the night
calls linked, and nothing linked that the night would not touch.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select, type_coerce
from sqlalchemy.types import NullType

from iam.access.accounts import AccountKind, AccountState, account_table, grant_table
from iam.access.kept.register import Kept, kept_ids
from iam.office.roles import owners_of
from iam.people.japanese import wareki
from iam.record.columns import among, jst_day
from iam.review.books import campaign_answer_table, campaign_line_table
from iam.review.campaigns import Campaign, CampaignSystem
from iam.review.opening.accounts.rights import Given, Rights
from iam.review.opening.accounts.uses import Uses
from iam.review.opening.plan import Ground
from iam.review.words import How, Part, Verdict
from iam.sync.actual.mirror import actual_account_table
from iam.sync.actual.reconcile import Protection, protections


@dataclass(frozen=True)
class Privileged:
    """A privileged ID of the register as the ledger keeps it from being given to anybody."""

    account_id: int
    login: str
    state: str
    created_at: Any


@dataclass(frozen=True)
class Facts:
    """Of one system on the day of a campaign.

    `shared`: numbers that more than one account carries.  `owners`: who is asked.  `registered`, `kept`: by comparable
    login.
    """

    campaign: Campaign
    system: CampaignSystem
    uses: Uses
    marks: Mapping[str, Protection]
    registered: Mapping[str, Privileged]
    kept: Mapping[str, Kept]
    shared: Counter[str]
    owners: AbstractSet[int]
    rights: Rights

    def asked(self, person_id: int | None, keeper_id: int | None) -> Part:
        """Who answers: the system's owner, unless the only ones there are would decide about themselves."""
        concerned = (person_id in self.owners) + (keeper_id in self.owners and keeper_id != person_id)
        return Part.OWNER if len(self.owners) > concerned else Part.GENERAL


def facts_of(connection: Connection, ground: Ground, campaign: Campaign, system: CampaignSystem, uses: Uses) -> Facts:
    """Everything that is needed to freeze one system."""
    code, day = system.system, campaign.day
    rules = [rule.id for rule in ground.model.birthright if rule.system == code]
    return Facts(
        campaign, system, uses, protections(connection, code, day), _registered(connection, code),
        {each.comparable: each for each in kept_ids(connection, system=code)}, _shared(connection, code),
        owners_of(connection, ground.offices, ground.model, code, day),
        Rights(ground.model.systems[code], _given(connection, code, day), rules),
    )  # fmt: skip


def _registered(connection: Connection, system: str) -> dict[str, Privileged]:
    columns = account_table.c
    mine = columns.system == system, columns.kind == AccountKind.PRIVILEGED, columns.state != AccountState.DELETED
    # As it is kept: it is frozen as it stands.
    created_at = type_coerce(columns.created_at, NullType())
    query = select(columns.comparable, columns.id, columns.login, columns.state, created_at).where(*mine)
    return {row[0]: Privileged(*row[1:]) for row in connection.execute(query)}


def _shared(connection: Connection, system: str) -> Counter[str]:
    columns = actual_account_table.c
    query = select(columns.link, func.count()).where(columns.system == system, columns.link != "")
    many = query.group_by(columns.link).having(func.count() > 1)
    return Counter({row[0]: row[1] for row in connection.execute(many)})


def _given(connection: Connection, system: str, day: date) -> Given:
    columns = grant_table.c
    query = select(columns.person_id, columns.entitlement, columns.origin, columns.valid_until).where(
        columns.system == system, columns.withdrawn_at.is_(None), columns.valid_from <= day, columns.valid_until >= day
    )
    return {tuple(row[:3]): row[3] for row in connection.execute(query)}


def former(connection: Connection, campaign: Campaign, system: str, natives: Collection[str]) -> dict[str, str]:
    """Native id -> what was decided in the review before, in words: the heaviest of several answers."""
    if campaign.previous_id is None:
        return {}
    line, answer = campaign_line_table.c, campaign_answer_table.c
    query = (
        select(line.native_id, answer.verdict, answer.part, answer.answered_at, answer.answered_by)
        .join(campaign_answer_table, answer.line_id == line.id)
        .where(line.campaign_id == campaign.previous_id, line.system == system, among(line.native_id, list(natives)))
    )
    rows: Sequence[Any] = connection.execute(query.order_by(answer.id)).all()
    weighed = sorted(rows, key=lambda row: Verdict(row.verdict).weight)
    return {row.native_id: _words(row) for row in weighed if row.native_id}


def _words(row: Any) -> str:  # noqa: ANN401 - a row of `former`
    by = Part(row.part).label_ja if row.answered_by is not None else How.SILENCE.label_ja
    return f"{Verdict(row.verdict).label_ja}（{wareki(jst_day(row.answered_at))} {by}）"
