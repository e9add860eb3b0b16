"""Permits to renew keys: asked by one officer, confirmed by another, used once at the console within a day.

The one law: *one permit, one renewal* (R19, OITA-S8.1.4.3): a conditional UPDATE uses it up in the act of the renewal.
A renewal by one person in an emergency is alarmed, and stays on the page until it is confirmed (OITA-S9.4.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, desc, select, update

from iam import outbox
from iam.errors import Conflict, Forbidden, NotFound
from iam.office import cases
from iam.office.cases import Case, CaseKind
from iam.office.changes.books import key_permit_table
from iam.office.changes.configuration import is_live
from iam.office.changes.proposing import alarm, see_seats
from iam.office.roles import Offices
from iam.outbox import Topic
from iam.record.act import Act
from iam.record.keys import KeyRing

LIFE: Final = timedelta(hours=24)
"""How long a permit may be used."""


class KeyDeed(StrEnum):
    """What is renewed."""

    ROTATE = "rotate"
    ROLL_TOKENS = "roll_tokens"

    @property
    def label_ja(self) -> str:
        """The words that an officer reads."""
        return {
            "rotate": "証跡を封印する鍵の更新", "roll_tokens": "トークンの署名鍵の更新",
        }[self.value]  # fmt: skip

    @property
    def command(self) -> str:
        """How it is carried out at the console."""
        return {"rotate": "iam keys rotate", "roll_tokens": "iam keys roll-tokens"}[self.value]


@dataclass(frozen=True, slots=True)
class Permit:
    """One permit; without a case: what one person did in an emergency, and nobody has confirmed yet."""

    id: int
    deed: KeyDeed
    case_id: int | None
    given_by: str
    given_at: datetime
    until: datetime
    reason: str
    used_at: datetime | None
    used_by: str | None


def ask(
    act: Act,
    offices: Offices,
    keys: KeyRing,
    *,
    asked_by: int,
    deed: KeyDeed,
    reason: str,
    permit_id: int | None = None,
) -> Case:
    """Ask for a permit; with `permit_id`, for the confirmation of what was done in an emergency.

    Raises:
        Forbidden: as `cases.ask`; Conflict: when the same waits; NotFound: no such emergency is unconfirmed.
    """
    content: dict[str, object] = {"deed": deed.value}
    if permit_id is not None:
        if permit_id not in {each.id for each in unconfirmed(act.connection)}:
            raise NotFound("確認を待つ緊急の更新ではありません。一覧から開き直してください。")
        content["permit"] = permit_id
    waits = (each for each in cases.waiting(act.connection, act.at) if each.kind is CaseKind.KEYS)
    if any(dict(each.content) == content for each in waits):
        raise Conflict("同じ申請が、すでに確認を待っています。")
    see_seats(act.connection, offices, keys, [asked_by], act.at)
    return cases.ask(act, offices, CaseKind.KEYS, asked_by, subject_id=None, content=content, reason=reason)


def take_effect(act: Act, offices: Offices, keys: KeyRing, case: Case) -> None:
    """Another officer has confirmed: the permit holds for a day, or the emergency is confirmed.

    Raises:
        Conflict: when it was confirmed meanwhile; Forbidden: see `see_seats`.
    """
    decider = cases.case_of(act.connection, case.id, act.at).decided_by or 0
    see_seats(act.connection, offices, keys, [case.asked_by, decider], act.at)
    columns, deed = key_permit_table.c, KeyDeed(case.content["deed"])
    permit = case.content.get("permit")
    if permit is None:
        values = {
            "deed": deed, "case_id": case.id, "given_by": act.actor, "given_at": act.at, "until": act.at + LIFE,
            "reason": case.reason,
        }  # fmt: skip
        act.connection.execute(key_permit_table.insert().values(**values))
    else:
        mine = update(key_permit_table).where(columns.id == permit, columns.deed == deed, columns.case_id.is_(None))
        if act.connection.execute(mine.values(case_id=case.id)).rowcount != 1:
            raise Conflict("この緊急の更新は、もう確認されています。")
    act.record("keys.permitted", f"case {case.id}", {"deed": deed, "asked_by": case.asked_by, "permit": permit})


def why_not(connection: Connection, deed: KeyDeed, at: datetime) -> Forbidden | None:
    """Why a key may not be renewed now, or None.  Before the first confirmed configuration nothing is asked."""
    if not is_live(connection) or connection.execute(select(_usable(deed, at).exists())).scalar_one():
        return None
    return Forbidden(
        f"{deed.label_ja}には、二人の確認が要ります。ポータルの「設定の変更」から運用担当か統括が申請し、"
        "別の統括か承認者が確認してから、24時間以内に実行してください。急ぐときは --emergency 理由 を付けます。"
    )


def use(act: Act, deed: KeyDeed) -> None:
    """Use a permit up, in the act of the renewal.

    Raises:
        Forbidden: see `why_not`; or somebody else used the last one at the same moment.
    """
    if not is_live(act.connection):
        return
    columns = key_permit_table.c
    row = act.connection.execute(_usable(deed, act.at)).first()
    mine = update(key_permit_table).where(columns.id == (row.id if row else 0), columns.used_at.is_(None))
    if act.connection.execute(mine.values(used_at=act.at, used_by=act.actor)).rowcount != 1:
        raise why_not(act.connection, deed, act.at) or Forbidden("この確認は、いま別の人が使いました。")
    act.record("keys.permit_used", f"key_permit {row.id if row else 0}", {"deed": deed})


def _usable(deed: KeyDeed, at: datetime) -> Any:  # noqa: ANN401 - SQLAlchemy names no type that both uses share
    columns = key_permit_table.c
    # From its beginning: a clock that was set back opens nothing that was not confirmed yet.
    held = columns.deed == deed, columns.used_at.is_(None), columns.given_at <= at, columns.until > at
    return select(columns.id).where(*held).order_by(columns.id).limit(1)


def emergency(act: Act, offices: Offices, keys: KeyRing, deed: KeyDeed, reason: str) -> None:
    """One person, at once; the heads are told in the same act."""
    if not is_live(act.connection):
        return
    values = {
        "deed": deed, "given_by": act.actor, "given_at": act.at, "until": act.at, "reason": reason,
        "used_at": act.at, "used_by": act.actor,
    }  # fmt: skip
    act.connection.execute(key_permit_table.insert().values(**values))
    act.record("keys.emergency", deed, {"reason": reason})
    told: dict[str, outbox.Value] = {"at": act.at, "account": act.actor, "deed": deed.label_ja, "reason": reason}
    alarm(act, offices, keys, Topic.CONFIGURATION_KEYS_EMERGENCY, told)


def unconfirmed(connection: Connection) -> list[Permit]:
    """What was renewed in an emergency and nobody has confirmed, oldest first."""
    query = select(key_permit_table).where(key_permit_table.c.case_id.is_(None)).order_by(key_permit_table.c.id)
    return [_permit(row) for row in connection.execute(query)]


def permits(connection: Connection, limit: int = 20) -> list[Permit]:
    """The newest first."""
    query = select(key_permit_table).order_by(desc(key_permit_table.c.id)).limit(limit)
    return [_permit(row) for row in connection.execute(query)]


def _permit(row: Row[Any]) -> Permit:
    return Permit(
        row.id, KeyDeed(row.deed), row.case_id, row.given_by, row.given_at, row.until, row.reason,
        row.used_at, row.used_by,
    )  # fmt: skip


def deed_in(content: Mapping[str, Any]) -> KeyDeed:
    """The deed that a case asks for."""
    return KeyDeed(content["deed"])
