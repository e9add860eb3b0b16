"""Reviewers: who may answer about which line and which person, today.

The one law: *nobody answers about themselves, nor about what they keep* (design law 4, OITA-S3.7.1): one function says
so, for pages, sheets and commands alike, and two constraints of `campaign_answer` say it again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from iam.errors import Forbidden
from iam.policy.profile import Role
from iam.review.words import Part
from iam.signin.door import Door


class About(Protocol):
    """What of a line (`campaigns.Line`) says who may answer about it."""

    @property
    def system(self) -> str: ...
    @property
    def person_id(self) -> int | None: ...
    @property
    def keeper_id(self) -> int | None: ...
    @property
    def asked(self) -> Part: ...


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who answers, as of today: roles by post, deputies and nominations as everywhere.

    `systems`: codes of the systems that they own.  `barred`: why they may answer nothing whatever their roles.
    """

    person_id: int
    roles: frozenset[Role]
    systems: frozenset[str]
    barred: Forbidden | None

    @property
    def parts(self) -> tuple[Part, ...]:
        """In which parts they have a worklist."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Answerers:
    """Everybody who may answer today, by part; owners by system.  For reminders, and for what nobody can answer."""

    hr: frozenset[int]
    general: frozenset[int]
    owners: Mapping[str, frozenset[int]]

    def of(self, about: About) -> frozenset[int]:
        """Who is asked about this line and may answer."""
        raise NotImplementedError


def reviewer(connection: Connection, door: Door, person_id: int, at: datetime) -> Reviewer:
    """How this person may answer at `at`."""
    raise NotImplementedError


def answerers(connection: Connection, door: Door, systems: Collection[str], at: datetime) -> Answerers:
    """Everybody who may answer at `at`; `systems`: those of the campaign."""
    raise NotImplementedError


def why_not_line(who: Reviewer, part: Part, about: About) -> Forbidden | None:
    """What stands between this reviewer and an answer about a line in this part, or None: pure."""
    raise NotImplementedError


def why_not_person(who: Reviewer, person_id: int) -> Forbidden | None:
    """What stands between this reviewer and an answer of 人事 about a person, or None: pure."""
    raise NotImplementedError


def part_asked(owners: Collection[int], person_id: int | None, keeper_id: int | None) -> Part:
    """Who is asked about a line of a system with these owners: OWNER when one of them is neither whom the line
    concerns nor who keeps it, else GENERAL: pure."""
    raise NotImplementedError
