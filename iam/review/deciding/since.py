"""What changed since the snapshot: frozen lines and persons held against today's mirror, ledger and standing.

The one law: *a change is shown, never applied*: the snapshot stays what was judged, and whoever signs or carries out
sees where the world has moved on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from iam.access.naming import comparable_login
from iam.people.ledger import chunks
from iam.record.columns import among
from iam.review.books import campaign_answer_table, campaign_line_table
from iam.review.campaigns import Campaign, systems_of
from iam.review.deciding.comparing.accounts import differences, fresh, frozen_lines, today
from iam.review.deciding.comparing.changes import Change, Since
from iam.review.deciding.comparing.standings import moved
from iam.review.words import Verdict
from iam.signin.door import Door

__all__ = ["Change", "Changes", "NewAccount", "Since", "changed_since"]

KEEPER: Final = "管理者："
"""Stands before a change of whoever keeps an account."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that is on a target today and in no line of the campaign."""

    system: str
    login: str
    native_id: str
    link: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed: by line id (changes of its owner and keeper among them), by person id, and accounts that are new.

    Who and what did not change is left out.
    """

    lines: Mapping[int, tuple[Since, ...]]
    persons: Mapping[int, tuple[Since, ...]]
    accounts: tuple[NewAccount, ...]


def changed_since(
    connection: Connection,
    door: Door,
    campaign: Campaign,
    at: datetime,
    *,
    line_ids: Collection[int] | None = None,
) -> Changes:
    """What is different at `at`; with `line_ids` about these lines and their persons alone, and no new accounts.

    An appointment whose 内示解禁日 has not come is not said.
    """
    by_system = None if line_ids is None else _systems(connection, line_ids)
    lines, accounts, rows = dict[int, tuple[Since, ...]](), list[NewAccount](), list[Row[Any]]()
    for system in systems_of(connection, campaign.id):
        ids = None if by_system is None else by_system.get(system.system, [])
        if ids == []:
            continue
        here = frozen_lines(connection, campaign.id, system.system, ids)
        rows += here
        if not system.connected:
            continue
        now = today(connection, system.system, None if ids is None else here)
        names = {comparable_login(login) for login, _, _ in now.accounts.values()}
        lines |= {line.id: changes for line in here if (changes := tuple(differences(line, now, names)))}
        if ids is None:
            accounts += [NewAccount(system.system, login, native, link) for native, login, link in fresh(here, now)]
    concerned = None if line_ids is None else {id_ for row in rows for id_ in (row.person_id, row.keeper_id) if id_}
    persons = moved(connection, door.offices, campaign, at, concerned)
    return Changes(_with_persons(rows, lines, persons, _left(connection, campaign)), persons, tuple(accounts))


def _systems(connection: Connection, line_ids: Collection[int]) -> dict[str, list[int]]:
    columns, found = campaign_line_table.c, defaultdict[str, list[int]](list)
    for part in chunks(line_ids):
        for id_, system in connection.execute(select(columns.id, columns.system).where(among(columns.id, part))):
            found[system].append(id_)
    return found


def _left(connection: Connection, campaign: Campaign) -> set[int]:
    """Of whom 人事 says in this campaign that they have left."""
    columns = campaign_answer_table.c
    said = columns.campaign_id == campaign.id, columns.verdict == Verdict.LEFT
    return set(connection.execute(select(columns.person_id).where(*said)).scalars())


def _with_persons(
    rows: Iterable[Row[Any]],
    lines: Mapping[int, tuple[Since, ...]],
    persons: Mapping[int, tuple[Since, ...]],
    left: Collection[int],
) -> dict[int, tuple[Since, ...]]:
    """The changes of lines with those of whom they belong to, and of who keeps them."""
    found = dict(lines)
    for row in rows:
        added = [*persons.get(row.person_id, ())]
        added += [replace(each, detail=f"{KEEPER}{each.detail}") for each in persons.get(row.keeper_id, ())]
        if row.keeper_id in left:
            added.append(Since(Change.LEFT, f"{KEEPER}人事の回答"))
        if added:
            found[row.id] = (*found.get(row.id, ()), *added)
    return found
