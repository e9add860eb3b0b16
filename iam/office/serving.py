"""Who serves where on a day, for lists of everybody: the questions that are asked of the database at once.

The one law: *the same answer as a person's own standing* (iam.people.standing),
which a test holds for everybody: a list that counts a hundred thousand people
asks in one statement, and no list may disagree with a person's page.

Everything is said of a person in one pass over what was told (window
functions): a correlated question for each row is quick or slow as the
database happens to know its tables.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, not_, or_, select

from iam.office.roles import Offices
from iam.people.feed import Gives
from iam.people.ledger import appointment_table, person_table
from iam.policy.profile import StaffKind

_MACHINES: Final = frozenset({StaffKind.DEVELOPMENT, StaffKind.SYSTEM})


def posts_on(on: date) -> Select[Any]:
    """Every post that is held on a day: person_id, org_code, org_name, title, category, concurrent, valid_from,
    elsewhere (on leave, or away at another body; NULL: neither), nth.

    `nth` is 1 for the primary post, or the oldest concurrent one of who has no primary.
    """
    told = _told(on).c
    followed = and_(told.concurrent.is_(False), told.valid_until == date.max, told.valid_from < told.newest)
    left = told.left_on >= told.valid_from
    order = told.concurrent, told.valid_from, told.id
    nth = func.row_number().over(partition_by=told.person_id, order_by=order).label("nth")
    return select(
        told.person_id, told.org_code, told.org_name, told.title, told.category, told.concurrent, told.valid_from,
        told.elsewhere, nth,
    ).where(
        told.gives == Gives.POST, told.valid_until >= on, not_(followed), or_(told.left_on.is_(None), not_(left)),
    )  # fmt: skip


def serving(offices: Offices, on: date) -> Subquery:
    """Everybody in service on a day, by their primary post: the columns of `posts_on`.  Machines do not sign in."""
    posts = posts_on(on).subquery()
    person = person_table.c
    machines = [each.code for each in offices.profile.categories if each.kind in _MACHINES]
    present = person.absent_runs < _silence(offices.absence, offices.profile.accounts.absence_runs.value)
    query = select(posts).join(person_table, person.id == posts.c.person_id)
    return query.where(
        posts.c.nth == 1, present, posts.c.category.not_in(machines), posts.c.elsewhere.is_(None)
    ).subquery("serving")


def _told(on: date) -> Subquery:
    """What was told to begin by a day, and beside each entry what it takes of the person's others to judge it:
    `newest`: when their newest primary post began, which ended the open one before it (異動); `left_on`: their last
    day in service before that day, if any (退職); `elsewhere`: whether a leave or a secondment is in force."""
    told = appointment_table.c
    primary = and_(told.gives == Gives.POST, told.concurrent.is_(False))
    ended = and_(told.gives == Gives.END, told.valid_from < on)
    away = and_(told.gives.in_([Gives.LEAVE, Gives.AWAY]), told.valid_until >= on)

    def of_person(condition: ColumnElement[bool], value: Any) -> ColumnElement[Any]:  # noqa: ANN401 - a column or a number
        return func.max(case((condition, value))).over(partition_by=told.person_id)

    return (
        select(
            told.id, told.person_id, told.gives, told.org_code, told.org_name, told.title, told.category,
            told.concurrent, told.valid_from, told.valid_until,
            of_person(primary, told.valid_from).label("newest"),
            of_person(ended, told.valid_from).label("left_on"),
            of_person(away, 1).label("elsewhere"),
        )
        .where(told.known_until.is_(None), told.valid_from <= on)
        .subquery("told")
    )  # fmt: skip


def _silence(absence: Mapping[str, int], usual: int) -> ColumnElement[int] | int:
    """How many silent readings make somebody absent, by the source that tells of them."""
    if not absence:
        return usual
    return case(absence, value=person_table.c.source, else_=usual)
