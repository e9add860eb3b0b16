"""How an OpenLDAP entry reads as an account or a group, and what an order would write."""

import pytest

from connectors.ldap.openldap.entries import Layout, OpenLdapOptions
from connectors.ldap.openldap.orders import segments
from connectors.ldap.requests import add, delete, modify
from iam.ports import Order, OrderKind
from tests.unit.connectors_ldap.encoding import Attributes, entry_body

MARK = b"0123456789abcdef"
BASE = "ou=people,dc=x"


def layout(*attributes: str, **changes: object) -> Layout:
    given = {"url": "ldap://127.0.0.1", "bind_dn": "cn=a,dc=x", "password_file": "p", "accounts_base": BASE}
    return Layout(OpenLdapOptions.model_validate(given | changes), attributes or ("cn", "mail"))


def order(kind: OrderKind, **changes: object) -> Order:
    return Order(**({"number": 1, "kind": kind, "login": "tanaka", "native_id": f"uid=tanaka,{BASE}"} | changes))  # type: ignore[arg-type]  # a table of keywords


def entry(dn: str = f"uid=Tanaka,{BASE}", **held: list[str]) -> bytes:
    values: Attributes = {name: [value.encode() for value in texts] for name, texts in held.items()}
    return entry_body(dn.encode(), values)


def test_an_account_reads_as_it_is() -> None:
    raw = entry(uid=["Tanaka"], employeeNumber=["00123"], CN=["田中", "Tanaka"], mail=[], description=["x"])

    account = layout().account_of(raw, MARK)

    assert account.native_id == "uid=tanaka,ou=people,dc=x"
    assert (account.login, account.link, account.enabled, account.fingerprint) == ("Tanaka", "00123", True, MARK)
    assert account.attributes == {"cn": ("Tanaka", "田中")}


@pytest.mark.parametrize(("mark", "enabled"), [([], True), (["000001010000Z"], False), (["20261120033000Z"], True)])
def test_only_our_own_mark_disables(mark: list[str], enabled: bool) -> None:
    assert layout().account_of(entry(uid=["a"], pwdAccountLockedTime=mark), MARK).enabled is enabled


def test_another_attribute_may_be_the_mark() -> None:
    marked = layout(disable={"attribute": "employeeType", "value": "停止"})

    assert not marked.account_of(entry(uid=["a"], employeetype=["停止", "職員"]), MARK).enabled
    assert marked.account_of(entry(uid=["a"], pwdAccountLockedTime=["000001010000Z"]), MARK).enabled


def test_an_account_with_two_links_belongs_to_nobody() -> None:
    assert layout().account_of(entry(uid=["a"], employeeNumber=["1", "2"]), MARK).link == ""


@pytest.mark.parametrize(
    ("logins", "expected"),
    [(["zz", "TANAKA"], "TANAKA"), (["zz", "aa"], "aa"), ([], f"uid=Tanaka,{BASE}")],
)
def test_of_several_logins_the_one_in_the_dn_counts(logins: list[str], expected: str) -> None:
    assert layout().account_of(entry(uid=logins), MARK).login == expected


def test_values_that_are_no_utf_8_never_stop_the_reading() -> None:
    raw = entry_body(f"uid=a,{BASE}".encode(), {"uid": [b"a"], "cn": [b"\x8eR"]})

    assert layout().account_of(raw, MARK).attributes == {"cn": ("\\x8eR",)}


def test_every_reading_asks_for_the_same_attributes() -> None:
    shape = layout("cn", "MAIL", "employeeNumber")

    assert shape.asked == ("uid", "employeeNumber", "pwdAccountLockedTime", "cn", "MAIL")
    assert shape.accounts.attributes == shape.account_at("dc=x").attributes == shape.accounts_named(["a"]).attributes


def test_other_settings_make_every_account_new() -> None:
    salts = {
        layout().salt,
        layout("cn").salt,
        layout(link="uidNumber").salt,
        layout(disable={"value": "20990101000000Z"}).salt,
        layout().group_salt("mail"),
        layout().group_salt("files"),
        layout(placeholder="cn=nobody").group_salt("mail"),
    }

    assert len(salts) == 7


def test_members_compare_with_native_ids_and_the_placeholder_is_nobody() -> None:
    raw = entry("cn=mail,ou=groups,dc=x", member=[f"UID=Tanaka, {BASE}", "uid=b\\2cc,dc=x", "CN=Placeholder"])

    group = layout().group_of(raw, "mail", MARK)

    assert group.members == {"uid=tanaka,ou=people,dc=x", "uid=b\\,c,dc=x"}


def test_a_group_below_the_base_is_the_entitlement_in_its_dn() -> None:
    shape = layout(groups_base="ou=groups,dc=x")

    assert shape.entitlement_of(entry("cn=Mail,ou=Groups,dc=x", cn=["other", "Mail"])) == "Mail"
    assert shape.entitlement_of(entry("ou=mail,ou=groups,dc=x", cn=["mail"])) is None


@pytest.mark.parametrize("login", ["a,ou=admins,dc=x", "a+cn=b", 'a"b', "a\\", "#a", " a ", "田中", "a\0b", "*"])
def test_a_hostile_login_stays_below_the_base(login: str) -> None:
    dn = layout().dn_for(order(OrderKind.CREATE, login=login, native_id=""))

    assert dn.startswith("uid=")
    assert dn.endswith(f",{BASE}")
    assert "," not in dn.removesuffix(f",{BASE}").replace("\\,", "")


def test_the_dn_may_be_made_of_a_wanted_attribute() -> None:
    shape = layout("cn", "sn", rdn="CN")

    assert shape.dn_for(order(OrderKind.CREATE, attributes={"cn": ("田中",)})) == f"CN=田中,{BASE}"
    with pytest.raises(ValueError, match="CN"):
        shape.dn_for(order(OrderKind.CREATE))


@pytest.mark.parametrize("native", ["", "dc=x", BASE, "uid=a,ou=admins,dc=x", f"uid=a\\,{BASE}"])
def test_nothing_outside_the_accounts_base_is_touched(native: str) -> None:
    with pytest.raises(ValueError, match="accounts_base"):
        layout().dn_for(order(OrderKind.DELETE, native_id=native))


def test_a_new_entry_has_no_password_and_nothing_empty() -> None:
    made = order(
        OrderKind.CREATE, link="00123", enabled=False,
        attributes={"cn": ("田中",), "mail": (), "UID": ("other",), "objectclass": ("top",)},
    )  # fmt: skip

    expected = {
        "objectClass": ["inetOrgPerson"], "uid": ["tanaka"], "employeeNumber": ["00123"],
        "pwdAccountLockedTime": ["000001010000Z"], "cn": ["田中"],
    }  # fmt: skip
    assert layout().request_for(made, "uid=tanaka,dc=x") == add("uid=tanaka,dc=x", expected)


def test_each_order_is_one_operation() -> None:
    dn, mark = f"uid=tanaka,{BASE}", "pwdAccountLockedTime"
    attributes = {"cn": ("新",), "mail": ()}

    asked = {kind: layout().request_for(order(kind, attributes=attributes), dn) for kind in OrderKind}

    assert asked[OrderKind.MODIFY] == modify(dn, [(2, "cn", ["新"]), (2, "mail", [])])
    assert asked[OrderKind.DISABLE] == modify(dn, [(2, mark, ["000001010000Z"])])
    assert asked[OrderKind.ENABLE] == modify(dn, [(1, mark, ["000001010000Z"])])
    assert asked[OrderKind.DELETE] == delete(dn)


def test_orders_are_cut_where_the_kind_changes_or_a_name_comes_again() -> None:
    def named(kind: OrderKind, *names: str, right: str = "") -> list[Order]:
        return [Order(1, kind, name, native_id=name, entitlement=right) for name in names]

    orders = [
        *named(OrderKind.MODIFY, "a", "b", "A"),
        *named(OrderKind.GRANT, "a", "b", right="mail"),
        *named(OrderKind.GRANT, "a", right="files"),
        *named(OrderKind.GRANT, "a", right="mail"),
        *named(OrderKind.MODIFY, "a"),
    ]

    cut = [[(o.kind.value, o.login, o.entitlement) for o in stretch] for stretch in segments(orders, 100)]

    assert cut == [
        [("modify", "a", ""), ("modify", "b", "")],
        [("modify", "A", "")],
        [("grant", "a", "mail"), ("grant", "b", "mail"), ("grant", "a", "files")],
        [("grant", "a", "mail")],
        [("modify", "a", "")],
    ]
    assert [len(stretch) for stretch in segments(named(OrderKind.MODIFY, *"abcde"), 2)] == [2, 2, 1]
    assert list(segments([], 2)) == []
