"""The rows of a review as they leave it: one shape for every format, streamed.

The one law: *every format says the same*: a sheet, a delimited file, the report and JSON are made of these values and
of nothing else, in the same order, so that their counts and their contents can be held against each other.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, Connection, Join, Text, func, literal_column, select

from iam.people.ledger import chunks, person_table
from iam.record.columns import among
from iam.review.books import campaign_line_table, campaign_person_table
from iam.review.campaigns import (
    CampaignPerson,
    Finding,
    Line,
    findings_of,
    persons_of,
    read_line,
    systems_of,
)
from iam.review.closing.removals import Removal, removals
from iam.review.deciding.verdicts import Answer, Outcome, answers_of, weigh

PAGE: Final = 1_000
"""Lines worked out at once."""

_BASELINE: Final = "baseline"
_NOTHING: Final = literal_column("''", Text)
"""Not a bound value: PostgreSQL would not see that two of them group alike."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a review with everything that is known of it.

    `number`: 1, 2, 3 … in the order of the export.  `department`, `unit`: of whose account it is; "" for nobody's and
    for those of nobody placed.  `outcome`: what comes of all answers, None while nobody has decided.  `names`: by
    person id, whoever answered or is named in an answer, as 職員番号 and name.
    """

    number: int
    line: Line
    system: str
    department: str
    unit: str
    owner: CampaignPerson | None
    keeper: CampaignPerson | None
    findings: tuple[Finding, ...]
    answers: tuple[Answer, ...]
    outcome: Outcome | None
    removals: tuple[Removal, ...]
    names: Mapping[int, str] = field(repr=False)

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses behind what was found and behind each right, once each, sorted (R50)."""
        named = {each.clause for each in self.findings} | {each.clause for each in self.line.rights}
        return tuple(sorted(named - {"", _BASELINE}))


@dataclass(frozen=True, slots=True)
class Department:
    """A department in the order of the organisation.  `name`: "" for what belongs to nobody."""

    name: str
    lines: int
    with_findings: int


def departments(connection: Connection, campaign_id: int) -> list[Department]:
    """The departments that have lines: nobody's first, then by the lowest code of their units."""
    lines, owner = campaign_line_table.c, campaign_person_table.c
    name = func.coalesce(owner.department, _NOTHING)
    query = (
        select(name, func.min(owner.org_code), func.count(), func.count().filter(lines.findings > 0))
        .select_from(_with_owner())
        .where(lines.campaign_id == campaign_id)
        .group_by(name)
    )
    found = [(department != "", code or "", Department(department, *counts))
             for department, code, *counts in connection.execute(query)]  # fmt: skip
    return [each for _, _, each in sorted(found, key=lambda each: (*each[:2], each[2].name))]


def rows(connection: Connection, campaign_id: int) -> Iterator[Row]:
    """Every line of a campaign, by department, unit, system, login; nobody's first.  Memory stays bounded.

    The connection must read one snapshot, as `Store.read` gives.
    """
    reading = _Reading(connection, campaign_id)
    number = 0
    for department in departments(connection, campaign_id):
        for ids in chunks(_ordered(connection, campaign_id, department.name), PAGE):
            yield from reading.page(ids, number, department.name)
            number += len(ids)


class _Reading:
    """A walk over the lines of one campaign; it keeps the names of those who answer, who are few."""

    def __init__(self, connection: Connection, campaign_id: int) -> None:
        self._connection = connection
        self._campaign_id = campaign_id
        self._systems = {each.system: each.name for each in systems_of(connection, campaign_id)}
        self._names: dict[int, str] = {}

    def page(self, ids: Sequence[int], number: int, department: str) -> Iterator[Row]:
        """The rows of these lines in this order, counted on from `number`."""
        query = select(campaign_line_table).where(among(campaign_line_table.c.id, ids))
        lines = {row.id: read_line(row) for row in self._connection.execute(query)}
        persons = persons_of(self._connection, self._campaign_id, _persons_in(lines.values()))
        found = findings_of(self._connection, ids)
        answers = answers_of(self._connection, lines.values())
        removed = self._removals(ids)
        self._know({each for given in answers.values() for answer in given for each in _named_in(answer)})
        for place, line in enumerate((lines[each] for each in ids), number + 1):
            given = answers.get(line.id, [])
            owner = persons.get(line.person_id) if line.person_id is not None else None
            yield Row(
                number=place, line=line, system=self._systems.get(line.system, line.system), department=department,
                unit=owner.org_name if owner else "", owner=owner,
                keeper=persons.get(line.keeper_id) if line.keeper_id is not None else None,
                findings=tuple(found.get(line.id, ())), answers=tuple(given), outcome=weigh(given),
                removals=tuple(removed.get(line.id, ())), names=self._names,
            )  # fmt: skip

    def _removals(self, ids: Sequence[int]) -> dict[int, list[Removal]]:
        found: dict[int, list[Removal]] = {}
        for each in removals(self._connection, self._campaign_id, line_ids=ids):
            found.setdefault(each.line_id, []).append(each)
        return found

    def _know(self, ids: Collection[int]) -> None:
        unknown = [each for each in ids if each not in self._names]
        columns = person_table.c
        query = select(columns.id, columns.staff_number, columns.name).where(among(columns.id, unknown))
        for person_id, number, name in self._connection.execute(query) if unknown else ():
            self._names[person_id] = f"{number} {name}"


def _persons_in(lines: Iterable[Line]) -> set[int]:
    return {each for line in lines for each in (line.person_id, line.keeper_id) if each is not None}


def _named_in(answer: Answer) -> Iterator[int]:
    return (each for each in (answer.answered_by, answer.given_to) if each is not None)


def _ordered(connection: Connection, campaign_id: int, department: str) -> "array[int]":
    """The lines of a department in the order in which they are printed."""
    lines, owner = campaign_line_table.c, campaign_person_table.c
    order = func.coalesce(owner.org_code, _NOTHING), lines.system, lines.comparable, lines.login
    query = (
        select(lines.id)
        .select_from(_with_owner())
        .where(lines.campaign_id == campaign_id, func.coalesce(owner.department, _NOTHING) == department)
        .order_by(*(_alike(connection, each) for each in order), lines.id)
    )
    return array("q", connection.execute(query.execution_options(yield_per=PAGE)).scalars())


def _alike(connection: Connection, column: ColumnElement[str]) -> ColumnElement[str]:
    """By bytes, so that both databases agree whatever language PostgreSQL was set up for; SQLite does so anyway."""
    return column.collate("C") if connection.dialect.name == "postgresql" else column


def _with_owner() -> Join:
    lines, owner = campaign_line_table.c, campaign_person_table.c
    mine = (owner.campaign_id == lines.campaign_id) & (owner.person_id == lines.person_id)
    return campaign_line_table.outerjoin(campaign_person_table, mine)
