"""What decides about every account of a system alike: registers, protections, owners, rules, former decisions.

The one law: *the night's own rules sort* (`iam.sync.actual.reconcile`): a review calls nothing rogue that the night
calls linked, and nothing linked that the night would not touch.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from iam.access.accounts import OF_A_USE, AccountKind, AccountState, account_table, grant_table
from iam.access.kept.register import Kept, kept_ids
from iam.access.model import System
from iam.office.roles import owners_of
from iam.people.japanese import wareki
from iam.record.columns import among, jst_day
from iam.review.books import campaign_answer_table, campaign_line_table
from iam.review.campaigns import Campaign, CampaignSystem
from iam.review.opening.accounts.uses import Uses
from iam.review.opening.plan import Ground
from iam.review.words import How, Part, Verdict
from iam.sync.actual.mirror import actual_account_table
from iam.sync.actual.reconcile import REGISTER, Protection, protections

Json = dict[str, object]


@dataclass(frozen=True)
class Privileged:
    """A privileged ID of the register as the ledger keeps it from being given to anybody."""

    account_id: int
    login: str
    state: str
    created_at: object


@dataclass(frozen=True)
class Facts:
    """Of one system on the day of a campaign.

    `shared`: numbers that more than one account carries.  `owners`: who is asked.  `given`: (person, right, origin) to
    the last day of a grant.  `registered`, `kept`: by comparable login.
    """

    campaign: Campaign
    system: CampaignSystem
    model: System
    uses: Uses
    marks: Mapping[str, Protection]
    registered: Mapping[str, Privileged]
    kept: Mapping[str, Kept]
    shared: Counter[str]
    owners: Collection[int]
    rules: Collection[str]
    given: Mapping[tuple[int, str, str], date]
    _rights: dict[tuple[object, ...], Json] = field(default_factory=dict)

    def right(self, person_id: int | None, code: str, rule: str | None, clause: str, since: object) -> Json:
        """A right that is held on the target, with its cause; `rule` None: nobody gave it.

        What thousands hold for the same reason since the same instant is worked out once.
        """
        until = None if rule is None or person_id is None else self.given.get((person_id, code, rule))
        key = (code, rule, clause, since, until)
        found = self._rights.get(key)
        if found is None:
            found = self._rights[key] = self._right(code, rule, clause, since, until)
        return found

    def _right(self, code: str, rule: str | None, clause: str, since: object, until: date | None) -> Json:
        right = self.model.entitlements.get(code)
        return {
            "right": code, "name": right.name if right else code, "by": self._by(rule, until), "rule": rule or "",
            "clause": clause, "since": jst_day(since).isoformat() if isinstance(since, datetime) else "",
            "until": until.isoformat() if until else "", "privileged": self.model.gives_privilege(code),
        }  # fmt: skip

    def _by(self, rule: str | None, until: date | None) -> str:
        if rule is None:
            return "none"
        if rule == REGISTER:
            return "register"
        if rule.startswith(OF_A_USE):
            return "use"
        return "grant" if until and rule not in self.rules else "rule"

    def asked(self, person_id: int | None, keeper_id: int | None) -> Part:
        """Who answers: the system's owner, unless the only ones there are would decide about themselves."""
        return Part.OWNER if any(id_ not in {person_id, keeper_id} for id_ in self.owners) else Part.GENERAL


def facts_of(connection: Connection, ground: Ground, campaign: Campaign, system: CampaignSystem, uses: Uses) -> Facts:
    """Everything that is needed to freeze one system."""
    code, day = system.system, campaign.day
    return Facts(
        campaign, system, ground.model.systems[code], uses, protections(connection, code, day),
        _registered(connection, code), {each.comparable: each for each in kept_ids(connection, system=code)},
        _shared(connection, code), owners_of(connection, ground.offices, ground.model, code, day),
        {rule.id for rule in ground.model.birthright if rule.system == code}, _given(connection, code, day),
    )  # fmt: skip


def _registered(connection: Connection, system: str) -> dict[str, Privileged]:
    columns = account_table.c
    mine = columns.system == system, columns.kind == AccountKind.PRIVILEGED, columns.state != AccountState.DELETED
    query = select(columns.comparable, columns.id, columns.login, columns.state, columns.created_at).where(*mine)
    return {row[0]: Privileged(*row[1:]) for row in connection.execute(query)}


def _shared(connection: Connection, system: str) -> Counter[str]:
    columns = actual_account_table.c
    query = select(columns.link, func.count()).where(columns.system == system, columns.link != "")
    many = query.group_by(columns.link).having(func.count() > 1)
    return Counter({row[0]: row[1] for row in connection.execute(many)})


def _given(connection: Connection, system: str, day: date) -> dict[tuple[int, str, str], date]:
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
