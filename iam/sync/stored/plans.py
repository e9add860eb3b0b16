"""Plans as they are stored: shown, hashed, applied as shown.

The one law: what is applied is what was shown.  A plan is stored whole with a
hash over everything that applying it would do; who may let a held one go is
told in `release`.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    Text,
    desc,
    select,
    update,
)

from iam.errors import NotFound
from iam.people.ledger import next_id
from iam.record.act import Act
from iam.record.store import Instant, Json, bulk_insert, canonical_json, metadata
from iam.sync.guard import Hold
from iam.sync.plan import ORDER, Change, ChangeKind

plan_table = Table(
    "plan",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("base", Json, nullable=False),
    Column("holds", Json, nullable=False),
    Column("readings", Json, nullable=False),
    Column("first_officer", Text),
    Column("first_at", Instant),
    Column("first_seal", Text),
    Column("second_officer", Text),
    Column("second_at", Instant),
    Column("second_seal", Text),
    CheckConstraint(
        "first_officer IS NULL OR second_officer IS NULL OR first_officer <> second_officer", name="two_officers"
    ),
    CheckConstraint(
        "state <> 'released' OR (first_officer IS NOT NULL AND second_officer IS NOT NULL)", name="released_by_two"
    ),
)
Index("ix_plan_state", plan_table.c.state)

change_table = Table(
    "plan_change",
    metadata,
    Column("plan_id", ForeignKey("plan.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("person_id", Integer, nullable=False),
    Column("staff_number", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("entitlement", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("attributes", Json, nullable=False),
    Column("rule", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("appointment", Integer),
    Column("sentence", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("announce_from", Date),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False),
)
Index("ix_plan_change_state", change_table.c.plan_id, change_table.c.state)


class PlanState(StrEnum):
    """Where a plan is in its life."""

    SHOWN = "shown"
    HELD = "held"
    RELEASED = "released"
    READY = "ready"
    APPLIED = "applied"
    PARTLY = "partly"
    SUPERSEDED = "superseded"

    @property
    def label_ja(self) -> str:
        """The word that an operator reads."""
        return {
            "shown": "表示のみ", "held": "保留", "released": "保留解除", "ready": "適用待ち", "applied": "適用済",
            "partly": "一部未了", "superseded": "差替済",
        }[self.value]  # fmt: skip


class ChangeState(StrEnum):
    """Where one change is.  DOING without an outcome means that a run was killed there."""

    WAITING = "waiting"
    DOING = "doing"
    DONE = "done"
    FAILED = "failed"


class Purpose(StrEnum):
    """Why a plan was made."""

    NIGHTLY = "nightly"
    PREVIEW = "preview"
    REHEARSAL = "rehearsal"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class StoredChange:
    """A change as stored: everything that applying and showing need."""

    number: int
    kind: ChangeKind
    system: str
    login: str
    person_id: int
    staff_number: str
    department: str
    entitlement: str
    native_id: str
    enabled: bool
    attributes: Mapping[str, tuple[str, ...]]
    rule: str
    clause: str
    appointment: int | None
    sentence: str
    reason: str
    announce_from: date | None
    state: ChangeState
    tries: int
    error: str


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan without its changes."""

    id: int
    made_at: datetime
    made_by: str
    as_of: date
    purpose: Purpose
    state: PlanState
    hash: str
    base: Mapping[str, object]
    holds: Sequence[Hold]
    readings: Mapping[str, Any]
    first_officer: str | None
    second_officer: str | None
    first_seal: str | None
    second_seal: str | None


def plan_hash(
    as_of: date, base: Mapping[str, object], readings: Mapping[str, Any], rows: Sequence[Sequence[object]]
) -> str:
    """SHA-256 over everything that releasing a plan would let happen.

    Row ids of ours (person, appointment) are left out: they are given when a
    plan is committed, the staff number says who is meant.
    """
    digest = hashlib.sha256(canonical_json({"as_of": as_of.isoformat(), "base": base, "readings": readings}).encode())
    for row in rows:
        words = [str(v) if isinstance(v, date) else v for name, v in zip(CHANGE_COLUMNS, row, strict=True)
                 if name not in _OUR_IDS]  # fmt: skip
        digest.update(canonical_json(words).encode())
    return digest.hexdigest()


_OUR_IDS = frozenset({"person_id", "appointment"})
CHANGE_COLUMNS = (
    "number", "kind", "system", "login", "person_id", "staff_number", "department", "entitlement", "native_id",
    "enabled", "attributes", "rule", "clause", "appointment", "sentence", "reason", "announce_from",
)  # fmt: skip


def change_rows(changes: Iterable[Change]) -> list[tuple[object, ...]]:
    """The changes in the order of applying, as rows."""
    ordered = sorted(changes, key=lambda c: (c.system, ORDER.index(c.kind), c.login, c.entitlement))
    return [
        (number, c.kind.value, c.system, c.login, c.person_id, c.staff_number, c.department, c.entitlement, c.native_id,
         c.enabled, {k: list(v) for k, v in c.after.items()}, c.cause.rule, c.cause.clause,
         c.cause.entry.id if c.cause.entry else None, c.deed(), c.reason(),
         c.cause.entry.told.announce_from if c.cause.entry else None)
        for number, c in enumerate(ordered, 1)
    ]  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """A plan about to be stored."""

    as_of: date
    purpose: Purpose
    state: PlanState
    base: Mapping[str, object]
    holds: Sequence[Hold]
    readings: Mapping[str, Any]
    changes: Sequence[Change]


def store_plan(act: Act, draft: Draft) -> StoredPlan:
    """Store a plan with its hash; plans that wait or were only shown, and are no longer true, step aside."""
    rows = change_rows(draft.changes)
    hash_ = plan_hash(draft.as_of, draft.base, draft.readings, rows)
    connection = act.connection
    if draft.purpose in (Purpose.NIGHTLY, Purpose.URGENT):
        waiting = connection.execute(select(plan_table).where(plan_table.c.state == PlanState.HELD)).all()
        for old in waiting:
            if old.hash == hash_ and draft.state is PlanState.HELD:
                # The same plan as last night keeps the signature it may already have.
                return _plan(old)
            if draft.state is PlanState.HELD and draft.purpose is Purpose.NIGHTLY:
                connection.execute(
                    update(plan_table).where(plan_table.c.id == old.id).values(state=PlanState.SUPERSEDED)
                )
                act.record("plan.superseded", f"plan {old.id}")
    plan_id = next_id(connection, plan_table)
    connection.execute(
        plan_table.insert().values(
            id=plan_id, made_at=act.at, made_by=act.actor, as_of=draft.as_of, purpose=draft.purpose, state=draft.state,
            hash=hash_, base=dict(draft.base), holds=[[h.reason, h.clause] for h in draft.holds],
            readings=dict(draft.readings),
        )
    )  # fmt: skip
    bulk_insert(
        connection, change_table, ("plan_id", *CHANGE_COLUMNS, "state", "tries", "error"),
        ((plan_id, *row, _first_state(row, draft.state), 0, "") for row in rows),
    )  # fmt: skip
    act.record(
        "plan.stored", f"plan {plan_id}",
        {"state": draft.state, "purpose": draft.purpose, "as_of": draft.as_of.isoformat(), "hash": hash_,
         "changes": len(rows), "holds": [str(hold) for hold in draft.holds]},
    )  # fmt: skip
    return plan(connection, plan_id)


def _first_state(row: Sequence[object], state: PlanState) -> ChangeState:
    """A link in a plan that is applied touches no target: it is done with the plan's own act."""
    linked = state is PlanState.READY and row[1] == ChangeKind.LINK.value
    return ChangeState.DONE if linked else ChangeState.WAITING


def supersede_held(act: Act, sources: Collection[str] | None) -> None:
    """These sources (None: everything) were believed tonight: what waited for an older reading is no longer true."""
    for old in plans(act.connection, PlanState.HELD):
        if sources is None or any(name in sources for name in old.readings):
            set_state(act, old.id, PlanState.SUPERSEDED)


def set_state(act: Act, plan_id: int, state: PlanState) -> None:
    """Move a plan on, recorded."""
    act.connection.execute(update(plan_table).where(plan_table.c.id == plan_id).values(state=state))
    act.record(f"plan.{state}", f"plan {plan_id}")


def _plan(row: Row[Any]) -> StoredPlan:
    return StoredPlan(
        row.id, row.made_at, row.made_by, row.as_of, Purpose(row.purpose), PlanState(row.state), row.hash, row.base,
        [Hold(reason, clause) for reason, clause in row.holds], row.readings, row.first_officer, row.second_officer,
        row.first_seal, row.second_seal,
    )  # fmt: skip


def plan(connection: Connection, plan_id: int) -> StoredPlan:
    """The stored plan.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(plan_table).where(plan_table.c.id == plan_id)).first()
    if row is None:
        raise NotFound(f"計画 {plan_id} はありません。iam plan list で番号を確かめてください。")
    return _plan(row)


def plans(connection: Connection, state: PlanState | None = None, limit: int = 50) -> list[StoredPlan]:
    """The newest plans, or those in one state."""
    query = select(plan_table).order_by(desc(plan_table.c.id)).limit(limit)
    if state is not None:
        query = query.where(plan_table.c.state == state)
    return [_plan(row) for row in connection.execute(query)]


def changes_of(connection: Connection, plan_id: int, *states: ChangeState) -> list[StoredChange]:
    """The changes of a plan in the order of applying, or those in the given states."""
    columns = change_table.c
    query = select(change_table).where(columns.plan_id == plan_id).order_by(columns.number)
    if states:
        query = query.where(columns.state.in_(states))
    return [
        StoredChange(
            r.number, ChangeKind(r.kind), r.system, r.login, r.person_id, r.staff_number, r.department, r.entitlement,
            r.native_id, r.enabled, {k: tuple(v) for k, v in r.attributes.items()}, r.rule, r.clause, r.appointment,
            r.sentence, r.reason, r.announce_from, ChangeState(r.state), r.tries, r.error,
        )
        for r in connection.execute(query)
    ]  # fmt: skip


def undone_keys(connection: Connection, since: datetime) -> set[tuple[object, ...]]:
    """`Change.key` of what a night since then was allowed to do and did not (a target died, a kill)."""
    unfinished = plan_table.c.state.in_((PlanState.READY, PlanState.PARTLY)), plan_table.c.made_at >= since
    query = (
        select(change_table)
        .join(plan_table, change_table.c.plan_id == plan_table.c.id)
        .where(*unfinished, change_table.c.state != ChangeState.DONE)
    )
    return {key_of(row) for row in connection.execute(query)}


def key_of(row: Row[Any]) -> tuple[object, ...]:
    """The `Change.key` of a stored change."""
    attributes = tuple(sorted((name, tuple(value)) for name, value in row.attributes.items()))
    return (row.system, row.staff_number, row.kind, row.entitlement, row.appointment, attributes)
