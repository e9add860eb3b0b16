"""Who serves where: the lists of everybody agree with each person's own standing."""

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from iam.office.serving import posts_on, serving
from iam.people.feed import Gives
from iam.people.ledger import appointment_table, people, person_table
from iam.people.standing import Status
from iam.signin.desk import progress
from iam.signin.desk.progress import Stage, Whom
from iam.signin.factors.authenticators import State, end
from tests.functional.site.given import MORNING, City
from tests.functional.site.portal.members import Member

TODAY = MORNING.date()
DAYS = [
    TODAY, TODAY - timedelta(days=1), TODAY + timedelta(days=1), date(2026, 3, 31), date(2026, 4, 1),
    date(2027, 3, 31), date(2027, 4, 1), date(2024, 4, 1), date(2030, 1, 1), date(2000, 1, 1),
]  # fmt: skip


def everybody(city: City) -> list[int]:
    with city.store.read() as connection:
        return list(connection.execute(select(person_table.c.id)).scalars())


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_list_of_posts_is_what_each_person_stands_at(city: City, day: date) -> None:
    ids = everybody(city)
    with city.store.read() as connection:
        rows = connection.execute(posts_on(day).order_by("person_id", "nth")).all()
        stand = {each.id: city.door.offices.standing(each, day) for each in people(connection, ids)}
    expected = [
        (id_, post.entry.told.org_code, post.begins)
        for id_, standing in sorted(stand.items()) for post in standing.posts
    ]  # fmt: skip
    assert [(row.person_id, row.org_code, row.valid_from) for row in rows] == expected


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_who_serves_is_who_is_in_service(city: City, day: date) -> None:
    strange(city, TODAY)
    with city.store.read() as connection:
        staff = serving(city.door.offices, day)
        listed = dict(connection.execute(select(staff.c.person_id, staff.c.org_code)).all())
        stand = {each.id: city.door.offices.standing(each, day) for each in people(connection, everybody(city))}
    assert listed == {
        id_: standing.primary.entry.told.org_code
        for id_, standing in stand.items()
        if standing.status is Status.IN_SERVICE and standing.primary
    }


def strange(city: City, day: date) -> None:
    """Somebody is absent, on leave, away, or left yesterday, whatever the body had before."""
    ids = [city.entrant(city.plain(which)).person_id for which in range(6)]
    told = appointment_table.c
    with city.store.act("test") as act:
        absent = update(person_table).where(person_table.c.id == ids[0]).values(absent_runs=99)
        act.connection.execute(absent)
        for id_, gives, first in (
            (ids[1], Gives.LEAVE, day), (ids[2], Gives.AWAY, day - timedelta(days=3)),
            (ids[3], Gives.END, day - timedelta(days=1)), (ids[4], Gives.END, day),
            (ids[5], Gives.LEAVE, day + timedelta(days=1)),
        ):  # fmt: skip
            row = (
                act.connection.execute(select(appointment_table).where(told.person_id == id_).limit(1)).one()._asdict()
            )
            number = 1 + max(act.connection.execute(select(told.id)).scalars())
            until = first if gives is Gives.END else date.max
            new = {**row, "id": number, "gives": gives, "valid_from": first, "valid_until": until}
            act.connection.execute(appointment_table.insert().values(**new))


def test_progress_counts_everybody_once_by_what_they_hold(city: City) -> None:
    with_app, with_password = Member.of(city, 0).with_app(), Member.of(city, 1)
    only_codes = Member.of(city, 2)
    only_codes.recovery_codes()
    lost = Member.of(city, 3).with_app()
    temporary = Member.of(city, 4)
    temporary.has_temporary_password()
    with city.store.act("test") as act:
        end(act, lost.app, State.LOST, "test")
    offices = city.door.offices
    with city.store.read() as connection:
        counted = progress.by_unit(connection, offices, TODAY)
        staff = progress.listed(connection, offices, TODAY, Whom(list(Stage)))
        chased = progress.listed(connection, offices, TODAY, Whom())
    stages = {each.person_id: each.stage for each in staff}
    assert stages[with_app.id] is Stage.DONE
    assert {stages[each.id] for each in (with_password, only_codes, lost)} == {Stage.BEGUN}
    assert stages[temporary.id] is Stage.NOT_BEGUN
    assert len(stages) == len(staff)
    assert sum((each.stages for each in counted), Counter()) == Counter(stages.values())
    assert {each.person_id for each in chased} == {id_ for id_, stage in stages.items() if stage is not Stage.DONE}
