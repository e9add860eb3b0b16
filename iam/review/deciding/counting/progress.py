"""How far a review is: what is answered of all that is asked, by department, system and part.

The one law: *a line is done when it has a verdict*, and a person when 人事 has said more than 「確認中」.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)

from iam.review.books import campaign_answer_table, campaign_line_table, campaign_person_table
from iam.review.deciding.verdicts import without_verdict
from iam.review.words import How, Part, Verdict


class By(StrEnum):
    """What is counted by.  DEPARTMENT: of whoever owns the account ("" nobody's)."""

    DEPARTMENT = "department"
    SYSTEM = "system"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one department, system or part is.  `key`: its name, code or Part.  `found`: lines with findings.
    `silent`: decided by silence."""

    key: str
    lines: int
    decided: int
    found: int
    silent: int

    @property
    def open(self) -> int:
        """Lines without a verdict."""
        return self.lines - self.decided

    @property
    def percent(self) -> int:
        """Decided lines in percent, rounded down: 100 only when nothing is left."""
        return self.decided * 100 // self.lines if self.lines else 100


@dataclass(frozen=True, slots=True)
class Undecided:
    """What is still to be said before anybody may sign: lines without a verdict, persons without an answer, and persons
    of whom 人事 said UNKNOWN."""

    lines: int
    persons: int
    unknown: int

    @property
    def total(self) -> int:
        """All of it; 0: it may be signed."""
        return self.lines + self.persons + self.unknown


def progress(connection: Connection, campaign_id: int, by: By) -> list[Progress]:
    """One entry for each, by its key; one query."""
    line, person = campaign_line_table.c, campaign_person_table.c
    owner, general, left = (campaign_answer_table.alias() for _ in range(3))
    keys = {By.DEPARTMENT: func.coalesce(person.department, ""), By.SYSTEM: line.system, By.PART: line.asked}
    said = or_(owner.c.id.is_not(None), general.c.id.is_not(None), left.c.id.is_not(None))
    silent = and_(owner.c.how == How.SILENCE, general.c.id.is_(None), left.c.id.is_(None))
    key, found = keys[by], line.findings > 0
    query = (
        select(key.label("key"), func.count(), *(_times(each) for each in (said, found, silent)))
        .outerjoin(owner, and_(owner.c.line_id == line.id, owner.c.part == Part.OWNER))
        .outerjoin(general, and_(general.c.line_id == line.id, general.c.part == Part.GENERAL))
        .outerjoin(left, and_(_same_person(left), left.c.verdict == Verdict.LEFT))
        .where(line.campaign_id == campaign_id)
        .group_by("key")
        .order_by("key")
    )
    if by is By.DEPARTMENT:
        query = query.outerjoin(campaign_person_table, _same_person(campaign_person_table))
    return [Progress(*row) for row in connection.execute(query)]


def _same_person(of: FromClause) -> ColumnElement[bool]:
    line = campaign_line_table.c
    return and_(of.c.campaign_id == line.campaign_id, of.c.person_id == line.person_id)


def _times(true: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows it is true of."""
    return func.coalesce(func.sum(case((true, 1), else_=0)), 0)


def people_progress(connection: Connection, campaign_id: int) -> list[Progress]:
    """The same of persons (`lines` are persons with an account), by department."""
    person, answer = campaign_person_table.c, campaign_answer_table.c
    silent = answer.how == How.SILENCE
    said = and_(answer.id.is_not(None), or_(answer.verdict != Verdict.UNKNOWN, silent))
    query = (
        select(person.department, func.count(), _times(said), literal(0), _times(silent))
        .outerjoin(campaign_answer_table, _about())
        .where(person.campaign_id == campaign_id, person.accounts > 0)
        .group_by(person.department)
        .order_by(person.department)
    )
    return [Progress(*row) for row in connection.execute(query)]


def _about() -> ColumnElement[bool]:
    person, answer = campaign_person_table.c, campaign_answer_table.c
    return and_(answer.campaign_id == person.campaign_id, answer.person_id == person.person_id)


def undecided(connection: Connection, campaign_id: int) -> Undecided:
    """What is still to be said."""
    line, person, answer = campaign_line_table.c, campaign_person_table.c, campaign_answer_table.c
    lines = select(func.count()).where(line.campaign_id == campaign_id, without_verdict())
    mine = person.campaign_id == campaign_id, person.accounts > 0
    persons = select(func.count()).where(*mine, ~exists().where(_about()))
    asked = answer.campaign_id == campaign_id, answer.part == Part.HR, answer.how != How.SILENCE
    unknown = select(func.count()).where(*asked, answer.verdict == Verdict.UNKNOWN)
    return Undecided(*(connection.execute(query).scalar_one() for query in (lines, persons, unknown)))
