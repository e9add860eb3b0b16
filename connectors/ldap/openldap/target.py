"""OpenLDAP as a target: implements `Target`.

The one law: what is read is everything, to a proved end, or nothing; what is
written is read back before it counts.
"""

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from connectors.ldap.ber import fingerprint
from connectors.ldap.openldap.entries import Layout, OpenLdapOptions
from connectors.ldap.openldap.failures import NO_SUCH_OBJECT
from connectors.ldap.openldap.last_use import last_used
from connectors.ldap.openldap.memberships import MembershipOrders
from connectors.ldap.openldap.orders import AccountOrders, segments
from connectors.ldap.openldap.secrets import SecretOrders, signs_in
from connectors.ldap.requests import condition
from connectors.ldap.server import Directory, Search
from iam.errors import TargetError
from iam.ports import Done, Failed, Fingerprint, Order, OrderKind, TargetAccount, TargetBatch

ACCOUNTS_AT_ONCE: Final = 512
MEMBERSHIPS_AT_ONCE: Final = 8192
GROUPS_A_PAGE: Final = 20
"""A group may hold every account, so few of them make a page."""
_DISCARDED = "今回の読み取りは使いません。"
_MEMBERSHIP = {OrderKind.GRANT, OrderKind.REVOKE}


class OpenLdapTarget:
    """One OpenLDAP tree of accounts, under the system's code in the access model."""

    def __init__(self, system: str, options: OpenLdapOptions, attributes: Collection[str]) -> None:
        """`attributes`: the names of all attributes that the access model wants on this system's accounts."""
        self._system = system
        self._options = options
        self._layout = Layout(options, tuple(attributes))

    @property
    def system(self) -> str:
        return self._system

    def read(self, known: Container[Fingerprint]) -> Iterator[TargetBatch]:
        """See `Target.read`.  Values of an attribute are sorted."""
        layout = self._layout
        with self._directory() as directory:
            for page in directory.pages(layout.accounts, known, layout.salt):
                with directory.translated(_DISCARDED):
                    accounts = [layout.account_of(entry, mark) for mark, entry in page.fresh]
                yield TargetBatch(page.unchanged, accounts=accounts)
            with directory.translated(_DISCARDED):
                if self._options.groups_base:
                    yield from self._groups_below(directory, self._options.groups_base, known)
                else:
                    yield from self._groups_named(directory, known)

    def find(self, login: str) -> TargetAccount | None:
        """See `Target.find`."""
        search = self._layout.accounts_named([login], among=condition(self._options.accounts_filter))
        with self._directory() as directory:
            entries = directory.ask(search)
            if len(entries) > 1:
                raise TargetError(
                    f"{directory.where}に利用者ID「{login}」のエントリが{len(entries)}個あります。1個にしてください。"
                )
            with directory.translated(_DISCARDED):
                accounts = [self._layout.account_of(entry, fingerprint(entry, self._layout.salt)) for entry in entries]
        return accounts[0] if accounts else None

    def last_used(self) -> Mapping[str, datetime] | None:
        """See `Target.last_used`."""
        attribute = self._options.last_used_attribute
        if attribute is None:
            return None
        with self._directory() as directory:
            return last_used(directory, self._options, attribute)

    def opens(self, login: str, secret: str) -> bool:
        """See `Target.opens`: a bind as the account, on a connection of its own."""
        account = self.find(login) if secret else None
        return account is not None and signs_in(self._options, account.native_id, secret, self._label)

    def carry_out(self, orders: Sequence[Order]) -> Iterator[Done | Failed]:
        """See `Target.carry_out`.

        Stretches of one kind are on the way at once, so orders sorted by kind
        are fast; whatever their order, one stretch waits for the one before.
        """
        with self._directory() as directory:
            for stretch in segments(orders, MEMBERSHIPS_AT_ONCE):
                if stretch[0].kind in _MEMBERSHIP:
                    yield from MembershipOrders(directory, self._layout, stretch).carry_out()
                    continue
                if stretch[0].kind is OrderKind.SECRET:
                    yield from SecretOrders(directory, self._layout).carry_out(stretch)
                    continue
                for at in range(0, len(stretch), ACCOUNTS_AT_ONCE):
                    part = stretch[at : at + ACCOUNTS_AT_ONCE]
                    yield from AccountOrders(directory, self._layout, part).carry_out()

    @property
    def _label(self) -> str:
        return f"システム「{self._system}」"

    def _directory(self) -> Directory:
        return Directory(self._options, self._label, TargetError)

    def _groups_below(self, directory: Directory, base: str, known: Container[Fingerprint]) -> Iterator[TargetBatch]:
        layout, options = self._layout, self._options
        search = Search(base, condition(options.groups_filter), "one", ("cn", options.member))
        salt = layout.group_salt("")
        for page in directory.pages(search, known, salt, size=GROUPS_A_PAGE):
            named = [(layout.entitlement_of(entry), entry, mark) for mark, entry in page.fresh]
            groups = [layout.group_of(entry, code, mark) for code, entry, mark in named if code is not None]
            yield TargetBatch(page.unchanged, groups=groups)

    def _groups_named(self, directory: Directory, known: Container[Fingerprint]) -> Iterator[TargetBatch]:
        """The configured groups; one that is not there is held by nobody, and granting it will say so."""
        layout = self._layout
        for code, dn in self._options.groups.items():
            search = Search(dn, scope="base", attributes=(self._options.member,))
            for entry in directory.ask(search, missing=NO_SUCH_OBJECT):
                mark = fingerprint(entry, layout.group_salt(code))
                if mark in known:
                    yield TargetBatch([mark])
                else:
                    yield TargetBatch((), groups=[layout.group_of(entry, code, mark)])
