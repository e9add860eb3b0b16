"""Writing to a real OpenLDAP: its own ways of refusing, and a connection that ends half-way."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

import pytest
from ldap3 import NONE, Connection, Server

from connectors.ldap.ber import ENTRY, message_parts
from connectors.ldap.openldap import OpenLdapOptions, OpenLdapTarget
from connectors.ldap.requests import element
from iam.errors import TargetError
from iam.ports import Done, Failed, Order, OrderKind, TargetAccount
from tests.conftest import StartSlapd
from tests.functional.connectors_ldap.proxy import ADD_DONE, Proxy, Stop, after
from web.practice.servers.slapd import PASSWORD, Slapd, SlapdOptions

WANTED = ("cn", "sn", "mail")
LOCKED_OUT = "20261120033000Z"
LOCKING_POLICY = 'ppolicy_default "cn=default,dc=city,dc=test"\n'
MakeTarget = Callable[..., OpenLdapTarget]


@pytest.fixture
def target_of(password_file: Path) -> MakeTarget:
    """Call it with a slapd, and with options that differ from the usual."""

    def target(slapd: Slapd, **changes: object) -> OpenLdapTarget:
        usual = {
            "url": slapd.url, "bind_dn": slapd.writer, "password_file": password_file, "timeout": 5,
            "accounts_base": f"ou=people,{slapd.suffix}", "groups_base": f"ou=groups,{slapd.suffix}",
        }  # fmt: skip
        return OpenLdapTarget("lan", OpenLdapOptions.model_validate(usual | changes), WANTED)

    return target


def creates(*logins: str) -> list[Order]:
    attributes = {"cn": ("田中",), "sn": ("田中",)}
    return [
        Order(number, OrderKind.CREATE, login, link=f"{number:05d}", attributes=attributes)
        for number, login in enumerate(logins)
    ]


def accounts(target: OpenLdapTarget, *logins: str) -> list[TargetAccount]:
    return [result.found for result in target.carry_out(creates(*logins)) if isinstance(result, Done) and result.found]


def on(kind: OrderKind, held: Iterable[TargetAccount], entitlement: str = "") -> list[Order]:
    return [Order(n, kind, a.login, native_id=a.native_id, entitlement=entitlement) for n, a in enumerate(held)]


def results(target: OpenLdapTarget, orders: list[Order]) -> list[Done | Failed]:
    return list(target.carry_out(orders))


def failures(target: OpenLdapTarget, orders: list[Order]) -> list[Failed]:
    return [result for result in results(target, orders) if isinstance(result, Failed)]


def members(target: OpenLdapTarget, entitlement: str) -> frozenset[str]:
    groups = [group for batch in target.read(set()) for group in batch.groups if group.entitlement == entitlement]
    assert len(groups) == 1
    return groups[0].members


def make_group(slapd: Slapd, code: str, *held: str) -> str:
    dn = f"cn={code},ou=groups,{slapd.suffix}"
    with slapd.connection() as connection:
        connection.add(dn, "groupOfNames", {"member": list(held) or ["cn=placeholder"]})
    return dn


def held_by(slapd: Slapd, dn: str, attribute: str) -> list[str]:
    with slapd.connection() as connection:
        connection.search(dn, "(objectClass=*)", "BASE", attributes=[attribute])
        (entry,) = connection.response or [{"raw_attributes": {}}]
    return sorted(value.decode() for value in entry["raw_attributes"].get(attribute, []))


def may_sign_in(slapd: Slapd, dn: str, password: str) -> bool:
    connection = Connection(Server("127.0.0.1", slapd.port, get_info=NONE), dn, password)
    try:
        return bool(connection.bind())
    finally:
        connection.unbind()


class TestDisabling:
    """Our mark, and ppolicy's own lock-out after wrong passwords, share one attribute."""

    def test_a_disabled_account_cannot_sign_in_and_an_enabled_one_can_again(
        self, start_slapd: StartSlapd, target_of: MakeTarget
    ) -> None:
        slapd = start_slapd(SlapdOptions(database=LOCKING_POLICY))
        target = target_of(slapd)
        (account,) = accounts(target, "tanaka")
        with slapd.connection() as connection:
            policy = {"sn": "x", "pwdAttribute": "userPassword", "pwdLockout": "TRUE"}
            connection.add("cn=default,dc=city,dc=test", ["person", "pwdPolicy"], policy)
            connection.modify(account.native_id, {"userPassword": [("MODIFY_REPLACE", ["Set-by-hand-1"])]})

        before = may_sign_in(slapd, account.native_id, "Set-by-hand-1")
        results(target, on(OrderKind.DISABLE, [account]))
        disabled = may_sign_in(slapd, account.native_id, "Set-by-hand-1")
        results(target, on(OrderKind.ENABLE, [account]))

        assert (before, disabled, may_sign_in(slapd, account.native_id, "Set-by-hand-1")) == (True, False, True)

    def test_nobody_can_sign_in_to_a_new_account(self, slapd: Slapd, target_of: MakeTarget) -> None:
        (account,) = accounts(target_of(slapd), "tanaka")

        assert held_by(slapd, account.native_id, "userPassword") == []
        assert not may_sign_in(slapd, account.native_id, PASSWORD)

    def test_a_lock_out_after_wrong_passwords_is_not_ours(self, slapd: Slapd, target_of: MakeTarget) -> None:
        target = target_of(slapd)
        (account,) = accounts(target, "tanaka")
        with slapd.connection() as connection:
            connection.modify(account.native_id, {"pwdAccountLockedTime": [("MODIFY_REPLACE", [LOCKED_OUT])]})

        found = target.find("tanaka")
        enabled = results(target, on(OrderKind.ENABLE, [account]))

        assert found
        assert found.enabled
        assert isinstance(enabled[0], Done)
        assert held_by(slapd, account.native_id, "pwdAccountLockedTime") == [LOCKED_OUT]

    def test_disabling_goes_over_a_lock_out(self, slapd: Slapd, target_of: MakeTarget) -> None:
        target = target_of(slapd)
        (account,) = accounts(target, "tanaka")
        with slapd.connection() as connection:
            connection.modify(account.native_id, {"pwdAccountLockedTime": [("MODIFY_REPLACE", [LOCKED_OUT])]})

        (result,) = results(target, on(OrderKind.DISABLE, [account]))

        assert isinstance(result, Done)
        assert held_by(slapd, account.native_id, "pwdAccountLockedTime") == ["000001010000Z"]

    def test_a_server_without_ppolicy_says_what_is_missing(
        self, start_slapd: StartSlapd, target_of: MakeTarget
    ) -> None:
        target = target_of(start_slapd(SlapdOptions(ppolicy=False)), disable={"attribute": "pwdNoSuchThing"})
        (account,) = accounts(target, "tanaka")

        (failed,) = failures(target, on(OrderKind.DISABLE, [account]))

        assert "ppolicy" in failed.reason
        assert "undefinedAttributeType" in failed.reason

    def test_another_mark(self, slapd: Slapd, target_of: MakeTarget) -> None:
        target = target_of(slapd, disable={"attribute": "employeeType", "value": "停止中"})
        (account,) = accounts(target, "tanaka")

        once, twice = (results(target, on(OrderKind.DISABLE, [account]))[0] for _ in range(2))

        assert once == twice
        assert held_by(slapd, account.native_id, "employeeType") == ["停止中"]
        assert isinstance(results(target, on(OrderKind.ENABLE, [account]))[0], Done)
        assert held_by(slapd, account.native_id, "employeeType") == []


class TestGroups:
    """groupOfNames may not be empty, and one bad member must not cost the others."""

    def test_the_placeholder_keeps_an_empty_group_and_nobody_sees_it(self, slapd: Slapd, target_of: MakeTarget) -> None:
        target = target_of(slapd)
        held = accounts(target, "tanaka", "suzuki")
        dn = make_group(slapd, "mail", *[account.native_id for account in held])

        revoked = results(target, on(OrderKind.REVOKE, held, "mail"))

        assert revoked == [Done(0, member=False), Done(1, member=False)]
        assert held_by(slapd, dn, "member") == ["cn=placeholder"]
        assert members(target, "mail") == frozenset()

    def test_many_grants_of_one_group_are_one_modification(self, slapd: Slapd, target_of: MakeTarget) -> None:
        target = target_of(slapd)
        held = accounts(target, *[f"user{number}" for number in range(300)])
        make_group(slapd, "mail")
        written: list[bytes] = []

        def count(message: bytes) -> list[bytes]:
            written.append(message)
            return [message]

        with Proxy(slapd.port, count) as proxy:
            granted = results(target_of(slapd, url=proxy.url), on(OrderKind.GRANT, held, "mail"))

        assert granted == [Done(number, member=True) for number in range(300)]
        assert members(target, "mail") == {account.native_id for account in held}
        assert len(written) == len(["bind", "modify", "entry", "search done"])

    def test_one_bad_member_fails_alone(self, slapd: Slapd, target_of: MakeTarget) -> None:
        target = target_of(slapd)
        held = accounts(target, *[f"user{number}" for number in range(40)])
        make_group(slapd, "mail")
        orders = on(OrderKind.GRANT, held, "mail")
        orders[17] = Order(17, OrderKind.GRANT, "bad", native_id="not a name", entitlement="mail")
        orders[23] = Order(23, OrderKind.GRANT, "lone", native_id="uid=\ud800,dc=x", entitlement="mail")

        granted = results(target, orders)

        assert [result.number for result in granted if isinstance(result, Failed)] == [17, 23]
        assert len(members(target, "mail")) == 38

    def test_granting_what_some_hold_already_is_success_for_all(self, slapd: Slapd, target_of: MakeTarget) -> None:
        target = target_of(slapd)
        held = accounts(target, *[f"user{number}" for number in range(12)])
        make_group(slapd, "mail", *[account.native_id.upper() for account in held[:5]])

        assert all(isinstance(result, Done) for result in results(target, on(OrderKind.GRANT, held, "mail")))
        assert len(members(target, "mail")) == 12

    def test_a_configured_group_that_is_not_there_is_held_by_nobody(self, slapd: Slapd, target_of: MakeTarget) -> None:
        groups = {"mail": make_group(slapd, "m-users"), "files": f"cn=gone,ou=groups,{slapd.suffix}"}
        target = target_of(slapd, groups_base=None, groups=groups)
        (account,) = accounts(target, "tanaka")

        assert [group.entitlement for batch in target.read(set()) for group in batch.groups] == ["mail"]
        assert results(target, on(OrderKind.GRANT, [account], "mail")) == [Done(0, member=True)]
        (failed,) = failures(target, on(OrderKind.GRANT, [account], "files"))
        assert groups["files"] in failed.reason
        assert "noSuchObject" in failed.reason

    def test_an_account_taken_away_leaves_its_groups_by_order(self, slapd: Slapd, target_of: MakeTarget) -> None:
        target = target_of(slapd)
        (account,) = accounts(target, "tanaka")
        make_group(slapd, "mail", account.native_id)

        done = results(target, on(OrderKind.REVOKE, [account], "mail") + on(OrderKind.DELETE, [account]))

        assert done == [Done(0, member=False), Done(0)]

    def test_an_account_made_in_the_same_breath_is_a_member_with_memberof(
        self, slapd: Slapd, target_of: MakeTarget
    ) -> None:
        target = target_of(slapd)
        group = make_group(slapd, "mail")
        natives = [f"uid=user{number},ou=people,{slapd.suffix}" for number in range(100)]
        grants = [
            Order(1000 + number, OrderKind.GRANT, f"user{number}", native_id=native, entitlement="mail")
            for number, native in enumerate(natives)
        ]

        done = results(target, creates(*[f"user{number}" for number in range(100)]) + grants)

        assert all(isinstance(result, Done) for result in done)
        assert [held_by(slapd, native, "memberOf") for native in natives] == [[group]] * 100


class TestRefusals:
    """Each of the server's refusals fails its own order, says the server's word, and names the cure."""

    def test_a_login_that_stands_elsewhere_below_the_base_is_taken(self, slapd: Slapd, target_of: MakeTarget) -> None:
        with slapd.connection() as connection:
            connection.add(f"ou=old,ou=people,{slapd.suffix}", "organizationalUnit")
            elsewhere = {"cn": "x", "sn": "x", "employeeNumber": "77777"}
            connection.add(f"uid=tanaka,ou=old,ou=people,{slapd.suffix}", "inetOrgPerson", elsewhere)

        (failed,) = failures(target_of(slapd), creates("Tanaka"))

        assert "77777" in failed.reason
        assert f"uid=tanaka,ou=old,ou=people,{slapd.suffix}" in failed.reason

    def test_two_entries_under_one_login_are_an_error_not_a_choice(self, slapd: Slapd, target_of: MakeTarget) -> None:
        with slapd.connection() as connection:
            for cn in ("a", "b"):
                connection.add(f"cn={cn},ou=people,{slapd.suffix}", "inetOrgPerson", {"sn": "x", "uid": "twice"})

        with pytest.raises(TargetError, match="twice"):
            target_of(slapd).find("twice")

    def test_a_missing_attribute_is_named(self, slapd: Slapd, target_of: MakeTarget) -> None:
        orders = [Order(1, OrderKind.CREATE, "tanaka", link="1", attributes={"cn": ("x",)})]

        (failed,) = failures(target_of(slapd), orders)

        assert "objectClassViolation" in failed.reason
        assert "sn" in failed.reason
        assert not failed.transient

    def test_no_right_to_write_is_said_of_each_order(self, slapd: Slapd, target_of: MakeTarget) -> None:
        held = accounts(target_of(slapd), "tanaka", "suzuki")
        make_group(slapd, "mail")
        powerless = target_of(slapd, bind_dn=slapd.reader)

        refused = [
            *failures(powerless, on(OrderKind.DISABLE, held)),
            *failures(powerless, on(OrderKind.GRANT, held, "mail")),
            *failures(powerless, creates("sato")),
        ]

        assert ["insufficientAccessRights" in failed.reason for failed in refused] == [True] * 5

    def test_a_directory_that_is_read_only_is_named(self, start_slapd: StartSlapd, target_of: MakeTarget) -> None:
        (failed,) = failures(target_of(start_slapd(SlapdOptions(database="readonly on\n"))), creates("tanaka"))

        assert "unwillingToPerform" in failed.reason

    def test_a_replica_says_to_name_the_real_server(self, start_slapd: StartSlapd, target_of: MakeTarget) -> None:
        replica = 'syncrepl rid=1 provider=ldap://127.0.0.1:1 type=refreshOnly interval=99:00:00:00\n\
 retry="99999 +" searchbase="dc=city,dc=test" bindmethod=simple\nupdateref ldap://main.example.jp\n'

        (failed,) = failures(target_of(start_slapd(SlapdOptions(database=replica))), creates("tanaka"))

        assert "url に更新を受け付けるサーバー" in failed.reason

    def test_an_entry_with_others_below_it_is_not_deleted(self, slapd: Slapd, target_of: MakeTarget) -> None:
        target = target_of(slapd)
        (account,) = accounts(target, "tanaka")
        with slapd.connection() as connection:
            connection.add(f"cn=below,{account.native_id}", "person", {"sn": "x"})

        (failed,) = failures(target, on(OrderKind.DELETE, [account]))

        assert "notAllowedOnNonLeaf" in failed.reason

    def test_nothing_outside_the_accounts_base_is_touched(self, slapd: Slapd, target_of: MakeTarget) -> None:
        orders = [Order(1, OrderKind.DELETE, "writer", native_id=slapd.writer), Order(2, OrderKind.DELETE, "nobody")]

        assert [failed.number for failed in failures(target_of(slapd), orders)] == [1, 2]
        assert held_by(slapd, slapd.writer, "cn") == ["writer"]

    @pytest.mark.parametrize(("code", "transient"), [(51, True), (52, True), (3, True), (80, False), (53, False)])
    def test_what_may_help_to_try_again_is_marked(
        self, slapd: Slapd, target_of: MakeTarget, code: int, transient: bool
    ) -> None:
        def answer(message: bytes) -> list[bytes]:
            _, place, _ = message_parts(message)
            body = element(ADD_DONE, bytes((0x0A, 1, code)) + b"\x04\0\x04\x04busy")
            return [element(0x30, message[2:place], body)]

        with Proxy(slapd.port, after(ADD_DONE, 1, answer)) as proxy:
            (failed,) = failures(target_of(slapd, url=proxy.url), creates("tanaka"))

        assert failed.transient is transient
        assert failed.reason.endswith("、busy)。")


class TestInterruption:
    """What was not answered is unknown, and asking again settles it."""

    @pytest.mark.parametrize("stall", [False, True])
    def test_a_connection_that_ends_half_way_is_an_error_and_the_next_try_converges(
        self, slapd: Slapd, target_of: MakeTarget, stall: bool
    ) -> None:
        def stop(_: bytes) -> NoReturn:
            raise Stop(stall=stall)

        orders = creates(*[f"user{number}" for number in range(200)])
        with (
            Proxy(slapd.port, after(ADD_DONE, 50, stop)) as proxy,
            pytest.raises(TargetError, match="読み返して確かめます"),
        ):
            results(target_of(slapd, url=proxy.url, timeout=1), orders)

        assert all(isinstance(result, Done) for result in results(target_of(slapd), orders))

    def test_a_lost_read_back_is_an_error_and_not_a_success(self, slapd: Slapd, target_of: MakeTarget) -> None:
        def stop(_: bytes) -> NoReturn:
            raise Stop

        with Proxy(slapd.port, after(ENTRY, 1, stop)) as proxy, pytest.raises(TargetError):
            results(target_of(slapd, url=proxy.url), creates("tanaka"))


def test_requests_and_answers_larger_than_any_buffer_do_not_wait_for_each_other(
    slapd: Slapd, target_of: MakeTarget
) -> None:
    target = target_of(slapd)
    held = accounts(target, *[f"user{number}" for number in range(500)])
    great = "x" * 60_000
    orders = [
        Order(n, OrderKind.MODIFY, a.login, native_id=a.native_id, attributes={"mail": (great,)})
        for n, a in enumerate(held)
    ]

    done = results(target, orders)

    assert [result.found.attributes["mail"] for result in done if isinstance(result, Done) and result.found] == [
        (great,)
    ] * 500


def test_it_all_works_inside_tls(slapd_tls: Slapd, target_of: MakeTarget) -> None:
    assert slapd_tls.certificates
    target = target_of(slapd_tls, url=slapd_tls.tls_url, ca_file=slapd_tls.certificates.ca)
    make_group(slapd_tls, "mail")

    held = accounts(target, *[f"user{number}" for number in range(200)])
    granted = results(target, on(OrderKind.GRANT, held, "mail"))

    assert granted == [Done(number, member=True) for number in range(200)]
    assert sum(len(batch.accounts) for batch in target.read(set())) == 200
