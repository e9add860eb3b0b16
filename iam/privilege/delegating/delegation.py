"""Delegations (特権代行) as they stand: who may use which privileged IDs, from when until when, by whose word.

The one law: *what was approved is what holds* (OITA-S3.7.1, R17): a delegation carries a hash over everything that it
says and over the register rows that it names, and whoever looks may work it out again.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, desc, select

from iam.errors import NotFound
from iam.privilege.books import delegation_table
from iam.privilege.register import PrivilegedId
from iam.record.columns import among, canonical_json, jst_day


class DelegationState(StrEnum):
    """Where a delegation is.  LIVE: approved, and noticed to the general officer; it may begin on a later day."""

    NOMINATED = "nominated"
    LIVE = "live"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    VOIDED = "voided"
    ENDED = "ended"

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {
            "nominated": "承認待ち", "live": "有効", "declined": "差戻し", "withdrawn": "取下げ",
            "lapsed": "期限切れ（承認されず）", "voided": "失効", "ended": "終了",
        }[self.value]  # fmt: skip


class Broken(StrEnum):
    """Why a delegation holds no longer."""

    NOT_LIVE = "not_live"
    EXPIRED = "expired"
    BARRED = "barred"
    LEFT = "left"
    AWAY = "away"
    SUSPENDED = "suspended"
    MOVED = "moved"
    FACTOR_LOST = "factor_lost"
    CHANGED = "changed"

    @property
    def label_ja(self) -> str:
        """The words that people read."""
        return {
            "not_live": "承認されていないか、すでに終わっています", "expired": "期間が終わりました",
            "barred": "特権IDを扱えない職員区分になりました", "left": "在職していません",
            "away": "休職・休業・派遣などで職場を離れています", "suspended": "利用が停止されました",
            "moved": "異動などの発令がありました", "factor_lost": "認証手段の紛失・削除がありました",
            "changed": "指名の内容か、特権IDの登録が変わりました",
        }[self.value]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; days (JST) inclusive.  `renews`: the delegation that this one follows."""

    delegate_id: int
    privileged_ids: tuple[int, ...]
    valid_from: date
    valid_until: date
    reason: str
    conditions: str = ""
    renews: int | None = None


@dataclass(frozen=True, slots=True)
class Delegation:
    """One delegation.

    `posts`: a mark of the posts that the delegate held when nominated.  `noticed_at`: when the general officer was told
    of the approval, `received_at`: when one opened it.  `waiver_id`: the exception under which a deputy acted, after
    which another officer reviews it; `chased_on`: the day on which they were last reminded of that.
    """

    id: int
    delegate_id: int
    privileged_ids: tuple[int, ...]
    valid_from: date
    valid_until: date
    conditions: str
    reason: str
    content_hash: str
    posts: str
    renews: int | None
    state: DelegationState
    nominated_by: int
    nominated_at: datetime
    lapses_at: datetime
    approved_by: int | None
    approved_at: datetime | None
    noticed_at: datetime | None
    received_by: int | None
    received_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    waiver_id: int | None
    reviewed_by: int | None
    reviewed_at: datetime | None
    review: str
    chased_on: date | None

    @property
    def subject(self) -> str:
        """How the audit names it."""
        return f"delegation {self.id}"

    @property
    def why_ended(self) -> str:
        """Why it ended, for people; "" while it has not."""
        if self.state is DelegationState.ENDED and not self.end_reason:
            return Broken.EXPIRED.label_ja
        return Broken(self.end_reason).label_ja if self.end_reason in set(Broken) else self.end_reason

    @property
    def awaits_review(self) -> bool:
        """Whether another officer has still to look at it, because a deputy acted under an exception."""
        return self.waiver_id is not None and self.approved_at is not None and self.reviewed_at is None

    def on(self, day: date) -> bool:
        """Whether `day` is one of its days."""
        return self.valid_from <= day <= self.valid_until

    def meets(self, first: date, last: date) -> bool:
        """Whether it shares a day with these."""
        return self.valid_from <= last and first <= self.valid_until


def hash_of(wish: Wish, ids: Mapping[int, PrivilegedId], *, nominated_by: int, posts: str) -> str:
    """SHA-256 over everything that a delegation says, over the register as it is and the posts of the delegate."""
    named = [[id_, ids[id_].digest if id_ in ids else ""] for id_ in sorted(wish.privileged_ids)]
    words = [
        wish.delegate_id, named, wish.valid_from.isoformat(), wish.valid_until.isoformat(), wish.conditions,
        wish.reason, wish.renews, nominated_by, posts,
    ]  # fmt: skip
    return hashlib.sha256(canonical_json(words).encode()).hexdigest()


def hash_now(found: Delegation, ids: Mapping[int, PrivilegedId]) -> str:
    """The same of a delegation as it is stored, over the register as it is."""
    wish = Wish(
        found.delegate_id, found.privileged_ids, found.valid_from, found.valid_until, found.reason, found.conditions,
        found.renews,
    )  # fmt: skip
    return hash_of(wish, ids, nominated_by=found.nominated_by, posts=found.posts)


# --- what there is


def delegation(connection: Connection, id_: int, at: datetime) -> Delegation:
    """One delegation as it stands at `at`.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(delegation_table).where(delegation_table.c.id == id_)).first()
    if row is None:
        raise NotFound("その特権代行の指名はありません。一覧から開き直してください。")
    return _delegation(row, at)


def delegations(
    connection: Connection,
    at: datetime,
    *,
    states: Collection[DelegationState] | None = None,
    delegate_id: int | None = None,
    privileged_id: int | None = None,
    limit: int | None = None,
) -> list[Delegation]:
    """The newest first, as they stand at `at`; each argument narrows."""
    columns = delegation_table.c
    query = select(delegation_table).order_by(desc(columns.id))
    if states is not None:
        # What lapsed or expired since is still stored as what it was.
        stored = {*states, DelegationState.NOMINATED, DelegationState.LIVE}
        query = query.where(among(columns.state, [str(each) for each in stored]))
    if delegate_id is not None:
        query = query.where(columns.delegate_id == delegate_id)
    found = [_delegation(row, at) for row in connection.execute(query)]
    kept = [
        each
        for each in found
        if (states is None or each.state in states) and (privileged_id is None or privileged_id in each.privileged_ids)
    ]
    return kept[:limit]


def _delegation(row: Row[Any], at: datetime) -> Delegation:
    values = dict(row._mapping)
    state = DelegationState(row.state)
    if state is DelegationState.NOMINATED and row.lapses_at <= at:
        state = DelegationState.LAPSED
    if state is DelegationState.LIVE and row.valid_until < jst_day(at):
        state = DelegationState.ENDED
    return Delegation(**{**values, "privileged_ids": tuple(row.privileged_ids), "state": state})
