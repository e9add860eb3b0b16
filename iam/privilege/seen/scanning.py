"""Scans: what the targets hold of privilege, read from the mirror, held against the register and the uses.

The one law: *privilege stands only while a use explains it* (R12, R16); a finding whose cause is gone says since when.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Row, and_, or_, select

from iam.access.accounts import account_table
from iam.access.model import AccessModel
from iam.access.naming import comparable_login
from iam.privilege.books import finding_table, privileged_id_table, sighting_table, use_table
from iam.privilege.default_names import is_default_name
from iam.privilege.register import Mode, PrivilegedId, privileged_ids
from iam.privilege.seen.evidence import Cause, Setting, tell_of, write_gone, write_standing
from iam.privilege.seen.findings import FindingKind
from iam.privilege.using import UNDER_WAY, UseState
from iam.record.act import Act
from iam.sync.actual.mirror import actual_account_table, actual_member_table

KINDS: Final = (FindingKind.DEFAULT_NAME, FindingKind.UNKNOWN_PRIVILEGED, FindingKind.HELD_WITHOUT_USE)
"""What a scan can find."""

GRACE: Final = timedelta(hours=1)
"""How long a use explains what was read of a target although it is closed: the target was read before."""

_HOLDING: Final = frozenset({*UNDER_WAY, UseState.CLOSING})


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan found: ids of findings that are new, that stand, and that are gone."""

    fresh: Sequence[int] = ()
    standing: Sequence[int] = ()
    gone: Sequence[int] = ()


@dataclass
class _System:
    """A system with what explains privilege on it: the register in force, uses that hold something, its accounts."""

    code: str
    registered: dict[str, PrivilegedId] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    members: set[tuple[str, str]] = field(default_factory=set)
    persons: dict[str, int | None] = field(default_factory=dict)


def scan(act: Act, setting: Setting) -> Scanned:
    """Hold the mirror against register and uses; writes findings and tells the officers of the new ones."""
    fresh: list[int] = []
    standing: list[int] = []
    for code in setting.model.systems:
        for cause in causes(act.connection, setting.model, code, act.at):
            id_, new = write_standing(act, cause)
            standing.append(id_)
            if new:
                fresh.append(id_)
    gone = write_gone(act, KINDS, standing)
    tell_of(act, setting, fresh)
    if fresh or gone:
        told = {"standing": len(standing), "fresh": len(fresh), "gone": len(gone)}
        act.record("privilege.scanned", "privilege", told)
    return Scanned(fresh, standing, gone)


def causes(connection: Connection, model: AccessModel, code: str, at: datetime) -> Iterator[Cause]:
    """What the mirror of one system holds of privilege that neither the register nor a use explains at `at`."""
    here = _system(connection, code, at)
    rights = sorted(right for right, each in model.systems[code].entitlements.items() if each.privileged)
    yield from _causes(connection, here, rights)


def anything(connection: Connection, setting: Setting) -> bool:
    """Whether there is anything to look at or to look after: most bodies' nights need no act for it."""
    for table in (privileged_id_table, sighting_table, finding_table):
        if connection.execute(select(table.c.id).limit(1)).first() is not None:
            return True
    if any(right.privileged for system in setting.model.systems.values() for right in system.entitlements.values()):
        return True
    return any(map(is_default_name, connection.execute(select(actual_account_table.c.login)).scalars()))


def _system(connection: Connection, code: str, at: datetime) -> _System:
    found = _System(code)
    register = privileged_ids(connection, system=code)
    found.registered = {comparable_login(each.login): each for each in register if each.login}
    for row in _uses(connection, code, at):
        found.opened.add(comparable_login(row.login))
        found.members.add((row.entitlement, comparable_login(row.login)))
    columns = account_table.c
    query = select(columns.comparable, columns.person_id).where(columns.system == code)
    found.persons = {row.comparable: row.person_id for row in connection.execute(query)}
    return found


def _uses(connection: Connection, code: str, at: datetime) -> list[Row[tuple[str, str]]]:
    use, register = use_table.c, privileged_id_table.c
    query = (
        select(use.login, register.entitlement)
        .join(privileged_id_table, register.id == use.privileged_id)
        .where(
            register.system == code,
            or_(use.state.in_(sorted(_HOLDING)), and_(use.opened_at.is_not(None), use.closed_at >= at - GRACE)),
        )
    )
    return list(connection.execute(query))


def _causes(connection: Connection, here: _System, rights: Sequence[str]) -> Iterator[Cause]:
    columns = actual_account_table.c
    query = select(columns.login, columns.enabled).where(columns.system == here.code).order_by(columns.login)
    for row in connection.execute(query):
        name = comparable_login(row.login)
        known = here.registered.get(name)
        if known is None:
            if is_default_name(name):
                key, detail = f"default_name:{here.code}:{name}", {"enabled": row.enabled}
                yield Cause(FindingKind.DEFAULT_NAME, here.code, row.login, key, detail, here.persons.get(name))
        elif row.enabled and known.mode is not Mode.MEMBER and name not in here.opened:
            key = f"enabled:{here.code}:{name}"
            yield Cause(FindingKind.HELD_WITHOUT_USE, here.code, row.login, key, {"enabled": True})
    for right in rights:
        yield from _members(connection, here, right)


def _members(connection: Connection, here: _System, right: str) -> Iterator[Cause]:
    """Who is in a privileged group and not for a use; a registered account is judged by whether it is enabled."""
    member, account = actual_member_table.c, actual_account_table.c
    same = and_(account.system == member.system, account.native_id == member.native_id)
    query = (
        select(account.login, account.enabled, member.native_id)
        .select_from(actual_member_table.outerjoin(actual_account_table, same))
        .where(member.system == here.code, member.entitlement == right)
        .order_by(member.native_id)
    )
    for row in connection.execute(query):
        login = row.login or row.native_id
        name = comparable_login(login)
        if name in here.registered or (right, name) in here.members:
            continue
        person = here.persons.get(name)
        kind = FindingKind.HELD_WITHOUT_USE if name in here.persons else FindingKind.UNKNOWN_PRIVILEGED
        detail = {"entitlement": right, "enabled": bool(row.enabled)}
        yield Cause(kind, here.code, login, f"member:{here.code}:{right}:{name}", detail, person)
