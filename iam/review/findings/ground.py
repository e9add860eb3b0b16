"""The ground of findings: what the frozen lines are held against, read once for the body, a system, a page of lines.

The one law: *memory is bounded by a page and by the registers*, never by how many accounts there are; and persons are
as they were frozen, so that finding again another day finds the same.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import translate
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from iam.access.accounts import RETURNED, blocks_of
from iam.access.kept.register import Kept, Member, kept_ids, members_of
from iam.access.model import AccessModel, System
from iam.access.naming import comparable_login
from iam.access.wanted import Rules, rules_for
from iam.people.announced import as_told
from iam.people.ledger import Person, people
from iam.people.standing import Status, held_posts, standing
from iam.policy.entry.signin import SigninRules
from iam.policy.profile import Profile, Zone
from iam.privilege.delegating import DelegationState, delegations
from iam.privilege.register import PrivilegedId, privileged_ids
from iam.privilege.seen.evidence import Cause
from iam.privilege.seen.findings import FindingKind as Privileged
from iam.privilege.seen.scanning import causes
from iam.record.act import Act
from iam.review.books import campaign_line_table, campaign_person_table
from iam.review.campaigns import Campaign, CampaignPerson, CampaignSystem, campaign, persons_of
from iam.review.findings.frozen import Seen, Who, as_text, held_of
from iam.signin.factors.authenticators import LASTING, State, authenticator_table
from iam.sync.actual.reconcile import protection_table

GONE: Final = frozenset({Status.LEFT, Status.ABSENT, Status.LAPSED, Status.UNTOLD})
"""Whoever has left: no more to be found in service on the day."""

SERVING: Final = frozenset({Status.IN_SERVICE, Status.ON_LEAVE, Status.AWAY})
"""Whoever holds a post, be they here or not."""


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom a register names (keeper, sponsor, user of a shared ID), on the day of the review.

    `since`: first day of the status; `posts`: (first day, last day, unit code, unit and title in words) of every post.
    """

    id: int
    number: str
    name: str
    status: Status
    since: date | None
    stopped: bool
    posts: tuple[tuple[date, date, str, str], ...] = ()

    @property
    def called(self) -> str:
        """As people are told of them."""
        return f"{self.name}（{self.number}）"

    def units(self, day: date) -> set[str]:
        """The codes of the units in which they had a post on the day."""
        return {unit for first, last, unit, _ in self.posts if first <= day <= last}

    def post(self, day: date) -> str:
        """Their first post of the day in words, or ""."""
        return next((words for first, last, _, words in self.posts if first <= day <= last), "")


@dataclass(frozen=True)
class Ground:
    """What holds for the whole review.

    `delegated`: privileged IDs that somebody may use.  `sizes`: how many in service hold each post (unit, title).
    `known`: whom registers name.  `enrolled`: somebody has a second factor here at all: else the body keeps none here.
    """

    connection: Connection
    at: datetime
    campaign: Campaign
    profile: Profile
    model: AccessModel
    delegated: frozenset[int]
    sizes: Mapping[tuple[str, str], int]
    known: Mapping[int, Known]
    enrolled: bool

    @property
    def day(self) -> date:
        """The day of the snapshot."""
        return self.campaign.day

    @cached_property
    def test_names(self) -> re.Pattern[str]:
        """Comparable logins that read like those of tests; which pattern fits is the name of the group's number."""
        patterns = [translate(comparable_login(each)) for each in self.campaign.terms.test_names]
        return re.compile("|".join(f"({each})" for each in patterns) or r"(?!)")

    @cached_property
    def rules(self) -> Rules:
        """What posts earn."""
        # Whoever counts as absent is known from the frozen persons, and names of units are not asked here.
        return rules_for(self.model, self.profile, absence_runs={}, unit=lambda _code, _day: ("", ""))


def ground_of(act: Act, campaign_id: int, profile: Profile, model: AccessModel) -> Ground:
    """What is read once."""
    connection, found = act.connection, campaign(act.connection, campaign_id)
    live = delegations(connection, act.at, states=[DelegationState.LIVE])
    delegated = frozenset(id_ for each in live if each.on(found.day) for id_ in each.privileged_ids)
    columns = campaign_person_table.c
    sizes = (
        select(columns.org_code, columns.title_code, func.count())
        .where(columns.campaign_id == campaign_id, columns.status == Status.IN_SERVICE, columns.org_code != "")
        .group_by(columns.org_code, columns.title_code)
    )
    peers = {(org, title): size for org, title, size in connection.execute(sizes) if title}
    known = _named(connection, found, profile)
    return Ground(connection, act.at, found, profile, model, delegated, peers, known, _enrolled(connection))


def _enrolled(connection: Connection) -> bool:
    columns = authenticator_table.c
    lasting = columns.state == State.ACTIVE, columns.form.in_(sorted(LASTING))
    return connection.execute(select(columns.id).where(*lasting).limit(1)).first() is not None


def _named(connection: Connection, found: Campaign, profile: Profile) -> dict[int, Known]:
    """Everybody whom the register of kept IDs names."""
    register = kept_ids(connection)
    ids = {id_ for each in register for id_ in (each.keeper_id, each.sponsor_id) if id_ is not None}
    members = members_of(connection, [each.id for each in register])
    ids |= {member.person_id for each in members.values() for member in each}
    frozen, blocks = persons_of(connection, found.id, sorted(ids)), blocks_of(connection, sorted(ids))
    stopped = {
        id_
        for id_, mine in blocks.items()
        if any(each.on(found.day) and not (each.system or each.entitlement) and each.origin != RETURNED
               for each in mine)
    }  # fmt: skip
    runs = profile.accounts.absence_runs.value
    return {
        person.id: _known(
            as_told(person, found.day), frozen.get(person.id), found.day, runs, stopped=person.id in stopped
        )
        for person in people(connection, ids)
    }


def _known(person: Person, frozen: CampaignPerson | None, day: date, runs: int, *, stopped: bool) -> Known:
    now = standing(person.entries, day, absent=person.absent_runs >= runs)
    status, since = (Status(frozen.status), frozen.since) if frozen else (now.status, now.since)
    posts = tuple(
        (held.begins, held.until, held.entry.told.org_code,
         " ".join(filter(None, (held.entry.told.org_name, held.entry.told.title))))
        for held in held_posts(person.entries)
        if held.begins <= day
    )  # fmt: skip
    return Known(person.id, person.staff_number, person.name, status, since, stopped, posts)


# --- a system


@dataclass(frozen=True)
class Here:
    """One system of the review.  `read`: its target was read to the end for this review.

    `used`: somebody was seen to sign in at all, so that silence about others says something.  `kept`, `left`: the
    register of kept IDs in force, and what left it, by comparable login.  `privilege`: what no use explains, by
    comparable login.  `marks`: protections that ran out, as rows of the table.  `held`: how many of the same unit and
    title hold a right.
    """

    frozen: CampaignSystem
    system: System | None
    zone: Zone
    signin: SigninRules
    used: bool
    kept: Mapping[str, Kept]
    left: Mapping[str, Kept]
    members: Mapping[int, Sequence[Member]]
    registered: Mapping[str, PrivilegedId]
    privilege: Mapping[str, Sequence[Cause]]
    marks: Mapping[str, Row[Any]]
    held: Mapping[tuple[str, str, str], int]

    @property
    def code(self) -> str:
        """The code of the system."""
        return self.frozen.system

    @property
    def read(self) -> bool:
        """Whether what the target does not show is not there."""
        return self.frozen.read_at is not None and not self.frozen.trouble


def here_of(ground: Ground, frozen: CampaignSystem) -> Here:
    """What is read once for a system."""
    connection, code = ground.connection, frozen.system
    system = ground.model.systems.get(code)
    zone = ground.profile.zone(system.zone if system else "")
    every = kept_ids(connection, system=code, retired=True)
    kept = {each.comparable: each for each in every if each.retired_at is None}
    register = privileged_ids(connection, system=code)
    return Here(
        frozen, system, zone, ground.profile.signin.resolved({zone.code}, privileged=False, on=ground.day),
        _seen(connection, frozen), kept, {each.comparable: each for each in every if each.comparable not in kept},
        members_of(connection, [each.id for each in kept.values()]),
        {comparable_login(each.login): each for each in register if each.login}, _privilege(ground, code),
        _ran_out(ground, code), _held(ground, code),
    )  # fmt: skip


def _seen(connection: Connection, frozen: CampaignSystem) -> bool:
    columns = campaign_line_table.c
    mine = columns.campaign_id == frozen.campaign_id, columns.system == frozen.system, columns.used_at.is_not(None)
    return connection.execute(select(columns.id).where(*mine).limit(1)).first() is not None


def _privilege(ground: Ground, code: str) -> dict[str, list[Cause]]:
    found: dict[str, list[Cause]] = defaultdict(list)
    if code in ground.model.systems:
        for cause in causes(ground.connection, ground.model, code, ground.at):
            # A name that products bring with them is no privilege by itself; whether it is known is asked elsewhere.
            if cause.kind is not Privileged.DEFAULT_NAME:
                found[comparable_login(cause.login)].append(cause)
    return found


def _ran_out(ground: Ground, code: str) -> dict[str, Row[Any]]:
    columns = protection_table.c
    query = select(protection_table).where(columns.system == code, columns.until < ground.day)
    return {row.comparable: row for row in ground.connection.execute(query.order_by(columns.until))}


def _held(ground: Ground, code: str) -> Mapping[tuple[str, str, str], int]:
    """(unit, title, right) -> how many of those in service at this post hold it on the target."""
    line, person = campaign_line_table.c, campaign_person_table.c
    post = person.org_code, person.title_code, line.rights
    query = (
        select(person.org_code, person.title_code, as_text(line.rights), func.count())
        .join(campaign_person_table, (person.campaign_id == line.campaign_id) & (person.person_id == line.person_id))
        .where(line.campaign_id == ground.campaign.id, line.system == code, person.status == Status.IN_SERVICE)
        .group_by(*post)
    )
    counted: Counter[tuple[str, str, str]] = Counter()
    for org, title, rights, many in ground.connection.execute(query):
        for right in held_of(rights).codes:
            counted[org, title, right] += many
    return counted


# --- a page of lines


@dataclass(frozen=True)
class Page:
    """Some thousand lines with the persons whose they are; `odd`: rights that no post of today explains, by line."""

    lines: Sequence[Seen]
    persons: Mapping[int, Who]
    odd: Mapping[int, Any] = field(default_factory=dict)

    def owner(self, line: Seen) -> Who | None:
        """Whose it is, as they were frozen."""
        return None if line.person_id is None else self.persons.get(line.person_id)
