"""A sheet that came back: examined outside any act, then taken.

The one law: *what was altered is not taken, and what was answered meanwhile is not overwritten*: one changed key or
fixed cell refuses the whole file, one answer that cannot be taken refuses itself alone.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select

from iam.errors import Conflict
from iam.people.ledger import persons_by_number
from iam.ports import ReturnedBook
from iam.record.act import Act
from iam.review.books import campaign_return_table, campaign_sheet_table
from iam.review.campaigns import systems_of
from iam.review.deciding.answers import Answering, Wish, answer_many
from iam.review.deciding.reviewers import reviewer
from iam.review.deciding.taking.writing import held_open
from iam.review.returned.columns import Column, answered, kept
from iam.review.returned.examining.genuine import Genuine, genuine, why_taken
from iam.review.returned.examining.written import Written, cell_of, wish_of, written
from iam.review.returned.rows import cells_of, lines_by_id
from iam.review.returned.sheets import answers_on_record
from iam.review.returned.told import CellProblem, Refused, Taken
from iam.review.words import How, Part
from iam.signin.door import Door

_OUTDATED: Final = (
    "シートを作ったあとにシステムを読み直し、この行の内容が変わりました。新しいシートを作って回答してください。"
)
_NAMED: Final = 50
"""Places of a refused file that its record names."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that is ours and unaltered, and what it says: wishes by line or person, problems by cell."""

    found: Genuine
    wishes: Mapping[int, Wish]
    problems: tuple[CellProblem, ...]
    blank: int

    @property
    def missing(self) -> int:
        """Rows of the sheet that are not in the file."""
        return self.found.record.rows - len(self.found.rows)


def examine(
    connection: Connection, door: Door, book: ReturnedBook, *, campaign_id: int | None = None
) -> Examined | Refused:
    """What `book` says, with everything wrong in it; `campaign_id`: the campaign to which it was handed in."""
    found = genuine(connection, door, book, campaign_id)
    if isinstance(found, Refused):
        return found
    told: dict[int, Written] = {}
    problems: list[CellProblem] = []
    part = found.record.part
    columns = {column: found.letters[column] for column in answered(part)}
    for about, row in found.rows.items():
        cells = {column: row.cells[each] for column, each in columns.items() if each in row.cells}
        said = written(part, cells, from_1904=book.from_1904)
        if isinstance(said, Written):
            told[about] = said
        else:
            problems += found.placed(row.number, said or {})
    wrong = {each.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for each in problems}
    outdated = _outdated(connection, found, told)
    wishes, misnamed = _wishes(connection, found, {about: told[about] for about in told.keys() - outdated.keys()})
    return Examined(found, wishes, (*problems, *outdated.values(), *misnamed), len(found.rows) - len(told) - len(wrong))


def _outdated(connection: Connection, found: Genuine, told: Collection[int]) -> dict[int, CellProblem]:
    """Lines that are no more what the sheet says of them: their system was read again after it was made."""
    record = found.record
    again = {
        each.system
        for each in systems_of(connection, record.campaign_id)
        if each.read_at is not None and each.read_at > record.made_at
    }
    if record.part is Part.HR or not again:
        return {}
    asked = [line.id for line in lines_by_id(connection, told).values() if line.system in again]
    stands = cells_of(connection, record.campaign_id, record.part, asked)
    problems: dict[int, CellProblem] = {}
    for about in asked:
        row = found.rows[about]
        if [kept(each) for each in stands[about]] != found.fixed(row):
            problems[about] = next(found.placed(row.number, {Column.VERDICT: _OUTDATED}))
    return problems


def _wishes(
    connection: Connection, found: Genuine, told: Mapping[int, Written]
) -> tuple[dict[int, Wish], list[CellProblem]]:
    """What is said of persons and rights by their codes."""
    persons = persons_by_number(connection, {each.given_to for each in told.values() if each.given_to})
    lines = lines_by_id(connection, [about for about, each in told.items() if each.rights])
    wishes: dict[int, Wish] = {}
    problems: list[CellProblem] = []
    for about, each in told.items():
        wish = wish_of(each, found.seen, about, lines.get(about), persons)
        if isinstance(wish, Wish):
            wishes[about] = wish
        else:
            problems += found.placed(found.rows[about].number, wish)
    return wishes, problems


def take_back(act: Act, door: Door, examined: Examined | Refused, by: int) -> Taken | Refused:
    """Take the answers of `by`, who may answer in the sheet's part today; a refusal is remembered too.

    Raises:
        Conflict: when the campaign takes no answers any more.
    """
    if isinstance(examined, Refused):
        return _refused(act, examined, by)
    record, book = examined.found.record, examined.found.book
    held_open(act, record.campaign_id)
    if words := _why_not(act, door, examined, by):
        problem = CellProblem("", "", words)
        return _refused(act, Refused(book.name, book.sha256, (problem,), 0, record.id, record.campaign_id), by)
    who = Answering(record.campaign_id, record.part, by, How.SHEET, record.id)
    done = answer_many(act, door, who, _as_seen(act.connection, examined, by))
    conflicts: list[CellProblem] = []
    problems = list(examined.problems)
    for each in done.refused:
        (conflicts if isinstance(each.why, Conflict) else problems).extend(_placed(examined.found, each.wish, each.why))
    return _recorded(act, examined, by, (done.taken, done.same), (problems, conflicts))


def _why_not(act: Act, door: Door, examined: Examined, by: int) -> str:
    """Why nothing of this file is taken from this person, or ""."""
    record, book = examined.found.record, examined.found.book
    if words := why_taken(act.connection, record.id, book.sha256):
        return words
    who = reviewer(act.connection, door, by, act.at)
    if who.barred:
        return str(who.barred)
    if record.part in who.parts:
        return ""
    return (
        f"いま{record.part.label_ja}として回答できる人ではないため、取り込めません。回答できる人が取り込んでください。"
    )


def _as_seen(connection: Connection, examined: Examined, by: int) -> Iterator[Wish]:
    """The wishes; whoever hands in their own sheet once more has seen what they answered by it before."""
    record = examined.found.record
    given = answers_on_record(connection, record.campaign_id, record.part, examined.wishes.keys())
    for about, wish in examined.wishes.items():
        was = given.get(about)
        own = was is not None and (was.sheet_id, was.answered_by) == (record.id, by)
        yield replace(wish, seen=max(wish.seen, was.revision)) if was and own else wish


def _placed(found: Genuine, wish: Wish, why: Exception) -> Iterator[CellProblem]:
    about = wish.line_id or wish.person_id or 0
    return found.placed(found.rows[about].number, {cell_of(wish): str(why)})


def _recorded(
    act: Act,
    examined: Examined,
    by: int,
    counts: tuple[int, int],
    told: tuple[Sequence[CellProblem], Sequence[CellProblem]],
) -> Taken:
    (taken, same), (problems, conflicts) = counts, told
    record, book = examined.found.record, examined.found.book
    statement = insert(campaign_return_table).values(
        sheet_id=record.id, file_name=book.name, sha256=book.sha256, returned_by=by, returned_at=act.at, taken=taken,
        blank=examined.blank,
        conflicts={
            "problems": _stored(problems), "conflicts": _stored(conflicts), "same": same, "missing": examined.missing,
        },
    ).returning(campaign_return_table.c.id)  # fmt: skip
    return_id = int(act.connection.execute(statement).scalar_one())
    detail = {"sheet": record.id, "by": by, "file": book.name, "sha256": book.sha256, "taken": taken, "same": same}
    left = {"blank": examined.blank, "missing": examined.missing}
    found = {"problems": len(problems), "conflicts": len(conflicts)}
    act.record("review_sheet.returned", examined.found.campaign.subject, {**detail, **left, **found})
    return Taken(
        record.id, record.campaign_id, return_id, book.name, by, act.at, record.rows, taken, same, examined.blank,
        examined.missing, tuple(problems), tuple(conflicts),
    )  # fmt: skip


def _refused(act: Act, refused: Refused, by: int) -> Refused:
    places = [each.place for each in refused.problems[:_NAMED]]
    detail = {"by": by, "file": refused.file_name, "sha256": refused.sha256, "places": places}
    subject = f"campaign {refused.campaign_id}" if refused.campaign_id else "review sheet"
    count = len(refused.problems) + refused.more
    act.record("review_sheet.refused", subject, {**detail, "sheet": refused.sheet_id, "problems": count})
    return refused


def _stored(problems: Iterable[CellProblem]) -> list[list[str]]:
    return [[each.sheet, each.cell, each.words] for each in problems]


def _read(stored: Iterable[Sequence[str]]) -> tuple[CellProblem, ...]:
    return tuple(CellProblem(*each) for each in stored)


def returns_of(connection: Connection, campaign_id: int) -> list[Taken]:
    """Every file that came back in a campaign, the newest first."""
    query = _returns().where(campaign_sheet_table.c.campaign_id == campaign_id)
    return [_taken(row) for row in connection.execute(query.order_by(campaign_return_table.c.id.desc()))]


def _returns() -> Any:  # noqa: ANN401 - SQLAlchemy's type of so many columns says nothing
    sheet = campaign_sheet_table.c
    return select(campaign_return_table, sheet.campaign_id, sheet.rows).join(campaign_sheet_table)


def _taken(row: Row[Any]) -> Taken:
    told: Mapping[str, Any] = row.conflicts
    return Taken(
        row.sheet_id, row.campaign_id, row.id, row.file_name, row.returned_by, row.returned_at, row.rows, row.taken,
        told["same"], row.blank, told["missing"], _read(told["problems"]), _read(told["conflicts"]),
    )  # fmt: skip
