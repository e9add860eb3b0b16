"""The configuration in force: what two officers have confirmed, held against what a program runs with.

The one law: *nothing is given under rules that nobody confirmed* (R19, OITA-S8.1.4.3): from the first confirmation
on, a configuration that differs from the confirmed one gives nothing; what takes away or ends goes on under any.
Whatever a confirmation covers is sealed under a key outside the database.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, desc, func, literal, select

from iam.errors import Forbidden, NotFound
from iam.office.changes.books import configuration_table
from iam.record.columns import Json, canonical_json
from iam.record.keys import KeyRing

TURN: Final = timedelta(hours=1)
"""How long the former configuration stands beside its successor, so that programs may read the new one in turn."""

EMERGENCY: Final = timedelta(days=3)
"""How long an unconfirmed change by one person stands (OITA-S9.4.2, R21)."""

_SAID: Final = 3
"""How many differences one sentence names."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the files say: where (`key`), its name and value as an officer reads them, the clause or ""."""

    key: str
    label: str
    value: str
    clause: str = ""


@dataclass(frozen=True)
class Running:
    """What a program runs with.  `seats`: titles and categories of the profile, which say who holds which role.

    Neither holds a secret: of a file with one, only its place.
    """

    statements: tuple[Statement, ...]
    seats: Mapping[str, Any]

    @property
    def content(self) -> dict[str, Any]:
        """As it is stored: JSON with one canonical text."""
        stated = [[each.key, each.label, each.value, each.clause] for each in self.statements]
        return {"statements": stated, "seats": dict(self.seats)}

    @cached_property
    def digest(self) -> str:
        """64 hex digits: another digest, another configuration."""
        return digest_of(self.content)


def digest_of(content: Mapping[str, Any]) -> str:
    """The digest of a stored content."""
    return hashlib.sha256(canonical_json(dict(content)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changes: what was, what is; None on the side that does not say it."""

    key: str
    label: str
    before: Statement | None
    after: Statement | None


def differences(before: Iterable[Statement], after: Iterable[Statement]) -> list[Difference]:
    """Where two configurations differ in value or clause, in the order of `after`, then what is gone."""
    was, is_ = ({each.key: each for each in side} for side in (before, after))
    keys = [*is_, *(key for key in was if key not in is_)]
    found = [(key, was.get(key), is_.get(key)) for key in keys]
    return [
        Difference(key, (right or left or Statement(key, key, "")).label, left, right)
        for key, left, right in found
        if _said(left) != _said(right)
    ]


def _said(statement: Statement | None) -> tuple[str, str] | None:
    return None if statement is None else (statement.value, statement.clause)


@dataclass(frozen=True, slots=True)
class Configuration:
    """One row: drafted, signed by an officer, confirmed by another, or an emergency until `emergency_until`."""

    id: int
    digest: str
    content: Mapping[str, Any]
    case_id: int | None
    proposed_by: str
    proposed_at: datetime
    reason: str
    confirmed_by: str | None
    confirmed_at: datetime | None
    emergency_until: datetime | None
    seal: str | None

    @property
    def statements(self) -> list[Statement]:
        """What it says."""
        return [Statement(*each) for each in self.content["statements"]]

    @property
    def sound(self) -> bool:
        """Whether the content is what the digest stands for."""
        return digest_of(self.content) == self.digest


def sealed(keys: KeyRing, id_: int, digest: str, words: Sequence[object], key_id: str = "") -> str:
    """The seal over a decision; `words`: who, when."""
    name = key_id or keys.current
    return f"{name}:{keys.mac('configuration', canonical_json([id_, digest, *words]).encode(), name)}"


def believed(keys: KeyRing, found: Configuration) -> bool:
    """Whether the seal on a confirmed or emergency row is ours, and its content what was decided on."""
    return _is_ours(keys, found) and found.sound


def _is_ours(keys: KeyRing, found: Configuration) -> bool:
    if not found.seal:
        return False
    if found.confirmed_at is None:
        words: list[object] = ["emergency", found.proposed_at, found.emergency_until]
    else:
        words = ["confirmed", found.proposed_by, found.confirmed_by, found.confirmed_at]
    key_id = found.seal.partition(":")[0]
    return keys.has(key_id) and sealed(keys, found.id, found.digest, words, key_id) == found.seal


class Standing(StrEnum):
    """How a running configuration stands.  UNASKED: nothing was ever confirmed, so nothing is asked."""

    UNASKED = "unasked"
    CONFIRMED = "confirmed"
    EMERGENCY = "emergency"
    DIFFERS = "differs"

    @property
    def label_ja(self) -> str:
        """The word that an officer reads."""
        return {
            "unasked": "確認を始めていません", "confirmed": "確認済", "emergency": "緊急の変更", "differs": "未確認",
        }[self.value]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """`in_force`: what was confirmed last, None while UNASKED; `until`: of an emergency."""

    standing: Standing
    in_force: Configuration | None
    differences: Sequence[Difference]
    until: datetime | None = None

    @property
    def gives(self) -> bool:
        """Whether anything may be given under it."""
        return self.standing is not Standing.DIFFERS

    @property
    def why_not(self) -> str:
        """Why nothing may be given, with the cure; "" when it may."""
        if self.gives:
            return ""
        named = "、".join(each.label for each in self.differences[:_SAID]) or "内容の記録"
        more = f"ほか{len(self.differences) - _SAID}件" if len(self.differences) > _SAID else ""
        return (
            f"設定が、確認済みのものと違います（{named}{more}）。iam policy propose --reason で申し出て、"
            "ポータルの「設定の変更」で運用担当か統括が申請し、別の統括か承認者が確認するまで、新しく与える操作はできません。"
        )


def judge(connection: Connection, keys: KeyRing, running: Running, at: datetime) -> Judged:
    """How `running` stands at `at`."""
    found = confirmed(connection, keys)
    if not found:
        # Rows that nobody sealed are no beginning, and no way back to it.
        return Judged(Standing.DIFFERS if is_live(connection) else Standing.UNASKED, None, ())
    newest, same = found[0], _same(connection, keys, running)
    if any(_stands(each, found, at) for each in same):
        return Judged(Standing.CONFIRMED, newest, ())
    changes = differences(newest.statements, running.statements)
    until = max((each.emergency_until for each in same if each.emergency_until), default=at)
    if until > at:
        return Judged(Standing.EMERGENCY, newest, changes, until)
    return Judged(Standing.DIFFERS, newest, changes)


def confirmed(connection: Connection, keys: KeyRing, *, before: Configuration | None = None) -> list[Configuration]:
    """What was confirmed last, and what stood before it; with `before`, of what was confirmed before that.

    Only what our seal is on counts: whoever owns the database alone confirms nothing, and hides no difference.
    """
    columns = configuration_table.c
    light: list[Any] = [each for each in columns if each is not columns.content]
    query: Select[Any] = select(*light, literal({}, Json).label("content")).where(columns.confirmed_at.is_not(None))
    if before is not None and before.confirmed_at is not None:
        query = query.where(columns.confirmed_at < before.confirmed_at)
    rows = connection.execute(query.order_by(columns.confirmed_at.desc(), columns.id.desc()))
    ids = [found.id for found in (configuration_in(row) for row in rows) if _is_ours(keys, found)][:2]
    return [configuration_of(connection, id_) for id_ in ids]


def _same(connection: Connection, keys: KeyRing, running: Running) -> list[Configuration]:
    """What was ever decided about just this, as far as the seals hold."""
    columns = configuration_table.c
    query = select(configuration_table).where(columns.digest == running.digest, columns.seal.is_not(None))
    found = [configuration_in(row) for row in connection.execute(query.order_by(desc(columns.id)))]
    return [each for each in found if believed(keys, each)]


def _stands(each: Configuration, found: Sequence[Configuration], at: datetime) -> bool:
    """The newest stands; the one before it for the hour of the turn."""
    newest = found[0]
    turning = newest.confirmed_at is not None and at < newest.confirmed_at + TURN
    return each.id in {one.id for one in (found if turning else found[:1])}


def why_nothing_is_given(
    connection: Connection, keys: KeyRing, running: Running | None, at: datetime
) -> Forbidden | None:
    """Why nothing may be given under `running` now, or None.  None of `running`: a door of tests, asked nothing.

    For whoever opens, gives or lends (a privileged use, a grant, an account); never for what ends or takes away.
    """
    if running is None:
        return None
    judged = judge(connection, keys, running, at)
    return None if judged.gives else Forbidden(judged.why_not)


def is_live(connection: Connection) -> bool:
    """Whether anything was ever confirmed: from then on changes need two."""
    columns = configuration_table.c
    return bool(connection.execute(select(func.count()).where(columns.confirmed_at.is_not(None))).scalar_one())


def configuration_of(connection: Connection, id_: int) -> Configuration:
    """One row.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(configuration_table).where(configuration_table.c.id == id_)).first()
    if row is None:
        raise NotFound("その設定の案はありません。一覧から開き直してください。")
    return configuration_in(row)


def configurations(connection: Connection, limit: int = 50) -> list[Configuration]:
    """The newest rows first."""
    query = select(configuration_table).order_by(desc(configuration_table.c.id)).limit(limit)
    return [configuration_in(row) for row in connection.execute(query)]


def configuration_in(row: Row[Any]) -> Configuration:
    """A row as it is passed on."""
    return Configuration(
        row.id, row.digest, row.content, row.case_id, row.proposed_by, row.proposed_at, row.reason,
        row.confirmed_by, row.confirmed_at, row.emergency_until, row.seal,
    )  # fmt: skip
