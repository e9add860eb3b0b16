"""What a signed review changes: one row for each account, right, keeper and owner, until it was read back.

The one law: *the row says what is still to do*: it is written in the act of the second signature, put to the systems
on its day, and done only when the target shows it; whoever is killed in between loses nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from iam.review.books import campaign_removal_table


class What(StrEnum):
    """What a row changes.

    ACCOUNT: it is disabled and its rights go.  RIGHT: one right goes.  ENTRY: what is no account, by hand at the
    system itself.  KEEPER: somebody answers for it.  OWNER: it is somebody's own.
    """

    ACCOUNT = "account"
    RIGHT = "right"
    ENTRY = "entry"
    KEEPER = "keeper"
    OWNER = "owner"

    @property
    def label_ja(self) -> str:
        """The words that officers read."""
        return {
            "account": "利用者IDの停止", "right": "権限の削除", "entry": "システム側での削除（手作業）",
            "keeper": "管理者の登録", "owner": "持ち主への紐付け",
        }[self.value]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Removal:
    """One thing that a signed review changes.  `person_id`: whose own account it is (OWNER, KEEPER: whose it becomes).

    `block_id`: the block that carries it, None where an errand does.  `due_on`: the day on which it is put.
    `put_at`: when it was; `verified_at`: when the target showed it.  `trouble`: what stands in the way.
    `alarmed_at`: when officers were told that it is late.  `lifted_at`: an officer undid it, or what it stood on ended.
    """

    id: int
    campaign_id: int
    line_id: int
    system: str
    login: str
    comparable: str
    native_id: str
    what: What
    entitlement: str
    person_id: int | None
    reason: str
    clause: str
    block_id: int | None
    due_on: date
    put_at: datetime | None
    verified_at: datetime | None
    trouble: str
    alarmed_at: datetime | None
    lifted_at: datetime | None
    lifted_by: int | None
    lift_reason: str

    @property
    def subject(self) -> str:
        """How records name it."""
        return f"campaign {self.campaign_id} line {self.line_id}"

    def state_ja(self, on: date) -> str:
        """Where it stands on a day, in a word."""
        if self.lifted_at is not None:
            return "取消し"
        if self.verified_at is not None:
            return "確認済"
        return "予定" if self.due_on > on else ("反映中" if self.put_at is not None else "反映待ち")


def removals(
    connection: Connection, campaign_id: int, *, line_ids: Collection[int] | None = None, undone: bool = False
) -> list[Removal]:
    """What a review changes, in the order of its lines; `undone`: only what is neither verified nor lifted."""
    columns = campaign_removal_table.c
    query = select(campaign_removal_table).where(columns.campaign_id == campaign_id)
    if line_ids is not None:
        query = query.where(columns.line_id.in_(list(line_ids)))
    if undone:
        query = query.where(columns.verified_at.is_(None), columns.lifted_at.is_(None))
    return [removal_of(row) for row in connection.execute(query.order_by(columns.line_id, columns.id))]


def removal_of(row: Row[Any]) -> Removal:
    """The removal that a row of `campaign_removal` holds."""
    return Removal(**{**row._mapping, "what": What(row.what)})
