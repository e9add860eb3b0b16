"""Exceptions for a time (例外措置): which control may be done without, where, why, and what stands in for it.

The one law: *a control accepts a deviation only while a live exception says so* (OITA-S9.4.1, R21): one has a control,
a scope, a reason, a compensating measure, an approver and an end of a year at most, and its expiry restores the control
with nobody doing anything.  Which controls may be done without is a closed list: that nobody decides their own case is
not on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select, update

from iam import outbox
from iam.errors import Conflict, Forbidden, NotFound
from iam.office.books import case_table
from iam.office.cases import ASKS, Case, CaseKind, CaseState, ask, case_of
from iam.office.changes.books import waiver_table
from iam.office.deputies import wrong_days
from iam.office.roles import Offices, bearers, roles_held
from iam.outbox import Topic
from iam.people.ledger import people
from iam.policy.profile import Profile, Role
from iam.record.act import Act
from iam.record.columns import jst_day

REPORTED_WITHIN: Final = timedelta(days=3)
"""How long an exception lives that one officer made in an emergency, unless it is approved (OITA-S9.4.2, R21)."""

AGAIN_AFTER: Final = timedelta(days=30)
"""How long nobody may make the same one again after one that was never approved: emergencies do not follow in a row."""

LIFE: Final = timedelta(days=7)
"""How long the approver has for one that is no emergency."""

WITHDRAWS: Final = frozenset({Role.GENERAL_OFFICER, Role.APPROVER})
"""Who may end an exception before its last day; whoever asked for it may as well."""


class Control(StrEnum):
    """The controls that may be done without for a time; no other may.

    TWO_PERSON: a privileged ID is used without a witness.  DELEGATION: a deputy nominates or approves a delegation.
    """

    TWO_PERSON = "two-person-operation"
    DELEGATION = "privileged-delegation-approval"

    @property
    def label_ja(self) -> str:
        """What an officer reads."""
        return {
            "two-person-operation": "特権IDの利用の立会い",
            "privileged-delegation-approval": "特権代行の指名・承認を本来の担当者が行うこと",
        }[self.value]

    def clause(self, profile: Profile) -> str:
        """The clause of the body's policy that asks for it, as its profile says."""
        rules = profile.privileged
        return (rules.witness if self is Control.TWO_PERSON else rules.delegation_days).clause


@dataclass(frozen=True, slots=True)
class Waiver:
    """One exception.  `scope`: the code of a system, "" for all; `measure`: what stands in for the control.

    `emergency_until`: until when it holds without the approval of another officer; None: it was asked for in time.
    """

    id: int
    control: Control
    scope: str
    reason: str
    measure: str
    clause: str
    valid_from: date
    valid_until: date
    case_id: int | None
    asked_by: int
    approved_by: int | None
    given_at: datetime
    emergency_until: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; days (JST) inclusive."""

    control: Control
    scope: str
    measure: str
    valid_from: date
    valid_until: date

    @property
    def content(self) -> dict[str, object]:
        """As a case holds it."""
        return {
            "control": self.control.value, "scope": self.scope, "measure": self.measure,
            "valid_from": self.valid_from.isoformat(), "valid_until": self.valid_until.isoformat(),
        }  # fmt: skip

    @classmethod
    def of(cls, case: Case) -> "Wish":
        """What the case asks for."""
        content: Mapping[str, Any] = case.content
        first, last = (date.fromisoformat(content[name]) for name in ("valid_from", "valid_until"))
        return cls(Control(content["control"]), content["scope"], content["measure"], first, last)


# --- what stands against one


def why_not(wish: Wish, reason: str, *, systems: Collection[str], today: date) -> Conflict | None:
    """The first rule that stands against this exception, or None.  `systems`: the codes that a scope may name."""
    if not reason.strip():
        return Conflict("例外措置の理由を書いてください。")
    if not wish.measure.strip():
        return Conflict("例外措置のあいだ、代わりに行うこと（代替措置）を書いてください。")
    if wish.scope and wish.scope not in systems:
        return Conflict(f"情報システム「{wish.scope}」がありません。コードを確かめるか、空欄（すべて）にしてください。")
    return wrong_days(wish.valid_from, wish.valid_until, today)


# --- asked for by one, approved by another


def propose(act: Act, offices: Offices, asked_by: int, wish: Wish, reason: str, *, systems: Collection[str]) -> Case:
    """Ask for an exception; the approver decides.

    Raises:
        Conflict, Forbidden: the first rule that stands against it.
    """
    if refusal := why_not(wish, reason, systems=systems, today=jst_day(act.at)):
        raise refusal
    return ask(act, offices, CaseKind.WAIVER, asked_by, subject_id=None, content=wish.content, reason=reason, life=LIFE)


def take_effect(act: Act, offices: Offices, case: Case, *, systems: Collection[str]) -> Waiver:
    """What approving does: the exception holds, or one that was made in an emergency goes on.

    Raises:
        Conflict: when it could no longer be asked for today.
    """
    decided = case_of(act.connection, case.id, act.at)
    if (made := case.content.get("waiver")) is not None:
        return _approved(act, int(str(made)), decided)
    wish = Wish.of(case)
    if refusal := why_not(wish, case.reason, systems=systems, today=jst_day(act.at)):
        raise refusal
    return _give(act, offices, wish, case.reason, asked_by=case.asked_by, case=decided)


def emergency(
    act: Act, offices: Offices, by: int, wish: Wish, reason: str, *, systems: Collection[str]
) -> tuple[Waiver, Case]:
    """One officer makes an exception at once; it ends after `REPORTED_WITHIN` unless the approver approves the case.

    Raises:
        Forbidden: this officer may not ask for one; Conflict: it is wrong, or the last such one was never approved.
    """
    today = jst_day(act.at)
    if not ASKS[CaseKind.WAIVER] & roles_held(act.connection, offices, by, today):
        raise Forbidden(f"「{CaseKind.WAIVER.label_ja}」を申請する権限がありません。")
    if wish.valid_from != today:
        raise Conflict("緊急の例外措置は、今日から始めてください。")
    if refusal := why_not(wish, reason, systems=systems, today=today):
        raise refusal
    # Of two officers at once the second waits here on a server; a file has one writer anyway.
    act.connection.execute(select(waiver_table.c.id).where(*_same(wish)).with_for_update()).all()
    if _unapproved(act.connection, wish, act.at):
        raise Conflict("先に行った緊急の例外措置が承認されていません。承認の担当者に先の申請の確認を頼んでください。")
    made = _give(act, offices, wish, reason, asked_by=by, case=None)
    content = {**wish.content, "waiver": made.id}
    case = ask(act, offices, CaseKind.WAIVER, by, subject_id=None, content=content, reason=reason, life=REPORTED_WITHIN)
    act.connection.execute(update(waiver_table).where(waiver_table.c.id == made.id).values(case_id=case.id))
    _alarm(act, offices, case, wish)
    return waiver(act.connection, made.id), case


def withdraw(act: Act, offices: Offices, waiver_id: int, by: int, reason: str) -> Waiver:
    """End an exception before its last day: one officer is enough to restore a control.

    Raises:
        NotFound: no such one; Conflict: it is over; Forbidden: neither who asked for it nor such an officer asks.
    """
    found, columns = waiver(act.connection, waiver_id), waiver_table.c
    roles = roles_held(act.connection, offices, by, jst_day(act.at))
    if not roles & WITHDRAWS and (by != found.asked_by or not roles):
        raise Forbidden("例外措置を取り消せるのは、申請した担当者と、統括・承認の担当者だけです。")
    changed = act.connection.execute(
        update(waiver_table)
        .where(columns.id == waiver_id, columns.withdrawn_at.is_(None), columns.valid_until >= jst_day(act.at))
        .values(withdrawn_at=act.at)
    )
    if changed.rowcount != 1:
        raise Conflict("この例外措置はすでに終わっています。")
    act.record("waiver.withdrawn", f"waiver {waiver_id}", {"by": by, "reason": reason})
    return waiver(act.connection, waiver_id)


# --- what there is


def live_waiver(connection: Connection, control: Control, scope: str, at: datetime) -> Waiver | None:
    """An exception from `control` that holds at `at` for the system `scope` ("": for all of them), or None."""
    columns = waiver_table.c
    covers = or_(columns.scope == "", columns.scope == scope)
    query = select(waiver_table).where(columns.control == control, covers, *_live(at)).order_by(columns.id)
    row = connection.execute(query).first()
    return None if row is None else _waiver(row)


def waivers(connection: Connection, *, live_at: datetime | None = None, limit: int = 200) -> list[Waiver]:
    """The newest exceptions, or those that hold at an instant."""
    query = select(waiver_table).order_by(waiver_table.c.id.desc()).limit(limit)
    if live_at is not None:
        query = query.where(*_live(live_at))
    return [_waiver(row) for row in connection.execute(query)]


def waiver(connection: Connection, waiver_id: int) -> Waiver:
    """One exception.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(waiver_table).where(waiver_table.c.id == waiver_id)).first()
    if row is None:
        raise NotFound("その例外措置はありません。一覧から開き直してください。")
    return _waiver(row)


def _live(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Approved; or an emergency within its deadline whose approval nobody has refused."""
    columns, case, day = waiver_table.c, case_table.c, jst_day(at)
    refused = exists().where(
        case.id == columns.case_id, case.state.in_([CaseState.DECLINED, CaseState.WITHDRAWN])
    )  # fmt: skip
    return (
        columns.withdrawn_at.is_(None), columns.valid_from <= day, columns.valid_until >= day,
        or_(columns.approved_by.is_not(None), and_(columns.emergency_until > at, ~refused)),
    )  # fmt: skip


def _same(wish: Wish) -> tuple[ColumnElement[bool], ...]:
    return waiver_table.c.control == wish.control, waiver_table.c.scope == wish.scope


def _unapproved(connection: Connection, wish: Wish, at: datetime) -> bool:
    columns = waiver_table.c
    recent = columns.approved_by.is_(None), columns.given_at > at - AGAIN_AFTER
    return connection.execute(select(columns.id).where(*_same(wish), *recent)).first() is not None


def _give(act: Act, offices: Offices, wish: Wish, reason: str, *, asked_by: int, case: Case | None) -> Waiver:
    """Approved by whoever decided `case`; without one in an emergency."""
    clause = wish.control.clause(offices.profile)
    row = act.connection.execute(
        waiver_table.insert()
        .values(
            control=wish.control, scope=wish.scope, reason=reason, measure=wish.measure, clause=clause,
            valid_from=wish.valid_from, valid_until=wish.valid_until, case_id=case.id if case else None,
            asked_by=asked_by, approved_by=case.decided_by if case else None, given_at=act.at,
            emergency_until=None if case else act.at + REPORTED_WITHIN,
        )
        .returning(waiver_table)
    )  # fmt: skip
    made = _waiver(row.one())
    act.record(
        "waiver.given", f"waiver {made.id}",
        {**wish.content, "clause": clause, "asked_by": asked_by, "approved_by": made.approved_by,
         "emergency": case is None},
    )  # fmt: skip
    return made


def _alarm(act: Act, offices: Offices, case: Case, wish: Wish) -> None:
    """Every approver and general officer learns at once of what one officer did alone."""
    ids = bearers(act.connection, offices, WITHDRAWS, jst_day(act.at))
    found = {person.id: person for person in people(act.connection, {*ids, case.asked_by})}
    told: dict[str, outbox.Value] = {
        "at": act.at, "person": found[case.asked_by].name, "control": wish.control.label_ja, "reason": case.reason,
        "until": case.lapses_at, "number": case.id,
    }  # fmt: skip
    for id_ in sorted(ids):
        outbox.tell(act, id_, found[id_].email, Topic.PRIVILEGE_WAIVED, told)


def _approved(act: Act, waiver_id: int, case: Case) -> Waiver:
    columns = waiver_table.c
    changed = act.connection.execute(
        update(waiver_table)
        .where(columns.id == waiver_id, columns.approved_by.is_(None), columns.withdrawn_at.is_(None))
        .values(approved_by=case.decided_by)
    )
    if changed.rowcount != 1:
        raise Conflict("この例外措置はすでに承認されたか、取り消されています。")
    act.record("waiver.approved", f"waiver {waiver_id}", {"approved_by": case.decided_by})
    return waiver(act.connection, waiver_id)


def _waiver(row: Row[Any]) -> Waiver:
    return Waiver(
        row.id, Control(row.control), row.scope, row.reason, row.measure, row.clause, row.valid_from, row.valid_until,
        row.case_id, row.asked_by, row.approved_by, row.given_at, row.emergency_until, row.withdrawn_at,
    )  # fmt: skip
