"""Secrets of accounts: set by the directory's own operation, and tried as their user would.

The one law: a secret goes to the server and nowhere else: not into an error, a log or a repr; and an empty one is
never sent, for the server would answer success without asking who is there (RFC 4513 §5.1.2).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from connectors.ldap.ber import SEQUENCE, Malformed, fingerprint, inside
from connectors.ldap.openldap.entries import Layout, OpenLdapOptions
from connectors.ldap.openldap.failures import NO_RIGHT, NO_SUCH_OBJECT, failed
from connectors.ldap.openldap.orders import UNKNOWN_UNTIL_READ, AccountOrders
from connectors.ldap.requests import Request, control, password_modify
from connectors.ldap.server import INVALID_CREDENTIALS, SUCCESS, Directory, said
from connectors.ldap.wire import PASSWORD_POLICY, Answer
from iam.errors import TargetError
from iam.ports import Done, Failed, Order, OrderKind, TargetAccount

TELL_WHY: Final = control(PASSWORD_POLICY, critical=False)
"""Ask which rule of ppolicy refuses a password; a server without it leaves this unanswered."""

CONSTRAINT_VIOLATION, INAPPROPRIATE = 19, 48
POLICY_WARNING, POLICY_ERROR = 0xA0, 0x81
OLD_ONE_ASKED, POOR, SHORT, TOO_YOUNG, USED_BEFORE, LONG = 4, 5, 6, 7, 8, 9
"""Errors of draft-behera-ldap-password-policy-11 §6.2."""

_ANOTHER_WILL_DO: Final = {POOR, SHORT, USED_BEFORE, LONG}
_POLICY: Final = "このIDに当たる ppolicy の"
_REASONS: Final[Mapping[int, str]] = {
    OLD_ONE_ASKED: f"サーバーが元のパスワードを求めています。{_POLICY} pwdSafeModify を FALSE にしてください",
    TOO_YOUNG: f"前の変更から日が浅いと断られました。{_POLICY} pwdMinAge を 0 にしてください",
}


def signs_in(options: OpenLdapOptions, dn: str, secret: str, label: str) -> bool:
    """Whether the server lets `dn` in with this secret, on a connection of its own.

    Raises:
        TargetError: when the server is away, or refuses for another reason than who is there.
    """
    if not secret:
        return False
    directory = Directory(options.model_copy(update={"bind_dn": dn}), label, TargetError, secret)
    try:
        with directory:
            return True
    except TargetError:
        # A locked account answers as a wrong password does (slapo-ppolicy).
        if directory.denied and directory.denied.code in {INVALID_CREDENTIALS, INAPPROPRIATE}:
            return False
        raise


class SecretOrders:
    """Orders of kind SECRET, one after the other: they are few, and each says whether its account was disabled."""

    def __init__(self, directory: Directory, layout: Layout) -> None:
        self._directory = directory
        self._layout = layout

    def carry_out(self, orders: Sequence[Order]) -> Iterator[Done | Failed]:
        """Set, and leave enabled or disabled as it was.

        Raises:
            TargetError: when the target is away.
        """
        for order in orders:
            yield self._one(order)

    def _one(self, order: Order) -> Done | Failed:
        try:
            dn = self._layout.dn_for(order)
            request = password_modify(dn, order.secret, TELL_WHY) if order.secret else None
        except UnicodeEncodeError:
            request = None
        except ValueError as error:
            return Failed(order.number, f"{order.login}: {error}。設定の accounts_base を確かめてください。")
        if request is None:
            return Failed(order.number, f"{order.login}: パスワードが空か、書けない文字を含みます。", unacceptable=True)
        before = self._account(order, dn)
        if isinstance(before, Failed):
            return before
        answer, _ = self._asked(request)
        if answer.code != SUCCESS:
            return _refused(order, dn, answer)
        return self._kept(order, dn, before)

    def _account(self, order: Order, dn: str) -> TargetAccount | Failed:
        answer, entries = self._asked(self._layout.account_at(dn).request())
        if answer.code not in {SUCCESS, NO_SUCH_OBJECT}:
            return failed(order, dn, answer)
        if not entries:
            return Failed(order.number, f"{dn}: エントリがないか、この bind_dn には見えません。DN を確かめてください。")
        with self._directory.translated(UNKNOWN_UNTIL_READ):
            return self._layout.account_of(entries[0], fingerprint(entries[0], self._layout.salt))

    def _asked(self, request: Request) -> tuple[Answer, list[bytes]]:
        ((_, reply),) = self._directory.exchange([(None, request)], UNKNOWN_UNTIL_READ)
        return reply.answer, reply.entries

    def _kept(self, order: Order, dn: str, before: TargetAccount) -> Done | Failed:
        """ppolicy takes every lock off where a password is set, our mark too: it is put on again, and read back."""
        if not before.enabled:
            again = replace(order, kind=OrderKind.DISABLE, secret="")
            (result,) = AccountOrders(self._directory, self._layout, [again]).carry_out()
            return result
        found = self._account(order, dn)
        return found if isinstance(found, Failed) else Done(order.number, found)


def _refused(order: Order, dn: str, answer: Answer) -> Failed:
    """The server's refusal; what it says is passed on without the secret, in case that it repeats it."""
    told = replace(answer, diagnostic=answer.diagnostic.replace(order.secret, "…"))
    error = _policy_error(answer.policy)
    reason = _REASONS.get(error or 0) if answer.code in {CONSTRAINT_VIOLATION, NO_RIGHT} else None
    if reason:
        return Failed(order.number, f"{dn}: {reason}({said(told)})。")
    another = error in _ANOTHER_WILL_DO or (error is None and answer.code == CONSTRAINT_VIOLATION)
    return replace(failed(order, dn, told), unacceptable=another)


def _policy_error(value: bytes) -> int | None:
    """The error that the policy's control holds, or None: SEQUENCE { warning [0], error [1] ENUMERATED }."""
    try:
        at, stop = inside(value, 0, len(value), SEQUENCE)
        if at < stop and value[at] == POLICY_WARNING:
            at = inside(value, at, stop, POLICY_WARNING)[1]
        first, last = inside(value, at, stop, POLICY_ERROR)
    except Malformed:
        return None
    return int.from_bytes(value[first:last])
