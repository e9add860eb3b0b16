"""Who serves where on a day, for lists of everybody: the questions that are asked of the database at once.

The one law: *the same answer as a person's own standing* (iam.people.standing),
which a test holds for everybody: a list that counts a hundred thousand people
asks in one statement, and no list may disagree with a person's page.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, select

from iam.office.roles import Offices
from iam.people.feed import Gives
from iam.people.ledger import appointment_table, person_table
from iam.policy.profile import StaffKind

_MACHINES: Final = frozenset({StaffKind.DEVELOPMENT, StaffKind.SYSTEM})


def posts_on(on: date) -> Select[Any]:
    """Every post that is held on a day: person_id, org_code, org_name, title, category, concurrent, valid_from, nth.

    `nth` is 1 for the primary post, or the oldest concurrent one of who has no primary.
    """
    post = appointment_table
    columns = post.c
    order = columns.concurrent, columns.valid_from, columns.id
    nth = func.row_number().over(partition_by=columns.person_id, order_by=order).label("nth")
    return select(
        columns.person_id, columns.org_code, columns.org_name, columns.title, columns.category, columns.concurrent,
        columns.valid_from, nth,
    ).where(
        columns.known_until.is_(None), columns.gives == Gives.POST,
        columns.valid_from <= on, columns.valid_until >= on, ~_followed(on), ~_left(on),
    )  # fmt: skip


def serving(offices: Offices, on: date) -> Subquery:
    """Everybody in service on a day, by their primary post: the columns of `posts_on`.  Machines do not sign in."""
    posts = posts_on(on).subquery()
    person = person_table.c
    machines = [each.code for each in offices.profile.categories if each.kind in _MACHINES]
    present = person.absent_runs < _silence(offices.absence, offices.profile.accounts.absence_runs.value)
    query = select(posts).join(person_table, person.id == posts.c.person_id)
    return query.where(
        posts.c.nth == 1, present, posts.c.category.not_in(machines), ~_elsewhere(posts.c.person_id, on)
    ).subquery("serving")


def _silence(absence: Mapping[str, int], usual: int) -> ColumnElement[int] | int:
    """How many silent readings make somebody absent, by the source that tells of them."""
    if not absence:
        return usual
    return case(absence, value=person_table.c.source, else_=usual)


def _followed(on: date) -> ColumnElement[bool]:
    """An open-ended primary post ended when the next one began (異動)."""
    post, later = appointment_table.c, appointment_table.alias("later").c
    follows = exists().where(
        later.person_id == post.person_id, later.known_until.is_(None), later.gives == Gives.POST,
        later.concurrent.is_(False), later.valid_from > post.valid_from, later.valid_from <= on,
    )  # fmt: skip
    return and_(post.concurrent.is_(False), post.valid_until == date.max, follows)


def _left(on: date) -> ColumnElement[bool]:
    """A last day in service ended every post that had begun by then (退職)."""
    post, end = appointment_table.c, appointment_table.alias("ended").c
    return exists().where(
        end.person_id == post.person_id, end.known_until.is_(None), end.gives == Gives.END,
        end.valid_from >= post.valid_from, end.valid_from < on,
    )  # fmt: skip


def _elsewhere(person_id: ColumnElement[int], on: date) -> ColumnElement[bool]:
    """On leave, or away at another body."""
    over = appointment_table.alias("overlay").c
    return exists().where(
        over.person_id == person_id, over.known_until.is_(None), over.gives.in_([Gives.LEAVE, Gives.AWAY]),
        over.valid_from <= on, over.valid_until >= on,
    )  # fmt: skip
