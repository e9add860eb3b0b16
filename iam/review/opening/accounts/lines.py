"""Lines: every account of a system, page by page, as it is frozen.

The one law: *whatever the target holds is a line* (R09): accounts, members of groups that are no accounts, and what our
ledger and registers hold and the target does not.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, select, type_coerce
from sqlalchemy.types import NullType

from iam.access.accounts import AccountKind, account_table
from iam.access.kept.register import Kept
from iam.access.naming import comparable_login
from iam.people.ledger import number_table
from iam.review.opening.accounts.facts import Facts, former
from iam.review.opening.accounts.rights import NOTHING, in_ledger, on_target, ours
from iam.review.opening.accounts.stored import Values, digest, stored
from iam.sync.actual.mirror import actual_account_table, actual_member_table
from iam.sync.actual.reconcile import Sorting, sorting_of

PAGE: Final = 10_000
"""Accounts that are looked at together."""

ENTRY: Final = "entry"
"""The kind of a member of a group that is no account: a group in a group, an entry elsewhere."""

_AS_KEPT: Final = type_coerce(account_table.c.created_at, NullType()).label("created_at")
"""Frozen as it stands: what is only passed on is not taken apart."""


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
    created_at: Any = None


class Freezer:
    """Makes the lines of one system; `pages` is to be read to its end."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._system = facts.system.system
        self._unseen = set(facts.registered) | set(facts.kept)
        self._last: str | None = None

    def page(self, connection: Connection) -> list[Values]:
        """The next lines of what the target holds; none at the end."""
        # Of a system that has no target any more the mirror may still tell what once was.
        rows = self._held(connection) if self._facts.system.connected else ()
        if not rows:
            return []
        found = {row[0]: self._account(row) for row in rows}
        member = actual_member_table.c
        here = member.native_id >= rows[0][0], member.native_id <= rows[-1][0]
        rights = on_target(connection, self._system, *here)
        self._last = rows[-1][0]
        return list(self._frozen(connection, found.values(), rights))

    def rest(self, connection: Connection) -> Iterator[list[Values]]:
        """After the last page: members that are no accounts, then what is missing on the target."""
        connected = self._facts.system.connected
        strangers = on_target(connection, self._system, *stranger_members()) if connected else {}
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
        there, mine, numbers = actual_account_table.c, account_table.c, number_table.c
        page = select(there.native_id, there.login, there.link, there.enabled).where(there.system == self._system)
        if self._last is not None:
            page = page.where(there.native_id > self._last)
        here = page.order_by(there.native_id).limit(PAGE).subquery()
        known = and_(mine.system == self._system, mine.native_id == here.c.native_id, *ours(mine))
        query = (
            select(
                here, mine.id, mine.person_id, mine.kind, mine.state, _AS_KEPT,
                numbers.person_id.label("linked_id"),
            )
            .outerjoin(account_table, known)
            .outerjoin(number_table, and_(here.c.link != "", numbers.number == here.c.link))
        )  # fmt: skip
        return connection.execute(query.order_by(here.c.native_id, mine.id)).all()

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

    # --- what it holds besides, and what it lacks

    def _missing(self, connection: Connection) -> Iterator[list[Values]]:
        """Accounts of the ledger that the target does not have; without a target all of them."""
        mine, there, last, connected = account_table.c, actual_account_table.c, 0, self._facts.system.connected
        here = exists().where(there.system == mine.system, there.native_id == mine.native_id)
        query = select(mine.native_id, mine.login, mine.id, mine.kind, mine.state, mine.person_id, _AS_KEPT).where(
            mine.system == self._system, *ours(mine), *([~here] if connected else [])
        )
        sorting = Sorting.MISSING if connected else Sorting.LINKED
        while rows := connection.execute(query.where(mine.id > last).order_by(mine.id).limit(PAGE)).all():
            accounts = [
                _Account(row[0], row[1], "", sorting, row[2], row[3], row[4], row[5], created_at=row[6]) for row in rows
            ]
            ids = [each.account_id for each in accounts]
            last = rows[-1].id
            rights = {} if connected else in_ledger(connection, ids)
            yield list(self._frozen(connection, accounts, rights))

    def _unseen_one(self, name: str) -> _Account:
        kept: Kept | None = self._facts.kept.get(name)
        login = kept.login if kept else self._facts.registered[name].login
        sorting = Sorting.MISSING if self._facts.system.connected else Sorting.PROTECTED
        return self._nobodys(name, _Account("", login, "", sorting))

    # --- how it is frozen

    def _frozen(
        self, connection: Connection, accounts: Collection[_Account], rights: Mapping[str, str]
    ) -> Iterator[Values]:
        """Each account as the values of a line, in the order of COLUMNS, as this database keeps them."""
        facts, campaign_id, dialect = self._facts, self._facts.campaign.id, connection.dialect.name
        before = former(connection, facts.campaign, self._system, [each.native for each in accounts])
        for each in accounts:
            native, person_id, name = each.native, each.person_id, comparable_login(each.login)
            used_at, used_where = facts.uses.last(native, name, person_id if each.sorting in _OWN else None)
            gathered, registered = rights.get(native), each.kind == AccountKind.PRIVILEGED
            frozen = (
                self._system, native, each.login, name, each.link, each.sorting.value, each.account_id, each.kind,
                each.state, person_id, each.keeper_id, each.enabled,
                NOTHING if gathered is None else facts.rights.text(gathered, person_id, registered=registered),
                stored(each.created_at, dialect), stored(used_at, dialect), used_where, before.get(native, ""),
            )  # fmt: skip
            yield *frozen, digest(frozen), facts.asked(person_id, each.keeper_id).value, campaign_id, 0


_OWN: Final = frozenset({Sorting.LINKED, Sorting.MISSING, Sorting.UNLINKED})
"""Accounts under which somebody comes in at our doors: each person's own."""


def stranger_members() -> tuple[ColumnElement[bool], ...]:
    """Clauses on `actual_member`: members that are no account of the target and none that the ledger waits for."""
    # Under names of their own: whoever asks joins the same tables.
    member, there, mine = actual_member_table.c, actual_account_table.alias().c, account_table.alias().c
    held = exists().where(there.system == member.system, there.native_id == member.native_id)
    known = exists().where(mine.system == member.system, mine.native_id == member.native_id, *ours(mine))
    return ~held, ~known
