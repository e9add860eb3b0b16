"""Worklists: what a reviewer still has to answer, page by page, with all that is needed to do so.

The one law: *nothing is shown that one may not answer without saying why*: a line about oneself stands there, locked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, union_all

from iam.errors import Forbidden
from iam.people.ledger import chunks
from iam.record.columns import among
from iam.review.books import (
    campaign_answer_table,
    campaign_comment_table,
    campaign_finding_table,
    campaign_line_table,
    campaign_person_table,
    campaign_system_table,
)
from iam.review.campaigns import (
    Campaign,
    CampaignPerson,
    Finding,
    Line,
    findings_of,
    in_department,
    persons_of,
    read_line,
)
from iam.review.deciding.reviewers import Reviewer, why_not_line, why_not_person
from iam.review.deciding.verdicts import Answer, Outcome, answers_about, answers_of, weigh, without_verdict
from iam.review.words import FindingKind, How, Part, Verdict

PAGE: Final = 50
"""Lines on a page."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which lines are asked for.  `part`: OWNER lists the systems that one owns and is asked about; GENERAL what is
    asked of the general officer; with `everything` all lines of those systems, or of the campaign.  `department`: of
    whoever owns the account, "" nobody's.  `found`: with (True) or without findings.  `text`: in the login, the staff
    number or the name.  `reading`: by whoever a page lets read, though they have no worklist (auditors, operators).
    """

    part: Part
    open_only: bool = True
    everything: bool = False
    system: str | None = None
    department: str | None = None
    finding: FindingKind | None = None
    found: bool | None = None
    text: str = ""
    reading: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A line with what was found, said and comes of it.  `why_not`: why this reviewer may not answer it, or "".

    `owner`, `keeper`: as frozen.  `comments`: how many.
    """

    line: Line
    owner: CampaignPerson | None
    keeper: CampaignPerson | None
    findings: tuple[Finding, ...]
    answers: tuple[Answer, ...]
    outcome: Outcome | None
    comments: int
    why_not: str


@dataclass(frozen=True, slots=True)
class PersonItem:
    """A person of 人事's worklist, with what 人事 answered and whether this reviewer may."""

    person: CampaignPerson
    answer: Answer | None
    comments: int
    why_not: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of lines.  `more`: what to give as `after` for the next, None on the last.  `revision`: what is seen."""

    items: tuple[Item, ...]
    more: int | None
    revision: int


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A page of persons."""

    items: tuple[PersonItem, ...]
    more: int | None
    revision: int


def worklist(
    connection: Connection, who: Reviewer, campaign: Campaign, chosen: Chosen, *, after: int = 0, most: int = PAGE
) -> Page:
    """One page of lines by their ids.

    Raises:
        Forbidden: when this reviewer has no worklist in this part.
    """
    ids = line_ids(connection, who, campaign, chosen, most + 1, after=after)
    columns = campaign_line_table.c
    query = select(campaign_line_table).where(among(columns.id, ids[:most])).order_by(columns.id)
    found = [read_line(row) for row in connection.execute(query)]
    more = ids[most - 1] if len(ids) > most else None
    return Page(tuple(items(connection, who, campaign, chosen.part, found)), more, campaign.revision)


def items(connection: Connection, who: Reviewer, campaign: Campaign, part: Part, lines: list[Line]) -> list[Item]:
    """These lines as this reviewer sees them."""
    ids = [line.id for line in lines]
    persons = persons_of(
        connection, campaign.id, {id_ for each in lines for id_ in (each.person_id, each.keeper_id) if id_}
    )
    findings, answers = findings_of(connection, ids), answers_of(connection, lines)
    comments = _comments(connection, campaign_comment_table.c.line_id, campaign, ids)
    return [
        Item(
            line, persons.get(line.person_id or 0), persons.get(line.keeper_id or 0), tuple(findings[line.id]),
            tuple(answers[line.id]), weigh(answers[line.id]), comments.get(line.id, 0),
            str(why_not_line(who, part, line) or ""),
        )
        for line in lines
    ]  # fmt: skip


def line_ids(
    connection: Connection, who: Reviewer, campaign: Campaign, chosen: Chosen, most: int, *, after: int = 0
) -> list[int]:
    """The ids of all lines of a worklist beyond `after`, at most `most`: what a bulk answer is about.

    Raises:
        Forbidden: as `worklist`.
    """
    columns = campaign_line_table.c
    if chosen.department is not None or chosen.finding is not None or chosen.text.strip():
        # What few lines are is found by what they are; the rest by the order of the index.
        query = _lines(select(columns.id), who, campaign, chosen).where(columns.id > after)
        return list(connection.execute(query.order_by(columns.id).limit(most)).scalars())
    systems = select(campaign_system_table.c.system).where(campaign_system_table.c.campaign_id == campaign.id)
    here = [code for code in connection.execute(systems).scalars() if _wanted(who, chosen, code)]
    parts = (Part.OWNER, Part.GENERAL) if chosen.everything else (chosen.part,)
    conditions = [*_conditions(who, campaign, chosen), columns.id > after]
    found = list[int]()
    for pieces in chunks(product(here, parts), _PIECES):
        found += connection.execute(_merged(pieces, conditions, most)).scalars()
    return sorted(found)[:most]


def _merged(pieces: Iterable[tuple[str, Part]], conditions: Iterable[ColumnElement[bool]], most: int) -> Select[Any]:
    """The first ids of these systems and parts together: each is read in the order of the index, no further than
    needed, where a list of all would have to be sorted for a page."""
    columns = campaign_line_table.c
    first = [
        select(columns.id)
        .where(*conditions, columns.system == system, columns.asked == part)
        .order_by(columns.id)
        .limit(most)
        .subquery()
        for system, part in pieces
    ]
    merged = union_all(*(select(each.c.id) for each in first)).subquery()
    return select(merged.c.id).order_by(merged.c.id).limit(most)


_PIECES: Final = 60
"""SQLite takes no more than a few hundred selects in one."""


def how_many(connection: Connection, who: Reviewer, campaign: Campaign, chosen: Chosen) -> int:
    """How many lines, or in 人事's part persons, a worklist has.

    Raises:
        Forbidden: as `worklist`.
    """
    count = select(func.count())
    asked = _persons if chosen.part is Part.HR else _lines
    return int(connection.execute(asked(count, who, campaign, chosen)).scalar_one())


def _wanted(who: Reviewer, chosen: Chosen, system: str) -> bool:
    """Whether a worklist has lines of this system."""
    mine = chosen.part is not Part.OWNER or system in who.systems
    return mine and chosen.system in {None, system}


def _lines(query: Select[Any], who: Reviewer, campaign: Campaign, chosen: Chosen) -> Select[Any]:
    columns = campaign_line_table.c
    query = query.where(*_conditions(who, campaign, chosen))
    if chosen.part is Part.OWNER:
        query = query.where(among(columns.system, sorted(who.systems)))
    if chosen.system is not None:
        query = query.where(columns.system == chosen.system)
    return query if chosen.everything else query.where(columns.asked == chosen.part)


def _conditions(who: Reviewer, campaign: Campaign, chosen: Chosen) -> list[ColumnElement[bool]]:
    """What a line must be, its system and who is asked aside."""
    columns, finding = campaign_line_table.c, campaign_finding_table.c
    if not chosen.reading:
        _refuse(who, chosen.part)
    found: list[ColumnElement[bool]] = [columns.campaign_id == campaign.id]
    if chosen.open_only:
        found.append(without_verdict())
    if chosen.department is not None:
        found.append(in_department(campaign.id, chosen.department))
    if chosen.finding is not None:
        kind = finding.campaign_id == campaign.id, finding.kind == chosen.finding
        found.append(columns.id.in_(select(finding.line_id).where(*kind)))
    if chosen.found is not None:
        found.append(columns.findings > 0 if chosen.found else columns.findings == 0)
    if chosen.text.strip():
        found.append(_spelled(campaign, chosen.text))
    return found


def _spelled(campaign: Campaign, text: str) -> ColumnElement[bool]:
    columns, person = campaign_line_table.c, campaign_person_table.c
    named = select(person.person_id).where(person.campaign_id == campaign.id, _named(text))
    return or_(columns.login.icontains(text.strip(), autoescape=True), columns.person_id.in_(named))


def _named(text: str) -> ColumnElement[bool]:
    person, asked = campaign_person_table.c, text.strip()
    return or_(person.staff_number == asked, person.name.contains(asked, autoescape=True))


def _refuse(who: Reviewer, part: Part) -> None:
    if who.barred:
        raise who.barred
    if part not in who.parts:
        raise Forbidden(f"「{part.label_ja}」として回答する担当者ではありません。")


def _comments(
    connection: Connection, column: ColumnElement[int | None], campaign: Campaign, ids: list[int]
) -> dict[int, int]:
    mine = campaign_comment_table.c.campaign_id == campaign.id
    query = select(column, func.count()).where(mine, among(column, ids)).group_by(column)
    return {id_: number for id_, number in connection.execute(query) if id_ is not None}


def people_worklist(
    connection: Connection, who: Reviewer, campaign: Campaign, chosen: Chosen, *, after: int = 0, most: int = PAGE
) -> PersonPage:
    """One page of persons with an account by their ids; of `chosen` `open_only`, `department` and `text` count.

    Raises:
        Forbidden: when this reviewer is not of 人事.
    """
    columns = campaign_person_table.c
    query = _persons(select(columns.person_id), who, campaign, chosen).where(columns.person_id > after)
    ids = list(connection.execute(query.order_by(columns.person_id).limit(most + 1)).scalars())
    more, ids = ids[most - 1] if len(ids) > most else None, ids[:most]
    persons, answers = persons_of(connection, campaign.id, ids), answers_about(connection, campaign.id, ids)
    comments = _comments(connection, campaign_comment_table.c.person_id, campaign, ids)
    found = (
        PersonItem(persons[id_], answers.get(id_), comments.get(id_, 0), str(why_not_person(who, id_) or ""))
        for id_ in ids
    )
    return PersonPage(tuple(found), more, campaign.revision)


def person_ids(connection: Connection, who: Reviewer, campaign: Campaign, chosen: Chosen, most: int) -> list[int]:
    """The ids of all persons of 人事's worklist, at most `most`.

    Raises:
        Forbidden: as `people_worklist`.
    """
    columns = campaign_person_table.c
    query = _persons(select(columns.person_id), who, campaign, chosen).order_by(columns.person_id).limit(most)
    return list(connection.execute(query).scalars())


def _persons(query: Select[Any], who: Reviewer, campaign: Campaign, chosen: Chosen) -> Select[Any]:
    """Open: without an answer, or with one that says that it is still to come."""
    columns, answer = campaign_person_table.c, campaign_answer_table.c
    if not chosen.reading:
        _refuse(who, Part.HR)
    query = query.where(columns.campaign_id == campaign.id, columns.accounts > 0)
    if chosen.open_only:
        final = or_(answer.verdict != Verdict.UNKNOWN, answer.how == How.SILENCE)
        query = query.where(
            ~exists().where(answer.campaign_id == campaign.id, answer.person_id == columns.person_id, final)
        )
    if chosen.department is not None:
        query = query.where(columns.department == chosen.department)
    return query.where(_named(chosen.text)) if chosen.text.strip() else query
