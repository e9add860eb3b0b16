"""What a target holds, sorted: linked, unlinked, rogue, disputed, protected.

The one law: nobody's account is taken over by a guess.  An account under a
known number is unlinked until it is linked; one under none is rogue until
somebody owns it; a protection has an owner, a reason and an end (R09).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, Connection, Date, Integer, Table, Text, or_, select, update

from iam.access.accounts import (
    ACCOUNT_COLUMNS,
    Account,
    AccountKind,
    AccountState,
    account_table,
    accounts_of,
    all_accounts,
)
from iam.access.kept.books import kept_id_table
from iam.access.kept.register import kept_ids, kept_logins
from iam.access.naming import comparable_login
from iam.errors import Conflict, NotFound
from iam.intake.taking import mark_pending
from iam.people.ledger import next_id, number_table, persons_by_number
from iam.ports import TargetAccount, TargetGroup
from iam.record.act import Act
from iam.record.columns import JST
from iam.record.store import Instant, bulk_insert, metadata
from iam.sync.actual.mirror import actual_account_table

LONGEST_PROTECTION: Final = timedelta(days=366)
"""A protection is looked at again at least once a year."""

ONE_DAY: Final = timedelta(days=1)

REGISTER: Final = "特権ID台帳"
"""Where a privileged ID comes from, in the words of officers."""

protection_table = Table(
    "protection",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("system", Text, nullable=False),
    Column("comparable", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", Date, nullable=False),
    Column("marked_by", Text, nullable=False),
    Column("marked_at", Instant, nullable=False),
)


class Sorting(StrEnum):
    """Where an account on a target belongs."""

    LINKED = "linked"
    UNLINKED = "unlinked"
    ROGUE = "rogue"
    DISPUTED = "disputed"
    PROTECTED = "protected"
    MISSING = "missing"

    @property
    def label_ja(self) -> str:
        """The word that an operator reads."""
        return {
            "linked": "紐付け済", "unlinked": "未紐付け（職員番号は一致）", "rogue": "持ち主不明", "disputed": "要判断",
            "protected": "保護", "missing": "台帳にあるがシステムにない",
        }[self.value]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Protection:
    """A mark that keeps the sync away from an account, until its last day."""

    login: str
    owner: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Sorted:
    """One account on a target with where it belongs, and why."""

    sorting: Sorting
    login: str
    native_id: str
    enabled: bool
    staff_number: str
    words: str


def protected_logins(connection: Connection, on: date) -> frozenset[tuple[str, str]]:
    """(system, comparable login) that the sync leaves alone on the day: under protection, and nobody's own."""
    query = select(protection_table.c.system, protection_table.c.comparable).where(protection_table.c.until >= on)
    marked = frozenset((row.system, row.comparable) for row in connection.execute(query))
    return marked | registered_logins(connection)


def registered_logins(connection: Connection) -> frozenset[tuple[str, str]]:
    """(system, comparable login) of both registers, privileged and kept: nobody's own, whatever number they carry."""
    columns = account_table.c
    query = select(columns.system, columns.comparable).where(columns.kind == AccountKind.PRIVILEGED)
    privileged = frozenset((row.system, row.comparable) for row in connection.execute(query))
    return privileged | kept_logins(connection)


def with_protection_over(connection: Connection, after: date, until: date) -> set[int]:
    """Persons with an account whose protection's last day lies in [`after`, `until`)."""
    marks, mine, there = protection_table.c, account_table.c, actual_account_table.c
    over = marks.until >= after, marks.until < until
    ours = select(mine.person_id).where(mine.system == marks.system, mine.comparable == marks.comparable, *over)
    found = {id_ for id_ in connection.execute(ours).scalars() if id_ is not None}
    linked = select(number_table.c.person_id).where(
        number_table.c.number == there.link, there.system == marks.system, there.login == marks.login, *over
    )
    return found | set(connection.execute(linked).scalars())


def with_register_changed(connection: Connection, since: date) -> set[int]:
    """Persons under whose number a target holds an ID that joined or left the register of kept IDs since a day."""
    kept, there = kept_id_table.c, actual_account_table.c
    day = datetime.combine(since, time.min, JST)
    changed = select(kept.system, kept.comparable).where(or_(kept.registered_at >= day, kept.retired_at >= day))
    keys = {(row.system, row.comparable) for row in connection.execute(changed)}
    if not keys:
        return set()
    linked = select(there.system, there.login, number_table.c.person_id).where(
        number_table.c.number == there.link, there.system.in_({system for system, _ in keys})
    )
    rows = connection.execute(linked)
    return {row.person_id for row in rows if (row.system, comparable_login(row.login)) in keys}


def protections(connection: Connection, system: str, on: date) -> dict[str, Protection]:
    """The protections of one system in force on the day, by comparable login."""
    columns = protection_table.c
    query = select(protection_table).where(columns.system == system, columns.until >= on)
    return {r.comparable: Protection(r.login, r.owner, r.reason, r.until) for r in connection.execute(query)}


def protect(act: Act, system: str, protection: Protection, on: date) -> None:
    """Mark an account on a target; an earlier mark ends.

    Raises:
        Conflict: when the last day has passed already or is over a year away, or the owner or the reason is empty.
    """
    if protection.until < on:
        raise Conflict("保護の期限が過ぎています。今日以降の日付を指定してください。")
    if protection.until > on + LONGEST_PROTECTION:
        raise Conflict(
            f"保護の期限は1年以内です。{on + LONGEST_PROTECTION} までの日付を指定し、"
            "その後も要るときは期限の前に付け直してください。"
        )
    if not protection.owner.strip() or not protection.reason.strip():
        raise Conflict("保護には持ち主と理由が必要です。--owner と --reason を指定してください。")
    _end(act, system, protection.login, on)
    act.connection.execute(
        protection_table.insert().values(
            id=next_id(act.connection, protection_table), system=system, login=protection.login,
            comparable=comparable_login(protection.login), owner=protection.owner, reason=protection.reason,
            until=protection.until, marked_by=act.actor, marked_at=act.at,
        )
    )  # fmt: skip
    act.record(
        "account.protected", f"{system} {protection.login}",
        {"owner": protection.owner, "reason": protection.reason, "until": protection.until.isoformat()},
    )  # fmt: skip


def unprotect(act: Act, system: str, login: str, on: date) -> None:
    """Lift the mark: the next run looks at the account again.

    Raises:
        NotFound: when the account is not under protection.
    """
    ended = _end(act, system, login, on)
    if not ended:
        raise NotFound(f"システム「{system}」の利用者ID「{login}」に保護の印はありません。")
    mark_pending(act.connection, with_protection_over(act.connection, on - ONE_DAY, on))


def _end(act: Act, system: str, login: str, on: date) -> bool:
    """End every mark on an account the day before `on`; whether there was one."""
    columns = protection_table.c
    mine = columns.system == system, columns.comparable == comparable_login(login), columns.until >= on
    ended = act.connection.execute(select(protection_table).where(*mine)).all()
    act.connection.execute(update(protection_table).where(*mine).values(until=on - ONE_DAY))
    for mark in ended:
        act.record(
            "account.unprotected", f"{system} {mark.login}",
            {"owner": mark.owner, "reason": mark.reason, "until": mark.until.isoformat()},
        )  # fmt: skip
    return bool(ended)


def link(act: Act, system: str, account: TargetAccount, on: date) -> None:
    """Take an account on the target for that of the person whose number it carries, because somebody said so.

    Raises:
        Conflict: when it carries no number of anybody, another entry carries it too, the person has an account
            there already, the login was ever ours, or it is protected.
    """
    person_id = persons_by_number(act.connection, [account.link]).get(account.link)
    if person_id is None:
        raise Conflict(
            f"{system} {account.login} の職員番号（{account.link or 'なし'}）の職員が台帳にいません。"
            "システム側で職員番号を直してから、やり直してください。"
        )
    if refusal := _unlinkable(act.connection, system, account, person_id, on):
        raise Conflict(f"{system} {account.login} は紐付けられません。{refusal}")
    state = AccountState.ACTIVE if account.enabled else AccountState.DISABLED
    id_, off = next_id(act.connection, account_table), None if account.enabled else on
    bulk_insert(
        act.connection, account_table, ACCOUNT_COLUMNS,
        [(id_, system, account.login, comparable_login(account.login), person_id, AccountKind.PERSONAL, state,
          account.native_id, act.at, off)],
    )  # fmt: skip
    mark_pending(act.connection, [person_id])
    act.record("account.linked", f"account {system}/{account.login}", {"person": person_id, "by_hand": True})


def _unlinkable(connection: Connection, system: str, account: TargetAccount, person_id: int, on: date) -> str:
    """Why this is not plainly the one account of the person, with the cure, or ""."""
    login = comparable_login(account.login)
    if named := _registered(connection, system).get(login):
        return f"{named.register}にあるIDで、職員個人のものではありません。本人には別の利用者IDを使ってください。"
    if (system, login) in protected_logins(connection, on):
        return "保護の印が付いています。先に印を外してください。"
    theirs = [a for a in accounts_of(connection, [person_id]).get(person_id, ()) if a.kind is AccountKind.PERSONAL]
    alive = (a.login for a in theirs if a.system == system and a.state is not AccountState.DELETED)
    if other := next(alive, None):
        return f"本人には既にID {other} があります。どちらが本人のものかを確かめ、他方の職員番号を消してください。"
    mine, there = account_table.c, actual_account_table.c
    if connection.execute(select(mine.id).where(mine.system == system, mine.comparable == login)).first():
        return "この利用者IDは、すでに台帳にあります。本人には別の利用者IDを作ってください。"
    twins = select(there.login).where(
        there.system == system, there.link == account.link, there.native_id != account.native_id
    )
    if twin := connection.execute(twins).scalars().first():
        return f"同じ職員番号のID {twin} もあります。本人のものでない方の職員番号を消してください。"
    return ""


def sort_accounts(
    connection: Connection, system: str, found: Iterable[TargetAccount], groups: Iterable[TargetGroup], on: date
) -> Iterator[Sorted]:
    """Every account on the target with its place, then members that are none, then accounts that are missing."""
    every = all_accounts(connection, system)
    ours = {a.native_id: a for a in every if a.native_id and a.kind is not AccountKind.PRIVILEGED}
    marks, registered = protections(connection, system, on), _registered(connection, system)
    numbers = set(connection.execute(select(number_table.c.number)).scalars())
    everything = list(found)
    shared = Counter(account.link for account in everything if account.link)
    rights = _rights(groups)
    seen: set[str] = set()
    for account in everything:
        seen.add(account.native_id)
        if named := registered.pop(comparable_login(account.login), None):
            yield _with_rights(_nobodys(account, named), rights)
        else:
            yield _with_rights(_place(account, ours, marks, numbers, shared), rights)
    for native in sorted(rights.keys() - seen - ours.keys()):
        yield _with_rights(_no_account(native, marks), rights)
    for native, mine in ours.items():
        if native not in seen and mine.state is not AccountState.DELETED:
            yield Sorted(Sorting.MISSING, mine.login, native, False, "", "次の同期で作り直します（退職者等を除く）")  # noqa: FBT003
    for named in sorted(registered.values(), key=lambda each: each.login):
        words = f"{named.register}のIDですが、システムにありません。要らなければ{named.cure}"
        yield Sorted(Sorting.MISSING, named.login, "", False, "", words)  # noqa: FBT003


@dataclass(frozen=True, slots=True)
class _Registered:
    """An ID that is nobody's own: in which register it stands, and how it gets out of it."""

    login: str
    register: str
    cure: str


def _registered(connection: Connection, system: str) -> dict[str, _Registered]:
    """The privileged and kept IDs of a system by comparable login."""
    columns = account_table.c
    mine = columns.system == system, columns.kind == AccountKind.PRIVILEGED, columns.state != AccountState.DELETED
    query = select(columns.comparable, columns.login).where(*mine)
    found = {
        each.comparable: _Registered(each.login, each.kind.register_ja, "台帳から外してください")
        for each in kept_ids(connection, system=system)
    }
    privileged = {
        row.comparable: _Registered(row.login, REGISTER, "廃止してください") for row in connection.execute(query)
    }
    return found | privileged


def _nobodys(account: TargetAccount, named: _Registered) -> Sorted:
    words = f"{named.register}のID。同期は触れません"
    return Sorted(Sorting.PROTECTED, account.login, account.native_id, account.enabled, account.link, words)


def _rights(groups: Iterable[TargetGroup]) -> dict[str, list[str]]:
    held: dict[str, list[str]] = defaultdict(list)
    for group in sorted(groups, key=lambda g: g.entitlement):
        for native in group.members:
            held[native].append(group.entitlement)
    return held


def _with_rights(each: Sorted, rights: Mapping[str, Sequence[str]]) -> Sorted:
    """What somebody holds whom we do not know is the first thing to be asked about."""
    held = rights.get(each.native_id)
    if not held or each.sorting is Sorting.LINKED:
        return each
    return replace(each, words=f"権限（{'、'.join(held)}）を持っています。{each.words}")


def _no_account(native: str, marks: Mapping[str, Protection]) -> Sorted:
    mark = marks.get(comparable_login(native))
    words = (
        "利用者IDではありません（グループのグループ、範囲外のDNなど）。システム側で外すか、"
        "--protect で印を付けてください"
    )
    sorting = Sorting.PROTECTED if mark else Sorting.ROGUE
    return Sorted(sorting, native, native, True, "", _marked(mark) if mark else words)  # noqa: FBT003


def _marked(mark: Protection) -> str:
    return f"{mark.owner}: {mark.reason}（{mark.until} まで）"


def sorting_of(*, marked: bool, ours: bool, known: bool, twins: int) -> Sorting:
    """Where an account belongs that is in no register.  `marked`: under protection; `ours`: the ledger has it.

    `known`: the number that it carries is somebody's; `twins`: how many accounts of the system carry it.
    """
    if marked:
        return Sorting.PROTECTED
    if ours:
        return Sorting.LINKED
    if not known:
        return Sorting.ROGUE
    return Sorting.DISPUTED if twins > 1 else Sorting.UNLINKED


def _place(
    account: TargetAccount,
    ours: Mapping[str, Account],
    marks: Mapping[str, Protection],
    numbers: set[str],
    shared: Mapping[str, int],
) -> Sorted:
    mark, number, twins = marks.get(comparable_login(account.login)), account.link, shared[account.link]
    sorting = sorting_of(
        marked=mark is not None, ours=account.native_id in ours, known=number in numbers, twins=twins
    )  # fmt: skip
    nobody = f"職員番号 {number} の職員が台帳にいません"
    unnumbered = "職員番号がありません。持ち主を確かめ、--protect で印を付けるか削除を依頼してください"
    words = {
        Sorting.PROTECTED: _marked(mark) if mark else "",
        Sorting.LINKED: "台帳のIDと一致",
        Sorting.ROGUE: nobody if number else unnumbered,
        Sorting.DISPUTED: f"職員番号 {number} のIDが{twins}個あります",
        Sorting.UNLINKED: (
            "本人のものか確かめ、--link で紐付けてください（最初の取り込みでは次の同期が紐付けます）"
        ),
    }  # fmt: skip
    return Sorted(sorting, account.login, account.native_id, account.enabled, number, words[sorting])
