"""Grants and revocations: members of groups, many in one modification, each read back.

The one law: a member that the server refuses fails alone; the others of the
same modification go through.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connectors.ldap.names import canonical_dn
from connectors.ldap.openldap.entries import Layout
from connectors.ldap.openldap.failures import (
    BUSY,
    CLASS_VIOLATION,
    NO_RIGHT,
    NO_SUCH_ATTRIBUTE,
    NO_SUCH_OBJECT,
    UNAVAILABLE,
    UNWILLING,
    VALUE_EXISTS,
    failed,
)
from connectors.ldap.openldap.orders import UNKNOWN_UNTIL_READ
from connectors.ldap.requests import VALUE_ADD, VALUE_DELETE, Request, compare, control, modify
from connectors.ldap.server import (
    COMPARE_FALSE,
    COMPARE_TRUE,
    REFERRAL,
    SUCCESS,
    TIME_LIMIT,
    Directory,
    Reply,
    Search,
)
from connectors.ldap.wire import Answer
from iam.ports import Done, Failed, Order, OrderKind

PERMISSIVE = control("1.2.840.113556.1.4.1413", critical=False)
"""Adding what is there and deleting what is not is success.  Not critical: without it, a refusal is split."""
MEMBERS_A_MODIFICATION = 1000
FEW = 8
"""Up to so many members of one group are compared one by one; for more the group is read once."""

_WHOLE_GROUP = {TIME_LIMIT, REFERRAL, NO_SUCH_OBJECT, NO_RIGHT, BUSY, UNAVAILABLE, UNWILLING}
"""Refusals that do not depend on the member: splitting would only repeat them."""
_ALREADY = {(OrderKind.GRANT, VALUE_EXISTS), (OrderKind.REVOKE, NO_SUCH_ATTRIBUTE)}


@dataclass(frozen=True, slots=True)
class _Part:
    """Some orders on one group that go in one modification."""

    dn: str
    places: tuple[int, ...]
    placeholder: bool = False


class MembershipOrders:
    """Orders of one kind, GRANT or REVOKE, no two of the same member in the same group."""

    def __init__(self, directory: Directory, layout: Layout, orders: Sequence[Order]) -> None:
        self._directory = directory
        self._layout = layout
        self._orders = orders
        self._results: dict[int, Done | Failed] = {}

    def carry_out(self) -> Iterator[Done | Failed]:
        """Write, read back, and answer in the order of the orders.

        Raises:
            TargetError: when the target is away.
        """
        groups = self._groups()
        parts = [
            _Part(dn, tuple(places[at : at + MEMBERS_A_MODIFICATION]))
            for dn, places in groups.items()
            for at in range(0, len(places), MEMBERS_A_MODIFICATION)
        ]
        while parts:
            again: list[_Part] = []
            for part, reply in self._directory.exchange(self._modifications(parts, again), UNKNOWN_UNTIL_READ):
                again += self._after(part, reply.answer)
            parts = again
        self._read_back(groups)
        for place in range(len(self._orders)):
            yield self._results[place]

    def _groups(self) -> dict[str, list[int]]:
        """The places of the orders on each group; what names no group or member fails at once."""
        groups: dict[str, list[int]] = defaultdict(list)
        for place, order in enumerate(self._orders):
            dn = self._layout.options.group_dn(order.entitlement)
            if dn is None:
                reason = (
                    f"権限「{order.entitlement}」に当たるグループが設定にありません。groups に DN を書いてください。"
                )
                self._results[place] = Failed(order.number, reason)
            elif not order.native_id:
                self._results[place] = Failed(order.number, f"{order.login}: システム側の ID がまだありません。")
            else:
                groups[dn].append(place)
        return groups

    def _modifications(self, parts: Sequence[_Part], again: list[_Part]) -> Iterator[tuple[_Part, Request]]:
        member, add = self._layout.options.member, self._orders[0].kind is OrderKind.GRANT
        for part in parts:
            members = [self._orders[place].native_id for place in part.places]
            changes = [(VALUE_ADD if add else VALUE_DELETE, member, members)]
            if part.placeholder:
                changes.append((VALUE_ADD, member, [self._layout.options.placeholder]))
            try:
                request = modify(part.dn, changes, PERMISSIVE)
            except ValueError as error:
                again += self._halves(part, f"LDAP の要求を作れません({error})。ID を確かめてください。")
            else:
                yield part, request

    def _halves(self, part: _Part, reason: str) -> list[_Part]:
        """Two smaller tries; a single member has failed."""
        if len(part.places) == 1:
            order = self._orders[part.places[0]]
            self._results[part.places[0]] = Failed(order.number, f"{order.login}: {reason}")
            return []
        middle = len(part.places) // 2
        return [_Part(part.dn, part.places[:middle]), _Part(part.dn, part.places[middle:])]

    def _after(self, part: _Part, answer: Answer) -> list[_Part]:
        """What must be tried again after this answer."""
        order = self._orders[part.places[0]]
        if answer.code == SUCCESS or (len(part.places) == 1 and (order.kind, answer.code) in _ALREADY):
            return []
        if answer.code == CLASS_VIOLATION and order.kind is OrderKind.REVOKE and not part.placeholder:
            # groupOfNames may not be empty (RFC 4519 §3.5).
            return [_Part(part.dn, part.places, placeholder=True)]
        if answer.code in _WHOLE_GROUP or len(part.places) == 1:
            for place in part.places:
                self._results[place] = failed(self._orders[place], part.dn, answer)
            return []
        return self._halves(part, "")

    def _read_back(self, groups: dict[str, list[int]]) -> None:
        left = {dn: [place for place in places if place not in self._results] for dn, places in groups.items()}
        few = {dn: places for dn, places in left.items() if len(places) <= FEW}
        for place, reply in self._directory.exchange(self._comparisons(few), UNKNOWN_UNTIL_READ):
            held = {COMPARE_TRUE: True, COMPARE_FALSE: False, NO_SUCH_ATTRIBUTE: False}.get(reply.answer.code)
            self._judge(place, held, reply.answer)
        many = ((dn, Search(dn, scope="base", attributes=(self._layout.options.member,)).request())
                for dn in left.keys() - few.keys())  # fmt: skip
        for dn, reply in self._directory.exchange(many, UNKNOWN_UNTIL_READ):
            members = self._members(reply)
            for place in left[dn]:
                held = canonical_dn(self._orders[place].native_id) in members if reply.entries else None
                self._judge(place, held, reply.answer)

    def _comparisons(self, few: dict[str, list[int]]) -> Iterator[tuple[int, Request]]:
        member = self._layout.options.member
        for dn, places in few.items():
            for place in places:
                yield place, compare(dn, member, self._orders[place].native_id)

    def _members(self, reply: Reply) -> frozenset[str]:
        with self._directory.translated(UNKNOWN_UNTIL_READ):
            return frozenset().union(*(self._layout.members_of(entry) for entry in reply.entries))

    def _judge(self, place: int, held: bool | None, answer: Answer) -> None:  # noqa: FBT001
        """`held` is None when that could not be read."""
        order = self._orders[place]
        if held is None:
            self._results[place] = failed(order, f"権限「{order.entitlement}」の読み返し", answer)
        elif held is not (order.kind is OrderKind.GRANT):
            state = "付いたまま" if held else "付いていないまま"
            self._results[place] = Failed(
                order.number,
                f"{order.login}: 書き込みは受け付けられましたが、読み返すと権限「{order.entitlement}」が{state}です。"
                "サーバーの記録を確かめてください。",
            )
        else:
            self._results[place] = Done(order.number, member=held)
