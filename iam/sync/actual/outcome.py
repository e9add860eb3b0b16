"""Writing down what targets were seen to hold after a change: accounts, holdings, mirror.

The one law: only what was read back is written; an order that nobody
confirmed changes nothing here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from iam.access.accounts import (
    ACCOUNT_COLUMNS,
    AccountKind,
    AccountState,
    account_table,
    holding_table,
)
from iam.access.naming import comparable_login
from iam.access.wanted import Cause
from iam.people.ledger import chunks, next_id
from iam.ports import Done
from iam.record.act import Act
from iam.record.columns import among
from iam.record.store import bulk_insert, bulk_update
from iam.sync.actual.mirror import doubt_groups, forget_account, put_accounts, put_members
from iam.sync.plan import Change, ChangeKind
from iam.sync.prepare import Adoption
from iam.sync.stored.plans import StoredChange


@dataclass(frozen=True, slots=True)
class AccountKey:
    """How an account of ours is known to us and to its target."""

    id: int
    native_id: str


def account_keys(connection: Connection, system: str, logins: Iterable[str]) -> dict[str, AccountKey]:
    """Our accounts of one system by comparable login."""
    columns = account_table.c
    found: dict[str, AccountKey] = {}
    for part in chunks({comparable_login(login) for login in logins}):
        query = select(columns.id, columns.native_id, columns.comparable).where(
            columns.system == system, among(columns.comparable, part)
        )
        found.update((row.comparable, AccountKey(row.id, row.native_id)) for row in connection.execute(query))
    return found


Rights = Mapping[tuple[str, str], tuple[tuple[str, Cause], ...]]
"""(system, login) -> entitlements with their causes."""


def reserve_accounts(act: Act, changes: Iterable[Change | StoredChange], on: date, linked: Rights) -> None:
    """Give every new account its row, before any target hears of it: its login is taken from now on.

    A LINK is settled by this: what the target holds stays as it is, and the
    rights found there that are wanted are `linked`.
    """
    new = [c for c in changes if c.kind in (ChangeKind.CREATE, ChangeKind.LINK)]
    missing: list[Change | StoredChange] = []
    for system in {c.system for c in new}:
        mine = [c for c in new if c.system == system]
        known = account_keys(act.connection, system, (c.login for c in mine))
        missing += [c for c in mine if comparable_login(c.login) not in known]
    first = next_id(act.connection, account_table)
    bulk_insert(
        act.connection,
        account_table,
        ACCOUNT_COLUMNS,
        (_new_account(first + n, c, act.at, on) for n, c in enumerate(missing)),
    )
    _open_holdings(
        act,
        (
            (first + n, name, cause.rule, cause.clause, cause.entry.id if cause.entry else None)
            for n, c in enumerate(missing)
            for name, cause in linked.get((c.system, c.login), ())
        ),
    )
    act.record_many(
        (
            "account.linked" if c.kind is ChangeKind.LINK else "account.reserved",
            f"account {c.system}/{c.login}",
            {"person": c.person_id},
        )
        for c in missing
    )


def _new_account(id_: int, change: Change | StoredChange, at: datetime, on: date) -> tuple[object, ...]:
    state, disabled_on = AccountState.RESERVED, None
    if change.kind is ChangeKind.LINK:
        state = AccountState.ACTIVE if change.enabled else AccountState.DISABLED
        disabled_on = None if change.enabled else on
    return (
        id_, change.system, change.login, comparable_login(change.login), change.person_id, AccountKind.PERSONAL,
        state, change.native_id, at, disabled_on,
    )  # fmt: skip


def write_done(
    act: Act, system: str, on: date, done: Sequence[tuple[StoredChange, Done]], keys: Mapping[str, AccountKey]
) -> None:
    """The results of one batch, which is all of one kind."""
    if not done:
        return
    kind = done[0][0].kind
    if kind in (ChangeKind.GRANT, ChangeKind.REVOKE):
        _write_rights(act, system, kind, done, keys)
        return
    put_accounts(act.connection, system, {r.found.native_id: r.found for _, r in done if r.found}.values())
    states = []
    for change, result in done:
        key = keys.get(comparable_login(change.login))
        if key is None:
            continue
        native = result.found.native_id if result.found else change.native_id or key.native_id
        state = _state(change, result)
        if kind is ChangeKind.DELETE:
            forget_account(act.connection, system, native)
        if state is not None:
            off = None if state is AccountState.ACTIVE else on
            states.append((key.id, state, "" if state is AccountState.DELETED else native, off))
    bulk_update(act.connection, account_table, ("id",), ("state", "native_id", "disabled_on"), states)


def _state(change: StoredChange, result: Done) -> AccountState | None:
    """The account's new state, or None where the change says nothing of it."""
    match change.kind:
        case ChangeKind.DELETE:
            return AccountState.DELETED
        case ChangeKind.DISABLE:
            return AccountState.DISABLED
        case ChangeKind.ENABLE:
            return AccountState.ACTIVE
        case ChangeKind.CREATE:
            return AccountState.ACTIVE if result.found is None or result.found.enabled else AccountState.DISABLED
        case _:
            return None


def _write_rights(
    act: Act,
    system: str,
    kind: ChangeKind,
    done: Sequence[tuple[StoredChange, Done]],
    keys: Mapping[str, AccountKey],
) -> None:
    pairs = []
    held = []
    for change, _ in done:
        key = keys.get(comparable_login(change.login))
        native = change.native_id or (key.native_id if key else "")
        pairs.append((change.entitlement, native))
        if key is not None:
            held.append((key.id, change))
    doubt_groups(act.connection, system, {entitlement for entitlement, _ in pairs})
    if kind is ChangeKind.GRANT:
        put_members(act.connection, system, pairs, ())
        _open_holdings(act, ((id_, c.entitlement, c.rule, c.clause, c.appointment) for id_, c in held))
    else:
        put_members(act.connection, system, (), pairs)
        _close_holdings(act, ((id_, c.entitlement) for id_, c in held))


def write_membership(
    act: Act, system: str, native_id: str, row: tuple[int | None, str, str, str, int | None], *, held: bool
) -> None:
    """One membership as it was read back.  `row`: account (None: not ours), entitlement, rule, clause, appointment."""
    account_id, entitlement, rule, clause, appointment = row
    pairs = [(entitlement, native_id)]
    doubt_groups(act.connection, system, {entitlement})
    if held:
        put_members(act.connection, system, pairs, ())
    else:
        put_members(act.connection, system, (), pairs)
    if account_id is None:
        return
    if held:
        _open_holdings(act, [(account_id, entitlement, rule, clause, appointment)])
    else:
        _close_holdings(act, [(account_id, entitlement)])


def _open_holdings(act: Act, rows: Iterable[tuple[int, str, str, str, int | None]]) -> None:
    rows = list(rows)
    columns = holding_table.c
    open_already: set[tuple[int, str]] = set()
    for part in chunks({row[0] for row in rows}):
        query = select(columns.account_id, columns.entitlement).where(
            among(columns.account_id, part), columns.held_until.is_(None)
        )
        open_already.update((r.account_id, r.entitlement) for r in act.connection.execute(query))
    bulk_insert(
        act.connection, holding_table,
        ("account_id", "entitlement", "held_from", "rule", "clause", "appointment"),
        ((id_, name, act.at, rule, clause, appointment) for id_, name, rule, clause, appointment in rows
         if (id_, name) not in open_already),
    )  # fmt: skip


def _close_holdings(act: Act, rows: Iterable[tuple[int, str]]) -> None:
    columns = holding_table.c
    rows = set(rows)
    closing = []
    for part in chunks({id_ for id_, _ in rows}):
        query = select(columns.account_id, columns.entitlement, columns.held_from).where(
            among(columns.account_id, part), columns.held_until.is_(None)
        )
        closing += [(r.account_id, r.entitlement, r.held_from, act.at) for r in act.connection.execute(query)
                    if (r.account_id, r.entitlement) in rows]  # fmt: skip
    bulk_update(act.connection, holding_table, ("account_id", "entitlement", "held_from"), ("held_until",), closing)


def adopt(act: Act, adoptions: Sequence[Adoption], on: date) -> None:
    """Make our ledger say what the target was found to hold already."""
    states = []
    for adoption in adoptions:
        state = AccountState.ACTIVE if adoption.enabled else AccountState.DISABLED
        off = None if adoption.enabled else (adoption.account.disabled_on or on)
        states.append((adoption.account.id, state, adoption.native_id, off))
    bulk_update(act.connection, account_table, ("id",), ("state", "native_id", "disabled_on"), states)
    _open_holdings(
        act,
        ((a.account.id, name, cause.rule, cause.clause, cause.entry.id if cause.entry else None)
         for a in adoptions for name, cause in a.rights),
    )  # fmt: skip
    act.record_many(
        ("account.observed", f"account {a.account.system}/{a.account.login}",
         {"enabled": a.enabled, "rights": [name for name, _ in a.rights]})
        for a in adoptions
    )  # fmt: skip
