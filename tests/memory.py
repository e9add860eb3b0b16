"""A source and a target that live in memory, for properties over thousands of nights.

They keep the contract of `iam.ports` (the contract suites run over them too)
and fail on demand as real ones do: a reading cut off, an order refused, a
target that goes away after so many orders.
"""

import hashlib
import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from iam.errors import SourceError, TargetError
from iam.ports import (
    Done,
    Failed,
    Fingerprint,
    Order,
    OrderKind,
    SourceBatch,
    SourceRow,
    TargetAccount,
    TargetBatch,
    TargetGroup,
    Unreadable,
)


def fingerprint_of(content: object) -> Fingerprint:
    """16 bytes that stand for `content`."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).digest()[:16]


@dataclass
class MemorySource:
    """Rows as dictionaries of our field names, or as what could not be read of them.

    `cut_after`: the reading breaks off after so many rows.  `edition`: as of an
    export that may be read twice; "" as of a directory.
    """

    name: str
    rows: list[Mapping[str, str] | Unreadable] = field(default_factory=list)
    cut_after: int | None = None
    page: int = 3
    edition: str = ""

    def read(self, known: Container[Fingerprint]) -> Iterator[SourceBatch]:
        """The rows, three at a time."""
        served = 0
        for start in range(0, len(self.rows), self.page):
            unchanged: list[Fingerprint] = []
            fresh: list[SourceRow | Unreadable] = []
            for number, row in enumerate(self.rows[start : start + self.page], start + 1):
                if self.cut_after is not None and served >= self.cut_after:
                    raise SourceError(f"{self.name}: {number}行目の手前で読み取りが途切れました。")
                served += 1
                print_ = row.fingerprint if isinstance(row, Unreadable) else fingerprint_of(row)
                if print_ in known:
                    unchanged.append(print_)
                elif isinstance(row, Unreadable):
                    fresh.append(row)
                else:
                    fresh.append(SourceRow(f"{self.name} {number}行目", row, print_))
            yield SourceBatch(unchanged, fresh)
        if self.cut_after is not None and served >= self.cut_after:
            raise SourceError(f"{self.name}: 読み取りが途切れました。")


@dataclass
class MemoryTarget:
    """Accounts and groups by native id.

    `away`: nothing answers.  `refuse`: logins whose orders are refused;
    `hesitate`: how often each is refused for the moment only.  `dies_after`: so
    many orders are answered, then the target is gone; `dies_mute`: one more was
    carried out and never answered.  `journal` may be shared between targets.
    `secrets`: native id -> what opens the account; `acceptable`: what the target
    takes as a secret.  `tried`: every (login, secret) that `opens` was asked.
    `lacking`: entitlements that it has no group for.  `used`: native id -> last sign-in, where it knows.
    """

    system: str
    accounts: dict[str, TargetAccount] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    away: bool = False
    refuse: set[str] = field(default_factory=set)
    hesitate: dict[str, int] = field(default_factory=dict)
    dies_after: int | None = None
    dies_mute: bool = False
    carried: list[Order] = field(default_factory=list)
    journal: list[tuple[str, Order]] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    acceptable: Callable[[str], bool] = bool
    tried: list[tuple[str, str]] = field(default_factory=list)
    lacking: set[str] = field(default_factory=set)
    used: dict[str, datetime] | None = None

    def read(self, known: Container[Fingerprint]) -> Iterator[TargetBatch]:
        """Everything in one batch."""
        if self.away:
            raise TargetError(f"{self.system}: 応答がありません。")
        prints = {native: account.fingerprint for native, account in self.accounts.items()}
        groups = {name: fingerprint_of(["group", name, sorted(members)]) for name, members in self.groups.items()}
        yield TargetBatch(
            [p for p in (*prints.values(), *groups.values()) if p in known],
            [account for native, account in self.accounts.items() if prints[native] not in known],
            [TargetGroup(name, frozenset(self.groups[name]), p) for name, p in groups.items() if p not in known],
        )

    def find(self, login: str) -> TargetAccount | None:
        """One account by login."""
        if self.away:
            raise TargetError(f"{self.system}: 応答がありません。")
        return self.accounts.get(f"uid={login}")

    def last_used(self) -> dict[str, datetime] | None:
        """See `Target.last_used`: what a test wrote into `used`."""
        return self.used

    def opens(self, login: str, secret: str) -> bool:
        """Whether the account is there, on, and has this secret."""
        if self.away:
            raise TargetError(f"{self.system}: 応答がありません。")
        self.tried.append((login, secret))
        account = self.accounts.get(f"uid={login}")
        usable = account is not None and account.enabled
        return usable and bool(secret) and self.secrets.get(f"uid={login}") == secret

    def carry_out(self, orders: Sequence[Order]) -> Iterator[Done | Failed]:
        """Each order in turn."""
        for order in orders:
            if self.away or (self.dies_after is not None and self.dies_after <= 0):
                if self.dies_mute and not self.away:
                    self._carried(order)
                self.away = True
                raise TargetError(f"{self.system}: 応答がなくなりました。")
            if self.dies_after is not None:
                self.dies_after -= 1
            if order.login in self.refuse:
                yield Failed(order.number, "システムが拒否しました。")
            elif self.hesitate.get(order.login, 0) > 0:
                self.hesitate[order.login] -= 1
                yield Failed(order.number, "システムが混み合っています。", transient=True)
            else:
                yield self._carried(order)

    def _carried(self, order: Order) -> Done | Failed:
        self.carried.append(order)
        self.journal.append((self.system, order))
        return self._one(order)

    def _one(self, order: Order) -> Done | Failed:
        native = order.native_id or f"uid={order.login}"
        if order.kind is OrderKind.CREATE:
            return self._create(order, native)
        if order.kind is OrderKind.DELETE:
            self.remove(native.removeprefix("uid="))
            return Done(order.number)
        account = self.accounts.get(native)
        if account is None:
            return Failed(order.number, "IDがありません。")
        if order.kind in (OrderKind.GRANT, OrderKind.REVOKE):
            if order.entitlement in self.lacking:
                return Failed(order.number, "グループがありません。")
            members = self.groups.setdefault(order.entitlement, set())
            (members.add if order.kind is OrderKind.GRANT else members.discard)(native)
            return Done(order.number, member=native in members)
        if order.kind is OrderKind.SECRET:
            return self._set_secret(order, account)
        if order.kind is OrderKind.MODIFY:
            attributes = {k: v for k, v in {**account.attributes, **order.attributes}.items() if v}
            return self._put(order, replace(account, attributes=attributes))
        return self._put(order, replace(account, enabled=order.kind is OrderKind.ENABLE))

    def place(
        self,
        login: str,
        link: str = "",
        *,
        enabled: bool = True,
        rights: Sequence[str] = (),
        **attributes: str,
    ) -> str:
        """Hands on the target: an account as somebody else made it.  Answers its native id."""
        native = f"uid={login}"
        filled = {name: (value,) for name, value in attributes.items()}
        self.accounts[native] = printed(TargetAccount(native, login, link, enabled, filled, b""))
        for right in rights:
            self.groups.setdefault(right, set()).add(native)
        return native

    def touch(self, login: str, *, enabled: bool | None = None, **attributes: str) -> None:
        """Hands on the target: an account switched or overwritten."""
        account = self.accounts[f"uid={login}"]
        filled = {**account.attributes, **{name: (value,) for name, value in attributes.items()}}
        on = account.enabled if enabled is None else enabled
        self.accounts[account.native_id] = printed(replace(account, enabled=on, attributes=filled))

    def remove(self, login: str) -> None:
        """Hands on the target: an account deleted."""
        native = f"uid={login}"
        self.accounts.pop(native, None)
        self.secrets.pop(native, None)
        for members in self.groups.values():
            members.discard(native)

    def rights_of(self, login: str) -> set[str]:
        """The entitlements that `login` holds."""
        return {name for name, members in self.groups.items() if f"uid={login}" in members}

    def is_on(self, login: str) -> bool | None:
        """Whether `login` is enabled; None when there is none."""
        account = self.accounts.get(f"uid={login}")
        return None if account is None else account.enabled

    def content(self) -> object:
        """Everything the target holds, to be compared."""
        groups = {name: sorted(members) for name, members in self.groups.items() if members}
        return sorted(a.fingerprint.hex() for a in self.accounts.values()), groups

    def _create(self, order: Order, native: str) -> Done | Failed:
        there = self.accounts.get(native)
        if there is not None and there.link != order.link:
            return Failed(order.number, "同じIDが既にあります。")
        if there is not None:
            return Done(order.number, there)
        attributes = {k: v for k, v in order.attributes.items() if v}
        return self._put(order, TargetAccount(native, order.login, order.link, order.enabled, attributes, b""))

    def _set_secret(self, order: Order, account: TargetAccount) -> Done | Failed:
        if not self.acceptable(order.secret):
            return Failed(order.number, "パスワードが規則に合いません。", unacceptable=True)
        self.secrets[account.native_id] = order.secret
        return Done(order.number, account)

    def _put(self, order: Order, account: TargetAccount) -> Done:
        self.accounts[account.native_id] = printed(account)
        return Done(order.number, self.accounts[account.native_id])


def printed(account: TargetAccount) -> TargetAccount:
    """`account` with the fingerprint of its content."""
    attributes = {name: list(value) for name, value in account.attributes.items()}
    content = [account.native_id, account.login, account.link, account.enabled, attributes]
    return replace(account, fingerprint=fingerprint_of(content))
