"""Last uses: when each account of a system was used last, and where that was seen.

The one law: *the newest sign wins, wherever it was seen*: the target's own record, our doors, logs that were taken in,
and uses of privileged IDs all count; what nobody saw is no use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select

from iam.privilege.books import privileged_id_table, sighting_table, use_table
from iam.review.campaigns import CampaignSystem
from iam.signin.deciding.question import Outcome
from iam.signin.deciding.records import decision_table
from iam.signin.tokens.details import ClientKind

Use = tuple[datetime, str]
"""When, and where it was seen in words."""


@dataclass(frozen=True)
class Uses:
    """What is known of a system's accounts: by native id at the target, by person at our doors, by login in logs."""

    at_target: Mapping[str, datetime]
    target: str
    at_doors: Mapping[int, Use] = field(default_factory=dict)
    in_logs: Mapping[str, Use] = field(default_factory=dict)

    def last(self, native: str, comparable: str, person_id: int | None) -> tuple[datetime | None, str]:
        """The newest use of an account; `person_id`: whose own it is, None for one that is nobody's own."""
        found = self.in_logs.get(comparable)
        door = None if person_id is None else self.at_doors.get(person_id)
        if door is not None and (found is None or door[0] > found[0]):
            found = door
        at = self.at_target.get(native)
        if at is not None and (found is None or at > found[0]):
            found = at, self.target
        return found or (None, "")


def uses_of(connection: Connection, system: CampaignSystem, at_target: Mapping[str, datetime]) -> Uses:
    """Everything that is known of one system's last uses.  `at_target`: `Target.last_used`."""
    logs = _in_logs(connection, system.system)
    for comparable, use in _in_use(connection, system.system).items():
        if comparable not in logs or use[0] > logs[comparable][0]:
            logs[comparable] = use
    return Uses(at_target, f"{system.name}の記録", _at_doors(connection, system.system), logs)


def _at_doors(connection: Connection, system: str) -> dict[int, Use]:
    columns, found = decision_table.c, dict[int, Use]()
    query = select(columns.person_id, columns.door, func.max(columns.last_at, type_=columns.last_at.type)).where(
        columns.system == system, columns.outcome == Outcome.ALLOW, columns.person_id.is_not(None), columns.door != ""
    )
    for person_id, door, at in connection.execute(query.group_by(columns.person_id, columns.door)):
        if person_id not in found or at > found[person_id][0]:
            found[person_id] = at, f"入口（{_door_ja(door)}）"
    return found


def _door_ja(door: str) -> str:
    return next((kind.label_ja for kind in ClientKind if kind == door), door)


def _in_logs(connection: Connection, system: str) -> dict[str, Use]:
    columns, found = sighting_table.c, dict[str, Use]()
    newest = func.max(columns.at, type_=columns.at.type)
    query = select(columns.comparable, columns.host, newest).where(columns.system == system)
    for comparable, host, at in connection.execute(query.group_by(columns.comparable, columns.host)):
        if comparable not in found or at > found[comparable][0]:
            found[comparable] = at, f"取り込んだ記録（{host}）" if host else "取り込んだ記録"
    return found


def _in_use(connection: Connection, system: str) -> dict[str, Use]:
    """Uses of privileged accounts; one that goes on was last seen used when it was opened."""
    register, columns = privileged_id_table.c, use_table.c
    newest = func.max(func.coalesce(columns.ended_at, columns.opened_at), type_=columns.opened_at.type)
    query = (
        select(register.comparable, newest)
        .join(use_table, columns.privileged_id == register.id)
        .where(register.system == system, register.login != "", columns.opened_at.is_not(None))
    )
    return {name: (at, "特権利用の記録") for name, at in connection.execute(query.group_by(register.comparable))}
