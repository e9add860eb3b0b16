"""Campaigns as everybody reads them: the campaign, its systems, its persons, its lines, what was found.

The one law: *what was frozen is read, never worked out anew*: whoever asks what stood on a line on the day of the
opening gets the row of that day, however the body has changed since.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from iam.errors import NotFound
from iam.people.japanese import wareki
from iam.people.ledger import chunks
from iam.record.columns import among
from iam.review.books import (
    campaign_finding_table,
    campaign_line_table,
    campaign_person_table,
    campaign_system_table,
    campaign_table,
)
from iam.review.terms import Terms
from iam.review.words import CampaignKind, CampaignState, FindingKind, Part
from iam.sync.actual.reconcile import Sorting

PAGE: Final = 2_000
"""Lines read in one query: memory stays bounded however many there are."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One review.  `systems`: codes of its scope, () for all of the model.  `quarter`: 1 is April to June.

    `revision` rises with every answer; `result_hash` is what the signatures are bound to.  `complete`: None before it
    is closed.  `previous_id`: the review before, from which the former decisions were taken.
    """

    id: int
    kind: CampaignKind
    fiscal_year: int
    quarter: int
    title: str
    systems: tuple[str, ...]
    terms: Terms
    state: CampaignState
    opened_by: str
    opened_at: datetime
    day: date
    due_on: date
    previous_id: int | None
    people_hash: str
    snapshot_hash: str
    revision: int
    silenced_at: datetime | None
    result_hash: str
    general_by: int | None
    general_at: datetime | None
    hr_by: int | None
    hr_at: datetime | None
    partial_reason: str
    signed_at: datetime | None
    closed_at: datetime | None
    complete: bool | None
    abandoned_by: str | None
    abandon_reason: str

    @property
    def subject(self) -> str:
        """How records name it."""
        return f"campaign {self.id}"

    @property
    def wareki(self) -> str:
        """The day of the snapshot as offices write it."""
        return wareki(self.day)


@dataclass(frozen=True, slots=True)
class CampaignSystem:
    """A system of a campaign.  `connected`: a target is configured for it; else its lines are what the ledger says.

    `read_at`: when the target was read for this campaign; None and `trouble` when it could not be: then the lines are
    those of the last mirror.  `on_target` + `missing` = `lines` where it is connected (R09).
    """

    campaign_id: int
    system: str
    name: str
    owner: str
    zone: str
    connected: bool
    read_at: datetime | None
    trouble: str
    on_target: int
    lines: int
    missing: int

    @property
    def unread(self) -> bool:
        """Whether the campaign cannot say what this system really holds."""
        return self.connected and self.read_at is None


@dataclass(frozen=True, slots=True)
class CampaignPerson:
    """A person as they stood on the day of the snapshot; posts of a day to come are not here (内示).

    `status`: of `iam.people.standing.Status`; `since`, `until` of it.  `appointment`: the words of what was told.
    `factors`: the ways of proving oneself that were registered and usable, by their names (`iam.signin.kinds`).
    `accounts`: how many of the campaign's lines are theirs.
    """

    campaign_id: int
    person_id: int
    staff_number: str
    name: str
    status: str
    since: date | None
    until: date | None
    org_code: str
    org_name: str
    department: str
    title_code: str
    title: str
    category: str
    post_from: date | None
    appointment: str
    factors: tuple[str, ...]
    accounts: int


@dataclass(frozen=True, slots=True)
class Right:
    """A right that the account held on the target.  `by`: "rule", "grant", "use" (of a privileged ID), "register" (a
    privileged ID's own) or "none".

    `rule`: the birthright's id, or the origin of the grant; "" for what nobody gave.  `since`, `until`: ISO days or "".
    """

    right: str
    name: str
    by: str
    rule: str
    clause: str
    since: str
    until: str
    privileged: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One account of a campaign.  `native_id` "" with sorting MISSING: only the ledger has it.

    `kind`: of AccountKind or of the register of kept IDs; "entry" for a member of a group that is no account; "" for
    what nobody of us made.  `state`: of AccountState or
    "".  `person_id`: whose it is; `keeper_id`: who answers for one that is nobody's own.  `used_where`: in words;
    "" with `used_at` None: no use is known.  `former`: the decision of the review before in words.
    `asked`: OWNER or GENERAL.  `digest`: SHA-256 of everything that was frozen here.  `refrozen`: the campaign's
    revision with which it became something else, as its system was read at last; 0: it is as it was at the opening.
    """

    id: int
    campaign_id: int
    system: str
    native_id: str
    login: str
    comparable: str
    link: str
    sorting: Sorting
    account_id: int | None
    kind: str
    state: str
    person_id: int | None
    keeper_id: int | None
    enabled: bool
    rights: tuple[Right, ...]
    created_at: datetime | None
    used_at: datetime | None
    used_where: str
    former: str
    findings: int
    asked: Part
    digest: str
    refrozen: int = 0

    @property
    def subject(self) -> str:
        """How records name it."""
        return f"campaign {self.campaign_id} line {self.id}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about a line, with its evidence and the clause that asks."""

    kind: FindingKind
    evidence: Mapping[str, Any]
    clause: str


def campaign(connection: Connection, id_: int) -> Campaign:
    """One campaign.

    Raises:
        NotFound: when there is none.
    """
    row = connection.execute(select(campaign_table).where(campaign_table.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound(f"棚卸 {id_} はありません。")
    return _campaign(row)


def campaigns(connection: Connection, *, states: Collection[CampaignState] | None = None) -> list[Campaign]:
    """All campaigns, or those in `states`, the newest first."""
    query = select(campaign_table).order_by(campaign_table.c.id.desc())
    if states is not None:
        query = query.where(campaign_table.c.state.in_([state.value for state in states]))
    return [_campaign(row) for row in connection.execute(query)]


def latest(connection: Connection) -> Campaign | None:
    """The newest campaign that was not abandoned."""
    columns = campaign_table.c
    query = select(campaign_table).where(columns.state != CampaignState.ABANDONED).order_by(columns.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _campaign(row)


def systems_of(connection: Connection, id_: int) -> list[CampaignSystem]:
    """The systems of a campaign, by their codes."""
    columns = campaign_system_table.c
    query = select(campaign_system_table).where(columns.campaign_id == id_).order_by(columns.system)
    return [CampaignSystem(*row) for row in connection.execute(query)]


def person_of(connection: Connection, id_: int, person_id: int) -> CampaignPerson | None:
    """A person as they stood on the day of the campaign; None when they had nothing to do with it."""
    return persons_of(connection, id_, [person_id]).get(person_id)


def persons_of(connection: Connection, id_: int, person_ids: Iterable[int]) -> dict[int, CampaignPerson]:
    """These persons as they stood on the day of the campaign, by their ids; who is not in it is left out."""
    columns, found = campaign_person_table.c, dict[int, CampaignPerson]()
    for part in chunks(person_ids):
        query = select(campaign_person_table).where(columns.campaign_id == id_, among(columns.person_id, part))
        found.update((row.person_id, _person(row)) for row in connection.execute(query))
    return found


def persons(
    connection: Connection,
    id_: int,
    *,
    department: str | None = None,
    after: int | None = None,
    most: int | None = None,
) -> Iterator[CampaignPerson]:
    """The persons of a campaign by their ids, in pages; `after`: beyond this person."""
    columns = campaign_person_table.c
    query = select(campaign_person_table).where(columns.campaign_id == id_)
    if department is not None:
        query = query.where(columns.department == department)
    return (_person(row) for row in _paged(connection, query, columns.person_id, after, most))


def line(connection: Connection, id_: int) -> Line:
    """One line.

    Raises:
        NotFound: when there is none.
    """
    row = connection.execute(select(campaign_line_table).where(campaign_line_table.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound(f"棚卸の行 {id_} はありません。")
    return read_line(row)


def lines(
    connection: Connection,
    campaign_id: int,
    *,
    system: str | None = None,
    department: str | None = None,
    part: Part | None = None,
    finding: FindingKind | None = None,
    person_id: int | None = None,
    after: int | None = None,
    most: int | None = None,
) -> Iterator[Line]:
    """The lines of a campaign in the order in which they were frozen, in pages: memory stays bounded.

    `department`: of whoever the account belongs to, "" for nobody's.  `part`: who is asked.  `finding`: lines with it.
    `after`: beyond this line; `most`: at most so many.
    """
    columns = campaign_line_table.c
    query = select(campaign_line_table).where(columns.campaign_id == campaign_id)
    for column, value in ((columns.system, system), (columns.asked, part), (columns.person_id, person_id)):
        if value is not None:
            query = query.where(column == value)
    if department is not None:
        query = query.where(in_department(campaign_id, department))
    if finding is not None:
        found = campaign_finding_table.c
        mine = found.campaign_id == campaign_id, found.kind == finding
        query = query.where(columns.id.in_(select(found.line_id).where(*mine)))
    return (read_line(row) for row in _paged(connection, query, columns.id, after, most))


def in_department(campaign_id: int, department: str) -> ColumnElement[bool]:
    """Whether a line belongs to somebody of this department; "" asks for lines of nobody and of nobody placed."""
    columns = campaign_person_table.c
    mine = columns.campaign_id == campaign_id
    if department:
        here = select(columns.person_id).where(mine, columns.department == department)
        return campaign_line_table.c.person_id.in_(here)
    placed = select(columns.person_id).where(mine, columns.department != "")
    return campaign_line_table.c.person_id.is_(None) | campaign_line_table.c.person_id.not_in(placed)


def findings_of(connection: Connection, line_ids: Iterable[int]) -> dict[int, list[Finding]]:
    """What was found about each of these lines; a line without findings has an empty list."""
    columns, found = campaign_finding_table.c, defaultdict[int, list[Finding]](list)
    for part in chunks(line_ids):
        query = select(campaign_finding_table).where(among(columns.line_id, part)).order_by(columns.id)
        found.update((each, []) for each in part)
        for row in connection.execute(query):
            found[row.line_id].append(Finding(FindingKind(row.kind), row.evidence, row.clause))
    return dict(found)


def read_line(row: Row[Any]) -> Line:
    """The line that a row of `campaign_line` holds."""
    values = dict(row._mapping)
    rights = tuple(Right(**each) for each in values["rights"])
    return Line(**{**values, "sorting": Sorting(row.sorting), "asked": Part(row.asked), "rights": rights})


def _campaign(row: Row[Any]) -> Campaign:
    values = dict(row._mapping)
    scope: Mapping[str, Sequence[str]] = values.pop("scope")
    told = {"kind": CampaignKind(row.kind), "state": CampaignState(row.state), "terms": Terms.read(row.terms)}
    return Campaign(**{**values, **told, "systems": tuple(scope["systems"])})


def _person(row: Row[Any]) -> CampaignPerson:
    return CampaignPerson(**{**row._mapping, "factors": tuple(row.factors)})


def _paged(
    connection: Connection, query: Select[Any], key: ColumnElement[int], after: int | None, most: int | None
) -> Iterator[Row[Any]]:
    """The rows of `query` in the order of `key`, a page at a time: no cursor stays open while the caller writes."""
    last, left = after, most
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        page = query if last is None else query.where(key > last)
        rows = connection.execute(page.order_by(key).limit(size)).all()
        yield from rows
        if len(rows) < size:
            return
        last = rows[-1]._mapping[key]
        left = None if left is None else left - size
