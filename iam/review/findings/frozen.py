"""The frozen rows as judges read them: few columns, a page at a time, what thousands share decoded once.

The one law: *a page is read whole before anything is written*: no cursor stays open, and memory stays bounded.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Text, select, type_coerce

from iam.people.ledger import chunks
from iam.record.columns import among
from iam.review.books import campaign_line_table, campaign_person_table
from iam.review.campaigns import Right
from iam.sync.actual.reconcile import Sorting

PAGE: Final = 5_000
"""Lines that are looked at together."""

_SHARED: Final = 20_000
"""Different texts of rights that are remembered: what people of one post hold is written alike."""


class Held(NamedTuple):
    """The rights of an account; `codes` of those that are not privileged."""

    rights: tuple[Right, ...]
    codes: frozenset[str]
    names: tuple[str, ...]
    privileged: bool


class Seen(NamedTuple):
    """A line: see `iam.review.campaigns.Line`."""

    id: int
    native_id: str
    login: str
    comparable: str
    link: str
    sorting: str
    account_id: int | None
    kind: str
    state: str
    person_id: int | None
    keeper_id: int | None
    enabled: bool
    created_at: datetime | None
    used_at: datetime | None
    used_where: str
    former: str
    held: Held

    @property
    def there(self) -> bool:
        """Whether the target holds it, as far as it was read."""
        return self.sorting != Sorting.MISSING

    @property
    def alive(self) -> bool:
        """Whether it can do anything on the target, or would as soon as it is switched on."""
        return self.there and (self.enabled or bool(self.held.rights))


class Who(NamedTuple):
    """A person: see `iam.review.campaigns.CampaignPerson`."""

    id: int
    number: str
    name: str
    status: str
    since: date | None
    org_code: str
    org_name: str
    title_code: str
    title: str
    category: str
    appointment: str
    factors: frozenset[str]

    @property
    def called(self) -> str:
        """As people are told of them."""
        return f"{self.name}（{self.number}）"

    @property
    def post(self) -> str:
        """Unit and title in words."""
        return " ".join(filter(None, (self.org_name, self.title)))


@lru_cache(maxsize=_SHARED)
def held_of(text: str) -> Held:
    """What the text of a line's rights says."""
    rights = tuple(Right(**each) for each in json.loads(text))
    codes = frozenset(each.right for each in rights if not each.privileged)
    return Held(rights, codes, tuple(each.name for each in rights), any(each.privileged for each in rights))


@lru_cache(maxsize=_SHARED)
def _factors_of(text: str) -> frozenset[str]:
    return frozenset(json.loads(text))


def as_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """A column of JSON as the text that it is."""
    return type_coerce(column, Text())


def pages(connection: Connection, campaign_id: int, system: str) -> Iterator[list[Seen]]:
    """The lines of one system in the order of their ids, a page at a time."""
    columns, last = campaign_line_table.c, 0
    names = [columns[name] for name in Seen._fields[:-1]]
    query = select(*names, as_text(columns.rights)).where(columns.campaign_id == campaign_id, columns.system == system)
    while True:
        rows = connection.execute(query.where(columns.id > last).order_by(columns.id).limit(PAGE)).all()
        if rows:
            yield [Seen._make((*row[:-1], held_of(row[-1]))) for row in rows]
            last = rows[-1].id
        if len(rows) < PAGE:
            return


def persons_on(connection: Connection, campaign_id: int, lines: Iterable[Seen]) -> dict[int, Who]:
    """The persons whose these lines are."""
    columns = campaign_person_table.c
    asked = (
        columns.person_id, columns.staff_number, columns.name, columns.status, columns.since, columns.org_code,
        columns.org_name, columns.title_code, columns.title, columns.category, columns.appointment,
    )  # fmt: skip
    found: dict[int, Who] = {}
    for part in chunks(sorted({line.person_id for line in lines if line.person_id is not None})):
        query = select(*asked, as_text(columns.factors))
        mine = columns.campaign_id == campaign_id, among(columns.person_id, part)
        for row in connection.execute(query.where(*mine)):
            found[row[0]] = Who._make((*row[:-1], _factors_of(row[-1])))
    return found
