"""Letting a held plan go: two officers, one hash, and what a rehearsal vouches for.

The one law: nobody releases a plan alone, and nobody releases another plan
than the one that was seen.  The database refuses a second signature by the
first officer, and so do we under every number that the first ever had; each
signature is sealed under a key outside the database, so
that whoever owns only the database cannot write one (R04, R17, R19,
OITA-S8.1.4.3).
"""

from collections.abc import Container
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, select, update

from iam.errors import Conflict, Forbidden, IntegrityError
from iam.office.roles import STAFF, Offices, holdings_of
from iam.people.ledger import appointment_table, persons_by_number
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.columns import among, canonical_json, jst_day
from iam.record.keys import KeyRing
from iam.record.store import bulk_update
from iam.sync.guard import Vouched
from iam.sync.plan import ChangeKind
from iam.sync.stored.plans import (
    CHANGE_COLUMNS,
    ChangeState,
    PlanState,
    Purpose,
    StoredPlan,
    change_table,
    changes_of,
    key_of,
    plan,
    plan_hash,
    plan_table,
)

SHORTEST_HASH: Final = 8
"""Characters of a plan's hash that an officer must give: what `plan show` prints has more."""


RELEASING: Final = frozenset({Role.GENERAL_OFFICER, Role.OPERATOR})
"""The roles whose holders let a held plan go (OITA-S8.1.4.3: 担当者が二人以上で互いに確かめる)."""

SAME_PERSON: Final = "保留の解除には別の担当者の確認が必要です。同じ人が二度確認することはできません。"


class Releasers(Container[str]):
    """The actors who may release plans on a day: whoever signed in and holds one of the roles."""

    def __init__(self, connection: Connection, offices: Offices, on: date) -> None:
        self._connection = connection
        self._offices = offices
        self._on = on

    def __contains__(self, actor: object) -> bool:
        person = _person_of(self._connection, actor) if isinstance(actor, str) else None
        if person is None:
            return False
        held = holdings_of(self._connection, self._offices, [person], self._on)[person]
        return any(each.role in RELEASING for each in held)


def released_by_posts(offices: Offices) -> bool:
    """Whether the profile says in codes which posts release plans; without that, nobody could in the portal."""
    return any(seat.role in RELEASING and seat.held_by for seat in offices.seats)


def one_person(connection: Connection, actor: str, other: str) -> bool:
    """Whether two actors are one person, who may have signed under another staff number."""
    person = _person_of(connection, actor)
    return actor == other or (person is not None and person == _person_of(connection, other))


def _person_of(connection: Connection, actor: str) -> int | None:
    number = actor.removeprefix(STAFF)
    return None if number == actor else persons_by_number(connection, [number]).get(number)


def why_not_release(
    stored: StoredPlan, officer: str, officers: Container[str], seen_hash: str
) -> Conflict | Forbidden | None:
    """The first rule that stands between this officer and this release, or None."""
    if officer not in officers:
        cure = (
            "役職のある職員が行ってください"
            if officer.startswith(STAFF)
            else "設定の [officers] release を確かめてください"
        )
        return Forbidden(f"「{officer}」は保留解除の担当者ではありません。{cure}。")
    if stored.state is not PlanState.HELD:
        return Conflict(f"計画 {stored.id} は保留中ではありません（いまは「{stored.state.label_ja}」）。")
    if seen_hash != stored.hash[: len(seen_hash)] or len(seen_hash) < SHORTEST_HASH:
        return Conflict(
            f"計画 {stored.id} の照合値が違います。iam plan show {stored.id} で内容と照合値を確かめてください。"
        )
    if officer == stored.first_officer:
        return Forbidden(SAME_PERSON)
    return None


def sign(act: Act, keys: KeyRing, plan_id: int, officers: Container[str], seen_hash: str) -> StoredPlan:
    """One officer's signature; with the second, the plan is released.

    Raises:
        NotFound: no such plan; Conflict, Forbidden: see `why_not_release`; IntegrityError: the first is forged.
    """
    act.connection.execute(select(plan_table.c.id).where(plan_table.c.id == plan_id).with_for_update())
    stored = plan(act.connection, plan_id)
    if refusal := why_not_release(stored, act.actor, officers, seen_hash):
        raise refusal
    if stored.first_officer is not None and one_person(act.connection, act.actor, stored.first_officer):
        raise Forbidden(SAME_PERSON)
    seal = _seal(keys, keys.current, stored, act.actor)
    if stored.first_officer is None:
        values: dict[str, object] = {"first_officer": act.actor, "first_at": act.at, "first_seal": seal}
    else:
        _see_seal(keys, stored, stored.first_officer, stored.first_seal, officers)
        values = {"second_officer": act.actor, "second_at": act.at, "second_seal": seal, "state": PlanState.RELEASED}
    act.connection.execute(update(plan_table).where(plan_table.c.id == plan_id).values(**values))
    act.record(
        "plan.signed", f"plan {plan_id}", {"hash": stored.hash, "signature": 1 + (stored.first_officer is not None)}
    )
    return plan(act.connection, plan_id)


def _seal(keys: KeyRing, key_id: str, stored: StoredPlan, officer: str) -> str:
    message = canonical_json([stored.id, stored.hash, officer]).encode()
    return f"{key_id}:{keys.mac('plan release', message, key_id)}"


def _see_seal(keys: KeyRing, stored: StoredPlan, officer: str, seal: str | None, officers: Container[str]) -> None:
    if officer not in officers:
        raise Conflict(
            f"計画 {stored.id} を確認した「{officer}」はもう担当者ではありません。iam sync で計画を作り直してください。"
        )
    if seal is None or seal != _seal(keys, seal.partition(":")[0], stored, officer):
        raise IntegrityError(
            f"計画 {stored.id} の「{officer}」の確認は、この仕組みで記録されたものではありません。"
            "適用せず、証跡を確かめてください。"
        )


def verify_release(connection: Connection, keys: KeyRing, stored: StoredPlan, officers: Container[str]) -> None:
    """See that two different officers of today let exactly this plan go.

    Raises:
        Conflict: when one is an officer no more; IntegrityError: when a signature or a change was forged.
    """
    first, second = stored.first_officer, stored.second_officer
    if first is None or second is None or one_person(connection, first, second):
        raise IntegrityError(f"計画 {stored.id} に二人の確認がありません。適用せず、証跡を確かめてください。")
    _see_seal(keys, stored, first, stored.first_seal, officers)
    _see_seal(keys, stored, second, stored.second_seal, officers)
    verify_plan(connection, stored)


def verify_plan(connection: Connection, stored: StoredPlan) -> None:
    """See that the stored changes are still those that the hash was made over.

    Raises:
        IntegrityError: when anybody changed them.
    """
    columns = [change_table.c[name] for name in CHANGE_COLUMNS]
    query = select(*columns).where(change_table.c.plan_id == stored.id).order_by(change_table.c.number)
    rows = [tuple(row) for row in connection.execute(query)]
    if plan_hash(stored.as_of, stored.base, stored.readings, rows) != stored.hash:
        raise IntegrityError(f"計画 {stored.id} の中身が保存後に変えられています。適用せず、証跡を確かめてください。")


def settle_links(act: Act, plan_id: int) -> None:
    """The links of a released plan are done by the act that commits it."""
    mine = change_table.c.plan_id == plan_id, change_table.c.kind == ChangeKind.LINK
    act.connection.execute(update(change_table).where(*mine).values(state=ChangeState.DONE))


def name_people(act: Act, plan_id: int) -> None:
    """Say anew whose each change is, by staff number: row ids are no part of what the officers saw.

    Raises:
        Conflict: when a number belongs to nobody.
    """
    changes = changes_of(act.connection, plan_id)
    ids = persons_by_number(act.connection, {change.staff_number for change in changes})
    unknown = sorted({change.staff_number for change in changes} - ids.keys())
    if unknown:
        raise Conflict(
            f"計画 {plan_id} の職員番号 {unknown[0]} の職員が台帳にいません。iam sync で作り直してください。"
        )
    wrong = [(plan_id, c.number, ids[c.staff_number]) for c in changes if c.person_id != ids[c.staff_number]]
    bulk_update(act.connection, change_table, ("plan_id", "number"), ("person_id",), wrong)


def vouched(connection: Connection, since: datetime, rules: str) -> Vouched:
    """What rehearsals since then showed under the same rules, caused by what the ledger knew at that time.

    A rehearsal that was itself held vouches for nothing.
    """
    query = select(plan_table).where(plan_table.c.purpose == Purpose.REHEARSAL, plan_table.c.made_at >= since)
    days = {
        row.id: jst_day(row.made_at)
        for row in connection.execute(query)
        if not row.holds and row.base.get("rules") == rules
    }
    joined = change_table.join(plan_table, change_table.c.plan_id == plan_table.c.id).join(
        appointment_table, appointment_table.c.id == change_table.c.appointment
    )
    columns = change_table.c
    shown = (
        select(change_table)
        .select_from(joined)
        .where(among(columns.plan_id, list(days)), appointment_table.c.known_from <= plan_table.c.made_at)
    )
    found: dict[tuple[object, ...], date] = {}
    for row in connection.execute(shown):
        key = key_of(row)
        found[key] = min(days[row.plan_id], found.get(key, date.max))
    return found
