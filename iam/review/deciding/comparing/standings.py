"""Persons: how they stand today against how they stood on the day of the snapshot.

The one law: *nothing of an appointment is said before its 内示解禁日*, as when it was frozen.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, or_, select, union

from iam.office.roles import Offices
from iam.people.announced import as_told
from iam.people.ledger import Person, appointment_table, people, person_table, with_boundary
from iam.people.standing import Standing, Status
from iam.record.columns import jst_day
from iam.review.books import campaign_person_table
from iam.review.campaigns import Campaign, CampaignPerson, persons_of
from iam.review.deciding.comparing.changes import Change, Since

_GONE: Final = frozenset({Status.LEFT, Status.LAPSED, Status.UNTOLD})
_AWAY: Final = frozenset({Status.AWAY, Status.ON_LEAVE, Status.ABSENT})

_FEW: Final = 500
"""Persons for whom it is cheaper to look than to ask who may have changed."""


def moved(
    connection: Connection, offices: Offices, campaign: Campaign, at: datetime, among_ids: Collection[int] | None
) -> dict[int, tuple[Since, ...]]:
    """Who of a campaign, or of `among_ids`, stands otherwise at `at`: by person id."""
    on = jst_day(at)
    if among_ids is not None and len(among_ids) <= _FEW:
        asked = set(among_ids)
    else:
        asked = _perhaps(connection, campaign, on)
        asked &= set(among_ids) if among_ids is not None else asked
    frozen = persons_of(connection, campaign.id, sorted(asked))
    found = {
        person.id: tuple(_differences(offices, frozen[person.id], person, on))
        for person in people(connection, frozen.keys())
    }
    return {id_: changes for id_, changes in found.items() if changes}


def _perhaps(connection: Connection, campaign: Campaign, on: date) -> set[int]:
    """Who may stand otherwise: something was told or closed of them since, a day has passed, or a feed was silent."""
    told, person, frozen = appointment_table.c, person_table.c, campaign_person_table.c
    since = or_(told.known_from > campaign.opened_at, told.known_until > campaign.opened_at)
    heard = union(
        select(told.person_id).where(since),
        select(person.id).where(person.absent_runs > 0),
        select(frozen.person_id).where(frozen.campaign_id == campaign.id, frozen.status == Status.ABSENT),
    )
    passed = with_boundary(connection, campaign.day, on, ())
    # What was secret on the day of the snapshot may be said since, although nobody told anything new.
    announced = select(told.person_id).where(told.announce_from > campaign.day, told.announce_from <= on)
    return {*connection.execute(heard).scalars(), *passed, *connection.execute(announced).scalars()}


def _differences(offices: Offices, was: CampaignPerson, person: Person, on: date) -> Iterator[Since]:
    now = offices.standing(as_told(person, on), on)
    if now.status != was.status:
        yield Since(_sort(now.status), now.status.label_ja)
    told = now.primary.entry.told if now.primary else None
    if told is not None and (told.org_code, told.title_code) != (was.org_code, was.title_code):
        yield Since(Change.MOVED, _post(now))


def _sort(status: Status) -> Change:
    if status in _GONE:
        return Change.LEFT
    return Change.AWAY if status in _AWAY else Change.BACK


def _post(now: Standing) -> str:
    told = now.primary.entry.told if now.primary else None
    return " ".join(filter(None, (told.org_name, told.title))) if told else ""
