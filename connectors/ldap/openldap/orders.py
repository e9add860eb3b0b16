"""Orders on accounts: written many at a time, each read back by itself.

The one law: an order is done only when the entry, read again, shows it; and
an account that belongs to somebody else is never taken over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.ldap.ber import fingerprint
from connectors.ldap.openldap.entries import Layout
from connectors.ldap.openldap.failures import ENTRY_EXISTS, NO_SUCH_ATTRIBUTE, NO_SUCH_OBJECT, failed
from connectors.ldap.requests import Request
from connectors.ldap.server import SUCCESS, Directory, Reply
from iam.ports import Done, Failed, Order, OrderKind, TargetAccount

UNKNOWN_UNTIL_READ = "返事のない変更は、次の同期で読み返して確かめます。"
LOGINS_A_SEARCH = 100

_FINE = {
    (OrderKind.CREATE, ENTRY_EXISTS),  # ours or not: the read-back shows
    (OrderKind.ENABLE, NO_SUCH_ATTRIBUTE),
    (OrderKind.DELETE, NO_SUCH_OBJECT),
}


class AccountOrders:
    """Orders of one kind, each on another account."""

    def __init__(self, directory: Directory, layout: Layout, orders: Sequence[Order]) -> None:
        self._directory = directory
        self._layout = layout
        self._orders = orders
        self._results: dict[int, Done | Failed] = {}
        self._dns: dict[int, str] = {}

    def carry_out(self) -> Iterator[Done | Failed]:
        """Write, read back, and answer in the order of the orders.

        Raises:
            TargetError: when the target is away.
        """
        taken = self._taken() if self._orders[0].kind is OrderKind.CREATE else {}
        for place, reply in self._directory.exchange(self._requests(taken), UNKNOWN_UNTIL_READ):
            order = self._orders[place]
            if reply.answer.code != SUCCESS and (order.kind, reply.answer.code) not in _FINE:
                self._results[place] = failed(order, self._dns[place], reply.answer)
        self._read_back()
        for place in range(len(self._orders)):
            yield self._results[place]

    def _taken(self) -> Mapping[str, TargetAccount]:
        """What stands anywhere below the accounts' base under the logins to be created."""
        logins = [order.login for order in self._orders]
        groups = [logins[at : at + LOGINS_A_SEARCH] for at in range(0, len(logins), LOGINS_A_SEARCH)]
        searches = [self._layout.accounts_named(group) for group in groups]
        requests = [(search, search.request()) for search in searches]
        found: dict[str, TargetAccount] = {}
        for search, reply in self._directory.exchange(requests, UNKNOWN_UNTIL_READ):
            if reply.answer.code != SUCCESS:
                raise self._directory.refused(reply.answer, search.base)
            accounts = (self._account(entry) for entry in reply.entries)
            found.update((account.login.lower(), account) for account in accounts)
        return found

    def _requests(self, taken: Mapping[str, TargetAccount]) -> Iterator[tuple[int, Request]]:
        for place, order in enumerate(self._orders):
            there = taken.get(order.login.lower())
            if there and there.link != order.link:
                self._results[place] = _somebody_elses(order, there)
            elif there:
                self._dns[place] = there.native_id
            else:
                try:
                    self._dns[place] = self._layout.dn_for(order)
                    yield place, self._layout.request_for(order, self._dns[place])
                except ValueError as error:
                    reason = f"{order.login}: LDAP の要求を作れません({error})。属性の値を確かめてください。"
                    self._results[place] = Failed(order.number, reason)

    def _read_back(self) -> None:
        places = [place for place in range(len(self._orders)) if place not in self._results]
        requests = ((place, self._layout.account_at(self._dns[place]).request()) for place in places)
        for place, reply in self._directory.exchange(requests, UNKNOWN_UNTIL_READ):
            self._results[place] = self._verdict(self._orders[place], reply, self._dns[place])

    def _verdict(self, order: Order, reply: Reply, dn: str) -> Done | Failed:
        if reply.answer.code not in {SUCCESS, NO_SUCH_OBJECT}:
            return failed(order, dn, reply.answer)
        found = self._account(reply.entries[0]) if reply.entries else None
        if order.kind is OrderKind.DELETE:
            still = f"{dn}: 削除は受け付けられましたが、読み返すとまだあります。サーバーの記録を確かめてください。"
            return Failed(order.number, still) if found else Done(order.number)
        if found is None:
            gone = f"{dn}: 読み返すとエントリがありません。この bind_dn で見えるか、アクセス権を確かめてください。"
            return Failed(order.number, gone)
        if order.kind is OrderKind.CREATE and found.link != order.link:
            return _somebody_elses(order, found)
        if {OrderKind.DISABLE: False, OrderKind.ENABLE: True}.get(order.kind, found.enabled) is not found.enabled:
            state = "有効" if found.enabled else "停止"
            reason = f"{dn}: 書き込んでも、読み返すと{state}のままです。停止の属性の設定(disable)を確かめてください。"
            return Failed(order.number, reason)
        return Done(order.number, found)

    def _account(self, entry: bytes) -> TargetAccount:
        with self._directory.translated(UNKNOWN_UNTIL_READ):
            return self._layout.account_of(entry, fingerprint(entry, self._layout.salt))


def _somebody_elses(order: Order, there: TargetAccount) -> Failed:
    link = f"職員番号「{there.link}」のもの" if there.link else "職員番号のないもの"
    return Failed(
        order.number,
        f"{order.login}: 同じ利用者IDがすでにあり、{link}です({there.native_id})。"
        "上書きはしません。だれのIDか確かめ、別の利用者IDにするか、紐付けてください。",
    )


def segments(orders: Iterable[Order], most: int) -> Iterator[list[Order]]:
    """Cut into stretches of one kind that name nothing twice: what one stretch holds may be done in any order."""
    current: list[Order] = []
    named: set[tuple[str, str]] = set()
    for order in orders:
        name = (order.entitlement, (order.native_id or order.login).lower())
        if current and (order.kind is not current[0].kind or name in named or len(current) >= most):
            yield current
            current, named = [], set()
        current.append(order)
        named.add(name)
    if current:
        yield current
