"""What the configuration of a directory may say: nothing in clear, nothing unchecked."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.ldap.openldap import OpenLdapOptions
from connectors.ldap.options import ServerOptions
from connectors.ldap.source import LdapSourceOptions

BASIC = {"url": "ldap://127.0.0.1", "bind_dn": "cn=reader,dc=x", "password_file": "reader.pw"}
TREE = {"accounts_base": "ou=people,dc=x"}


def options(**changes: object) -> ServerOptions:
    return ServerOptions.model_validate(BASIC | changes)


def mistake(model: type[ServerOptions], given: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given)
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("ldap://127.0.0.1", "127.0.0.1", 389),
        ("ldap://localhost:3890", "localhost", 3890),
        ("ldap://[::1]", "::1", 389),
        ("ldap://127.1.2.3/", "127.1.2.3", 389),
    ],
)
def test_plain_text_to_this_machine_needs_nothing_more(url: str, host: str, port: int) -> None:
    made = options(url=url)

    assert (made.host, made.port, made.secure) == (host, port, False)


def test_ldaps_has_its_own_port() -> None:
    made = options(url="ldaps://dir.city.example.jp", ca_file="ca.pem")

    assert (made.port, made.ldaps, made.secure) == (636, True, True)


@pytest.mark.parametrize("url", ["ldap://dir.city.example.jp", "ldap://192.0.2.1", "ldap://127.0.0.1.example.jp"])
def test_plain_text_to_another_machine_is_refused_unless_spelled_out(url: str) -> None:
    assert "暗号化せずに" in mistake(ServerOptions, BASIC | {"url": url})
    assert not options(url=url, allow_plaintext=True).secure
    assert options(url=url, start_tls=True, ca_file="ca.pem").secure


@pytest.mark.parametrize("changes", [{"url": "ldaps://dir.example.jp"}, {"start_tls": True}])
def test_tls_without_a_ca_to_check_is_refused(changes: dict[str, object]) -> None:
    assert "ca_file" in mistake(ServerOptions, BASIC | changes)


def test_start_tls_inside_tls_is_refused() -> None:
    given = BASIC | {"url": "ldaps://dir.example.jp", "start_tls": True, "ca_file": "ca.pem"}

    assert "start_tls の行を消して" in mistake(ServerOptions, given)


@pytest.mark.parametrize(
    "url",
    ["dir.example.jp", "http://127.0.0.1", "ldap://", "ldap://127.0.0.1:x", "ldap://127.0.0.1:99999",
     "ldap://127.0.0.1/dc=x", "ldap://127.0.0.1?sub", "ldap://u@127.0.0.1", "ldapi:///run/slapd"],
)  # fmt: skip
def test_an_address_that_is_no_server_is_refused(url: str) -> None:
    assert url in mistake(ServerOptions, BASIC | {"url": url})


@pytest.mark.parametrize("missing", ["bind_dn", "password_file"])
def test_nobody_reads_anonymously(missing: str) -> None:
    assert missing in mistake(ServerOptions, {name: value for name, value in BASIC.items() if name != missing})


def test_a_misspelt_option_is_named() -> None:
    assert "passwordfile" in mistake(ServerOptions, BASIC | {"passwordfile": "x"})


def test_relative_paths_start_from_the_configuration() -> None:
    context = {"folder": Path("/etc/iam")}
    made = ServerOptions.model_validate(BASIC | {"ca_file": "/srv/ca.pem", "start_tls": True}, context=context)

    assert made.password_file == Path("/etc/iam/reader.pw")
    assert made.ca_file == Path("/srv/ca.pem")


def test_a_filter_is_checked_when_the_configuration_is_read() -> None:
    source = BASIC | {"base": "dc=x", "attributes": {"staff_number": "employeeNumber"}}

    assert "検索条件" in mistake(LdapSourceOptions, source | {"filter": "(uid=*"})
    assert LdapSourceOptions.model_validate(source).filter == "(objectClass=inetOrgPerson)"


def test_a_source_must_say_where_the_staff_number_is() -> None:
    source = BASIC | {"base": "dc=x"}

    assert "staff_number" in mistake(LdapSourceOptions, source | {"attributes": {"name": "cn"}})
    assert "nickname" in mistake(LdapSourceOptions, source | {"attributes": {"nickname": "cn"}})
    assert "名前" in mistake(LdapSourceOptions, source | {"attributes": {"staff_number": "名前"}})


def test_only_mapped_attributes_are_asked_for_and_each_once() -> None:
    attributes = {"staff_number": "employeeNumber", "name": "cn", "name_kana": "CN"}
    made = LdapSourceOptions.model_validate(BASIC | {"base": "dc=x", "attributes": attributes})

    assert made.search.attributes == ("employeeNumber", "CN")


def test_entitlements_are_named_in_one_way() -> None:
    groups = {"groups": {"mail": "cn=mail,dc=x"}, "groups_base": "ou=groups,dc=x"}

    assert "どちらか" in mistake(OpenLdapOptions, BASIC | TREE | groups)


def test_the_group_of_an_entitlement() -> None:
    listed = OpenLdapOptions.model_validate(BASIC | TREE | {"groups": {"mail": "cn=m,dc=x"}})
    below = OpenLdapOptions.model_validate(BASIC | TREE | {"groups_base": "ou=groups,dc=x"})

    assert (listed.group_dn("mail"), listed.group_dn("files")) == ("cn=m,dc=x", None)
    assert below.group_dn("a,b") == "cn=a\\,b,ou=groups,dc=x"
