"""Passing on: lines whose owner is gone, or who said nothing, are asked of the general officer.

The one law: *a line is always asked of somebody*: who is asked changes by this function alone, and is recorded.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select, update

from iam.people.ledger import chunks
from iam.record.act import Act
from iam.record.columns import among
from iam.review.books import campaign_line_table
from iam.review.campaigns import Campaign
from iam.review.deciding.reviewers import Answerers, answerers
from iam.review.deciding.taking.writing import held_open
from iam.review.deciding.verdicts import without_verdict
from iam.review.words import Part
from iam.signin.door import Door

GONE: Final = "回答できる責任者がいない"
"""Why a line is passed on that no owner may answer."""


def passed(act: Act, of: Campaign, line_ids: Collection[int], reason: str) -> int:
    """Ask the general officer about those of `line_ids` that were asked of an owner and nobody has answered.

    `of`: held open (`writing.held_open`).  Answers how many.
    """
    columns, rows = campaign_line_table.c, list[Row[Any]]()
    for part in chunks(line_ids):
        query: Select[Any] = select(columns.id, columns.system).where(among(columns.id, part), *_owners(of.id))
        rows += act.connection.execute(query).all()
        act.connection.execute(
            update(campaign_line_table).where(among(columns.id, part), *_owners(of.id)).values(asked=Part.GENERAL)
        )
    if rows:
        told = defaultdict[str, list[int]](list)
        for row in sorted(rows, key=lambda each: int(each.id)):
            told[row.system].append(row.id)
        act.record("review.passed_on", of.subject, {"reason": reason, "number": len(rows), "lines": told})
    return len(rows)


def pass_on_orphans(act: Act, door: Door, campaign_id: int) -> int:
    """The same for all open lines that no owner may answer today (gone, or they concern or are kept by every owner).

    Raises:
        Conflict: when the campaign is not open; NotFound: when there is none.
    """
    of = held_open(act, campaign_id)
    return passed(act, of, orphans(act.connection, of, _who(act.connection, door, of, act)), GONE)


def _who(connection: Connection, door: Door, of: Campaign, act: Act) -> Answerers:
    columns = campaign_line_table.c
    systems = connection.execute(select(columns.system).where(columns.campaign_id == of.id).distinct()).scalars()
    return answerers(connection, door, list(systems), act.at)


def escalate(act: Act, campaign_id: int, reason: str, *, systems: Collection[str] | None = None) -> int:
    """The same for all open lines, or those of `systems`: the general officer decides to take them over.

    Raises:
        Conflict, NotFound: as `pass_on_orphans`.
    """
    of, columns = held_open(act, campaign_id), campaign_line_table.c
    query = select(columns.id).where(*_owners(of.id))
    if systems is not None:
        query = query.where(among(columns.system, systems))
    return passed(act, of, list(act.connection.execute(query).scalars()), reason)


def orphans(connection: Connection, of: Campaign, by: Answerers) -> list[int]:
    """Open lines that are asked of an owner and that none of the owners may answer: line ids."""
    return _without(connection, of, Part.OWNER, by)


def stuck(connection: Connection, of: Campaign, by: Answerers) -> list[int]:
    """Open lines that are asked of the general officer and that none of them may answer: a deputy has to be named."""
    return _without(connection, of, Part.GENERAL, by)


def _without(connection: Connection, of: Campaign, part: Part, by: Answerers) -> list[int]:
    """Whom a line concerns or who keeps it shuts out two at the most: of three answerers one is always left."""
    columns = campaign_line_table.c
    asked = [columns.campaign_id == of.id, columns.asked == part, without_verdict()]
    systems = connection.execute(select(columns.system).where(*asked).distinct()).scalars().all()
    groups = {code: by.asked(part, code) for code in systems}
    few = {code: group for code, group in groups.items() if len(group) <= _MOST_SHUT_OUT}
    concerned: list[ColumnElement[bool]] = []
    for code, group in few.items():
        shut = or_(among(columns.person_id, group), among(columns.keeper_id, group))
        concerned.append((columns.system == code) & shut if group else columns.system == code)
    if not concerned:
        return []
    query = select(columns.id, columns.system, columns.comparable, columns.person_id, columns.keeper_id, columns.asked)
    rows = connection.execute(query.where(*asked, or_(*concerned)))
    return [row.id for row in rows if not few[row.system] - {row.person_id, row.keeper_id}]


_MOST_SHUT_OUT: Final = 2


def _owners(campaign_id: int) -> tuple[ColumnElement[bool], ...]:
    columns = campaign_line_table.c
    return columns.campaign_id == campaign_id, columns.asked == Part.OWNER, without_verdict()
