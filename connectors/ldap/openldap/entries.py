"""How accounts and entitlements lie in an OpenLDAP tree: pure.

The one law: an entry says what it holds and nothing is read into it.  A
native id is the canonical DN, so that accounts and group members compare as
text.  An account is disabled only by our own mark: any other value of that
attribute (a lock-out after wrong passwords) is not ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.ldap.ber import decode_entry, salt_of
from connectors.ldap.names import canonical_dn, escape_dn_value
from connectors.ldap.options import AttributeName, Dn, Filter, ServerOptions
from connectors.ldap.requests import (
    VALUE_DELETE,
    VALUE_REPLACE,
    Request,
    add,
    any_of,
    both,
    condition,
    delete,
    modify,
)
from connectors.ldap.server import ANYTHING, Search
from iam.ports import Fingerprint, Order, OrderKind, TargetAccount, TargetGroup


class DisableMark(BaseModel):
    """What makes an account unusable.  The attribute is for this alone.

    The default is ppolicy's lock by an administrator.  slapd heeds it only
    where a policy with `pwdLockout: TRUE` is in force for the account
    (slapo-ppolicy(5)); without one the mark is set, and the account still
    signs in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attribute: AttributeName = "pwdAccountLockedTime"
    value: str = Field(default="000001010000Z", min_length=1)


class OpenLdapOptions(ServerOptions):
    """`[targets.SYSTEM.openldap]`.

    Entitlements are `groups` (code to DN), or all groups straight below
    `groups_base`, whose `cn` is the code.  `placeholder` is the member that
    keeps an empty group alive; nobody else ever sees it.
    `last_used_attribute`: where the directory itself writes when an account last
    signed in: `pwdLastSuccess` (slapd 2.5, `lastbind on`), `authTimestamp`
    (slapo-lastbind), `lastLogonTimestamp` (Active Directory); None: nowhere.
    """

    accounts_base: Dn
    accounts_filter: Filter = "(objectClass=inetOrgPerson)"
    rdn: AttributeName = "uid"
    login: AttributeName = "uid"
    link: AttributeName = "employeeNumber"
    object_classes: tuple[str, ...] = Field(default=("inetOrgPerson",), min_length=1)
    disable: DisableMark = DisableMark()
    groups: dict[str, Dn] = Field(default_factory=dict)
    groups_base: Dn | None = None
    groups_filter: Filter = "(objectClass=groupOfNames)"
    member: AttributeName = "member"
    placeholder: Dn = "cn=placeholder"
    last_used_attribute: AttributeName | None = None

    @model_validator(mode="after")
    def _one_naming_of_groups(self) -> Self:
        if self.groups and self.groups_base:
            raise ValueError(
                "groups と groups_base は両方書けません。権限とグループの対応をどちらか一方で書いてください"
            )
        return self

    def group_dn(self, entitlement: str) -> str | None:
        """The DN of an entitlement's group, or None when the configuration names none."""
        if self.groups_base:
            return f"cn={escape_dn_value(entitlement)},{self.groups_base}"
        return self.groups.get(entitlement)


@dataclass(frozen=True)
class Layout:
    """The accounts and groups of one target.  `attributes` are those that the access model wants to hold."""

    options: OpenLdapOptions
    attributes: tuple[str, ...]

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """Every attribute of an account that is read, in the order in which every request names them."""
        options = self.options
        names = (options.login, options.link, options.disable.attribute, *self.attributes)
        return tuple({name.lower(): name for name in names}.values())

    @cached_property
    def _keys(self) -> tuple[tuple[str, str], ...]:
        return tuple((name.lower(), name) for name in self.attributes)

    @cached_property
    def salt(self) -> bytes:
        """Reading with other settings makes every account new."""
        options = self.options
        return salt_of("account", *self.asked, "", options.login, options.link, options.disable.value)

    def group_salt(self, entitlement: str) -> bytes:
        return salt_of("group", self.options.member, canonical_dn(self.options.placeholder), entitlement)

    @property
    def accounts(self) -> Search:
        return Search(self.options.accounts_base, condition(self.options.accounts_filter), "sub", self.asked)

    def account_at(self, dn: str) -> Search:
        return Search(dn, scope="base", attributes=self.asked)

    def accounts_named(self, logins: Iterable[str], among: bytes = ANYTHING) -> Search:
        named = both(among, any_of(self.options.login, logins))
        return Search(self.options.accounts_base, named, "sub", self.asked)

    def account_of(self, entry: bytes, mark: Fingerprint) -> TargetAccount:
        """One raw entry as an account.  Two links are none.

        Raises:
            Malformed: when the bytes are not an entry.
        """
        dn, held = _decoded(entry)
        disable = self.options.disable
        values = {name: held.get(key, ()) for key, name in self._keys}
        links = held.get(self.options.link.lower(), ())
        return TargetAccount(
            native_id=canonical_dn(dn),
            login=self._login_of(dn, held.get(self.options.login.lower(), ())),
            link=links[0] if len(links) == 1 else "",
            enabled=disable.value not in held.get(disable.attribute.lower(), ()),
            attributes={name: value for name, value in values.items() if value},
            fingerprint=mark,
        )

    def _login_of(self, dn: str, logins: Sequence[str]) -> str:
        """Of several the one that makes the DN; an entry without any goes by its DN."""
        if len(logins) == 1:
            return logins[0]
        own = canonical_dn(dn)
        in_dn = (login for login in logins if own.startswith(f"{self.options.login}={escape_dn_value(login)},".lower()))
        return next(in_dn, next(iter(logins), dn))

    def members_of(self, entry: bytes) -> frozenset[str]:
        """The canonical DNs that a group holds, without the placeholder.

        Raises:
            Malformed: when the bytes are not an entry.
        """
        _, held = _decoded(entry)
        members = frozenset(map(canonical_dn, held.get(self.options.member.lower(), ())))
        return members - {canonical_dn(self.options.placeholder)}

    def entitlement_of(self, entry: bytes) -> str | None:
        """The code of a group below `groups_base`: the `cn` that makes its DN.

        Raises:
            Malformed: when the bytes are not an entry.
        """
        dn, held = _decoded(entry)
        own = canonical_dn(dn)
        codes = (cn for cn in held.get("cn", ()) if canonical_dn(self.options.group_dn(cn) or "") == own)
        return next(codes, None)

    def group_of(self, entry: bytes, entitlement: str, mark: Fingerprint) -> TargetGroup:
        return TargetGroup(entitlement, self.members_of(entry), mark)

    def dn_for(self, order: Order) -> str:
        """Where the account of an order stands, or will.

        Raises:
            ValueError: when it cannot be named, or does not lie below the accounts' base.
        """
        options = self.options
        if order.kind is not OrderKind.CREATE:
            if not canonical_dn(order.native_id).endswith(f",{canonical_dn(options.accounts_base)}"):
                raise ValueError(f"「{order.native_id}」は accounts_base の下にありません")
            return order.native_id
        wanted = {name.lower(): values for name, values in order.attributes.items()}
        named = (order.login,) if options.rdn.lower() == options.login.lower() else wanted.get(options.rdn.lower(), ())
        if not named:
            raise ValueError(
                f"DN を作る属性 {options.rdn} の値がありません。access.toml の attributes に加えてください"
            )
        return f"{options.rdn}={escape_dn_value(named[0])},{options.accounts_base}"

    def request_for(self, order: Order, dn: str) -> Request:
        """The one operation that carries an account's order out.

        Raises:
            ValueError: when a value cannot be written as UTF-8.
        """
        disable = self.options.disable
        match order.kind:
            case OrderKind.CREATE:
                return add(dn, self._new_entry(order))
            case OrderKind.DELETE:
                return delete(dn)
            case OrderKind.DISABLE:
                return modify(dn, [(VALUE_REPLACE, disable.attribute, [disable.value])])
            case OrderKind.ENABLE:
                return modify(dn, [(VALUE_DELETE, disable.attribute, [disable.value])])
            case _:
                return modify(dn, [(VALUE_REPLACE, name, values) for name, values in order.attributes.items()])

    def _new_entry(self, order: Order) -> Mapping[str, list[str]]:
        """No userPassword: nobody can sign in until somebody sets a credential."""
        options = self.options
        ours = {"objectClass": list(options.object_classes), options.login: [order.login]}
        if order.link:
            ours[options.link] = [order.link]
        if not order.enabled:
            ours[options.disable.attribute] = [options.disable.value]
        taken = {name.lower() for name in ours}
        wanted = {name: list(values) for name, values in order.attributes.items() if values}
        return ours | {name: values for name, values in wanted.items() if name.lower() not in taken}


def _decoded(entry: bytes) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The DN, and all attributes under small letters as sorted text; what is no UTF-8 shows as such."""
    dn, attributes = decode_entry(entry)
    held = {name.lower(): _texts(values) for name, values in attributes.items()}
    return dn.decode("utf-8", "backslashreplace"), held


def _texts(values: Sequence[bytes]) -> tuple[str, ...]:
    if len(values) == 1:
        return (values[0].decode("utf-8", "backslashreplace"),)
    return tuple(sorted(value.decode("utf-8", "backslashreplace") for value in values))
