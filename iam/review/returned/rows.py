"""What stands in the fixed cells of a sheet: a line or a person of a campaign in words.

The one law: *only what was frozen is told*: a sheet says of everybody what stood on the day of the campaign, so that
nobody reads of an appointment before its day (内示), and the same row says the same on every sheet.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Connection, select

from iam.people.japanese import wareki
from iam.people.ledger import chunks
from iam.people.standing import Status
from iam.record.columns import among, jst_day
from iam.review.books import campaign_line_table
from iam.review.campaigns import (
    CampaignPerson,
    Finding,
    Line,
    Right,
    findings_of,
    persons_of,
    read_line,
    systems_of,
)
from iam.review.findings import said
from iam.review.words import Part

_LONGEST: Final = 1_500
"""Characters of a cell: nobody reads more, and 10,000 rows of it still come back within the bounds of a file."""

_UNSEEN: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

Cells = tuple[str, ...]


def lines_by_id(connection: Connection, line_ids: Iterable[int]) -> dict[int, Line]:
    """These lines by their ids."""
    found: dict[int, Line] = {}
    for part in chunks(line_ids):
        query = select(campaign_line_table).where(among(campaign_line_table.c.id, part))
        found.update((row.id, read_line(row)) for row in connection.execute(query))
    return found


def cells_of(connection: Connection, campaign_id: int, part: Part, ids: Collection[int]) -> dict[int, Cells]:
    """The fixed cells (`columns.fixed`) of these lines, or for HR of these persons, by department and unit.

    Ids that the campaign does not have are left out.
    """
    if part is Part.HR:
        return _of_persons(connection, campaign_id, ids)
    return _of_lines(connection, campaign_id, ids)


def _of_lines(connection: Connection, campaign_id: int, ids: Collection[int]) -> dict[int, Cells]:
    lines = [line for line in lines_by_id(connection, ids).values() if line.campaign_id == campaign_id]
    asked = {each for line in lines for each in (line.person_id, line.keeper_id) if each is not None}
    persons = persons_of(connection, campaign_id, asked)
    found = findings_of(connection, [line.id for line in lines])
    systems = {each.system: each.name for each in systems_of(connection, campaign_id)}
    rows = [(line, persons.get(line.person_id or 0), persons.get(line.keeper_id or 0)) for line in lines]
    rows.sort(key=lambda row: (*_order(row[1]), row[0].system, row[0].login, row[0].id))
    return {
        line.id: clean(
            *(_who(owner) if owner else _who(keeper, "（管理者）")),
            systems.get(line.system, line.system), line.login or line.native_id, _rights(line.rights),
            _used(line), _findings(found.get(line.id, ())),
        )
        for line, owner, keeper in rows
    }  # fmt: skip


def _of_persons(connection: Connection, campaign_id: int, ids: Collection[int]) -> dict[int, Cells]:
    persons = sorted(persons_of(connection, campaign_id, ids).values(), key=_order)
    systems = {each.system: each.name for each in systems_of(connection, campaign_id)}
    theirs = _accounts(connection, campaign_id, ids)
    found = findings_of(connection, [line for lines in theirs.values() for line, _, _ in lines])
    rows: dict[int, Cells] = {}
    for person in persons:
        lines = theirs.get(person.person_id, ())
        names = dict.fromkeys(systems.get(system, system) for _, system, _ in lines)
        findings = {each.kind: each for line, _, _ in lines for each in found.get(line, ())}
        rows[person.person_id] = clean(
            *_who(person), "\n".join(names), "\n".join(dict.fromkeys(login for _, _, login in lines)),
            _findings(findings.values()),
        )  # fmt: skip
    return rows


def _accounts(
    connection: Connection, campaign_id: int, ids: Collection[int]
) -> Mapping[int, Sequence[tuple[int, str, str]]]:
    """Line, system and login of what belongs to each person."""
    columns, found = campaign_line_table.c, defaultdict[int, list[tuple[int, str, str]]](list)
    for part in chunks(ids):
        query = select(columns.person_id, columns.id, columns.system, columns.login, columns.native_id).where(
            columns.campaign_id == campaign_id, among(columns.person_id, part)
        )
        for row in connection.execute(query.order_by(columns.system, columns.login, columns.id)):
            found[row.person_id].append((row.id, row.system, row.login or row.native_id))
    return found


def _order(person: CampaignPerson | None) -> tuple[str, str, str]:
    """By department, unit and number; nobody's first."""
    return (person.department, person.org_code, person.staff_number) if person else ("", "", "")


def _who(person: CampaignPerson | None, mark: str = "") -> Cells:
    if person is None:
        return "", "", "", "", "", ""
    return (
        person.staff_number, person.name + mark, person.org_name, person.title, person.appointment, _standing(person),
    )  # fmt: skip


def _standing(person: CampaignPerson) -> str:
    status = Status(person.status)
    if status is not Status.IN_SERVICE:
        return status.label_ja + (f"（{wareki(person.since)}から）" if person.since else "")
    ends = person.until is not None and person.until != date.max
    return status.label_ja + (f"（{wareki(person.until)}まで）" if person.until and ends else "")


def right_words(right: Right) -> str:
    """A right as it stands in a cell, and may be written as one to take away."""
    return f"{right.name}［{right.right}］" if right.name and right.name != right.right else right.right


def _rights(rights: Iterable[Right]) -> str:
    return "\n".join(right_words(each) + ("（特権）" if each.privileged else "") for each in rights)


def _used(line: Line) -> str:
    if line.used_at is not None:
        return " ".join(filter(None, (f"{jst_day(line.used_at)}", line.used_where)))
    made = f"（作成 {jst_day(line.created_at)}）" if line.created_at else ""
    return f"利用の記録なし{made}"


def _findings(findings: Iterable[Finding]) -> str:
    """What was found, each with the first sentence of its evidence: the rest stands in columns of its own."""
    told = ((each.kind.label_ja, said(each.kind, each.evidence)[:1]) for each in findings)
    return "\n".join("：".join([label, *words]) for label, words in told)


def clean(*cells: str) -> Cells:
    """Cells as any spreadsheet holds them: nothing that cannot be seen, nothing too long."""
    return tuple(
        _UNSEEN.sub(" ", each if len(each) <= _LONGEST else each[: _LONGEST - 1] + "…").strip() for each in cells
    )
