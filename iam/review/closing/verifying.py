"""Verifying: what was signed is done when the target shows it, and not before.

The one law: *what was read again decides* (R10): the mirror after a reading that was proved complete; a row that is not
so within 24 hours is alarmed, and a review is closed when nothing that is due is left.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, Table, func, select, update

from iam import outbox
from iam.access.accounts import AccountState, account_table, holding_table
from iam.access.kept.books import kept_id_table
from iam.access.urgent import waiting
from iam.office.roles import bearers, owners_of
from iam.outbox import Topic, Value
from iam.people.ledger import people
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.columns import among, jst_day
from iam.review.books import campaign_removal_table, campaign_table
from iam.review.campaigns import campaign
from iam.review.closing.executing import trouble
from iam.review.closing.removals import Removal, What, removal_of
from iam.review.words import CampaignState
from iam.signin.door import Door
from iam.sync.actual.mirror import actual_account_table, actual_member_table
from iam.sync.urgent.errands import Outcome, errands

WITHIN: Final = timedelta(hours=24)
"""Until when what was signed is done (R10)."""

_ON: Final = "読み直すと、有効のままです。"
_HELD: Final = "読み直すと、権限が残っています。"
_NO_KEEPER: Final = "台帳の管理者が、決まったとおりになっていません。"
_NO_OWNER: Final = "まだ紐付けていません。"
_STUCK: Final = "反映を待っています。"


def unverified(connection: Connection, campaign_id: int | None = None) -> list[Removal]:
    """What was put and not yet seen to be so."""
    columns = campaign_removal_table.c
    mine = columns.put_at.is_not(None), columns.verified_at.is_(None), columns.lifted_at.is_(None)
    query = select(campaign_removal_table).where(*mine).order_by(columns.id)
    if campaign_id is not None:
        query = query.where(columns.campaign_id == campaign_id)
    return [removal_of(row) for row in connection.execute(query)]


def in_the_way(connection: Connection, rows: Collection[Removal]) -> dict[int, str]:
    """By row: why it is not so, as the books and the mirror say; "" where it is."""
    mirror = _Mirror(connection, rows)
    return {each.id: mirror.says(connection, each) for each in rows}


def verify(act: Act, rows: Collection[Removal]) -> int:
    """Note what the last reading shows to be so; what it does not stands on its row.  How many are so."""
    stands, late = in_the_way(act.connection, rows), {each.person_id: each.trouble for each in waiting(act.connection)}
    done = [each for each in rows if not stands[each.id] and _verified(act, each)]
    for each in rows:
        if why := stands[each.id]:
            by_hand = each.trouble if each.what in _BY_HAND else ""
            trouble(act, each, by_hand or late.get(each.person_id or 0, "") or _of_errand(act, each) or why)
    return len(done)


_BY_HAND: Final = (What.ENTRY, What.KEEPER, What.OWNER)


def _verified(act: Act, each: Removal) -> bool:
    columns = campaign_removal_table.c
    fresh = columns.id == each.id, columns.verified_at.is_(None), columns.lifted_at.is_(None)
    values = {"verified_at": act.at, "trouble": ""}
    if not act.connection.execute(update(campaign_removal_table).where(*fresh).values(**values)).rowcount:
        return False
    if each.what is What.ACCOUNT:
        _off_in_the_ledger(act, each)
    detail = {"removal": each.id, "what": each.what, "system": each.system, "login": each.login}
    act.record(
        "review.verified", each.subject, detail | ({"entitlement": each.entitlement} if each.entitlement else {})
    )
    return True


def _of_errand(act: Act, each: Removal) -> str:
    """What stands in the way of the errand that carries it, or of putting one."""
    if each.block_id is not None:
        return ""
    put = errands(act.connection, each.subject)
    if not put:
        return each.trouble
    hindered = (errand.reason for errand in put if not errand.settled_at or errand.outcome is Outcome.REFUSED)
    return next((reason for reason in hindered if reason), "")


def _off_in_the_ledger(act: Act, each: Removal) -> None:
    """An own account that is gone from the target: the ledger has it as disabled, without rights."""
    columns, there = account_table.c, actual_account_table.c
    gone = ~select(there.native_id).where(there.system == each.system, there.native_id == columns.native_id).exists()
    mine = (
        columns.system == each.system, columns.comparable == each.comparable,
        columns.state == AccountState.ACTIVE, gone,
    )  # fmt: skip
    values = {"state": AccountState.DISABLED, "disabled_on": jst_day(act.at)}
    off = update(account_table).where(*mine).values(**values).returning(columns.id)
    for id_ in act.connection.execute(off).scalars().all():
        held = holding_table.c.account_id == id_, holding_table.c.held_until.is_(None)
        act.connection.execute(update(holding_table).where(*held).values(held_until=act.at))


class _Mirror:
    """What the mirror says of the accounts of these rows, looked up for all of them at once."""

    def __init__(self, connection: Connection, rows: Collection[Removal]) -> None:
        self._enabled: dict[tuple[str, str], bool] = {}
        self._members: dict[tuple[str, str], set[str]] = defaultdict(set)
        there, member = actual_account_table.c, actual_member_table.c
        for system, mine in _by_system(rows).items():
            natives = {each.native_id for each in mine}
            named = among(there.native_id, natives) | among(there.login, {each.login for each in mine})
            for row in connection.execute(select(actual_account_table).where(there.system == system, named)):
                self._enabled[system, row.native_id] = row.enabled
                self._enabled.setdefault((system, f"login {row.login}"), row.enabled)
            query = select(member.native_id, member.entitlement).where(
                member.system == system, among(member.native_id, natives)
            )
            for row in connection.execute(query):
                self._members[system, row.native_id].add(row.entitlement)

    def says(self, connection: Connection, each: Removal) -> str:
        """Why the row is not so, or ""."""
        held = self._members.get((each.system, each.native_id), set())
        match each.what:
            case What.ACCOUNT:
                key = each.native_id or f"login {each.login}"
                return _ON if self._enabled.get((each.system, key)) else (_HELD if each.block_id and held else "")
            case What.RIGHT | What.ENTRY:
                return _HELD if (each.entitlement in held if each.entitlement else held) else ""
            case What.KEEPER:
                return "" if _is(connection, kept_id_table, each) else _NO_KEEPER
            case What.OWNER:
                return "" if _is(connection, account_table, each) else _NO_OWNER


def _by_system(rows: Iterable[Removal]) -> Mapping[str, list[Removal]]:
    found = defaultdict[str, list[Removal]](list)
    for each in rows:
        found[each.system].append(each)
    return found


def _is(connection: Connection, table: Table, each: Removal) -> bool:
    """Whether the book says that this account has this keeper, or this owner."""
    columns = table.c
    whose = columns.keeper_id if table is kept_id_table else columns.person_id
    query = select(columns.id).where(
        columns.system == each.system, columns.comparable == each.comparable, whose == each.person_id
    )
    return connection.execute(query).first() is not None


def close_done(act: Act, door: Door, campaign_id: int) -> bool:
    """Close a signed review of which nothing that is due is left; False when something is, or it is closed already."""
    columns, left = campaign_table.c, campaign_removal_table.c
    undone = select(left.id).where(
        left.campaign_id == campaign_id, left.due_on <= jst_day(act.at), left.verified_at.is_(None),
        left.lifted_at.is_(None),
    )  # fmt: skip
    mine = columns.id == campaign_id, columns.state == CampaignState.SIGNED, ~undone.exists()
    values = {"state": CampaignState.CLOSED, "closed_at": act.at}
    if not act.connection.execute(update(campaign_table).where(*mine).values(**values)).rowcount:
        return False
    found = campaign(act.connection, campaign_id)
    number = _count(act.connection, campaign_id)
    act.record("review.closed", found.subject, {"complete": found.complete, "verified": number})
    told = bearers(act.connection, door.offices, (Role.GENERAL_OFFICER, Role.HR_OFFICER), jst_day(act.at))
    _tell(act, told, Topic.REVIEW_CLOSED, {"title": found.title, "count": number})
    return True


def alarm_late(act: Act, door: Door) -> int:
    """Tell whoever can see to it what is not done 24 hours after it was due, once for each; how many rows."""
    columns, on = campaign_removal_table.c, jst_day(act.at)
    late = (
        columns.put_at <= act.at - WITHIN, columns.verified_at.is_(None), columns.lifted_at.is_(None),
        columns.alarmed_at.is_(None),
    )  # fmt: skip
    query = update(campaign_removal_table).where(*late).values(alarmed_at=act.at)
    rows = [removal_of(row) for row in act.connection.execute(query.returning(campaign_removal_table))]
    for (campaign_id, system), mine in sorted(_grouped(rows).items()):
        of, name = campaign(act.connection, campaign_id), door.model.systems.get(system)
        ids = bearers(act.connection, door.offices, (Role.GENERAL_OFFICER, Role.OPERATOR), on)
        ids |= owners_of(act.connection, door.offices, door.model, system, on)
        why = next((each.trouble for each in mine if each.trouble), _STUCK)
        values: dict[str, Value] = {
            "title": of.title, "system": name.name if name else system, "count": len(mine), "trouble": why,
        }  # fmt: skip
        _tell(act, ids, Topic.REVIEW_STUCK, values)
        act.record(
            "review.late", of.subject, {"system": system, "removals": [each.id for each in mine], "told": len(ids)}
        )
    return len(rows)


def _grouped(rows: Iterable[Removal]) -> Mapping[tuple[int, str], list[Removal]]:
    found = defaultdict[tuple[int, str], list[Removal]](list)
    for each in sorted(rows, key=lambda each: each.id):
        found[each.campaign_id, each.system].append(each)
    return found


def _count(connection: Connection, campaign_id: int) -> int:
    columns = campaign_removal_table.c
    mine = columns.campaign_id == campaign_id, columns.verified_at.is_not(None)
    found: int = connection.execute(select(func.count()).select_from(campaign_removal_table).where(*mine)).scalar_one()
    return found


def _tell(act: Act, ids: Iterable[int], topic: Topic, values: Mapping[str, Value]) -> None:
    for each in people(act.connection, sorted(ids)):
        outbox.tell(act, each.id, each.email, topic, values)
