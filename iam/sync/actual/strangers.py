"""Who holds an entitlement without being an account of ours: unknown entries, nested groups, DNs elsewhere.

The one law: nobody holds a right unseen.  Every night asks anew, of the mirror
as it is and not of what has changed, so a stranger is said until gone or
under a protection.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from sqlalchemy import Connection, exists, select

from iam.access.accounts import AccountState, account_table
from iam.access.naming import comparable_login
from iam.people.ledger import chunks, persons_by_number
from iam.record.columns import among
from iam.sync.actual.mirror import Observation, actual_account_table, actual_member_table
from iam.sync.plan import Dispute

MOST_NAMED: Final = 5
"""Entitlements that one sentence names."""

Marks = Collection[tuple[str, str]]
"""(system, comparable login or native id) under protection."""


def strangers(
    connection: Connection, observed: Observation, entitlements: Mapping[str, str], marks: Marks, ours: Collection[str]
) -> Iterator[Dispute]:
    """Each stranger with what it holds, of `entitlements` (code -> name); `ours` are native ids linked tonight."""
    system = observed.system
    held = {n: names for n, names in _unknown(connection, observed, entitlements).items() if n not in ours}
    if not held:
        return
    there = _entries(connection, observed, held)
    reserved = _reserved(connection, system)
    known = persons_by_number(connection, {link for _, link in there.values()} - {""})
    for native, codes in sorted(held.items()):
        login, link = there.get(native, (native, ""))
        if (system, comparable_login(login)) in marks or comparable_login(login) in reserved:
            continue
        # Under an unknown number, or none, there is nobody whose announcement it could give away.
        number = link if link in known else ""
        names = sorted(entitlements[code] for code in codes)
        yield Dispute(system, login, number, _reason(system, names, is_entry=native in there))


def is_member(connection: Connection, system: str, native_id: str) -> bool:
    """Whether any entitlement of the system was last read to be held by this native id."""
    columns = actual_member_table.c
    query = select(columns.native_id).where(columns.system == system, columns.native_id == native_id).limit(1)
    return connection.execute(query).first() is not None


def _unknown(connection: Connection, observed: Observation, codes: Iterable[str]) -> dict[str, set[str]]:
    """Native id -> entitlements, of members that are no account of ours, as of tonight's reading."""
    members, mine, system = actual_member_table.c, account_table.c, observed.system
    own = exists().where(mine.system == members.system, mine.native_id == members.native_id)
    query = select(members.entitlement, members.native_id).where(
        members.system == system, members.entitlement.in_(list(codes)), ~own
    )
    found: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query):
        if row.native_id not in observed.parted.get(row.entitlement, ()):
            found[row.native_id].add(row.entitlement)
    joined = {code: observed.joined.get(code, set()) for code in codes}
    known = _of_ours(connection, system, {native for natives in joined.values() for native in natives})
    for code, natives in joined.items():
        for native in natives - known:
            found[native].add(code)
    return found


def _of_ours(connection: Connection, system: str, natives: Iterable[str]) -> set[str]:
    columns = account_table.c
    found: set[str] = set()
    for part in chunks(natives):
        query = select(columns.native_id).where(columns.system == system, among(columns.native_id, part))
        found.update(connection.execute(query).scalars())
    return found


def _entries(connection: Connection, observed: Observation, natives: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Native id -> (login, link) of those that the target holds as accounts."""
    columns = actual_account_table.c
    found: dict[str, tuple[str, str]] = {}
    for part in chunks(natives):
        query = select(columns.native_id, columns.login, columns.link).where(
            columns.system == observed.system, among(columns.native_id, part)
        )
        found.update((r.native_id, (r.login, r.link)) for r in connection.execute(query))
        found.update((n, (observed.accounts[n].login, observed.accounts[n].link)) for n in part
                     if n in observed.accounts)  # fmt: skip
    return {native: entry for native, entry in found.items() if native not in observed.gone}


def _reserved(connection: Connection, system: str) -> set[str]:
    """Logins that a killed run may have made: they are judged with their persons."""
    columns = account_table.c
    query = select(columns.comparable).where(columns.system == system, columns.state == AccountState.RESERVED)
    return set(connection.execute(query).scalars())


def _reason(system: str, names: list[str], *, is_entry: bool) -> str:
    what = "台帳にないID" if is_entry else "利用者IDではないもの（グループのグループ、範囲外のDNなど）"
    more = "など" if len(names) > MOST_NAMED else ""
    return (
        f"{what}が権限「{'」「'.join(names[:MOST_NAMED])}」{more}を持っています。"
        f"iam reconcile {system} で持ち主を確かめ、要らなければシステム側で権限を外し、"
        "要るなら保護の印を付けてください。"
    )
