"""The ground on which answers are judged: everything that has to be read, once for all of them.

The one law: *what is judged is what stands under the lock*: lines and persons as frozen, answers as they are now,
reviewers and those who are named as the ledger has them today.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from iam.access.accounts import AccountKind, AccountState, accounts_of
from iam.access.kept.judging import Rules, unfit
from iam.errors import Conflict, IamError, NotFound
from iam.people.ledger import chunks, people, person_table
from iam.record.act import Act
from iam.record.columns import among, jst_day
from iam.review.books import campaign_answer_table, campaign_line_table
from iam.review.campaigns import Campaign, CampaignPerson, Line, persons_of, read_line
from iam.review.deciding.reviewers import Reviewer, reviewer, why_not_line, why_not_person
from iam.review.deciding.taking.refusing import (
    PRESENT,
    Known,
    overtaken,
    refrozen,
    says,
    why_not_said,
    why_not_said_of,
)
from iam.review.deciding.taking.wishes import Answering, Wish
from iam.review.deciding.taking.writing import Fresh
from iam.review.deciding.verdicts import Answer, read_answer
from iam.review.words import Part, Verdict
from iam.signin.door import Door


@dataclass
class Ground:
    """What many wishes of one reviewer are judged by.  `seen`: what was answered about already in this act."""

    of: Campaign
    who: Answering
    reviewer: Reviewer
    known: Known
    lines: Mapping[int, Line]
    persons: Mapping[int, CampaignPerson]
    answers: Mapping[int, Answer]
    names: Mapping[int, str]
    seen: set[int] = field(default_factory=set)

    def judge(self, wish: Wish) -> Fresh | IamError | None:
        """What is to be written, or why not; None: it stands there already, word for word."""
        about = wish.person_id if self.who.part is Part.HR else wish.line_id
        if about is not None and about in self.seen:
            return Conflict("同じ行への回答が二つあります。どちらか一つにしてください。")
        found = self._of_person(wish) if self.who.part is Part.HR else self._of_line(wish)
        if isinstance(found, Fresh) and about is not None:
            self.seen.add(about)
        return found

    def _of_line(self, wish: Wish) -> Fresh | IamError | None:
        line = self.lines.get(wish.line_id or 0)
        if line is None or wish.person_id is not None:
            return NotFound(f"{self.of.title}に行 {wish.line_id} はありません。一覧から開き直してください。")
        was = self.answers.get(line.id)
        refusal: IamError | None = why_not_line(self.reviewer, self.who.part, line)
        if refusal is None and was is not None and says(was, wish):
            return None
        refusal = refusal or refrozen(line, wish) or overtaken(was, wish, self.names)
        refusal = refusal or why_not_said(line, wish, self.known)
        return refusal or Fresh(wish, line, was)

    def _of_person(self, wish: Wish) -> Fresh | IamError | None:
        person = self.persons.get(wish.person_id or 0)
        if person is None or wish.line_id is not None:
            return NotFound(f"{self.of.title}に職員 {wish.person_id} はいません。一覧から開き直してください。")
        was = self.answers.get(person.person_id)
        refusal: IamError | None = why_not_person(self.reviewer, person.person_id)
        if refusal is None and was is not None and says(was, wish):
            return None
        refusal = refusal or overtaken(was, wish, self.names) or why_not_said_of(person, wish, self.known)
        return refusal or Fresh(wish, None, was)


def ground_of(act: Act, door: Door, of: Campaign, who: Answering, wishes: Collection[Wish]) -> Ground:
    """Read everything that these wishes are judged by."""
    connection, about_persons = act.connection, who.part is Part.HR
    line_ids = {each.line_id for each in wishes if each.line_id is not None}
    person_ids = {each.person_id for each in wishes if each.person_id is not None}
    answers = _answers(connection, of, who.part, person_ids if about_persons else line_ids)
    return Ground(
        of,
        who,
        reviewer(connection, door, who.by, act.at),
        _known(connection, door, who, wishes, act.at),
        {} if about_persons else _lines(connection, of, line_ids),
        persons_of(connection, of.id, person_ids) if about_persons else {},
        answers,
        names_of(connection, {each.answered_by for each in answers.values() if each.answered_by is not None}),
    )


def _lines(connection: Connection, of: Campaign, ids: Iterable[int]) -> dict[int, Line]:
    columns, found = campaign_line_table.c, dict[int, Line]()
    for part in chunks(ids):
        query = select(campaign_line_table).where(columns.campaign_id == of.id, among(columns.id, part))
        found |= {row.id: read_line(row) for row in connection.execute(query)}
    return found


def _answers(connection: Connection, of: Campaign, part: Part, ids: Iterable[int]) -> dict[int, Answer]:
    """What this part has answered already, by line or person."""
    columns, found = campaign_answer_table.c, dict[int, Answer]()
    key: ColumnElement[Any] = columns.person_id if part is Part.HR else columns.line_id
    for some in chunks(ids):
        query = select(campaign_answer_table).where(
            columns.campaign_id == of.id, columns.part == part, among(key, some)
        )
        found |= {row._mapping[key]: read_answer(row) for row in connection.execute(query)}
    return found


def _known(connection: Connection, door: Door, who: Answering, wishes: Iterable[Wish], at: datetime) -> Known:
    on, named = jst_day(at), [(each.verdict, each.given_to) for each in wishes if each.given_to is not None]
    keepers = {id_ for verdict, id_ in named if verdict is Verdict.KEEPER}
    owners = {id_ for verdict, id_ in named if verdict is Verdict.REASSIGN}
    rules = Rules.of(door.profile, door.model, door.absence)
    strange = dict.fromkeys(owners, "台帳にいない職員です。職員番号を確かめてください。")
    for person in people(connection, owners):
        status = door.offices.standing(person, on).status
        strange[person.id] = "" if status in PRESENT else f"「{status.label_ja}」の人は選べません。"
    has = {
        id_: frozenset(
            each.system
            for each in accounts
            if each.kind is AccountKind.PERSONAL and each.state is not AccountState.DELETED
        )
        for id_, accounts in accounts_of(connection, owners).items()
    }
    return Known(on, who.by, unfit(connection, rules, keepers, on) if keepers else {}, strange, has)


def names_of(connection: Connection, person_ids: Collection[int]) -> dict[int, str]:
    """The names of these persons as the ledger has them today."""
    columns = person_table.c
    query = select(columns.id, columns.name).where(among(columns.id, person_ids))
    return {row.id: row.name for row in connection.execute(query)} if person_ids else {}
