"""Carrying out what was signed: each row is put on its day, once, by the way that its account takes.

The one law: *the systems hear of it through sync alone* (design law 1): a person's own account by its block and an
urgent run, any other by an errand; here rows are written and nothing else is done.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Connection, select, update

from iam.access.accounts import OF_A_USE, AccountState, account_table, grant_table
from iam.access.kept.judging import Particulars, Rules
from iam.access.kept.keeping import change_keeper, keep
from iam.access.kept.register import KeptKind, kept_by_login
from iam.access.naming import comparable_login
from iam.access.urgent import ask_urgently
from iam.people.ledger import numbers_of_persons, people
from iam.ports import TargetAccount
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.review.books import campaign_removal_table, campaign_system_table, campaign_table
from iam.review.campaigns import line
from iam.review.closing.agreed.writing import origin_of
from iam.review.closing.removals import Removal, What, removal_of
from iam.review.words import CampaignState
from iam.signin.door import Door
from iam.sync.actual.mirror import actual_account_table
from iam.sync.actual.reconcile import link
from iam.sync.urgent import Errand, ErrandKind, Mode, put

MOST: Final = 200
"""Rows in one act, to keep it short."""

GIVEN: Final = (What.KEEPER, What.OWNER)
"""What is written down here, in an act for each (`give`): it may be refused."""

BY_HAND: Final = "利用者IDではないため、システム側で外してください。読み直して外れていれば、自動で確認済になります。"
NOT_CONNECTED: Final = (
    "接続していないシステムのため、読み直していません。システム側で止めたことを、責任者が確かめてください。"
)
_ANOTHER: Final = (
    "同じ利用者IDが別のIDになっています。次の棚卸で判定してください。元のIDがなければ、自動で確認済になります。"
)
_RENAMED: Final = (
    "システム側で利用者IDが {login} に変わっています。システム側で止めてください。"
    "読み直して止まっていれば、自動で確認済になります。"
)
_OWNED: Final = (
    "判定のあとに、職員本人のIDとして紐付けられています。続けて使うなら停止を取り消し、次の棚卸で判定してください。"
)
_NO_NUMBER: Final = "システム側で、このIDの職員番号を{number}にしてください。次に読み直したときに紐付けます。"
_GONE: Final = "システムにこのIDが見当たりません。"


def waits(connection: Connection, on: date, campaign_id: int | None = None) -> list[int]:
    """Rows that are to be put by a day, in their order; at most `MOST`."""
    columns = campaign_removal_table.c
    query = select(columns.id).where(*_to_put(on)).order_by(columns.id).limit(MOST)
    if campaign_id is not None:
        query = query.where(columns.campaign_id == campaign_id)
    return list(connection.execute(query).scalars())


def put_due(act: Act, door: Door, campaign_id: int | None = None) -> int:
    """Put what is due, at most `MOST` rows; how many.  Of two at once each puts what the other did not."""
    on, columns = jst_day(act.at), campaign_removal_table.c
    ids = waits(act.connection, on, campaign_id)
    taken = update(campaign_removal_table).where(columns.id.in_(ids), *_to_put(on)).values(put_at=act.at)
    rows = act.connection.execute(taken.returning(campaign_removal_table)).all()
    found = sorted((removal_of(row) for row in rows), key=lambda each: each.id)
    _Putting(act, door).put(found)
    act.record_many(("review.put", each.subject, {"removal": each.id, "what": each.what}) for each in found)
    return len(found)


def give(act: Act, door: Door, each: Removal) -> None:
    """Somebody becomes keeper or owner; what people must see to first stands on the row, and it is tried again.

    Raises:
        Conflict, SheetError: they cannot, and why; nothing was done.
    """
    putting = _Putting(act, door)
    trouble(act, each, putting.kept(each) if each.what is What.KEEPER else putting.owned(each))


def _to_put(on: date) -> tuple[ColumnElement[bool], ...]:
    columns, of = campaign_removal_table.c, campaign_table.c
    signed = select(of.id).where(of.state.in_([CampaignState.SIGNED.value, CampaignState.CLOSED.value]))
    return columns.due_on <= on, columns.put_at.is_(None), columns.lifted_at.is_(None), columns.campaign_id.in_(signed)


class _Putting:
    """Puts rows, in one act."""

    def __init__(self, act: Act, door: Door) -> None:
        self._act, self._door = act, door

    def put(self, rows: Sequence[Removal]) -> None:
        own = [each for each in rows if each.block_id is not None]
        ask_urgently(self._act, {each.person_id for each in own if each.person_id is not None})
        for each in own:
            self._withdraw_grants(each)
        connected = _connected(self._act.connection, {each.campaign_id for each in rows})
        for each in rows:
            if each.what in GIVEN:
                continue
            if (each.campaign_id, each.system) not in connected:
                self._settled(each, NOT_CONNECTED)
            elif each.what is What.ENTRY:
                trouble(self._act, each, BY_HAND)
            elif each.block_id is None:
                self._errand(each)

    def _withdraw_grants(self, each: Removal) -> None:
        """What somebody gave them goes with the right: the next post would bring it back unseen."""
        columns = grant_table.c
        theirs = [
            columns.person_id == each.person_id, columns.system == each.system, columns.withdrawn_at.is_(None),
            columns.origin.not_like(f"{OF_A_USE}%"),
        ]  # fmt: skip
        if each.what is What.RIGHT:
            theirs.append(columns.entitlement == each.entitlement)
        gone = update(grant_table).where(*theirs).values(withdrawn_at=self._act.at).returning(columns.id)
        ids = sorted(self._act.connection.execute(gone).scalars())
        self._act.record_many(
            ("grant.withdrawn", each.subject, {"grant": id_, "by": origin_of(each.campaign_id)}) for id_ in ids
        )

    def _settled(self, each: Removal, why: str) -> None:
        """There is nothing that could be read again: the block stands, the rest is done by hand."""
        columns = campaign_removal_table.c
        mine = update(campaign_removal_table).where(columns.id == each.id)
        self._act.connection.execute(mine.values(verified_at=self._act.at, trouble=why))

    def _errand(self, each: Removal) -> None:
        """Close an account that is nobody's own, or take a right from it."""
        if why := _why_another(self._act.connection, each):
            trouble(self._act, each, why)
            return
        put(self._act, Errand(
            system=each.system, login=each.login, kind=ErrandKind.CLOSE, subject=each.subject,
            mode=Mode.MEMBER if each.what is What.RIGHT else Mode.ENABLE, entitlement=each.entitlement,
            rule=origin_of(each.campaign_id), clause=each.clause, words=f"棚卸 {each.campaign_id} で停止",
        ))  # fmt: skip

    def kept(self, each: Removal) -> str:
        """A keeper in the register of kept IDs, in which it is written where it was not."""
        door, found = self._door, kept_by_login(self._act.connection, each.system, each.login)
        rules, keeper = Rules.of(door.profile, door.model, door.absence), each.person_id or 0
        if found is None:
            kind = _kind(line(self._act.connection, each.line_id).kind)
            keep(
                self._act,
                rules,
                Particulars(each.system, each.login, kind, each.reason[:100], keeper_id=keeper),
                gaps_allowed=True,
            )
        elif found.keeper_id != keeper:
            change_keeper(self._act, rules, found, keeper, each.reason)
        return ""

    def owned(self, each: Removal) -> str:
        """An account that becomes somebody's own, once the target carries their number."""
        there = _there(self._act.connection, each)
        if there is None:
            return _GONE
        (who,) = people(self._act.connection, [each.person_id or 0])
        if there.link not in numbers_of_persons(self._act.connection, [who.id])[who.id]:
            return _NO_NUMBER.format(number=who.staff_number)
        if not _linked(self._act.connection, each):
            link(self._act, each.system, there, jst_day(self._act.at))
            ask_urgently(self._act, [who.id])
        return ""


def trouble(act: Act, each: Removal, why: str) -> None:
    """Write down what stands in the way, "" for nothing; recorded when it is something new."""
    if why == each.trouble:
        return
    columns = campaign_removal_table.c
    act.connection.execute(update(campaign_removal_table).where(columns.id == each.id).values(trouble=why))
    if why:
        act.record("review.hindered", each.subject, {"removal": each.id, "reason": why})


def _kind(kind: str) -> KeptKind:
    return KeptKind(kind) if kind in {each.value for each in KeptKind} else KeptKind.SHARED


def _connected(connection: Connection, campaign_ids: Iterable[int]) -> set[tuple[int, str]]:
    """(campaign, system) of the systems that have a target."""
    columns = campaign_system_table.c
    query = select(columns.campaign_id, columns.system).where(
        columns.campaign_id.in_(sorted(campaign_ids)), columns.connected
    )
    return {(row.campaign_id, row.system) for row in connection.execute(query)}


def _there(connection: Connection, each: Removal) -> TargetAccount | None:
    """What the target was last read to hold under the row's native id or, where that has gone, under its login."""
    columns = actual_account_table.c
    for column, value in ((columns.native_id, each.native_id), (columns.login, each.login)):
        query = select(actual_account_table).where(columns.system == each.system, column == value).limit(1)
        if value and (row := connection.execute(query).first()):
            attributes = {name: tuple(values) for name, values in row.attributes.items()}
            return TargetAccount(row.native_id, row.login, row.link, row.enabled, attributes, row.fingerprint)
    return None


def _why_another(connection: Connection, each: Removal) -> str:
    """Why an errand would not reach what was judged, or not that alone, or ""."""
    there = _there(connection, each)
    if there is None or not each.native_id:
        return ""
    if there.native_id != each.native_id:
        return _ANOTHER
    if comparable_login(there.login) != each.comparable:
        return _RENAMED.format(login=there.login)
    columns = account_table.c
    mine = columns.system == each.system, columns.native_id == each.native_id, columns.state != AccountState.DELETED
    now = connection.execute(select(columns.person_id).where(*mine, columns.person_id.is_not(None))).scalar()
    return _OWNED if now not in (None, line(connection, each.line_id).person_id) else ""


def _linked(connection: Connection, each: Removal) -> bool:
    columns = account_table.c
    mine = columns.system == each.system, columns.comparable == each.comparable, columns.person_id == each.person_id
    return connection.execute(select(columns.id).where(*mine)).first() is not None
