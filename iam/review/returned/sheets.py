"""Sheets that go out: which rows of a campaign, in which cells, under which keys.

The one law: *a row says itself whose it is*: its key is a MAC over sheet, line and every fixed cell, so that a row that
was changed, copied or brought from elsewhere is known, and so is the sheet by its signature.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from iam.errors import Conflict, Forbidden, NotFound, SheetError
from iam.office.roles import holders
from iam.people.ledger import chunks, numbers_of_persons, people
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.columns import among, instant_text, jst_day
from iam.review.books import campaign_answer_table, campaign_line_table, campaign_sheet_table
from iam.review.campaigns import Campaign, systems_of
from iam.review.deciding.reviewers import Reviewer, reviewer, why_not_line, why_not_person
from iam.review.deciding.verdicts import Answer, answers_about, read_answer
from iam.review.deciding.worklists import Chosen, line_ids, person_ids
from iam.review.returned.columns import Column, answered
from iam.review.returned.marks import FORMAT, LINE, PERSON, digest_of, row_key, signed
from iam.review.returned.rows import cells_of
from iam.review.words import CampaignState, Part
from iam.signin.door import Door

MOST_ROWS: Final = 10_000
"""Rows of a sheet: as many answers as one act takes."""

_CONTACTS: Final = 2


class Bound(StrEnum):
    """What a sheet is bounded by."""

    ALL = "all"
    SYSTEM = "system"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows: everything that one is asked, or of one system or department (`code`: system, or department's name,
    "" for what is nobody's).  `open_only`: what nobody has answered in this part."""

    bound: Bound = Bound.ALL
    code: str = ""
    open_only: bool = True

    def stored(self) -> str:
        """As records keep it."""
        return f"{self.bound}:{'open' if self.open_only else 'all'}:{self.code}"

    @classmethod
    def read(cls, stored: str) -> "Scope":
        """What a record keeps."""
        bound, answers, code = stored.split(":", 2)
        return cls(Bound(bound), code, answers == "open")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted: the part, which rows, and for whom (person id), within whose sight they must lie."""

    part: Part
    for_: int
    scope: Scope = Scope()


@dataclass(frozen=True, slots=True)
class Filled:
    """One row of a sheet: its key, cells in the order of `columns.fixed`, then of `columns.answered`."""

    key: str
    fixed: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it goes out.  `control`: what the very hidden sheet holds, signature and all.

    `scope_words`: which rows, for people; `made_for`: name of whom it is for; `contact`: whom to ask, a line each.
    """

    id: int
    campaign: Campaign
    part: Part
    scope: Scope
    scope_words: str
    body: str
    made_at: datetime
    made_for: str
    contact: tuple[str, ...]
    rows: Sequence[Filled]
    control: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SheetRecord:
    """A sheet that went out, as it is on record."""

    id: int
    campaign_id: int
    part: Part
    scope: Scope
    made_by: str
    made_for: int | None
    made_at: datetime
    rows: int
    digest: str
    key_id: str


def make_sheet(act: Act, door: Door, campaign: Campaign, wanted: Wanted) -> Sheet:
    """A sheet of what `wanted.for_` is asked in a part; it is recorded.

    Raises:
        Conflict: when the campaign takes no answers; Forbidden: when they are asked nothing in this part;
        NotFound: when nothing is left to answer there; SheetError: for more rows than `MOST_ROWS`.
    """
    ids = _ids(act, door, campaign, wanted)
    cells = cells_of(act.connection, campaign.id, wanted.part, ids)
    sheet_id = _recorded(act, door, campaign, wanted)
    kind, key_id = PERSON if wanted.part is Part.HR else LINE, door.keys.current
    answers = _answers(act.connection, campaign.id, wanted.part, cells)
    rows = [
        Filled(row_key(door.keys, key_id, sheet_id, f"{kind}{id_}", fixed), fixed, answers[id_])
        for id_, fixed in cells.items()
    ]
    digest = digest_of((row.key, row.fixed) for row in rows)
    columns = campaign_sheet_table.c
    act.connection.execute(
        update(campaign_sheet_table).where(columns.id == sheet_id).values(rows=len(rows), digest=digest)
    )
    told = {"sheet": sheet_id, "part": wanted.part.value, "scope": wanted.scope.stored(), "for": wanted.for_}
    act.record("review_sheet.made", campaign.subject, {**told, "rows": len(rows), "digest": digest})
    name = next(person.name for person in people(act.connection, [wanted.for_]))
    body = door.profile.body.name
    control = {
        "形式": FORMAT, "シート": str(sheet_id), "団体": body, "棚卸": str(campaign.id), "回答者": wanted.part.value,
        "範囲": wanted.scope.stored(), "版": str(campaign.revision), "作成": instant_text(act.at),
        "行数": str(len(rows)), "固定列": digest,
    }  # fmt: skip
    return Sheet(
        sheet_id, campaign, wanted.part, wanted.scope, scope_words(act.connection, campaign.id, wanted.scope), body,
        act.at, name, _contact(act.connection, door, act.at), rows, signed(door.keys, control),
    )  # fmt: skip


def _ids(act: Act, door: Door, campaign: Campaign, wanted: Wanted) -> list[int]:
    if campaign.state is not CampaignState.OPEN:
        raise Conflict(f"{campaign.title}は{campaign.state.label_ja}のため、回答用のシートを作れません。")
    who = reviewer(act.connection, door, wanted.for_, act.at)
    if who.barred or wanted.part not in who.parts:
        raise who.barred or Forbidden(f"{wanted.part.label_ja}として回答する人ではないため、シートを作れません。")
    scope = wanted.scope
    chosen = Chosen(
        wanted.part, open_only=scope.open_only,
        system=scope.code if scope.bound is Bound.SYSTEM else None,
        department=scope.code if scope.bound is Bound.DEPARTMENT else None,
    )  # fmt: skip
    ids = _answerable(act.connection, who, campaign, chosen)
    if not ids:
        raise NotFound(
            "この範囲に、あなたが回答する行はありません。範囲を変えるか、「回答済みの行も入れる」を選んでください。"
        )
    if len(ids) > MOST_ROWS:
        raise SheetError([f"{MOST_ROWS:,}行を超えます。システムか部ごとに分けて作ってください。"])
    return ids


def _answerable(connection: Connection, who: Reviewer, campaign: Campaign, chosen: Chosen) -> list[int]:
    """What is asked and may be answered: nothing about oneself, nor about what one keeps, stands on one's own sheet."""
    if chosen.part is Part.HR:
        persons = person_ids(connection, who, campaign, chosen, MOST_ROWS + 2)
        return [each for each in persons if not why_not_person(who, each)]
    ids = line_ids(connection, who, campaign, chosen, 2 * MOST_ROWS)
    columns = campaign_line_table.c
    query = select(columns.system, columns.comparable, columns.person_id, columns.keeper_id, columns.asked, columns.id)
    found: list[int] = []
    for part in chunks(ids):
        rows = (_About(*row) for row in connection.execute(query.where(among(columns.id, part))))
        found += [row.id for row in rows if not why_not_line(who, chosen.part, row)]
    return found


@dataclass(frozen=True, slots=True)
class _About:
    """What of a line says who may answer about it (`reviewers.About`)."""

    system: str
    comparable: str
    person_id: int | None
    keeper_id: int | None
    told: str
    id: int

    @property
    def asked(self) -> Part:
        return Part(self.told)


def _recorded(act: Act, door: Door, campaign: Campaign, wanted: Wanted) -> int:
    statement = insert(campaign_sheet_table).values(
        campaign_id=campaign.id, part=wanted.part.value, scope=wanted.scope.stored(), made_by=act.actor,
        made_for=wanted.for_, made_at=act.at, rows=0, digest="", key_id=door.keys.current,
    )  # fmt: skip
    return int(act.connection.execute(statement.returning(campaign_sheet_table.c.id)).scalar_one())


def answers_on_record(connection: Connection, campaign_id: int, part: Part, ids: Collection[int]) -> dict[int, Answer]:
    """What `part` answered about these lines, or persons for HR; what is open is left out."""
    if part is Part.HR:
        return answers_about(connection, campaign_id, ids)
    columns = campaign_answer_table.c
    query = select(campaign_answer_table).where(columns.part == part.value, among(columns.line_id, ids))
    return {row.line_id: read_answer(row) for row in connection.execute(query)}


def _answers(
    connection: Connection, campaign_id: int, part: Part, cells: Collection[int]
) -> dict[int, tuple[str, ...]]:
    """What stands in the cells to fill in: what was answered so far."""
    given = answers_on_record(connection, campaign_id, part, cells)
    named = numbers_of_persons(connection, {each.given_to for each in given.values() if each.given_to is not None})
    written = {id_: _written(answer, named) for id_, answer in given.items()}
    return {id_: tuple(written.get(id_, {}).get(column, "") for column in answered(part)) for id_ in cells}


def _written(answer: Answer, named: Mapping[int, Sequence[str]]) -> dict[Column, str]:
    numbers = named.get(answer.given_to or 0, ())
    return {
        Column.VERDICT: answer.verdict.label_ja,
        Column.UNTIL: str(answer.until or ""),
        Column.GIVEN_TO: numbers[-1] if numbers else "",
        Column.REDUCED: "\n".join(answer.rights),
        Column.REASON: answer.reason,
    }


def scope_words(connection: Connection, campaign_id: int, scope: Scope) -> str:
    """Which rows, for people."""
    if scope.bound is Bound.SYSTEM:
        return next(
            (each.name for each in systems_of(connection, campaign_id) if each.system == scope.code), scope.code
        )
    if scope.bound is Bound.DEPARTMENT:
        return scope.code or "所属のないもの"
    return "すべて"


def _contact(connection: Connection, door: Door, at: datetime) -> tuple[str, ...]:
    """Whom to ask: the general officers by their posts."""
    found = holders(connection, door.offices, Role.GENERAL_OFFICER, jst_day(at))[:_CONTACTS]
    names = {person.id: person.name for person in people(connection, {each.person_id for each in found})}
    return tuple(f"{each.post or each.title}　{names[each.person_id]}" for each in found)


def sheets_of(connection: Connection, campaign_id: int) -> list[SheetRecord]:
    """The sheets of a campaign, the newest first."""
    columns = campaign_sheet_table.c
    query = select(campaign_sheet_table).where(columns.campaign_id == campaign_id).order_by(columns.id.desc())
    return [_record(row) for row in connection.execute(query)]


def sheet_record(connection: Connection, id_: int) -> SheetRecord:
    """One sheet.

    Raises:
        NotFound: when there is none.
    """
    row = connection.execute(select(campaign_sheet_table).where(campaign_sheet_table.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound(f"シート {id_} はありません。")
    return _record(row)


def _record(row: Row[Any]) -> SheetRecord:
    return SheetRecord(
        row.id, row.campaign_id, Part(row.part), Scope.read(row.scope), row.made_by, row.made_for, row.made_at,
        row.rows, row.digest, row.key_id,
    )  # fmt: skip
