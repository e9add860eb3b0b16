"""Who is told of privileged IDs, and how: those concerned, those who answer for a system, those who must act.

The one law: *a notice stands whether or not a letter can go*: mail that is away delays nobody and hides nothing.
"""

from collections.abc import Iterable, Mapping

from iam import outbox
from iam.office.roles import bearers, owners_of
from iam.outbox import Topic, Value
from iam.people.ledger import Person, people
from iam.policy.profile import Role
from iam.privilege.register import PrivilegedId
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.signin.door import Door
from iam.sync.urgent.errands import ErrandKind, StoredErrand

ALARMED: tuple[Role, ...] = (Role.GENERAL_OFFICER, Role.APPROVER, Role.DATA_OFFICER, Role.AUDITOR)
"""Who learns at once of a use in an emergency."""


def tell(act: Act, ids: Iterable[int], topic: Topic, values: Mapping[str, Value]) -> None:
    """A notice and a letter to each of these persons."""
    for each in people(act.connection, sorted(set(ids))):
        outbox.tell(act, each.id, each.email, topic, values)


def bearing(act: Act, door: Door, *roles: Role) -> set[int]:
    """Everybody who holds one of these roles today."""
    return bearers(act.connection, door.offices, roles, jst_day(act.at))


def owners(act: Act, door: Door, system: str) -> set[int]:
    """Who answers for a system: the holders of the role at the unit that owns it, or all where none is there."""
    near = owners_of(act.connection, door.offices, door.model, system, jst_day(act.at))
    return near or bearing(act, door, Role.SYSTEM_OWNER)


def person(act: Act, person_id: int) -> Person:
    """Somebody whom the ledger knows."""
    return next(iter(people(act.connection, [person_id])))


def system_name(door: Door, code: str) -> str:
    """A system by its name in the access model, by its code where it has gone from there."""
    system = door.model.systems.get(code)
    return system.name if system else code


def called(door: Door, on: PrivilegedId) -> str:
    """An ID as people read it."""
    return f"{system_name(door, on.system)} の {on.name}"


def words_of(door: Door, on: PrivilegedId, number: int) -> dict[str, Value]:
    """How a letter names a use: the system, the ID, the number."""
    return {"system": system_name(door, on.system), "right": on.name, "number": number}


def suspected(act: Act, door: Door, on: PrivilegedId, by: int) -> None:
    """A secret may be known to others: whoever answers for privileged IDs, data or the system is told (R31)."""
    who = person(act, by)
    values: dict[str, Value] = {
        "at": act.at, "person": who.name, "staff_number": who.staff_number,
        "system": system_name(door, on.system), "right": on.name,
    }  # fmt: skip
    ids = bearing(act, door, Role.GENERAL_OFFICER, Role.DATA_OFFICER) | owners(act, door, on.system)
    tell(act, ids - {by}, Topic.PRIVILEGE_SUSPECTED, values)


def stuck(act: Act, door: Door, errand: StoredErrand) -> None:
    """The alarm of an errand that failed first: whoever can shut the system's own door is told, once.

    For `iam.sync.urgent.Carrier.alarm`.  An OPEN that waits harms nobody; the use says so itself.
    """
    if errand.kind is ErrandKind.OPEN:
        return
    values: dict[str, Value] = {
        "at": errand.written_at, "system": system_name(door, errand.system),
        "right": errand.entitlement or errand.login, "subject": errand.words,
    }  # fmt: skip
    ids = bearing(act, door, Role.GENERAL_OFFICER, Role.OPERATOR) | owners(act, door, errand.system)
    tell(act, ids, Topic.PRIVILEGE_STUCK, values)
    act.record("errand.alarmed", errand.subject, {"errand": errand.id, "system": errand.system, "told": len(ids)})
