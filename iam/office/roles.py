"""Who holds which role today: by the post they hold, as a dated deputy, by nomination, or as a first officer.

The one law: *a role belongs to a post*, so it moves with the ledger on the day
of the appointment and nobody has to remember to take it away.  Only people in
service hold one; contractors never do; an auditor reads everything and changes
nothing, so whoever audits holds no other role (OITA-S3.7.1).
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    or_,
    select,
)

from iam.access.model import AccessModel
from iam.errors import NotFound
from iam.office.books import assignment_table
from iam.people.feed import Gives
from iam.people.ledger import Person, appointment_table, people
from iam.people.organisation import Organisation
from iam.people.standing import Held, Standing, Status, standing
from iam.policy.profile import PostPattern, Profile, Role, StaffKind
from iam.record.columns import among

STAFF: Final = "staff:"
"""How the audit's actor of somebody who signed in begins: no operating-system account has a colon in its name."""

OFFICER_KINDS: Final = frozenset({StaffKind.STAFF, StaffKind.OFFICIAL})
"""Who may hold a role: neither contractors nor machines."""


class How(StrEnum):
    """How somebody comes to hold a role."""

    POST = "post"
    DEPUTY = "deputy"
    NAMED = "named"
    FIRST = "first"

    @property
    def label_ja(self) -> str:
        """The word that an officer reads."""
        return {"post": "職による", "deputy": "代理", "named": "指名", "first": "初期設定の担当者"}[self.value]


@dataclass(frozen=True, slots=True)
class Holding:
    """One role of one person on a day, and why: the title of the policy, and the post or the person behind it.

    `org_code`: the unit of the post that gives the role ("" where none does), which bounds a system owner.
    `until`: the last day that is known of now.
    """

    person_id: int
    role: Role
    how: How
    title: str
    org_code: str
    post: str
    until: date
    deputises_id: int | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A role as the profile fills it: the title, after merges, and the posts that hold it."""

    role: Role
    title: str
    held_by: tuple[PostPattern, ...]


@dataclass(frozen=True)
class Offices:
    """What says who holds which role.  `absence`: source -> silent readings in a row, where not as the profile says."""

    profile: Profile
    absence: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def seats(self) -> tuple[Seat, ...]:
        """Every role that some title in force plays."""
        settled = [(title.roles, self.profile.settled(title)) for title in self.profile.titles]
        return tuple(Seat(role, by.name, by.held_by) for roles, by in settled if by is not None for role in roles)

    def standing(self, person: Person, on: date) -> Standing:
        """How the person stands, silence counted as the source's setting says."""
        enough = self.absence.get(person.source, self.profile.accounts.absence_runs.value)
        return standing(person.entries, on, absent=person.absent_runs >= enough)

    def employs(self, posts: Iterable[Held]) -> bool:
        """Whether whoever holds these posts may hold a role: one post of a contractor bars them all."""
        return all(self._kind(post) in OFFICER_KINDS for post in posts)

    def _kind(self, post: Held) -> StaffKind | None:
        try:
            return self.profile.category(post.entry.told.category).kind
        except NotFound:
            return None


def roles_of(
    connection: Connection,
    profile: Profile,
    person_ids: Collection[int],
    on: date,
    *,
    absence: Mapping[str, int] | None = None,
    away: bool = False,
) -> dict[int, frozenset[Role]]:
    """The roles of each of these persons on a day (JST), `away` as in `holdings_among`; everybody asked is a key."""
    found = holdings_of(connection, Offices(profile, absence or {}), person_ids, on, away=away)
    return {id_: frozenset(each.role for each in found[id_]) for id_ in found}


def roles_held(connection: Connection, offices: Offices, person_id: int, on: date) -> frozenset[Role]:
    """The roles of one person on a day (JST)."""
    return roles_of(connection, offices.profile, [person_id], on, absence=offices.absence)[person_id]


def holdings_of(
    connection: Connection, offices: Offices, person_ids: Collection[int], on: date, *, away: bool = False
) -> dict[int, tuple[Holding, ...]]:
    """The roles of each of these persons on a day, with the reason of each; everybody asked for is a key."""
    found = holdings_among(connection, offices, list(people(connection, person_ids)), on, away=away)
    return {id_: found.get(id_, ()) for id_ in person_ids}


def holdings_among(
    connection: Connection, offices: Offices, asked: Collection[Person], on: date, *, away: bool = False
) -> dict[int, tuple[Holding, ...]]:
    """`holdings_of` for persons who were read already: one query more, two when one of them deputises.

    `away`: what they would hold if they were not away; whoever is a head again tomorrow is guarded as one today.
    """
    given = _assignments(connection, [person.id for person in asked], on)
    known = {person.id: person for person in asked}
    deputised = {row.deputises_id for row in given} - known.keys() - {None}
    known |= {person.id: person for person in people(connection, deputised)}
    by_person: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in given:
        by_person[row.person_id].append(row)
    here = [person for person in asked if away or offices.standing(person, on).status is Status.IN_SERVICE]
    return {person.id: _holdings(offices, person, by_person[person.id], known, on) for person in here}


def _assignments(connection: Connection, person_ids: Collection[int], on: date) -> Sequence[Row[Any]]:
    columns = assignment_table.c
    query = select(assignment_table).where(among(columns.person_id, person_ids), *_in_force(on))
    return connection.execute(query.order_by(columns.id)).all()


def _in_force(on: date) -> tuple[ColumnElement[bool], ...]:
    columns = assignment_table.c
    return columns.withdrawn_at.is_(None), columns.valid_from <= on, columns.valid_until >= on


def _holdings(
    offices: Offices, person: Person, given: Iterable[Row[Any]], known: Mapping[int, Person], on: date
) -> tuple[Holding, ...]:
    now = offices.standing(person, on)
    if not offices.employs(now.posts):
        return ()
    found = list(_by_post(offices, person.id, now.posts, on))
    for row in given:
        found += _by_assignment(offices, row, known, on)
    audits = [each for each in found if each.role is Role.AUDITOR]
    return tuple(audits or found)


def _by_post(offices: Offices, person_id: int, posts: Sequence[Held], on: date) -> Iterator[Holding]:
    for seat in offices.seats:
        for post in posts:
            told = post.entry.told
            ends = [each.valid_until for each in seat.held_by if each.fits(told.org_code, told.title_code, on)]
            if ends:
                words, until = " ".join(filter(None, (told.org_name, told.title))), min(post.until, max(ends))
                yield Holding(person_id, seat.role, How.POST, seat.title, told.org_code, words, until)


def _by_assignment(offices: Offices, row: Row[Any], known: Mapping[int, Person], on: date) -> Iterator[Holding]:
    """A deputy holds what the named holder's post gives today, be the holder away or not, and no longer."""
    role, how = Role(row.role), How(row.kind)
    title = next((seat.title for seat in offices.seats if seat.role is role), "")
    if how is not How.DEPUTY:
        yield Holding(row.person_id, role, how, title, "", "", row.valid_until)
        return
    holder = known.get(row.deputises_id)
    for each in by_post(offices, holder, on) if holder else ():
        if each.role is role:
            until = min(each.until, row.valid_until)
            yield replace(each, person_id=row.person_id, how=how, until=until, deputises_id=row.deputises_id)


def by_post(offices: Offices, person: Person, on: date) -> list[Holding]:
    """What the person's posts give on a day, be the person away or not: what a deputy may stand in for."""
    posts = offices.standing(person, on).posts
    return list(_by_post(offices, person.id, posts, on)) if offices.employs(posts) else []


def holders(connection: Connection, offices: Offices, role: Role, on: date) -> list[Holding]:
    """Everybody who holds `role` on a day; reads only people whose post or assignment could give it."""
    patterns = [pattern for seat in offices.seats if seat.role is role for pattern in seat.held_by]
    columns = assignment_table.c
    ids = set(connection.execute(select(columns.person_id).where(columns.role == role, *_in_force(on))).scalars())
    if patterns:
        ids |= set(connection.execute(_candidates(patterns, on)).scalars())
    found = holdings_of(connection, offices, ids, on)
    return [each for id_ in sorted(found) for each in found[id_] if each.role is role]


def bearers(connection: Connection, offices: Offices, roles: Iterable[Role], on: date) -> set[int]:
    """Everybody who holds one of `roles` on a day (JST): person ids."""
    return {each.person_id for role in roles for each in holders(connection, offices, role, on)}


def _candidates(patterns: Sequence[PostPattern], on: date) -> Select[tuple[int]]:
    """Persons with a post in force that could fit: SQL knows no sets of characters, so it may name too many."""
    columns = appointment_table.c
    fits = [and_(_like(columns.org_code, each.org), _like(columns.title_code, each.title)) for each in patterns]
    return select(columns.person_id).where(
        columns.known_until.is_(None), columns.gives == Gives.POST, columns.valid_from <= on,
        columns.valid_until >= on, or_(*fits),
    ).distinct()  # fmt: skip


def _like(column: Column[str], patterns: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(column.like(_as_like(each), escape="\\") for each in patterns or ("*",)))


def _as_like(pattern: str) -> str:
    """An fnmatch pattern as LIKE; a set of characters becomes any one character."""
    parts = re.split(r"(\[!?\]?[^\]]*\]|[*?])", pattern)
    marks = {"*": "%", "?": "_"}
    return "".join(
        marks.get(part, "_") if index % 2 else re.sub(r"([%_\\])", r"\\\1", part) for index, part in enumerate(parts)
    )


def units_of(holdings: Iterable[Holding], role: Role) -> frozenset[str]:
    """The codes of the units that bound a role: those of the posts that give it."""
    return frozenset(each.org_code for each in holdings if each.role is role and each.org_code)


def within(organisation: Organisation, units: Collection[str], org_code: str, on: date) -> bool:
    """Whether a unit is one of `units` or lies below one of them on a day."""
    return org_code in units or any(unit.code in units for unit in organisation.path(org_code, on))


def systems_of(model: AccessModel, organisation: Organisation, units: Collection[str], on: date) -> list[str]:
    """The systems whose owner, as the access model writes it, is one of these units, one below or their department."""
    names = {unit.name for unit in organisation if unit.on(on) and within(organisation, units, unit.code, on)}
    return [code for code, system in model.systems.items() if system.owner in names]


def owners_of(connection: Connection, offices: Offices, model: AccessModel, system: str, on: date) -> set[int]:
    """The system owners with a post in the very unit that the access model names as the owner of `system`."""
    owner = model.systems[system].owner if system in model.systems else ""
    found = holders(connection, offices, Role.SYSTEM_OWNER, on) if owner else []
    return {each.person_id for each in found if owns(each, owner)}


def owns(holding: Holding, owner: str) -> bool:
    """Whether a system owner's post is in the very unit that the access model names as an `owner`."""
    return holding.role is Role.SYSTEM_OWNER and bool(owner) and f"{holding.post} ".startswith(f"{owner} ")
