"""The facts that delegations are judged by, as the ledger and the books say at this instant.

The one law: *read now*: nothing of it is remembered between two judgements.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, func, select

from iam.access.accounts import Block, block_table, blocks_of
from iam.errors import NotFound
from iam.office.changes.waivers import Control, live_waiver
from iam.office.roles import How, holdings_of
from iam.people.ledger import Person, people
from iam.people.standing import Held
from iam.privilege.barred import barred_by, kind_of
from iam.privilege.delegating.deciding import Delegate, Facts, Officer
from iam.privilege.delegating.delegation import Delegation, DelegationState, Wish, delegation, delegations
from iam.privilege.register import PrivilegedId, by_id
from iam.record.columns import among, canonical_json, jst_day
from iam.signin.door import Door
from iam.signin.factors.authenticators import Form, State, authenticator_table, of_person

_PROPER: Final = frozenset({How.POST, How.NAMED})
"""Ways of holding a role as its own holder: a deputy holds somebody else's, a first officer one until the posts are."""

_RESISTANT: Final = frozenset({Form.WEBAUTHN, Form.CERTIFICATE})
"""Bound to our origin by the device, or by mutual TLS (`kinds.PHISHING_RESISTANT`)."""


def of_wish(connection: Connection, door: Door, wish: Wish, officer_id: int, at: datetime) -> Facts:
    """What a nomination by this officer is judged by."""
    ids = by_id(connection, wish.privileged_ids)
    return Facts(
        officer(connection, door, officer_id, systems_of(ids), at),
        delegate(connection, door, wish.delegate_id, systems_of(ids), at),
        ids,
        naming(connection, wish.privileged_ids, at),
        door.profile.privileged,
        at,
        _renewed(connection, wish.renews, at),
    )


def systems_of(ids: Mapping[int, PrivilegedId]) -> frozenset[str]:
    """The systems of these rows."""
    return frozenset(each.system for each in ids.values())


def naming(connection: Connection, ids: Collection[int], at: datetime) -> list[Delegation]:
    """The nominations that wait and the live delegations that name one of these IDs."""
    states = {DelegationState.NOMINATED, DelegationState.LIVE}
    return [each for each in delegations(connection, at, states=states) if set(ids) & set(each.privileged_ids)]


def officer(connection: Connection, door: Door, person_id: int, systems: Collection[str], at: datetime) -> Officer:
    """Whoever decides, with the exception under which a deputy may, when one covers all of `systems`."""
    day = jst_day(at)
    held = holdings_of(connection, door.offices, [person_id], day)[person_id]
    proper = frozenset(each.role for each in held if each.how in _PROPER)
    return Officer(
        person_id,
        proper,
        frozenset(each.role for each in held) - proper,
        _barred(door, next(people(connection, [person_id]), None), day),
        _stopped(blocks_of(connection, [person_id]).get(person_id, ()), (), day),
        _exception(connection, systems, at),
    )


def delegate(
    connection: Connection, door: Door, person_id: int, systems: Collection[str], at: datetime
) -> Delegate | None:
    """Whom a delegation is about; None when nobody has this id."""
    person, day = next(people(connection, [person_id]), None), jst_day(at)
    if person is None:
        return None
    standing = door.offices.standing(person, day)
    return Delegate(
        person_id,
        standing.status,
        posts_mark(standing.posts),
        _barred(door, person, day),
        _stopped(blocks_of(connection, [person_id]).get(person_id, ()), systems, day),
        _resistant(connection, door, person_id, day),
        _lost_at(connection, person_id),
        _restored_at(connection, person_id, systems),
    )


def posts_mark(posts: Iterable[Held]) -> str:
    """A mark of the posts that somebody holds on a day: another with every 異動, also back to where they were."""
    told = [each.entry.told for each in posts]
    keys = sorted(
        [each.org_code, each.title_code, each.category, str(each.concurrent), each.valid_from.isoformat()]
        for each in told
    )
    return hashlib.sha256(canonical_json(keys).encode()).hexdigest()


def _renewed(connection: Connection, id_: int | None, at: datetime) -> Delegation | None:
    if id_ is None:
        return None
    try:
        return delegation(connection, id_, at)
    except NotFound:
        return None


def _barred(door: Door, person: Person | None, day: date) -> bool:
    if person is None:
        return True
    posts = door.offices.standing(person, day).posts
    # Without a post it is the standing that speaks.
    return bool(posts) and barred_by(kind_of(door.profile, post.entry.told.category) for post in posts) is not None


def _stopped(blocks: Iterable[Block], systems: Collection[str], day: date) -> bool:
    """Whether every right is stopped, or every right in one of `systems`."""
    return any(each.on(day) and not each.entitlement and each.system in {"", *systems} for each in blocks)


def _resistant(connection: Connection, door: Door, person_id: int, day: date) -> bool:
    """Whether a factor is left that counts for privileged IDs: a key that is copied through a cloud may not."""
    zone = door.profile.zone(door.zone).code
    synced = door.profile.signin.resolved([zone], privileged=True, on=day).synced_keys
    return any(
        each.active and each.form in _RESISTANT and (synced or not each.data.get("synced"))
        for each in of_person(connection, person_id)
    )


def _lost_at(connection: Connection, person_id: int) -> datetime | None:
    columns = authenticator_table.c
    mine = columns.person_id == person_id, columns.state == State.LOST
    found: datetime | None = connection.execute(select(func.max(columns.ended_at)).where(*mine)).scalar_one()
    return found


def _restored_at(connection: Connection, person_id: int, systems: Collection[str]) -> datetime | None:
    """When the last stop of every right, in one of `systems` or in all, was lifted."""
    columns = block_table.c
    whole = columns.person_id == person_id, columns.entitlement == "", among(columns.system, ["", *sorted(systems)])
    found: datetime | None = connection.execute(select(func.max(columns.lifted_at)).where(*whole)).scalar_one()
    return found


def _exception(connection: Connection, systems: Collection[str], at: datetime) -> int | None:
    """The first of the exceptions, when there is one for every system."""
    found = [live_waiver(connection, Control.DELEGATION, system, at) for system in sorted(systems) or [""]]
    kept = [each.id for each in found if each is not None]
    return kept[0] if len(kept) == len(found) else None
