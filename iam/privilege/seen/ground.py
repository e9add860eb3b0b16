"""What sightings of one system are held against: its register, its uses, and whose its logins are.

The one law: *one snapshot*: everything that a verdict rests on is read in one transaction.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

from pydantic import IPvAnyNetwork
from sqlalchemy import Connection, func, select

from iam.access.accounts import AccountKind, account_table
from iam.access.model import AccessModel
from iam.access.naming import comparable_login
from iam.people.ledger import chunks
from iam.ports import Sighted, Sighting
from iam.privilege.books import privileged_id_table, use_table
from iam.privilege.default_names import is_default_name
from iam.privilege.register import Mode, privileged_ids
from iam.privilege.seen.matching import NEAR, SLACK, Judged, Known, Span, Verdict, names_of, verdict
from iam.record.columns import among

LONGEST: Final = timedelta(hours=12)
"""No use is longer (R12)."""


@dataclass(frozen=True, slots=True)
class Whose:
    """An account of the ledger: its person, and whether a machine works with it."""

    person_id: int | None
    service: bool


@dataclass
class Ground:
    """One system's, for sightings within a stretch of time.  `through`: its jump servers."""

    ids: Sequence[Known]
    spans: Sequence[Span]
    whose: Mapping[str, Whose]
    through: Sequence[IPvAnyNetwork] = ()
    _begun: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spans = sorted(self.spans, key=lambda each: each.since)
        self._begun = [each.since for each in self.spans]

    def judge(self, sighting: Sighting) -> Judged:
        """The verdict, with what the ledger knows of accounts that nobody registered."""
        if sighting.address and any(ip_address(sighting.address) in each for each in self.through):
            # A jump server stands between: the log does not say where they were.
            sighting = replace(sighting, address="")
        first = bisect_left(self._begun, sighting.at - LONGEST - NEAR - SLACK)
        last = bisect_right(self._begun, sighting.at + NEAR + SLACK)
        judged = verdict(sighting, self.spans[first:last], self.ids)
        if judged.verdict is not Verdict.NO_USE or judged.privileged_id is not None:
            return judged
        whose = self.owner(sighting.login)
        if whose is None:
            return Judged(Verdict.UNKNOWN_PRIVILEGED)
        return Judged(Verdict.ORDINARY) if whose.service else judged

    def owner(self, login: str) -> Whose | None:
        """Whose account it is, if the ledger knows."""
        return next((self.whose[name] for name in names_of(login) if name in self.whose), None)


def ids_of(connection: Connection, system: str) -> list[Known]:
    """The privileged IDs of a system, those that are over as well."""
    found = privileged_ids(connection, retired=True, system=system)
    return [
        Known(each.id, comparable_login(each.login), each.mode is Mode.MEMBER, each.registered_at, each.retired_at)
        for each in found
    ]


def may_matter(sighting: Sighting, registered: frozenset[str]) -> bool:
    """Whether a verdict can be anything but ORDINARY: what all other sign-ins are is nobody's business here."""
    if sighting.what is Sighted.RAISED:
        return True
    names = names_of(sighting.login)
    return not names.isdisjoint(registered) or (sighting.what is Sighted.SIGNED_IN and any(map(is_default_name, names)))


def ground_of(
    connection: Connection,
    model: AccessModel,
    system: str,
    logins: Iterable[str],
    between: tuple[datetime, datetime],
) -> Ground:
    """What sightings of `system` within `between`, of these logins, are held against."""
    names = {name for login in set(logins) for name in names_of(login)}
    first, last = between
    spans = _spans(connection, system, first - NEAR - SLACK - LONGEST, last + NEAR + SLACK)
    known = model.systems.get(system)
    return Ground(ids_of(connection, system), spans, _whose(connection, system, names), known.through if known else ())


def _spans(connection: Connection, system: str, first: datetime, last: datetime) -> list[Span]:
    use, register = use_table.c, privileged_id_table.c
    until = func.coalesce(use.ended_at, use.ends_at, type_=use.ends_at.type).label("until")
    query = (
        select(use.id, use.privileged_id, use.person_id, use.login, use.opened_at, use.address, until)
        .join(privileged_id_table, register.id == use.privileged_id)
        .where(register.system == system, use.opened_at >= first, use.opened_at <= last)
    )
    return [
        Span(
            row.id, row.privileged_id, row.person_id, comparable_login(row.login), row.opened_at,
            max(row.until, row.opened_at), row.address,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def _whose(connection: Connection, system: str, names: Iterable[str]) -> dict[str, Whose]:
    columns = account_table.c
    found: dict[str, Whose] = {}
    for part in chunks(sorted(names)):
        query = select(columns.comparable, columns.person_id, columns.kind).where(
            columns.system == system, among(columns.comparable, part)
        )
        for row in connection.execute(query):
            if row.person_id is not None or row.kind == AccountKind.SERVICE:
                found[row.comparable] = Whose(row.person_id, row.kind == AccountKind.SERVICE)
    return found
