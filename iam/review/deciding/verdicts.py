"""Verdicts: what comes of all that was answered about a line.

The one law: *the most restrictive of several answers wins* (R10): whatever one of them takes away is taken away,
rights and days as well as the account, and no answer gives back what another took.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, select

from iam.errors import NotFound
from iam.people.ledger import chunks
from iam.record.columns import among
from iam.review.books import campaign_answer_table, campaign_line_table
from iam.review.campaigns import PAGE, Line
from iam.review.words import How, Part, Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it stands: of 人事 about a person (`line_id` None), or about a line.  `answered_by` None: silence.

    `rights`: REDUCE, the codes that go.  `until`: LAPSE, the last day of the account; LEFT, the last day in service.
    `given_to`: KEEPER, REASSIGN.  `revision`: of the campaign when it was given.
    """

    id: int
    campaign_id: int
    part: Part
    line_id: int | None
    person_id: int | None
    verdict: Verdict
    rights: tuple[str, ...]
    until: date | None
    given_to: int | None
    reason: str
    how: How
    sheet_id: int | None
    answered_by: int | None
    answered_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of a line.  `verdict`: the heaviest that was answered; 人事's LEFT reads as REMOVE.

    Carry out all that stands here, whatever the verdict: `rights` go at once; `until` is the last day of the account
    (None with REMOVE: it goes at once; None else: it has no end); `keeper` and `owner` are who answers for it, or whose
    it is, from now on.  A REMOVE with a day comes from 人事's LEFT, whose day may lie ahead.
    `silent`: nobody answered, and silence had its effect.  `reasons`: the weightiest first.
    """

    verdict: Verdict
    rights: tuple[str, ...] = ()
    until: date | None = None
    keeper: int | None = None
    owner: int | None = None
    silent: bool = False
    reasons: tuple[str, ...] = ()


def weigh(answers: Iterable[Answer]) -> Outcome | None:
    """What wins of the answers about one line (owner's, general officer's, 人事's of whoever owns it); None: nobody has
    answered yet.  The order of answers makes no difference."""
    given = sorted((each for each in answers if _counts(each)), key=_order)
    if not given:
        return None
    heaviest, silent = given[0].verdict, all(each.how is How.SILENCE for each in given)
    reasons = tuple(dict.fromkeys(each.reason for each in given if each.reason))
    rights, until = tuple(sorted({right for each in given for right in each.rights})), _end(given)
    if heaviest.weight == Verdict.REMOVE.weight:
        # Until a day that lies ahead the account goes on, without the rights that somebody took from it.
        return Outcome(Verdict.REMOVE, rights if until else (), until, silent=silent, reasons=reasons)
    owner = _given(given, Verdict.REASSIGN)
    # What becomes somebody's own has no keeper.
    keeper = _given(given, Verdict.KEEPER) if owner is None else None
    return Outcome(heaviest, rights, until, keeper, owner, silent, reasons)


def _counts(answer: Answer) -> bool:
    """Of 人事's answers one weighs on lines."""
    return not answer.verdict.about_persons or answer.verdict is Verdict.LEFT


def _order(answer: Answer) -> tuple[int, int]:
    """The heaviest first; of two that weigh the same, the general officer's word."""
    return -answer.verdict.weight, (Part.GENERAL, Part.HR, Part.OWNER).index(answer.part)


def _end(given: Collection[Answer]) -> date | None:
    """The last day: none when somebody lets it go at once, else the earliest that was named."""
    if any(each.verdict is Verdict.REMOVE for each in given):
        return None
    return min((each.until for each in given if each.until is not None), default=None)


def _given(given: Iterable[Answer], verdict: Verdict) -> int | None:
    return next((each.given_to for each in given if each.verdict is verdict), None)


@cache
def without_verdict() -> ColumnElement[bool]:
    """Whether a line, in a query on `campaign_line`, is open: `weigh` of its answers is None.

    Two conditions and no "or": each is then one pass over an index.
    """
    line, of_line, of_person = campaign_line_table.c, campaign_answer_table.alias(), campaign_answer_table.alias()
    left = of_person.c.campaign_id == line.campaign_id, of_person.c.verdict == Verdict.LEFT
    return and_(
        ~exists().where(of_line.c.line_id == line.id), ~exists().where(of_person.c.person_id == line.person_id, *left)
    )


def outcomes(connection: Connection, lines: Iterable[Line]) -> Iterator[tuple[Line, Outcome | None]]:
    """Each of `lines` (`campaigns.lines`), in their order, with what comes of it; memory stays bounded."""
    left = dict[int, dict[int | None, Answer]]()
    for part in chunks(lines, PAGE):
        found = _about(connection, part)
        for line in part:
            if line.campaign_id not in left:
                # Of 人事's answers these alone weigh on lines, and they are few.
                left[line.campaign_id] = _left(connection, line.campaign_id)
            answer = left[line.campaign_id].get(line.person_id)
            yield line, weigh([*found[line.id], answer] if answer else found[line.id])


def _left(connection: Connection, campaign_id: int) -> dict[int | None, Answer]:
    columns = campaign_answer_table.c
    query = select(campaign_answer_table).where(columns.campaign_id == campaign_id, columns.verdict == Verdict.LEFT)
    return {row.person_id: read_answer(row) for row in connection.execute(query)}


def _about(connection: Connection, lines: Collection[Line]) -> dict[int, list[Answer]]:
    """What was answered about each of these lines themselves."""
    column, found = campaign_answer_table.c.line_id, {line.id: list[Answer]() for line in lines}
    # Lines that were frozen one after another are one stretch of the index, whatever a planner thinks of long lists.
    dense = max(found) - min(found) < _DENSE * len(found)
    which = column.between(min(found), max(found)) if dense else among(column, list(found))
    for row in connection.execute(select(campaign_answer_table).where(which).order_by(campaign_answer_table.c.id)):
        if row.line_id in found:
            found[row.line_id].append(read_answer(row))
    return found


_DENSE: Final = 4


def answers_of(connection: Connection, lines: Iterable[Line]) -> dict[int, list[Answer]]:
    """All answers that weigh on each line, by line id: of the owner, the general officer, and 人事 about its person."""
    found = dict[int, list[Answer]]()
    for part in chunks(lines, PAGE):
        found |= _about(connection, part)
        by_campaign = defaultdict[int, set[int]](set)
        for line in part:
            if line.person_id is not None:
                by_campaign[line.campaign_id].add(line.person_id)
        of_hr = {id_: answers_about(connection, id_, persons) for id_, persons in by_campaign.items()}
        for line in part:
            if line.person_id is not None and (answer := of_hr[line.campaign_id].get(line.person_id)):
                found[line.id].append(answer)
    return found


def answers_about(connection: Connection, campaign_id: int, person_ids: Iterable[int]) -> dict[int, Answer]:
    """What 人事 answered about each of these persons; who is not answered yet is left out."""
    columns, found = campaign_answer_table.c, dict[int, Answer]()
    for part in chunks(person_ids):
        query = select(campaign_answer_table).where(columns.campaign_id == campaign_id, among(columns.person_id, part))
        found |= {row.person_id: read_answer(row) for row in connection.execute(query)}
    return found


def read_answer(row: Row[Any]) -> Answer:
    """The answer that a row of `campaign_answer` holds."""
    return Answer(
        row.id, row.campaign_id, Part(row.part), row.line_id, row.person_id, Verdict(row.verdict), tuple(row.rights),
        row.until, row.given_to, row.reason, How(row.how), row.sheet_id, row.answered_by, row.answered_at, row.revision,
    )  # fmt: skip


def answer_given(
    connection: Connection, campaign_id: int, part: Part, *, line_id: int | None = None, person_id: int | None = None
) -> Answer:
    """What one part answered about a line or a person.

    Raises:
        NotFound: when it has not answered.
    """
    columns = campaign_answer_table.c
    about = columns.person_id == person_id if part is Part.HR else columns.line_id == line_id
    query = select(campaign_answer_table).where(columns.campaign_id == campaign_id, columns.part == part, about)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("まだ回答がありません。")
    return read_answer(row)
