"""Accounts, and what explicitly adds to or takes from them: grants and blocks.

The one law: an account row is never deleted and a login never given twice;
higher floors change what is wanted only by writing grants and blocks here, so
`wanted()` never needs to know who asked (docs/architecture.md).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Date,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    Text,
    UniqueConstraint,
    and_,
    or_,
    select,
)

from iam.people.ledger import chunks, person_table
from iam.record.columns import among
from iam.record.store import Instant, metadata


class AccountKind(StrEnum):
    """Whose an account is."""

    PERSONAL = "personal"
    SHARED = "shared"
    PRIVILEGED = "privileged"
    SERVICE = "service"
    DEVELOPMENT = "development"
    CONTRACTOR = "contractor"


class AccountState(StrEnum):
    """Where an account is in its life.  DELETED keeps its login taken for ever."""

    RESERVED = "reserved"
    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"

    @property
    def label_ja(self) -> str:
        """The word that an officer reads."""
        return {"reserved": "作成待ち", "active": "有効", "disabled": "停止", "deleted": "削除済"}[self.value]


account_table = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("system", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("comparable", Text, nullable=False),
    Column("person_id", ForeignKey("person.id"), index=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_on", Date, index=True),
    UniqueConstraint("system", "comparable"),
)
Index("ix_account_native", account_table.c.system, account_table.c.native_id)

holding_table = Table(
    "holding",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("entitlement", Text, primary_key=True),
    Column("held_from", Instant, primary_key=True),
    Column("held_until", Instant),
    Column("rule", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("appointment", Integer),
)

grant_table = Table(
    "access_grant",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("system", Text, nullable=False),
    Column("entitlement", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("withdrawn_at", Instant),
)

RETURNED: Final = "returned"
"""The origin of a block that the holder asked for: a right given back (OITA-S8.2.1.2b)."""

OF_A_USE: Final = "use "
"""How the origin of a grant begins that lasts as long as a use of a privileged ID, whose number follows."""

OF_A_REVIEW: Final = "review "
"""How the origin of a block begins that a signed review put upon somebody; the number of the campaign follows."""

block_table = Table(
    "block",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("system", Text, nullable=False),
    Column("entitlement", Text, nullable=False, server_default=""),
    Column("origin", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("lifted_at", Instant),
)


@dataclass(frozen=True, slots=True)
class Account:
    """An ID in a system, as our ledger knows it.  `native_id` is "" until the target has it."""

    id: int
    system: str
    login: str
    person_id: int | None
    kind: AccountKind
    state: AccountState
    native_id: str
    disabled_on: date | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A right given beyond birthright, by request or decision (origin), inclusive dates."""

    system: str
    entitlement: str
    origin: str
    clause: str
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Block:
    """Rights taken away from a person, in one system or ("") in all of them; `entitlement` "" means all of a system."""

    system: str
    origin: str
    clause: str
    reason: str
    valid_from: date
    valid_until: date
    entitlement: str = ""

    def on(self, day: date) -> bool:
        """Whether it is in force on `day`."""
        return self.valid_from <= day <= self.valid_until

    @property
    def of_a_review(self) -> bool:
        """Whether a signed review put it there: it ends with the post under which it was decided."""
        return self.origin.startswith(OF_A_REVIEW)

    @property
    def takes_rights(self) -> bool:
        """Whether the rights go too, where a suspension leaves them for the way back."""
        return bool(self.entitlement) or self.origin == RETURNED or self.of_a_review


def _account(row: Row[Any]) -> Account:
    return Account(
        row.id, row.system, row.login, row.person_id, AccountKind(row.kind), AccountState(row.state),
        row.native_id, row.disabled_on,
    )  # fmt: skip


def accounts_of(connection: Connection, person_ids: Iterable[int]) -> dict[int, list[Account]]:
    """The accounts of each person."""
    found: dict[int, list[Account]] = defaultdict(list)
    for part in chunks(person_ids):
        query = select(account_table).where(among(account_table.c.person_id, part)).order_by(account_table.c.id)
        for row in connection.execute(query):
            found[row.person_id].append(_account(row))
    return found


def login_in(connection: Connection, person_id: int, system: str) -> str:
    """The login of the person's own account in `system`, a live one first; "" without one.

    Also of one that is disabled: whoever may come in again today goes on under the name that the system knows.
    A privileged or shared ID that they keep is not theirs: nobody is taken for it.
    """
    columns = account_table.c
    own = columns.kind == AccountKind.PERSONAL, columns.state != AccountState.DELETED
    mine = columns.person_id == person_id, columns.system == system, *own
    query = select(columns.login).where(*mine).order_by(columns.state != AccountState.ACTIVE, columns.id)
    return connection.execute(query).scalars().first() or ""


def all_accounts(connection: Connection, system: str | None = None) -> list[Account]:
    """Every account, or every account of one system, by system and login."""
    query = select(account_table).order_by(account_table.c.system, account_table.c.login)
    if system is not None:
        query = query.where(account_table.c.system == system)
    return [_account(row) for row in connection.execute(query)]


def taken_logins(connection: Connection, system: str) -> set[str]:
    """Every login ever given in `system`, comparable."""
    return set(connection.execute(select(account_table.c.comparable).where(account_table.c.system == system)).scalars())


def number_by_login(connection: Connection, system: str, comparable: str) -> str:
    """The staff number of whoever has this login (comparable) in `system` as their own; "" when nobody has."""
    columns = account_table.c
    query = (
        select(person_table.c.staff_number)
        .join(account_table, columns.person_id == person_table.c.id)
        .where(
            columns.system == system, columns.comparable == comparable, columns.kind == AccountKind.PERSONAL,
            columns.state != AccountState.DELETED,
        )
    )  # fmt: skip
    return connection.execute(query).scalar_one_or_none() or ""


def grants_of(connection: Connection, person_ids: Iterable[int]) -> Mapping[int, Sequence[Grant]]:
    """The explicit grants of each person that were not withdrawn."""
    found: dict[int, list[Grant]] = defaultdict(list)
    columns = grant_table.c
    for part in chunks(person_ids):
        query = select(grant_table).where(among(columns.person_id, part), columns.withdrawn_at.is_(None))
        for row in connection.execute(query):
            found[row.person_id].append(
                Grant(row.system, row.entitlement, row.origin, row.clause, row.valid_from, row.valid_until)
            )
    return found


def blocks_of(connection: Connection, person_ids: Iterable[int]) -> Mapping[int, Sequence[Block]]:
    """The blocks upon each person that were not lifted."""
    found: dict[int, list[Block]] = defaultdict(list)
    columns = block_table.c
    for part in chunks(person_ids):
        query = select(block_table).where(among(columns.person_id, part), columns.lifted_at.is_(None))
        for row in connection.execute(query):
            found[row.person_id].append(
                Block(
                    row.system, row.origin, row.clause, row.reason, row.valid_from, row.valid_until, row.entitlement
                )
            )  # fmt: skip
    return found


def wholly_blocked(connection: Connection, person_ids: Iterable[int], on: date) -> set[int]:
    """Those of the persons from whom everything is taken on the day, whatever they would have."""
    columns = block_table.c
    whole = columns.system == "", columns.entitlement == "", columns.lifted_at.is_(None)
    in_force = columns.valid_from <= on, columns.valid_until >= on
    found: set[int] = set()
    for part in chunks(person_ids):
        query = select(columns.person_id).where(among(columns.person_id, part), *whole, *in_force)
        found.update(connection.execute(query).scalars())
    return found


def decisions(connection: Connection) -> set[tuple[str, int, int]]:
    """Every grant and block in the books: table, id, person.  Two readings tell whom somebody decided about between."""
    found: set[tuple[str, int, int]] = set()
    for table, ended in ((grant_table, grant_table.c.withdrawn_at), (block_table, block_table.c.lifted_at)):
        query = select(table.c.id, table.c.person_id).where(ended.is_(None))
        found.update((table.name, row.id, row.person_id) for row in connection.execute(query))
    return found


def decided_since(connection: Connection, before: AbstractSet[tuple[str, int, int]]) -> set[int]:
    """The persons about whom somebody decided since `decisions` gave `before`."""
    return {person for _, _, person in decisions(connection) ^ before}


def with_grant_boundary(connection: Connection, after: date, until: date) -> set[int]:
    """Persons for whom a grant or a block begins or ends in (`after`, `until`]."""
    found: set[int] = set()
    for table in (grant_table, block_table):
        columns = table.c
        begins = and_(columns.valid_from > after, columns.valid_from <= until)
        ends = and_(columns.valid_until >= after, columns.valid_until < until)
        found.update(connection.execute(select(columns.person_id).where(or_(begins, ends))).scalars())
    return found


def with_retention_over(connection: Connection, before: date, systems: Iterable[str]) -> set[int]:
    """Persons with an account in one of `systems` that has been disabled since before `before`."""
    columns = account_table.c
    query = select(columns.person_id).where(
        columns.disabled_on < before, columns.state == AccountState.DISABLED, columns.person_id.is_not(None),
        among(columns.system, list(systems)),
    )  # fmt: skip
    return set(connection.execute(query).scalars())


ACCOUNT_COLUMNS = (
    "id", "system", "login", "comparable", "person_id", "kind", "state", "native_id", "created_at", "disabled_on",
)  # fmt: skip
