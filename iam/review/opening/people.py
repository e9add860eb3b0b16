"""People: everybody who has to do with an account of the review, as they stood on its day.

The one law: *nothing of an appointment is said before its 内示解禁日*: only posts in force on the day stand here,
and of what is not announced yet neither beginning nor end.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, func, select, union

from iam.access.kept.books import kept_id_table, kept_member_table
from iam.people.announced import as_told
from iam.people.feed import AppointmentKind
from iam.people.japanese import wareki
from iam.people.ledger import Person, chunks, people
from iam.people.standing import Held, Standing, Status, held_posts
from iam.record.act import Act
from iam.record.bulk import bulk_update
from iam.record.columns import among
from iam.record.store import bulk_insert
from iam.review.books import campaign_line_table, campaign_person_table, campaign_system_table
from iam.review.campaigns import Campaign
from iam.review.opening.plan import Ground
from iam.signin.factors.authenticators import LASTING, Form, State, authenticator_table
from iam.signin.kinds import Method
from iam.signin.passwords.kept import password_table

PAGE: Final = 2_000
"""Persons who are looked at together."""

COLUMNS: Final = (
    "campaign_id", "person_id", "staff_number", "name", "status", "since", "until", "org_code", "org_name",
    "department", "title_code", "title", "category", "post_from", "appointment", "factors", "accounts",
)  # fmt: skip


def involved(connection: Connection, campaign: Campaign) -> list[int]:
    """Whoever owns or keeps an account of the campaign, sponsors or uses a shared ID of its systems, by their ids."""
    line, kept, member, system = campaign_line_table.c, kept_id_table.c, kept_member_table.c, campaign_system_table.c
    here = select(system.system).where(system.campaign_id == campaign.id)
    in_force = kept.retired_at.is_(None), kept.system.in_(here)
    mine = line.campaign_id == campaign.id
    asked = union(
        select(line.person_id).where(mine, line.person_id.is_not(None)),
        select(line.keeper_id).where(mine, line.keeper_id.is_not(None)),
        select(kept.sponsor_id).where(*in_force, kept.sponsor_id.is_not(None)),
        select(member.person_id).join(kept_id_table, kept.id == member.kept_id).where(*in_force),
    )
    return sorted(connection.execute(asked).scalars())


def frozen_people(
    connection: Connection, ground: Ground, campaign: Campaign, ids: Iterable[int], accounts: Mapping[int, int]
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of `campaign_person`, a page at a time.  `accounts`: how many lines are whose."""
    for part in chunks(ids, PAGE):
        factors = _factors(connection, part)
        yield [
            (campaign.id, who.id, who.staff_number, who.name, *_stands(ground, who, campaign.day),
             factors.get(who.id, []), accounts.get(who.id, 0)) for who in people(connection, part)
        ]  # fmt: skip


def accounts_by_person(connection: Connection, campaign: Campaign) -> dict[int, int]:
    """How many lines of the campaign are whose."""
    line = campaign_line_table.c
    query = select(line.person_id, func.count()).where(line.campaign_id == campaign.id, line.person_id.is_not(None))
    return {row[0]: row[1] for row in connection.execute(query.group_by(line.person_id))}


def put_people(act: Act, page: Iterable[tuple[Any, ...]]) -> int:
    """Write a page of persons who are not in the campaign yet; how many."""
    return bulk_insert(act.connection, campaign_person_table, COLUMNS, page)


def add_people(act: Act, ground: Ground, campaign: Campaign) -> None:
    """After a system was read again: who is new to the campaign, and how many accounts everybody has."""
    columns, accounts = campaign_person_table.c, accounts_by_person(act.connection, campaign)
    known = {
        row[0]: row[1]
        for row in act.connection.execute(
            select(columns.person_id, columns.accounts).where(columns.campaign_id == campaign.id)
        )
    }
    fresh = [id_ for id_ in involved(act.connection, campaign) if id_ not in known]
    for page in frozen_people(act.connection, ground, campaign, fresh, accounts):
        put_people(act, page)
    counted = [
        (campaign.id, id_, accounts.get(id_, 0)) for id_, before in known.items() if before != accounts.get(id_, 0)
    ]
    if counted:
        bulk_update(act.connection, campaign_person_table, ["campaign_id", "person_id"], ["accounts"], counted)


def _stands(ground: Ground, who: Person, day: date) -> tuple[Any, ...]:
    """From `status` to `appointment`, in the order of COLUMNS."""
    said = as_told(who, day)
    now = ground.offices.standing(said, day)
    post = now.primary or _last(said, day)
    if post is None:
        return now.status.value, now.since, _until(now), "", "", "", "", "", "", None, _words(now)
    told = post.entry.told
    name, department = ground.unit(told.org_code, max(told.valid_from, min(day, post.until)))
    return (
        now.status.value, now.since, _until(now), told.org_code, name or told.org_name,
        department or name or told.org_name, told.title_code, told.title, told.category, post.begins, _words(now),
    )  # fmt: skip


def _last(who: Person, day: date) -> Held | None:
    """The post that somebody who has left held last: their department still knows them."""
    past = [post for post in held_posts(who.entries) if post.until < day]
    return max(past, key=lambda post: (not post.entry.told.concurrent, post.until)) if past else None


def _until(now: Standing) -> date | None:
    """The last day of the status, where it is known."""
    if now.status in {Status.ON_LEAVE, Status.AWAY} and now.cause is not None:
        until = now.cause.told.valid_until
    else:
        until = now.primary.until if now.primary else date.max
    return None if until == date.max else until


def _words(now: Standing) -> str:
    """What was told last of the person: 令和8年4月1日 異動 総務課 主事."""
    if now.cause is None:
        return ""
    told = now.cause.told
    kind = told.gives.label_ja if told.kind is AppointmentKind.UNTOLD else told.kind.label_ja
    return " ".join(filter(None, (wareki(told.valid_from), kind, told.org_name, told.title)))


def _factors(connection: Connection, ids: list[int]) -> dict[int, list[str]]:
    """What each person has registered and can use day by day, by the names of `Method`."""
    columns, found = authenticator_table.c, defaultdict[int, set[str]](set)
    chosen = select(password_table.c.person_id).where(
        among(password_table.c.person_id, ids), password_table.c.lapses_at.is_(None)
    )
    for id_ in connection.execute(chosen).scalars():
        found[id_].add(Method.PASSWORD.value)
    lasting = columns.form.in_([form.value for form in LASTING]), columns.state == State.ACTIVE
    query = select(columns.person_id, columns.form, columns.data).where(among(columns.person_id, ids), *lasting)
    for id_, form, data in connection.execute(query):
        found[id_].add(Form(form).method(verified=bool(data.get("verified"))).value)
    return {id_: sorted(methods) for id_, methods in found.items()}
