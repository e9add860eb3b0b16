"""Cases: what one officer asks for and another confirms.

The one law: *nobody decides their own case* (design law 4, OITA-S3.7.1,
OITA-S8.1.4.3).  That asker, decider and subject are three persons is a
constraint of the database and one function here; the confirmation is bound to
a hash of what was asked.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, desc, select, update

from iam.errors import Conflict, Forbidden, NotFound
from iam.office.books import case_table
from iam.office.roles import Offices, bearers, roles_of
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.columns import canonical_json, jst_day

T = TypeVar("T")
Roles = Mapping[int, frozenset[Role]]
LIFE: Final = timedelta(hours=24)
"""How long a case waits for the second officer."""


class CaseKind(StrEnum):
    """What two officers decide together."""

    TEMPORARY_PASSWORD = "temporary_password"  # noqa: S105 - a kind of case
    TEMPORARY_CODE = "temporary_code"
    DEPUTY = "deputy"
    NOMINATION = "nomination"
    CLIENT = "client"
    OUTSIDE = "outside"
    PRIVILEGED_ID = "privileged_id"
    WAIVER = "waiver"
    CONFIGURATION = "configuration"
    KEYS = "keys"

    @property
    def label_ja(self) -> str:
        """The word that an officer reads."""
        return {
            "temporary_password": "仮パスワードの発行", "temporary_code": "窓口コードの発行", "deputy": "代理の指定",
            "nomination": "役職の指名", "client": "システム連携の登録・変更・停止",
            "outside": "庁外利用の許可", "privileged_id": "特権IDの登録・変更・廃止", "waiver": "例外措置",
            "configuration": "設定の変更", "keys": "鍵の更新",
        }[self.value]  # fmt: skip


class CaseState(StrEnum):
    """Where a case is.  LAPSED is told of a case that nobody decided in its time."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def label_ja(self) -> str:
        """The word that an officer reads."""
        return {
            "asked": "確認待ち", "confirmed": "確認済", "declined": "差戻し", "withdrawn": "取下げ",
            "lapsed": "期限切れ",
        }[self.value]  # fmt: skip


_DESK: Final = frozenset({Role.GENERAL_OFFICER, Role.OPERATOR, Role.HR_OFFICER})
_HEADS: Final = frozenset({Role.GENERAL_OFFICER, Role.APPROVER})

_AT_THE_DESK: Final = frozenset({CaseKind.TEMPORARY_PASSWORD, CaseKind.TEMPORARY_CODE})

ASKS: Final[Mapping[CaseKind, frozenset[Role]]] = {
    # The desk saw the person; the second officer is the desk proofing of NIST SP 800-63B-4 4.2 (R28).
    CaseKind.TEMPORARY_PASSWORD: _DESK,
    CaseKind.TEMPORARY_CODE: _DESK,
    # The holder may ask as well: see `may_ask`.
    CaseKind.DEPUTY: frozenset({Role.GENERAL_OFFICER}),
    CaseKind.NOMINATION: _HEADS,
    CaseKind.CLIENT: frozenset({Role.GENERAL_OFFICER, Role.OPERATOR}),
    # Whoever answers for data, terminals or a system knows why it is needed (OITA-S7.1.1.3, OITA-S8.2.2.2).
    CaseKind.OUTSIDE: frozenset(
        {Role.DATA_OFFICER, Role.TERMINAL_OFFICER, Role.SYSTEM_OWNER, Role.OPERATOR, Role.GENERAL_OFFICER}
    ),
    CaseKind.PRIVILEGED_ID: frozenset({Role.OPERATOR, Role.SYSTEM_OWNER, Role.GENERAL_OFFICER}),
    # Whoever answers for a control says why it cannot be kept for a time (OITA-S9.4.1).
    CaseKind.WAIVER: frozenset({Role.GENERAL_OFFICER, Role.OPERATOR, Role.SYSTEM_OWNER, Role.DATA_OFFICER}),
    # OITA-S8.1.4.3 (R19).
    CaseKind.CONFIGURATION: frozenset({Role.GENERAL_OFFICER, Role.OPERATOR}),
    CaseKind.KEYS: frozenset({Role.GENERAL_OFFICER, Role.OPERATOR}),
}
"""Who may ask for what."""


def decides(
    kind: CaseKind, subject: frozenset[Role], content: Mapping[str, object] = MappingProxyType({})
) -> frozenset[Role]:
    """The roles that may confirm or decline; `subject`: the roles of whomever it is about.

    Whoever decides over others gets a new credential only through a head: two of the desk
    must not be able to sign in as the officer who watches them.  A public line is an exception that
    the approver alone makes, as every exception is (OITA-S8.2.2.7, OITA-S9.4.1).
    """
    if kind is CaseKind.WAIVER or (kind is CaseKind.OUTSIDE and content.get("public")):
        return frozenset({Role.APPROVER})
    return _HEADS if kind not in _AT_THE_DESK or subject & (_DESK | _HEADS) else _DESK


@dataclass(frozen=True, slots=True)
class Case:
    """One case.  `content_hash` is what the second officer confirms to have seen."""

    id: int
    kind: CaseKind
    subject_id: int | None
    content: Mapping[str, Any]
    content_hash: str
    reason: str
    asked_by: int
    asked_at: datetime
    lapses_at: datetime
    state: CaseState
    decided_by: int | None
    decided_at: datetime | None
    decision_reason: str


def may_ask(kind: CaseKind, asker_id: int, content: Mapping[str, object], roles: frozenset[Role]) -> bool:
    """Whether somebody with `roles` may ask for this; a holder may ask for a deputy of their own."""
    own = kind is CaseKind.DEPUTY and content.get("deputises_id") == asker_id and content.get("role") in roles
    return own or bool(ASKS[kind] & roles)


def why_not_decide(
    case: Case,
    decider_id: int,
    *,
    roles: Mapping[int, frozenset[Role]],
    seen_hash: str,
) -> Conflict | Forbidden | None:
    """The first rule that stands between this officer and this decision, or None.

    `roles`: by person id, of decider and asker today, of the subject also while away; whoever is missing holds none.
    """
    none: frozenset[Role] = frozenset()
    decider, asker = roles.get(decider_id, none), roles.get(case.asked_by, none)
    if case.state is not CaseState.ASKED:
        return Conflict(f"この申請は確認待ちではありません（いまは「{case.state.label_ja}」）。")
    if decider_id == case.asked_by:
        return Forbidden("自分が申請したものは、自分では確認できません。別の担当者が確認してください。")
    if decider_id == case.subject_id:
        return Forbidden("自分に関する申請は、自分では確認できません。別の担当者が確認してください。")
    if not decides(case.kind, roles.get(case.subject_id or 0, none), case.content) & decider:
        return Forbidden(f"「{case.kind.label_ja}」を確認する権限がありません。")
    if not may_ask(case.kind, case.asked_by, case.content, asker):
        return Conflict("申請した担当者が、いまはその役職にありません。あらためて申請してください。")
    asked = content_hash(case.kind, case.subject_id, case.content, case.reason)
    if not seen_hash == case.content_hash == asked:
        return Conflict("表示されたときから申請の内容が変わっています。開き直して確かめてください。")
    return None


def ask(
    act: Act,
    offices: Offices,
    kind: CaseKind,
    asked_by: int,
    *,
    subject_id: int | None,
    content: Mapping[str, object],
    reason: str,
    life: timedelta = LIFE,
) -> Case:
    """Ask for what another officer must confirm.

    Raises:
        Forbidden: when this officer may not ask for it; Conflict: when the same waits already.
    """
    roles = _roles(act.connection, offices, [asked_by], act.at)
    if asked_by == subject_id:
        raise Forbidden("自分に関する申請は、自分ではできません。別の担当者に頼んでください。")
    if not may_ask(kind, asked_by, content, roles[asked_by]):
        raise Forbidden(f"「{kind.label_ja}」を申請する権限がありません。")
    columns, seal = case_table.c, content_hash(kind, subject_id, content, reason)
    same = columns.kind == kind, columns.subject_id == subject_id, *_open(act.at)
    # What is about nobody is told apart by the floor that asks.
    if subject_id is not None and act.connection.execute(select(columns.id).where(*same)).first():
        raise Conflict("同じ職員について、同じ申請がすでに確認を待っています。")
    row = act.connection.execute(
        case_table.insert()
        .values(
            kind=kind, subject_id=subject_id, content=dict(content), content_hash=seal, reason=reason,
            asked_by=asked_by, asked_at=act.at, lapses_at=act.at + life, state=CaseState.ASKED, decision_reason="",
        )
        .returning(columns.id)
    )  # fmt: skip
    case = case_of(act.connection, row.scalar_one(), act.at)
    act.record("case.asked", f"case {case.id}", {"kind": kind, "subject": subject_id, "hash": seal})
    return case


def confirm(
    act: Act, offices: Offices, case_id: int, *, decided_by: int, seen_hash: str, carry_out: Callable[[Act, Case], T]
) -> T:
    """Confirm, and do in the same act what was asked for; what `carry_out` gives is given back.

    Raises:
        NotFound: no such case; Conflict, Forbidden: see `why_not_decide`.
    """
    case = case_of(act.connection, case_id, act.at)
    _decide(act, offices, case, decided_by, seen_hash=seen_hash, state=CaseState.CONFIRMED)
    return carry_out(act, case)


def decline(act: Act, offices: Offices, case_id: int, *, decided_by: int, reason: str) -> None:
    """Say no.

    Raises:
        NotFound: no such case; Conflict, Forbidden: see `why_not_decide`.
    """
    case = case_of(act.connection, case_id, act.at)
    _decide(act, offices, case, decided_by, seen_hash=case.content_hash, state=CaseState.DECLINED, reason=reason)


def _decide(
    act: Act, offices: Offices, case: Case, decided_by: int, *, seen_hash: str, state: CaseState, reason: str = ""
) -> None:
    if refusal := refused(act.connection, offices, case, decided_by, act.at, seen_hash=seen_hash):
        raise refusal
    _settle(act, case, state, decided_by=decided_by, decision_reason=reason)


def _settle(act: Act, case: Case, state: CaseState, **values: object) -> None:
    """Move an open case on; of two who try at once, one is told that the other was first."""
    columns = case_table.c
    changed = act.connection.execute(
        update(case_table)
        .where(columns.id == case.id, *_open(act.at), columns.content_hash == case.content_hash)
        .values(state=state, decided_at=act.at, **values)
    )
    if changed.rowcount != 1:
        raise Conflict("この申請は、いま別の担当者が処理しました。開き直して確かめてください。")
    act.record(
        f"case.{state}", f"case {case.id}",
        {"kind": case.kind, "subject": case.subject_id, "asked_by": case.asked_by, "hash": case.content_hash},
    )  # fmt: skip


def withdraw(act: Act, case_id: int, asked_by: int) -> None:
    """The asker takes it back.

    Raises:
        NotFound: no such case; Conflict: it is decided already; Forbidden: somebody else asked.
    """
    case = case_of(act.connection, case_id, act.at)
    if case.asked_by != asked_by:
        raise Forbidden("申請を取り下げられるのは、申請した担当者だけです。")
    _settle(act, case, CaseState.WITHDRAWN)


def lapse(act: Act) -> int:
    """Mark what nobody decided in its time; how many there were."""
    columns = case_table.c
    over = columns.state == CaseState.ASKED, columns.lapses_at <= act.at
    # One statement: of two workers at once, each records only what it marked itself.
    marked = update(case_table).where(*over).values(state=CaseState.LAPSED, decided_at=act.at).returning(columns.id)
    ids = act.connection.execute(marked).scalars().all()
    act.record_many(("case.lapsed", f"case {id_}", None) for id_ in ids)
    return len(ids)


def case_of(connection: Connection, case_id: int, at: datetime) -> Case:
    """One case as it stands at `at`.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(case_table).where(case_table.c.id == case_id)).first()
    if row is None:
        raise NotFound("その申請はありません。一覧から開き直してください。")
    return _case(row, at)


def waiting_for(connection: Connection, offices: Offices, person_id: int, at: datetime) -> list[Case]:
    """The cases that this officer could decide now, oldest first."""
    found = waiting(connection, at)
    if not found:
        return []
    roles = _roles(connection, offices, [person_id, *(case.asked_by for case in found)], at)
    guarded = _guarded(connection, offices, found, at)
    return [
        case
        for case in found
        if why_not_decide(case, person_id, roles=_both(case, roles, guarded), seen_hash=case.content_hash) is None
    ]


def refused(
    connection: Connection, offices: Offices, case: Case, decider_id: int, at: datetime, *, seen_hash: str
) -> Conflict | Forbidden | None:
    """`why_not_decide` by the roles of this instant."""
    roles = _roles(connection, offices, [decider_id, case.asked_by], at)
    guarded = _guarded(connection, offices, [case], at)
    return why_not_decide(case, decider_id, roles=_both(case, roles, guarded), seen_hash=seen_hash)


def _guarded(connection: Connection, offices: Offices, found: Collection[Case], at: datetime) -> Roles:
    """The roles of whom these cases are about, also of who is away: a head of tomorrow is guarded as one today."""
    ids = {case.subject_id for case in found if case.subject_id is not None}
    return roles_of(connection, offices.profile, ids, jst_day(at), absence=offices.absence, away=True)


def _both(case: Case, roles: Roles, guarded: Roles) -> Roles:
    """Of decider and asker what they hold today, of the subject what guards them."""
    subject = case.subject_id or 0
    return {**roles, subject: guarded.get(subject, frozenset())}


def waiting(connection: Connection, at: datetime) -> list[Case]:
    """Every case that waits, oldest first."""
    query = select(case_table).where(*_open(at)).order_by(case_table.c.id)
    return [_case(row, at) for row in connection.execute(query)]


def recent(connection: Connection, at: datetime, *, asked_by: int | None = None, limit: int = 50) -> list[Case]:
    """The newest cases, or those that one officer asked for."""
    query = select(case_table).order_by(desc(case_table.c.id)).limit(limit)
    if asked_by is not None:
        query = query.where(case_table.c.asked_by == asked_by)
    return [_case(row, at) for row in connection.execute(query)]


def deciders(connection: Connection, offices: Offices, case: Case, at: datetime) -> list[int]:
    """Who could decide it now: person ids."""
    guarded = _guarded(connection, offices, [case], at).get(case.subject_id or 0, frozenset())
    asked = decides(case.kind, guarded, case.content)
    found = bearers(connection, offices, asked, jst_day(at))
    return sorted(found - {case.asked_by, case.subject_id})


def _roles(connection: Connection, offices: Offices, ids: Collection[int], at: datetime) -> dict[int, frozenset[Role]]:
    return roles_of(connection, offices.profile, set(ids), jst_day(at), absence=offices.absence)


def _open(at: datetime) -> tuple[Any, ...]:
    return case_table.c.state == CaseState.ASKED, case_table.c.lapses_at > at


def _case(row: Row[Any], at: datetime) -> Case:
    state = CaseState(row.state)
    if state is CaseState.ASKED and row.lapses_at <= at:
        state = CaseState.LAPSED
    return Case(
        row.id, CaseKind(row.kind), row.subject_id, row.content, row.content_hash, row.reason, row.asked_by,
        row.asked_at, row.lapses_at, state, row.decided_by, row.decided_at, row.decision_reason,
    )  # fmt: skip


def content_hash(kind: CaseKind, subject_id: int | None, content: Mapping[str, object], reason: str) -> str:
    """SHA-256 over everything that is asked for."""
    words = [kind, subject_id, content, reason]
    return hashlib.sha256(canonical_json(words).encode()).hexdigest()
