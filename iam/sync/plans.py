"""Plans as they are stored: shown, hashed, released by two officers, applied as shown.

The one law: nobody releases a plan alone, and nobody releases another plan
than the one that was seen.  The database refuses a second signature by the
first officer, and a release names the hash (R04, R17, R19, OITA-S8.1.4.3).
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

from iam.errors import Conflict, Forbidden, IntegrityError, NotFound
from iam.people.ledger import appointment_table, next_id
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
    Column("second_officer", Text),
    Column("second_at", Instant),
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


def plan_hash(
    as_of: date, base: Mapping[str, object], readings: Mapping[str, Any], rows: Sequence[Sequence[object]]
) -> str:
    """SHA-256 over everything that releasing a plan would let happen.

    Row ids of ours (person, appointment) are left out: they are given when a
    plan is committed, the staff number says who is meant.
    """
    digest = hashlib.sha256(canonical_json({"as_of": as_of.isoformat(), "base": base, "readings": readings}).encode())
    for row in rows:
        words = [str(v) if isinstance(v, date) else v for name, v in zip(_CHANGE_COLUMNS, row, strict=True)
                 if name not in _OUR_IDS]  # fmt: skip
        digest.update(canonical_json(words).encode())
    return digest.hexdigest()


def verify_plan(connection: Connection, stored: StoredPlan) -> None:
    """See that the stored changes are still those that the hash was made over.

    Raises:
        IntegrityError: when anybody changed them.
    """
    columns = [change_table.c[name] for name in _CHANGE_COLUMNS]
    query = select(*columns).where(change_table.c.plan_id == stored.id).order_by(change_table.c.number)
    rows = [tuple(row) for row in connection.execute(query)]
    if plan_hash(stored.as_of, stored.base, stored.readings, rows) != stored.hash:
        raise IntegrityError(
            f"計画 {stored.id} の中身が保存後に変えられています。適用せず、監査記録を確かめてください。"
        )


_OUR_IDS = frozenset({"person_id", "appointment"})
_CHANGE_COLUMNS = (
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
    if draft.purpose is Purpose.NIGHTLY:
        waiting = connection.execute(select(plan_table).where(plan_table.c.state == PlanState.HELD)).all()
        for old in waiting:
            if old.hash == hash_ and draft.state is PlanState.HELD:
                # The same plan as last night keeps the signature it may already have.
                return _plan(old)
            if draft.state is PlanState.HELD:
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
        connection, change_table, ("plan_id", *_CHANGE_COLUMNS, "state", "tries", "error"),
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


def settle_links(act: Act, plan_id: int) -> None:
    """The links of a released plan are done by the act that commits it."""
    mine = change_table.c.plan_id == plan_id, change_table.c.kind == ChangeKind.LINK
    act.connection.execute(update(change_table).where(*mine).values(state=ChangeState.DONE))


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


def why_not_release(
    stored: StoredPlan, officer: str, officers: Sequence[str], seen_hash: str
) -> Conflict | Forbidden | None:
    """The first rule that stands between this officer and this release, or None."""
    if officer not in officers:
        return Forbidden(
            f"「{officer}」は保留解除の担当者ではありません。設定の [officers] release を確かめてください。"
        )
    if stored.state is not PlanState.HELD:
        return Conflict(f"計画 {stored.id} は保留中ではありません(いまは「{stored.state.label_ja}」)。")
    if seen_hash != stored.hash[: len(seen_hash)] or len(seen_hash) < 8:  # noqa: PLR2004 - as shown by `plan show`
        return Conflict(
            f"計画 {stored.id} の照合値が違います。iam plan show {stored.id} で内容と照合値を確かめてください。"
        )
    if officer == stored.first_officer:
        return Forbidden("保留の解除には別の担当者の確認が必要です。同じ人が二度確認することはできません。")
    return None


def rehearsed_keys(connection: Connection, since: datetime) -> set[tuple[str, str, str, str, int]]:
    """Keys of the changes that a rehearsal since then showed, caused by what the ledger knew at that time."""
    from_plan = change_table.join(plan_table, change_table.c.plan_id == plan_table.c.id)
    known = from_plan.join(appointment_table, appointment_table.c.id == change_table.c.appointment)
    columns = change_table.c
    query = (
        select(columns.system, columns.staff_number, columns.kind, columns.entitlement, columns.appointment)
        .select_from(known)
        .where(plan_table.c.purpose == Purpose.REHEARSAL, plan_table.c.made_at >= since)
        .where(appointment_table.c.known_from <= plan_table.c.made_at)
    )
    return {(r.system, r.staff_number, r.kind, r.entitlement, r.appointment) for r in connection.execute(query)}


def sign(act: Act, plan_id: int, officers: Sequence[str], seen_hash: str) -> StoredPlan:
    """One officer's signature; with the second, the plan is released.

    Raises:
        Conflict, Forbidden: see `why_not_release`.
    """
    query = select(plan_table).where(plan_table.c.id == plan_id).with_for_update()
    row = act.connection.execute(query).first()
    if row is None:
        return plan(act.connection, plan_id)
    stored = _plan(row)
    if refusal := why_not_release(stored, act.actor, officers, seen_hash):
        raise refusal
    if stored.first_officer is None:
        values: dict[str, object] = {"first_officer": act.actor, "first_at": act.at}
    else:
        values = {"second_officer": act.actor, "second_at": act.at, "state": PlanState.RELEASED}
    act.connection.execute(update(plan_table).where(plan_table.c.id == plan_id).values(**values))
    act.record(
        "plan.signed", f"plan {plan_id}", {"hash": stored.hash, "signature": 1 + (stored.first_officer is not None)}
    )
    return plan(act.connection, plan_id)
