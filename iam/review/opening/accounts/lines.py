"""Lines: every account of a system, page by page, as it is frozen.

The one law: *whatever the target holds is a line* (R09): accounts, members of groups that are no accounts, and what our
ledger and registers hold and the target does not.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from iam.access.accounts import AccountKind, AccountState, account_table, holding_table
from iam.access.kept.register import Kept
from iam.access.naming import comparable_login
from iam.people.ledger import number_table
from iam.record.columns import among
from iam.review.opening.accounts.facts import Facts, former
from iam.review.opening.hashes import FROZEN, digest_of
from iam.sync.actual.mirror import actual_account_table, actual_member_table
from iam.sync.actual.reconcile import REGISTER, Sorting, sorting_of

PAGE: Final = 5_000
"""Accounts that are looked at together."""

COLUMNS: Final = (*FROZEN, "campaign_id", "findings", "asked", "digest")
"""The order of the values of a line."""

ENTRY: Final = "entry"
"""The kind of a member of a group that is no account: a group in a group, an entry elsewhere."""

Values = tuple[Any, ...]


def _ours(columns: ReadOnlyColumnCollection[str, Any]) -> tuple[ColumnElement[bool], ...]:
    """Accounts that the target should have under the native id of the ledger."""
    alive = columns.kind != AccountKind.PRIVILEGED, columns.state != AccountState.DELETED
    return *alive, columns.native_id != ""


_OURS: Final = _ours(account_table.c)


@dataclass(slots=True)
class _Account:
    """What is put together of one account before it is frozen."""

    native: str
    login: str
    link: str
    sorting: Sorting
    account_id: int | None = None
    kind: str = ""
    state: str = ""
    person_id: int | None = None
    keeper_id: int | None = None
    enabled: bool = False
    created_at: object = None


class Freezer:
    """Makes the lines of one system; `pages` is to be read to its end."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._system = facts.system.system
        self._unseen = set(facts.registered) | set(facts.kept)
        self._last: str | None = None

    def page(self, connection: Connection) -> list[Values]:
        """The next lines of what the target holds; none at the end."""
        rows = self._held(connection)
        if not rows:
            return []
        found = {row[0]: self._account(row) for row in rows}
        rights = self._rights(connection, rows[0][0], rows[-1][0])
        self._last = rows[-1][0]
        return list(self._frozen(connection, found.values(), rights))

    def rest(self, connection: Connection) -> Iterator[list[Values]]:
        """After the last page: members that are no accounts, then what is missing on the target."""
        strangers = self._strangers(connection)
        if strangers:
            marks = self._facts.marks
            accounts = [
                _Account(native, native, "", sorting_of(
                    marked=comparable_login(native) in marks, ours=False, known=False, twins=0
                ), kind=ENTRY, enabled=True) for native in sorted(strangers)
            ]  # fmt: skip
            yield list(self._frozen(connection, accounts, strangers))
        yield from self._missing(connection)
        nobodys = [self._unseen_one(name) for name in sorted(self._unseen)]
        yield list(self._frozen(connection, nobodys, {}))

    # --- what the target holds

    def _held(self, connection: Connection) -> Sequence[Sequence[Any]]:
        there, ours, numbers = actual_account_table.c, account_table.c, number_table.c
        page = select(there.native_id, there.login, there.link, there.enabled).where(there.system == self._system)
        if self._last is not None:
            page = page.where(there.native_id > self._last)
        here = page.order_by(there.native_id).limit(PAGE).subquery()
        mine = and_(ours.system == self._system, ours.native_id == here.c.native_id, *_OURS)
        query = (
            select(
                here, ours.id, ours.person_id, ours.kind, ours.state, ours.created_at,
                numbers.person_id.label("linked_id"),
            )
            .outerjoin(account_table, mine)
            .outerjoin(number_table, and_(here.c.link != "", numbers.number == here.c.link))
        )  # fmt: skip
        return connection.execute(query.order_by(here.c.native_id, ours.id)).all()

    def _account(self, row: Sequence[Any]) -> _Account:
        native, login, link, enabled, id_, person_id, kind, state, created_at, linked_id = row
        name = comparable_login(login)
        if name in self._unseen:
            self._unseen.discard(name)
            return self._nobodys(name, _Account(native, login, link, Sorting.PROTECTED, id_, enabled=bool(enabled)))
        facts = self._facts
        sorting = sorting_of(
            marked=name in facts.marks, ours=id_ is not None, known=linked_id is not None, twins=facts.shared[link]
        )
        # A protection keeps the night away; whose the account is by its number is asked all the same.
        whose = person_id if id_ is not None else linked_id
        return _Account(
            native, login, link, sorting, id_, kind or "", state or "", whose, None, bool(enabled), created_at
        )

    def _nobodys(self, name: str, account: _Account) -> _Account:
        """An ID of a register: nobody's own, whatever number it carries."""
        facts = self._facts
        if (privileged := facts.registered.get(name)) is not None:
            account.account_id, account.kind, account.state = (
                privileged.account_id, AccountKind.PRIVILEGED.value, privileged.state,
            )  # fmt: skip
            account.created_at = privileged.created_at
        if (kept := facts.kept.get(name)) is not None:
            account.kind, account.keeper_id, account.created_at = kept.kind.value, kept.keeper_id, kept.registered_at
        return account

    def _rights(self, connection: Connection, first: str, last: str) -> dict[str, list[Sequence[Any]]]:
        member = actual_member_table.c
        here = member.native_id >= first, member.native_id <= last
        return self._members(connection, *here)

    def _members(self, connection: Connection, *which: Any) -> dict[str, list[Sequence[Any]]]:  # noqa: ANN401 - clauses
        """Native id -> its rights with what the ledger says of each."""
        member, ours, held = actual_member_table.c, account_table.c, holding_table.c
        mine = and_(ours.system == member.system, ours.native_id == member.native_id, *_OURS)
        open_ = and_(
            held.account_id == ours.id, held.entitlement == member.entitlement, held.held_until.is_(None)
        )  # fmt: skip
        query = (
            select(member.native_id, member.entitlement, held.rule, held.clause, held.held_from)
            .outerjoin(account_table, mine)
            .outerjoin(holding_table, open_)
            .where(member.system == self._system, *which)
        )
        found: dict[str, list[Sequence[Any]]] = defaultdict(list)
        for row in connection.execute(query.order_by(member.native_id, member.entitlement)):
            found[row[0]].append(row)
        return found

    # --- what it holds besides, and what it lacks

    def _strangers(self, connection: Connection) -> dict[str, list[Sequence[Any]]]:
        return self._members(connection, *stranger_members())

    def _missing(self, connection: Connection) -> Iterator[list[Values]]:
        """Accounts of the ledger that the target does not have."""
        ours, there, last = account_table.c, actual_account_table.c, 0
        gone = ~exists().where(there.system == ours.system, there.native_id == ours.native_id)
        query = select(
            ours.id, ours.native_id, ours.login, ours.person_id, ours.kind, ours.state, ours.created_at
        ).where(ours.system == self._system, *_OURS, gone)
        sorting = Sorting.MISSING if self._facts.system.connected else Sorting.LINKED
        while rows := connection.execute(query.where(ours.id > last).order_by(ours.id).limit(PAGE)).all():
            last = rows[-1].id
            accounts = [
                _Account(row.native_id, row.login, "", sorting, row.id, row.kind, row.state, row.person_id,
                         created_at=row.created_at) for row in rows
            ]  # fmt: skip
            rights = {} if self._facts.system.connected else self._ledger_rights(connection, accounts)
            yield list(self._frozen(connection, accounts, rights))

    def _ledger_rights(self, connection: Connection, accounts: Iterable[_Account]) -> dict[str, list[Sequence[Any]]]:
        """Where no target tells, what the ledger says."""
        held, ours = holding_table.c, account_table.c
        query = (
            select(ours.native_id, held.entitlement, held.rule, held.clause, held.held_from)
            .join(account_table, ours.id == held.account_id)
            .where(among(held.account_id, [each.account_id for each in accounts]), held.held_until.is_(None))
        )
        found: dict[str, list[Sequence[Any]]] = defaultdict(list)
        for row in connection.execute(query.order_by(ours.native_id, held.entitlement)):
            found[row[0]].append(row)
        return found

    def _unseen_one(self, name: str) -> _Account:
        kept: Kept | None = self._facts.kept.get(name)
        login = kept.login if kept else self._facts.registered[name].login
        sorting = Sorting.MISSING if self._facts.system.connected else Sorting.PROTECTED
        return self._nobodys(name, _Account("", login, "", sorting))

    # --- how it is frozen

    def _frozen(
        self, connection: Connection, accounts: Iterable[_Account], rights: dict[str, list[Sequence[Any]]]
    ) -> Iterator[Values]:
        """Each account as the values of a line, in the order of COLUMNS."""
        accounts = list(accounts)
        facts, campaign_id = self._facts, self._facts.campaign.id
        before = former(connection, facts.campaign, self._system, [each.native for each in accounts])
        for each in accounts:
            name = comparable_login(each.login)
            own = each.person_id if each.sorting in _OWN else None
            used_at, used_where = facts.uses.last(each.native, name, own)
            held = [
                facts.right(each.person_id, code, self._rule(each, rule), clause or "", since)
                for _, code, rule, clause, since in rights.get(each.native, ())
            ]
            frozen = (
                self._system, each.native, each.login, name, each.link, each.sorting.value, each.account_id, each.kind,
                each.state, each.person_id, each.keeper_id, each.enabled, held, each.created_at, used_at, used_where,
                before.get(each.native, ""),
            )  # fmt: skip
            yield *frozen, campaign_id, 0, facts.asked(each.person_id, each.keeper_id).value, digest_of(frozen)

    @staticmethod
    def _rule(account: _Account, rule: str | None) -> str | None:
        return REGISTER if rule is None and account.kind == AccountKind.PRIVILEGED else rule


_OWN: Final = frozenset({Sorting.LINKED, Sorting.MISSING, Sorting.UNLINKED})
"""Accounts under which somebody comes in at our doors: each person's own."""


def stranger_members() -> tuple[Any, ...]:
    """Clauses on `actual_member`: members that are no account of the target and none that the ledger waits for."""
    # Under names of their own: whoever asks joins the same tables.
    member, there, ours = actual_member_table.c, actual_account_table.alias().c, account_table.alias().c
    held = exists().where(there.system == member.system, there.native_id == member.native_id)
    known = exists().where(ours.system == member.system, ours.native_id == member.native_id, *_ours(ours))
    return ~held, ~known
