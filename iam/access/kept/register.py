"""The register of kept IDs: which there are, who answers for each, who uses it, and until when.

The one law: *an ID that is nobody's own is one row in force*: named by its system and its login as targets compare it
(`comparable`), with whatever is not known of it left empty, so that a review can say so.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, or_, select

from iam.access.kept.books import kept_id_table, kept_member_table
from iam.access.naming import comparable_login
from iam.errors import NotFound
from iam.people.ledger import person_table
from iam.record.columns import among

LONGEST: Final = 200
"""Characters of what is searched for."""


class KeptKind(StrEnum):
    """What an ID is that is nobody's own."""

    SHARED = "shared"
    SERVICE = "service"
    DEVELOPMENT = "development"
    TEST = "test"
    CONTRACTOR = "contractor"

    @property
    def label_ja(self) -> str:
        """The word that officers read."""
        return {
            "shared": "共用ID", "service": "システム用ID", "development": "開発用ID", "test": "試験用ID",
            "contractor": "委託先ID",
        }[self.value]  # fmt: skip

    @property
    def register_ja(self) -> str:
        """The register that it stands in, as officers call it."""
        return f"{self.label_ja}台帳"


@dataclass(frozen=True, slots=True)
class Kept:
    """One row of the register.  `keeper_id`: who answers for it, since when; None: nobody does.

    `sponsor_id`, `company`: who let a contractor in, and whose people they are.  `project`: what a development or test
    ID is for.  `valid_until`: its last day, None: none is set.  `secret_changed_on`: when its secret was last changed,
    None: nobody has said.  `retired_at`: when it left the register.
    """

    id: int
    system: str
    login: str
    kind: KeptKind
    purpose: str
    keeper_id: int | None
    sponsor_id: int | None
    project: str
    company: str
    valid_until: date | None
    secret_changed_on: date | None
    registered_by: str
    registered_at: datetime
    changed_at: datetime
    retired_at: datetime | None
    keeper_since: datetime | None = None

    @property
    def comparable(self) -> str:
        """The login as targets compare it."""
        return comparable_login(self.login)

    @property
    def subject(self) -> str:
        """How the audit names it."""
        return f"kept_id {self.id}"

    @property
    def label(self) -> str:
        """As operators type it, by the code of its system."""
        return f"{self.system} の {self.login}"

    def over(self, on: date) -> bool:
        """Whether its last day has passed on `on`."""
        return self.valid_until is not None and self.valid_until < on


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who uses a shared ID and so knows its secret, from a day until a day (both inclusive; None: no end)."""

    kept_id: int
    person_id: int
    valid_from: date
    valid_until: date | None

    def on(self, day: date) -> bool:
        """Whether they use it on `day`."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row, its keeper by number and name ("" where there is none), and how many use it on the day asked for."""

    kept: Kept
    keeper_number: str
    keeper_name: str
    members: int


@dataclass(frozen=True, slots=True)
class Sought:
    """Which rows are asked for.  `words`: each stands in login, purpose, project, company, the keeper's name or number.

    `systems` None: of any.  `without_keeper`: those that nobody answers for.
    `over`: whose last day is before this one.  `retired`: those that left the register as well.
    """

    words: str = ""
    kind: KeptKind | None = None
    systems: Collection[str] | None = None
    without_keeper: bool = False
    over: date | None = None
    retired: bool = False


# --- what there is


def kept_ids(connection: Connection, *, system: str | None = None, retired: bool = False) -> list[Kept]:
    """Every row in force by system and login; with `retired` those that left as well."""
    columns = kept_id_table.c
    query = select(kept_id_table).order_by(columns.system, columns.comparable, columns.id)
    if not retired:
        query = query.where(columns.retired_at.is_(None))
    if system is not None:
        query = query.where(columns.system == system)
    return [_kept(row) for row in connection.execute(query)]


def kept_id(connection: Connection, id_: int) -> Kept:
    """One row, whether or not it is in force.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(kept_id_table).where(kept_id_table.c.id == id_)).first()
    if row is None:
        raise NotFound("そのIDは共用ID等の台帳にありません。一覧から開き直してください。")
    return _kept(row)


def kept_by_login(connection: Connection, system: str, login: str) -> Kept | None:
    """The row in force of a login, in any spelling that targets take for the same; None: there is none."""
    columns = kept_id_table.c
    mine = columns.system == system, columns.comparable == comparable_login(login), columns.retired_at.is_(None)
    row = connection.execute(select(kept_id_table).where(*mine)).first()
    return None if row is None else _kept(row)


def kept_logins(connection: Connection) -> frozenset[tuple[str, str]]:
    """(system, comparable login) of every row in force: nobody's own, whatever number the target has of them."""
    columns = kept_id_table.c
    query = select(columns.system, columns.comparable).where(columns.retired_at.is_(None))
    return frozenset((row.system, row.comparable) for row in connection.execute(query))


def logins_ever_kept(connection: Connection, system: str) -> set[str]:
    """Every login, comparable, that stood in the register: none is given to a person."""
    query = select(kept_id_table.c.comparable).where(kept_id_table.c.system == system)
    return set(connection.execute(query).scalars())


def members_of(connection: Connection, ids: Collection[int], on: date | None = None) -> dict[int, list[Member]]:
    """Who used each of these, whoever came first first; with `on` only who does on the day.  Everybody is a key."""
    columns = kept_member_table.c
    query = select(kept_member_table).where(among(columns.kept_id, sorted(ids)))
    found: dict[int, list[Member]] = defaultdict(list, {id_: [] for id_ in ids})
    for row in connection.execute(query.order_by(columns.kept_id, columns.valid_from, columns.person_id)):
        member = Member(row.kept_id, row.person_id, row.valid_from, row.valid_until)
        if on is None or member.on(on):
            found[member.kept_id].append(member)
    return dict(found)


def who_still_know(kept: Kept, members: Iterable[Member], on: date) -> list[Member]:
    """Those of its members who use it no more on the day, and left after its secret was last changed."""
    last: dict[int, Member] = {}
    for member in members:
        other = last.get(member.person_id)
        if member.valid_from <= on and (other is None or _end(member) > _end(other)):
            last[member.person_id] = member
    changed = kept.secret_changed_on or date.min
    return [member for member in last.values() if changed < _end(member) < on]


def _end(member: Member) -> date:
    return member.valid_until or date.max


# --- lists


def listed(connection: Connection, sought: Sought, on: date, *, skip: int = 0, limit: int = 100_000) -> list[Listed]:
    """What fits, by system and login; `skip` of them are passed over, at most `limit` are answered."""
    columns, person, member = kept_id_table.c, person_table.c, kept_member_table.c
    using = select(func.count()).where(
        member.kept_id == columns.id, member.valid_from <= on,
        or_(member.valid_until.is_(None), member.valid_until >= on),
    )  # fmt: skip
    what = select(
        kept_id_table, person.staff_number, person.name.label("keeper"), using.scalar_subquery().label("using")
    )
    query = _fitting(what, sought).order_by(columns.system, columns.comparable, columns.id)
    rows = connection.execute(query.offset(skip).limit(limit))
    return [Listed(_kept(row), row.staff_number or "", row.keeper or "", row.using) for row in rows]


def how_many(connection: Connection, sought: Sought) -> int:
    """How many fit."""
    found: int = connection.execute(_fitting(select(func.count()), sought)).scalar_one()
    return found


def kinds(connection: Connection, sought: Sought) -> dict[KeptKind, int]:
    """How many there are of each kind among what fits otherwise."""
    query = _fitting(select(kept_id_table.c.kind, func.count().label("many")), replace(sought, kind=None))
    return {KeptKind(row.kind): row.many for row in connection.execute(query.group_by(kept_id_table.c.kind))}


def _fitting(query: Select[Any], sought: Sought) -> Select[Any]:
    columns, person = kept_id_table.c, person_table.c
    query = query.select_from(kept_id_table.outerjoin(person_table, person.id == columns.keeper_id))
    if sought.kind is not None:
        query = query.where(columns.kind == sought.kind)
    if sought.systems is not None:
        query = query.where(among(columns.system, sorted(sought.systems)))
    if sought.without_keeper:
        query = query.where(columns.keeper_id.is_(None))
    if sought.over is not None:
        query = query.where(columns.valid_until < sought.over)
    if not sought.retired:
        query = query.where(columns.retired_at.is_(None))
    places = (columns.login, columns.purpose, columns.project, columns.company, person.staff_number, person.name)
    for word in sought.words[:LONGEST].replace("\0", "").split():
        query = query.where(or_(*(place.icontains(word, autoescape=True) for place in places)))
    return query


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        row.id, row.system, row.login, KeptKind(row.kind), row.purpose, row.keeper_id, row.sponsor_id, row.project,
        row.company, row.valid_until, row.secret_changed_on, row.registered_by, row.registered_at, row.changed_at,
        row.retired_at, row.keeper_since,
    )  # fmt: skip
