"""The mirror: what each target really held when it was last read or written.

The one law: the mirror says what was read, never what was meant.  A night in
which no fingerprint differs decodes nothing and writes nothing here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Boolean, Column, Connection, Index, LargeBinary, Table, Text, delete, select, update

from iam.access.naming import comparable_login
from iam.people.ledger import chunks
from iam.ports import Fingerprint, Target, TargetAccount
from iam.record.columns import among
from iam.record.store import Json, bulk_insert, metadata
from iam.sync.plan import Actual

actual_account_table = Table(
    "actual_account",
    metadata,
    Column("system", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
    Column("login", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("attributes", Json, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
)
Index("ix_actual_account_link", actual_account_table.c.system, actual_account_table.c.link)

actual_group_table = Table(
    "actual_group",
    metadata,
    Column("system", Text, primary_key=True),
    Column("entitlement", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
)

actual_member_table = Table(
    "actual_member",
    metadata,
    Column("system", Text, primary_key=True),
    Column("entitlement", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
)
Index("ix_actual_member_native", actual_member_table.c.system, actual_member_table.c.native_id)


@dataclass
class Observation:
    """How one complete reading of a target differs from the mirror."""

    system: str
    total: int = 0
    accounts: dict[str, TargetAccount] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    groups: dict[str, Fingerprint] = field(default_factory=dict)
    groups_gone: set[str] = field(default_factory=set)
    joined: dict[str, set[str]] = field(default_factory=dict)
    parted: dict[str, set[str]] = field(default_factory=dict)

    @property
    def touched(self) -> set[str]:
        """Native ids of which anything differs."""
        found = set(self.accounts) | self.gone
        for members in (*self.joined.values(), *self.parted.values()):
            found |= members
        return found

    @property
    def unchanged(self) -> bool:
        """Whether the target holds exactly what the mirror says."""
        return not (self.accounts or self.gone or self.groups or self.groups_gone)


def observe(connection: Connection, target: Target) -> Observation:
    """Read `target` to its proved end against the mirror.

    Raises:
        TargetError: when the reading is not complete; then there is no observation.
    """
    system = target.system
    accounts = _fingerprints(connection, system)
    groups = {row.entitlement: row.fingerprint for row in connection.execute(
        select(actual_group_table).where(actual_group_table.c.system == system))}  # fmt: skip
    missing = accounts | set(groups.values())
    known = frozenset(missing)
    found = Observation(system)
    for batch in target.read(known):
        missing.difference_update(batch.unchanged)
        found.accounts.update((account.native_id, account) for account in batch.accounts)
        for group in batch.groups:
            found.groups[group.entitlement] = group.fingerprint
            before = set(_members(connection, system, group.entitlement))
            found.joined[group.entitlement] = set(group.members) - before
            found.parted[group.entitlement] = before - set(group.members)
    found.total = len(accounts - missing) + len(found.accounts)
    found.gone = _natives(connection, system, missing) - set(found.accounts)
    found.groups_gone = {name for name, print_ in groups.items() if print_ in missing} - set(found.groups)
    for entitlement in found.groups_gone:
        found.parted[entitlement] = set(_members(connection, system, entitlement))
    return found


def _fingerprints(connection: Connection, system: str) -> set[Fingerprint]:
    columns = actual_account_table.c
    return set(connection.execute(select(columns.fingerprint).where(columns.system == system)).scalars().all())


def _natives(connection: Connection, system: str, fingerprints: Iterable[Fingerprint]) -> set[str]:
    columns = actual_account_table.c
    found: set[str] = set()
    for part in chunks(fingerprints):
        query = select(columns.native_id).where(columns.system == system, among(columns.fingerprint, part))
        found.update(connection.execute(query).scalars())
    return found


def _members(connection: Connection, system: str, entitlement: str) -> Sequence[str]:
    columns = actual_member_table.c
    query = select(columns.native_id).where(columns.system == system, columns.entitlement == entitlement)
    return connection.execute(query).scalars().all()


def write_observation(connection: Connection, found: Observation) -> None:
    """Make the mirror say what was observed: part of an act."""
    put_accounts(connection, found.system, found.accounts.values())
    gone = actual_account_table.c
    for part in chunks(found.gone):
        # Who is still named in a group stays there until the group says otherwise: a new entry would hold it again.
        query = delete(actual_account_table).where(gone.system == found.system, among(gone.native_id, part))
        connection.execute(query)
    for entitlement in found.groups_gone:
        mine = actual_group_table.c.system == found.system, actual_group_table.c.entitlement == entitlement
        connection.execute(delete(actual_group_table).where(*mine))
    for entitlement, print_ in found.groups.items():
        put_group(connection, found.system, entitlement, print_)
    members = ((e, n) for e, natives in found.parted.items() for n in natives)
    put_members(connection, found.system, (), members)
    put_members(connection, found.system, ((e, n) for e, natives in found.joined.items() for n in natives), ())


def put_accounts(connection: Connection, system: str, accounts: Iterable[TargetAccount]) -> None:
    """Write what was read of these accounts over what the mirror says of them."""
    table = actual_account_table
    for part in chunks(accounts):
        natives = [account.native_id for account in part]
        connection.execute(delete(table).where(table.c.system == system, among(table.c.native_id, natives)))
        bulk_insert(
            connection, table, ("system", "native_id", "login", "link", "enabled", "attributes", "fingerprint"),
            ((system, a.native_id, a.login, a.link, a.enabled, {k: list(v) for k, v in a.attributes.items()},
              a.fingerprint) for a in part),
        )  # fmt: skip


def put_group(connection: Connection, system: str, entitlement: str, fingerprint: Fingerprint) -> None:
    """Note that a group was read with this fingerprint; an empty one is never met, so it is read again."""
    table = actual_group_table
    connection.execute(delete(table).where(table.c.system == system, table.c.entitlement == entitlement))
    connection.execute(table.insert().values(system=system, entitlement=entitlement, fingerprint=fingerprint))


def doubt_groups(connection: Connection, system: str, entitlements: Collection[str]) -> None:
    """Forget the fingerprints of groups that were written to: what they stood for is no longer in the mirror."""
    columns = actual_group_table.c
    mine = columns.system == system, columns.entitlement.in_(sorted(entitlements))
    connection.execute(update(actual_group_table).where(*mine).values(fingerprint=b""))


def put_members(
    connection: Connection, system: str, joined: Iterable[tuple[str, str]], parted: Iterable[tuple[str, str]]
) -> None:
    """Add and remove members (entitlement, native id); repeating it changes nothing."""
    columns = actual_member_table.c
    by_group: dict[str, list[str]] = defaultdict(list)
    joined = list(joined)
    for entitlement, native in (*joined, *parted):
        by_group[entitlement].append(native)
    for entitlement, natives in by_group.items():
        for part in chunks(natives):
            mine = columns.system == system, columns.entitlement == entitlement, among(columns.native_id, part)
            connection.execute(delete(actual_member_table).where(*mine))
    distinct = dict.fromkeys(joined)
    bulk_insert(
        connection, actual_member_table, ("system", "entitlement", "native_id"),
        ((system, entitlement, native) for entitlement, native in distinct),
    )  # fmt: skip


def forget_account(connection: Connection, system: str, native_id: str) -> None:
    """The target has it no more."""
    columns = actual_member_table.c
    held = select(columns.entitlement).where(columns.system == system, columns.native_id == native_id)
    doubt_groups(connection, system, connection.execute(held).scalars().all())
    for table in (actual_account_table, actual_member_table):
        connection.execute(delete(table).where(table.c.system == system, table.c.native_id == native_id))


def logins_on(connection: Connection, system: str, observed: Observation | None = None) -> dict[str, str]:
    """Comparable login -> link, of everything that the target holds."""
    columns = actual_account_table.c
    query = select(columns.login, columns.link, columns.native_id).where(columns.system == system)
    gone = observed.gone if observed else set()
    found = {comparable_login(r.login): r.link for r in connection.execute(query) if r.native_id not in gone}
    if observed:
        found.update((comparable_login(a.login), a.link) for a in observed.accounts.values())
    return found


def actual_of(
    connection: Connection,
    system: str,
    natives: Iterable[str],
    links: Iterable[str],
    observed: Observation | None,
    *,
    logins: Iterable[str] = (),
) -> list[Actual]:
    """What the target holds under these native ids, links or logins, from the mirror and what was just observed."""
    wanted_natives, wanted_links, wanted_logins = set(natives), set(links) - {""}, set(logins)
    found = {a.native_id: a for a in _stored(connection, system, wanted_natives, wanted_links, wanted_logins)}
    if observed:
        for native, account in observed.accounts.items():
            named = native in wanted_natives or account.link in wanted_links or account.login in wanted_logins
            if named or native in found:
                found[native] = account
        for native in observed.gone:
            found.pop(native, None)
    rights = _rights(connection, system, found, observed)
    return [Actual(account, frozenset(rights.get(native, ()))) for native, account in found.items()]


def _stored(
    connection: Connection, system: str, natives: set[str], links: set[str], logins: set[str]
) -> Iterable[TargetAccount]:
    columns = actual_account_table.c
    for column, values in ((columns.native_id, natives), (columns.link, links), (columns.login, logins)):
        for part in chunks(values):
            for row in connection.execute(
                select(actual_account_table).where(columns.system == system, among(column, part))
            ):
                yield TargetAccount(
                    row.native_id, row.login, row.link, row.enabled,
                    {k: tuple(v) for k, v in row.attributes.items()}, row.fingerprint,
                )  # fmt: skip


def _rights(
    connection: Connection, system: str, natives: Mapping[str, object], observed: Observation | None
) -> Mapping[str, set[str]]:
    columns = actual_member_table.c
    found: dict[str, set[str]] = defaultdict(set)
    for part in chunks(natives):
        query = select(columns.native_id, columns.entitlement).where(
            columns.system == system, among(columns.native_id, part)
        )
        for row in connection.execute(query):
            found[row.native_id].add(row.entitlement)
    if observed:
        for entitlement, members in observed.joined.items():
            for native in members & natives.keys():
                found[native].add(entitlement)
        for entitlement, members in observed.parted.items():
            for native in members & natives.keys():
                found[native].discard(entitlement)
    return found
