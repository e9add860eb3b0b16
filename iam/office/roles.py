"""Who holds which role today: by the post they hold, as a dated deputy, or as one of the first two officers.

The one law: *a role belongs to a post*, so it moves with the ledger on the day
of the appointment and nobody has to remember to take it away.  Only people in
service hold one; contractors never do; an auditor reads everything and changes
nothing, so whoever audits holds no other role (OITA-S3.7.1).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, Connection, Date, ForeignKey, Table, Text

from iam.people.ledger import Person
from iam.policy.profile import Profile, Role
from iam.record.store import Instant, Number, metadata

assignment_table = Table(
    "role_assignment",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("deputises_id", ForeignKey("person.id")),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("case_id", ForeignKey("office_case.id")),
    Column("reason", Text, nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    CheckConstraint("deputises_id IS NULL OR deputises_id <> person_id", name="deputy_of_another"),
)


class How(StrEnum):
    """How somebody comes to hold a role."""

    POST = "post"
    DEPUTY = "deputy"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class Holding:
    """One role of one person on a day, and why: the title of the policy, and the post or the person behind it.

    `org_code`: the unit of the post that gives the role ("" for a first officer), which bounds a system owner.
    """

    person_id: int
    role: Role
    how: How
    title: str
    org_code: str
    post: str
    until: date
    deputises_id: int | None = None


@dataclass(frozen=True)
class Offices:
    """What says who holds which role.  `absence`: source -> silent readings in a row, where not as the profile says."""

    profile: Profile
    absence: Mapping[str, int] = field(default_factory=dict)


def roles_of(
    connection: Connection,
    profile: Profile,
    person_ids: Collection[int],
    on: date,
    *,
    absence: Mapping[str, int] | None = None,
) -> Mapping[int, frozenset[Role]]:
    """The roles of each of these persons on a day (JST); everybody asked for is a key."""
    raise NotImplementedError


def roles_among(
    connection: Connection, offices: Offices, people: Collection[Person], on: date
) -> Mapping[int, frozenset[Role]]:
    """`roles_of` for persons who were read already: one query."""
    raise NotImplementedError


def holdings_of(
    connection: Connection, offices: Offices, person_ids: Collection[int], on: date
) -> Mapping[int, tuple[Holding, ...]]:
    """The roles of each of these persons on a day, with the reason of each."""
    raise NotImplementedError


def holders(connection: Connection, offices: Offices, role: Role, on: date) -> list[Holding]:
    """Everybody who holds `role` on a day; reads only people whose posts could give it."""
    raise NotImplementedError
