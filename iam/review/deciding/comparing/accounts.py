"""Accounts: what the mirror and the ledger say of a system today against its frozen lines.

The one law: *one pass over a system*: its accounts, members and lines are read once each and held side by side.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from iam.access.accounts import AccountState, account_table
from iam.access.kept.books import kept_id_table
from iam.access.naming import comparable_login
from iam.people.ledger import chunks
from iam.record.columns import among
from iam.review.books import campaign_line_table
from iam.review.deciding.comparing.changes import Change, Since
from iam.sync.actual.mirror import actual_account_table, actual_member_table
from iam.sync.actual.reconcile import Sorting

MOST_NAMED: Final = 5
"""Rights that one sentence names."""


@dataclass(frozen=True)
class Today:
    """What there is of a system today.

    `accounts`: native id -> (login, link, enabled) on the target.  `rights`: native id -> codes.  `owners`: native id
    -> whose it is in the ledger.  `keepers`: comparable login -> who keeps it, of the register.
    """

    accounts: Mapping[str, tuple[str, str, bool]]
    rights: Mapping[str, frozenset[str]]
    owners: Mapping[str, int | None]
    keepers: Mapping[str, int | None]


def today(connection: Connection, system: str, lines: Collection[Row[Any]] | None) -> Today:
    """A system as it is, or what concerns these lines."""
    there, member, ours, kept = actual_account_table.c, actual_member_table.c, account_table.c, kept_id_table.c
    natives = None if lines is None else [line.native_id for line in lines]
    accounts: Select[Any] = select(there.native_id, there.login, there.link, there.enabled)
    found = list(_rows(connection, accounts.where(there.system == system), there.native_id, natives))
    if lines is not None:
        logins = [line.login for line in lines if line.sorting == Sorting.MISSING]
        found += _rows(connection, accounts.where(there.system == system), there.login, logins)
    rights: dict[str, set[str]] = defaultdict(set)
    members = select(member.native_id, member.entitlement).where(member.system == system)
    for native, right in _rows(connection, members, member.native_id, natives):
        rights[native].add(right)
    mine = ours.system == system, ours.state != AccountState.DELETED, ours.native_id != ""
    owners = _rows(connection, select(ours.native_id, ours.person_id).where(*mine), ours.native_id, natives)
    keepers = select(kept.comparable, kept.keeper_id).where(kept.system == system, kept.retired_at.is_(None))
    return Today(
        {native: (login, link, bool(enabled)) for native, login, link, enabled in found},
        {native: frozenset(codes) for native, codes in rights.items()},
        {native: person_id for native, person_id in owners},  # noqa: C416 - a row is no pair
        {comparable: keeper_id for comparable, keeper_id in connection.execute(keepers)},  # noqa: C416 - as above
    )


def frozen_lines(connection: Connection, campaign_id: int, system: str, ids: Collection[int] | None) -> list[Row[Any]]:
    """The lines of a system, or those of `ids`, with what may differ."""
    line = campaign_line_table.c
    query: Select[Any] = select(
        line.id, line.native_id, line.login, line.comparable, line.link, line.sorting, line.account_id, line.person_id,
        line.keeper_id, line.enabled, line.rights,
    ).where(line.campaign_id == campaign_id, line.system == system)  # fmt: skip
    return list(_rows(connection, query, line.id, ids))


def _rows(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Collection[object] | None
) -> Iterator[Any]:
    """The rows of `query`, or those whose `column` is one of `values`."""
    if values is None:
        yield from connection.execute(query)
        return
    for part in chunks(values):
        yield from connection.execute(query.where(among(column, part)))


def differences(line: Row[Any], now: Today, names: Collection[str]) -> Iterator[Since]:
    """How an account differs from its line.  `names`: comparable logins on the target."""
    account, held = now.accounts.get(line.native_id), now.rights.get(line.native_id, frozenset())
    if line.sorting == Sorting.MISSING:
        if account is not None or line.comparable in names:
            yield Since(Change.APPEARED)
    elif account is None and not held:
        yield Since(Change.DELETED)
    else:
        if account is not None and account[2] != line.enabled:
            yield Since(Change.ENABLED if account[2] else Change.DISABLED)
        yield from _of_rights(frozenset(each["right"] for each in line.rights), held)
    yield from _of_owner(line, now, account[1] if account else line.link)


def _of_rights(before: frozenset[str], held: frozenset[str]) -> Iterator[Since]:
    for change, codes in ((Change.NEW_RIGHTS, held - before), (Change.RIGHTS_GONE, before - held)):
        if codes:
            yield Since(change, f"{'、'.join(sorted(codes)[:MOST_NAMED])}{'など' if len(codes) > MOST_NAMED else ''}")


def _of_owner(line: Row[Any], now: Today, link: str) -> Iterator[Since]:
    """The ledger names another, or the number on an account that is not ours changed; or another keeps it."""
    if line.native_id in now.owners:
        owner = now.owners[line.native_id]
        if owner is not None and owner != line.person_id:
            yield Since(Change.OWNER)
    elif line.account_id is None and link != line.link:
        yield Since(Change.OWNER, f"職員番号 {link}" if link else "職員番号なし")
    keeper = now.keepers.get(line.comparable)
    if keeper != line.keeper_id:
        yield Since(Change.OWNER, "管理者" if keeper else "管理者がいなくなった")


def fresh(lines: Iterable[Row[Any]], now: Today) -> list[tuple[str, str, str]]:
    """Accounts (native id, login, link) of the target that no line is about."""
    lines = list(lines)
    known, missing = {line.native_id for line in lines}, {x.comparable for x in lines if x.sorting == Sorting.MISSING}
    return [
        (native, login, link)
        for native, (login, link, _) in now.accounts.items()
        if native not in known and comparable_login(login) not in missing
    ]
