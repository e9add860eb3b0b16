"""What the record says of one person, of the quarantine and of plans, for whoever asks: read only.

The one law: *every state names what caused it*: the row of the feed, the
appointment, the rule and the clause; nothing is told that has no cause.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from iam.access.accounts import (
    Account,
    AccountState,
    Block,
    Grant,
    account_table,
    accounts_of,
    blocks_of,
    grants_of,
    holding_table,
)
from iam.errors import NotFound
from iam.intake.staging import quarantine_table, rejected_of
from iam.people.announced import withheld
from iam.people.feed import Rejected
from iam.people.ledger import (
    Entry,
    Person,
    chunks,
    history,
    name_table,
    number_table,
    people,
    person_table,
    persons_by_number,
)
from iam.sync.plan import ChangeKind
from iam.sync.stored.plans import ChangeState, change_table, plan_table


@dataclass(frozen=True, slots=True)
class Name:
    """A name, as believed from `known_from` until `known_until`."""

    name: str
    name_kana: str
    known_from: datetime
    known_until: datetime | None
    place: str


@dataclass(frozen=True, slots=True)
class Holding:
    """A right that an account holds or held, and why it was given."""

    entitlement: str
    held_from: datetime
    held_until: datetime | None
    rule: str
    clause: str
    appointment: int | None


@dataclass(frozen=True, slots=True)
class Deed:
    """A change of a plan that was carried out, or tried."""

    plan: int
    at: datetime
    on: date
    kind: ChangeKind
    state: ChangeState
    sentence: str
    reason: str
    error: str
    announce_from: date | None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that was refused, as it may be shown on the day, and since when it waits."""

    source: str
    row: Rejected
    at: datetime


@dataclass(frozen=True, slots=True)
class Owned:
    """An account of the ledger with whose it is."""

    system: str
    login: str
    state: AccountState
    disabled_on: date | None
    staff_number: str
    name: str


@dataclass(frozen=True)
class Dossier:
    """One person.  `person` holds the entries that are believed, `versions` everything that ever was."""

    person: Person
    numbers: Sequence[str]
    names: Sequence[Name]
    versions: Sequence[Entry]
    accounts: Sequence[Account]
    holdings: Mapping[int, Sequence[Holding]]
    grants: Sequence[Grant]
    blocks: Sequence[Block]
    deeds: Sequence[Deed]
    quarantined: Sequence[Quarantined]


def dossier(connection: Connection, number: str, today: date, known_at: datetime | None = None) -> Dossier:
    """The person who has or had this number, as believed now or at `known_at`, for somebody who asks on `today`.

    Raises:
        NotFound: when nobody ever had it; rows in quarantine are said to be there.
    """
    id_ = persons_by_number(connection, [number]).get(number)
    if id_ is None:
        waiting = len(refused(connection, today, number=number))
        cure = f"受け付けなかった行が{waiting}件あります。iam quarantine list で確かめてください。" if waiting else ""
        raise NotFound(f"職員番号「{number}」の職員は台帳にいません。{cure}")
    (person,) = people(connection, [id_], known_at)
    columns = number_table.c
    given = select(columns.number).where(columns.person_id == id_).order_by(columns.given_at, columns.number)
    numbers = list(connection.execute(given).scalars())
    accounts = accounts_of(connection, [id_]).get(id_, [])
    return Dossier(
        person=person,
        numbers=numbers,
        names=_names(connection, id_),
        versions=history(connection, id_),
        accounts=accounts,
        holdings=_holdings(connection, [account.id for account in accounts]),
        grants=grants_of(connection, [id_]).get(id_, ()),
        blocks=blocks_of(connection, [id_]).get(id_, ()),
        deeds=_deeds(connection, id_),
        quarantined=[row for each in numbers for row in refused(connection, today, number=each)],
    )


def refused(
    connection: Connection, today: date, *, source: str | None = None, number: str | None = None
) -> list[Quarantined]:
    """What is in quarantine, of one source or one staff number where given, in the order of the sources' rows.

    Of rows that are not announced on `today`, no more than may be shown.
    """
    columns = quarantine_table.c
    query = select(quarantine_table).order_by(columns.source, columns.run, columns.place, columns.field)
    if source is not None:
        query = query.where(columns.source == source)
    if number is not None:
        query = query.where(columns.staff_number == number)
    return [Quarantined(row.source, withheld(rejected_of(row), today), row.at) for row in connection.execute(query)]


def owned(connection: Connection, system: str | None = None, state: AccountState | None = None) -> list[Owned]:
    """The ledger's accounts, of one system and in one state where given, by system and login."""
    columns, owner = account_table.c, person_table.c
    joined = account_table.outerjoin(person_table, columns.person_id == owner.id)
    query = select(
        columns.system, columns.login, columns.state, columns.disabled_on, owner.staff_number, owner.name
    ).select_from(joined).order_by(columns.system, columns.login)  # fmt: skip
    if system is not None:
        query = query.where(columns.system == system)
    if state is not None:
        query = query.where(columns.state == state)
    return [
        Owned(row.system, row.login, AccountState(row.state), row.disabled_on, row.staff_number or "", row.name or "")
        for row in connection.execute(query)
    ]


def everybody(connection: Connection) -> Iterator[Person]:
    """Every person of the ledger, in the order of staff numbers."""
    ids = connection.execute(select(person_table.c.id).order_by(person_table.c.staff_number)).scalars().all()
    for part in chunks(ids):
        found = {person.id: person for person in people(connection, part)}
        yield from (found[id_] for id_ in part)


def sizes(connection: Connection, plan_ids: Iterable[int]) -> dict[int, int]:
    """How many changes each plan holds."""
    columns = change_table.c
    query = select(columns.plan_id, func.count()).where(columns.plan_id.in_(list(plan_ids))).group_by(columns.plan_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def _names(connection: Connection, person_id: int) -> list[Name]:
    query = select(name_table).where(name_table.c.person_id == person_id).order_by(name_table.c.known_from)
    return [
        Name(row.name, row.name_kana, row.known_from, row.known_until, row.place) for row in connection.execute(query)
    ]


def _holdings(connection: Connection, account_ids: Iterable[int]) -> dict[int, list[Holding]]:
    columns = holding_table.c
    query = (
        select(holding_table)
        .where(columns.account_id.in_(list(account_ids)))
        .order_by(columns.entitlement, columns.held_from)
    )
    found: dict[int, list[Holding]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.account_id].append(
            Holding(row.entitlement, row.held_from, row.held_until, row.rule, row.clause, row.appointment)
        )
    return found


def _deeds(connection: Connection, person_id: int) -> list[Deed]:
    """What plans did for the person, or tried; plans that were only shown are left out."""
    columns = change_table.c
    query = (
        select(change_table, plan_table.c.made_at, plan_table.c.as_of)
        .join(plan_table, plan_table.c.id == columns.plan_id)
        .where(columns.person_id == person_id, columns.state != ChangeState.WAITING)
        .order_by(columns.plan_id, columns.number)
    )
    return [
        Deed(
            row.plan_id, row.made_at, row.as_of, ChangeKind(row.kind), ChangeState(row.state), row.sentence,
            row.reason, row.error, row.announce_from,
        )
        for row in connection.execute(query)
    ]  # fmt: skip
