"""A use of a privileged ID: what is asked, where it stands, who acts; and how uses are found.

The one law: *every use has an end* (OITA-S8.2.6, R12): `ends_at` is set before anything is opened on a target, and
nothing moves it further away.
"""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, desc, select, update

from iam.errors import Conflict, Forbidden, NotFound
from iam.people.holidays import working_days_after
from iam.privilege.attempted import attempted
from iam.privilege.books import use_table
from iam.record.act import Act
from iam.record.audit.chain import audit_record
from iam.record.columns import among
from iam.signin.door import actor_of
from iam.signin.kinds import Proofs
from iam.signin.own.owner import Owner

UNWITNESSED: Final = timedelta(minutes=15)
"""How long a use waits for its witness, and afterwards for a target that does not answer."""


_LONG: Final = 19
"""Digits of a number that no row has."""


class UseState(StrEnum):
    """Where a use is.  OPENING and CLOSING wait for the target; in PAUSED the target is closed and the clock runs."""

    ASKED = "asked"
    OPENING = "opening"
    OPEN = "open"
    PAUSED = "paused"
    CLOSING = "closing"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {
            "asked": "立会い待ち", "opening": "開始処理中", "open": "利用中", "paused": "中断中",
            "closing": "終了処理中", "closed": "終了", "withdrawn": "取下げ", "lapsed": "時間切れ",
        }[self.value]  # fmt: skip


UNDER_WAY: Final = frozenset({UseState.OPENING, UseState.OPEN, UseState.PAUSED})
"""States in which a use may be ended."""

UNDONE: Final = frozenset({UseState.ASKED, *UNDER_WAY, UseState.CLOSING})
"""States that are not final: the use holds its slot."""


class End(StrEnum):
    """Why a use ended, as `Use.end_reason` begins."""

    USER = "user"
    WITNESS = "witness"
    OFFICER = "officer"
    TIME = "time"
    CLOCK = "clock"
    ALONE = "alone"
    NOT_OPENED = "not_opened"
    STANDING = "standing"
    BARRED = "barred"
    DELEGATION = "delegation"
    REGISTER = "register"
    WITHDRAWN = "withdrawn"
    UNWITNESSED = "unwitnessed"

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {
            "user": "利用者が終えた", "witness": "立会者が終えた", "officer": "担当者が終えた", "time": "時間になった",
            "clock": "時計が戻った", "alone": "立会者の応答がなくなった",
            "not_opened": "対象のシステムが応答せず開けなかった",
            "standing": "停止・休職・退職などで職務を離れた", "barred": "特権IDを使えない区分になった",
            "delegation": "指名が効力を失った", "register": "台帳の特権IDが変わった", "withdrawn": "取り下げた",
            "unwitnessed": "立会者がいないまま時間が過ぎた",
        }[self.value]  # fmt: skip


class ProofNeeded(Forbidden):
    """The proof in this session is not enough or too old: it can be given again on the page for proving oneself."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.  `minutes` None: the profile's window (in an emergency, its own)."""

    privileged_id: int
    purpose: str
    decision_number: str = ""
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Acting(Owner):
    """Somebody signed in who deals with a use, their own or another's, and from where."""

    def attempt(self, verb: str, subject: str) -> AbstractContextManager[Act]:
        """An act of theirs; see `attempted`: what is refused is recorded as `use.refused`.

        `verb`: what was tried, e.g. "join"; `subject`: e.g. "use 5" or "privileged_id 3".
        """
        actor = actor_of(self.who.staff_number)
        return attempted(self.store, actor, verb, subject, action="use.refused")


@dataclass(frozen=True, slots=True)
class Use:
    """One use, as its row says.  `login`: of the account that is used (for MEMBER, the person's own).

    `ends_at` is set when opening begins and never moves away; `opened_at` when the target was open first.
    `record_due`: the last day for the work record, or for the approval afterwards of an emergency.
    """

    id: int
    privileged_id: int
    slot: str | None
    person_id: int
    delegation_id: int | None
    emergency: bool
    purpose: str
    decision_number: str
    minutes: int
    login: str
    session_id: int | None
    address: str
    proofs: Proofs
    state: UseState
    asked_at: datetime
    lapses_at: datetime
    witness_id: int | None
    joined_at: datetime | None
    witness_seen_at: datetime | None
    opened_at: datetime | None
    ends_at: datetime | None
    seen_at: datetime | None
    shown_at: datetime | None
    ended_at: datetime | None
    ended_by: int | None
    end_reason: str
    closed_at: datetime | None
    grant_id: int | None
    record: str
    record_at: datetime | None
    confirmed_by: int | None
    confirmed_at: datetime | None
    record_due: date | None
    chased_on: date | None
    waiver_id: int | None
    approved_by: int | None
    approved_at: datetime | None
    approval: str

    @property
    def under_way(self) -> bool:
        """Whether it can be ended."""
        return self.state in UNDER_WAY

    @property
    def why_ended(self) -> str:
        """Why it ended, for people; "" while it has not."""
        code, _, words = self.end_reason.partition(": ")
        if not code:
            return ""
        return End(code).label_ja + (f"（{words}）" if words else "")

    @property
    def subject(self) -> str:
        """How the audit and the errands name it."""
        return subject_of(self.id)

    @property
    def awaits_approval(self) -> bool:
        """Whether it was an emergency, is over, and nobody has approved it yet."""
        return self.emergency and self.ended_at is not None and self.approved_at is None

    @property
    def unfinished(self) -> bool:
        """Whether it is over and still lacks its work record, the confirmation, or the approval of an emergency."""
        over = self.state in (UseState.CLOSING, UseState.CLOSED)
        record = self.confirmed_at is None and (self.opened_at is not None or bool(self.record))
        return over and (record or self.awaits_approval)

    def overdue(self, day: date) -> bool:
        """Whether what it lacks is late on a day (JST)."""
        return self.unfinished and self.record_due is not None and self.record_due < day

    def left(self, at: datetime) -> timedelta:
        """How long until its end; zero when it is over or has not begun."""
        if self.ends_at is None or not self.under_way:
            return timedelta(0)
        return max(self.ends_at - at, timedelta(0))


def emergency_due(day: date) -> date:
    """The last day for the record and the approval of an emergency of `day`: the next working day (OITA-S9.4.2)."""
    return working_days_after(day, 1)


def over(found: Use) -> Conflict:
    """It is not under way (any more)."""
    return Conflict(f"この利用は、いま利用中ではありません（いまは「{found.state.label_ja}」）。")


def subject_of(use_id: int) -> str:
    """How the audit and the errands name a use."""
    return f"use {use_id}"


def moved(
    act: Act, use_id: int, states: Collection[UseState], to: UseState, *also: ColumnElement[bool], **values: object
) -> bool:
    """Move a use on if it is in one of `states` (and `also` holds) and nobody was first."""
    columns = use_table.c
    same = columns.id == use_id, among(columns.state, [str(each) for each in states]), *also
    return bool(act.connection.execute(update(use_table).where(*same).values(state=to, **values)).rowcount)


def use(connection: Connection, use_id: int) -> Use:
    """One use.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(use_table).where(use_table.c.id == use_id)).one_or_none()
    if row is None:
        raise NotFound("その特権IDの利用はありません。一覧から開き直してください。")
    return use_in(row)


def use_of(connection: Connection, subject: str) -> Use | None:
    """The use that the audit or an errand names so, or None."""
    number = subject.removeprefix(subject_of(0)[:-1])
    if not (number.isascii() and number.isdecimal() and len(number) < _LONG and subject_of(int(number)) == subject):
        return None
    row = connection.execute(select(use_table).where(use_table.c.id == int(number))).one_or_none()
    return None if row is None else use_in(row)


def uses(
    connection: Connection,
    *,
    person_id: int | None = None,
    witness_id: int | None = None,
    privileged_ids: Collection[int] | None = None,
    states: Collection[UseState] | None = None,
    since: datetime | None = None,
    limit: int = 200,
) -> list[Use]:
    """The newest uses first; each argument narrows.  `since`: asked at or after an instant."""
    columns = use_table.c
    query = select(use_table).order_by(desc(columns.id)).limit(limit)
    if person_id is not None:
        query = query.where(columns.person_id == person_id)
    if witness_id is not None:
        query = query.where(columns.witness_id == witness_id)
    if privileged_ids is not None:
        query = query.where(among(columns.privileged_id, privileged_ids))
    if states is not None:
        query = query.where(among(columns.state, [str(each) for each in states]))
    if since is not None:
        query = query.where(columns.asked_at >= since)
    return [use_in(row) for row in connection.execute(query)]


def uses_in_a_row(connection: Connection, person_id: int, privileged_ids: Collection[int]) -> list[Use]:
    """All of somebody's uses of these IDs that were open or may yet be, the newest first: what the cap is held against.

    However many requests were taken back since: they hide nothing.
    """
    columns = use_table.c
    may_be = among(columns.state, [str(UseState.ASKED), str(UseState.OPENING)])
    mine = columns.person_id == person_id, among(columns.privileged_id, privileged_ids)
    query = select(use_table).where(*mine, columns.opened_at.is_not(None) | may_be).order_by(desc(columns.id))
    return [use_in(row) for row in connection.execute(query)]


HAPPENED: Final[Mapping[str, str]] = {
    "use.asked": "利用を申請した",
    "use.withdrawn": "申請を取り下げた",
    "use.lapsed": "申請が無効になった",
    "use.joined": "立会いに加わった",
    "use.emergency": "緊急利用を始めた",
    "use.opened": "使えるようになった",
    "use.revealed": "パスワードを表示した",
    "use.witness_left": "立会いをやめた",
    "use.witness_back": "立会いに戻った",
    "use.paused": "立会いが途切れたため止めた",
    "use.resumed": "再開した",
    "use.ended": "利用を終えた",
    "use.closed": "使えなくなったことを確かめた",
    "use.recorded": "作業記録を出した",
    "use.confirmed": "作業記録を確認した",
    "use.approved_afterwards": "緊急利用を承認した",
    "use.chased": "作業記録を催促した",
    "use.escalated": "報告と承認がないことを責任者に知らせた",
    "use.refused": "操作が断られた",
    "errand.hindered": "情報システムに書き込めなかった（自動で試し続ける）",
    "errand.alarmed": "担当者に、書き込めないことを知らせた",
    "errand.refused": "情報システムへの書込みを取りやめた",
    "errand.failed": "情報システムに書き込めなかった",
    "errand.superseded": "終わりが先に来たため、書込みを取りやめた",
    "errand.secret_renewed": "情報システムが受け付けないパスワードだったため、作り直した",
}
"""What the audit notes of a use and of its errands, as people read it; steps on the way to a result have no words."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a use's timeline, from the audit."""

    at: datetime
    actor: str
    action: str
    detail: str


def timeline(connection: Connection, use_id: int) -> list[Event]:
    """Everything the audit holds about a use, oldest first: deeds, refusals, and what its errands came to."""
    columns = audit_record.c
    query = select(columns.at, columns.actor, columns.action, columns.detail).where(
        columns.subject == subject_of(use_id)
    )
    return [
        Event(row.at, row.actor, row.action, row.detail) for row in connection.execute(query.order_by(columns.number))
    ]


def use_in(row: Row[Any]) -> Use:
    """The use in a row that has every column of the table."""
    values = dict(row._mapping)
    return Use(**{**values, "state": UseState(values["state"]), "proofs": Proofs.of(values["proofs"])})
