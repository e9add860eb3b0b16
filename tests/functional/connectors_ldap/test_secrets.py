"""Secrets on a real OpenLDAP: what its password policy says, and what an unclear answer is."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from ldap3 import MODIFY_DELETE, MODIFY_REPLACE

from connectors.ldap.openldap import OpenLdapOptions, OpenLdapTarget
from connectors.ldap.openldap.secrets import signs_in
from iam.errors import TargetError
from iam.ports import Done, Failed, Order, OrderKind
from tests.contract.ldap_cases import POLICY, STRICT
from tests.functional.connectors_ldap.proxy import Proxy, Stop, after
from web.practice.servers.slapd import PASSWORD, Slapd, SlapdOptions

FIRST, SECOND = "Secret-of-the-first-1", "Secret-of-the-second-2"
BIND_DONE = 0x61
BUSY = 51


@pytest.fixture(scope="module")
def strict() -> Iterator[Slapd]:
    """A slapd with StartTLS and a strict password policy."""
    with Slapd(SlapdOptions(database=POLICY, tls=("127.0.0.1", "localhost"))) as server:
        with server.connection() as connection:
            connection.add(f"cn=strict,{server.suffix}", ["person", "pwdPolicy"], STRICT)
        yield server


@pytest.fixture
def options(strict: Slapd, password_file: Path) -> OpenLdapOptions:
    assert strict.certificates
    return OpenLdapOptions(
        url=strict.url, bind_dn=strict.writer, password_file=password_file, start_tls=True,
        ca_file=strict.certificates.ca, accounts_base=f"ou=people,{strict.suffix}", timeout=5,
    )  # fmt: skip


@pytest.fixture
def account(strict: Slapd, options: OpenLdapOptions) -> Iterator[str]:
    """The DN of an account whose secret is FIRST."""
    dn = f"uid=kanri,ou=people,{strict.suffix}"
    with strict.connection() as connection:
        connection.add(dn, "inetOrgPerson", {"cn": "x", "sn": "x"})
        assert isinstance(set_secret(options, dn, FIRST), Done)
        yield dn
        connection.delete(dn)


def set_secret(options: OpenLdapOptions, account: str, secret: str) -> Done | Failed:
    order = Order(1, OrderKind.SECRET, "kanri", native_id=account, secret=secret)
    assert secret not in repr(order)
    (result,) = OpenLdapTarget("lan", options, ()).carry_out([order])
    return result


@pytest.mark.parametrize(
    ("rule", "secret", "another_will_do", "word"),
    [
        ({}, "Short-1", True, "constraintViolation"),
        ({}, FIRST, True, "constraintViolation"),
        ({"pwdMinAge": "86400"}, SECOND, False, "pwdMinAge"),
        ({"pwdSafeModify": "TRUE"}, SECOND, False, "pwdSafeModify"),
    ],
)
def test_what_the_policy_refuses_says_whether_another_secret_would_do(  # noqa: PLR0917 - a table
    strict: Slapd, options: OpenLdapOptions, account: str, rule: dict[str, str], secret: str, another_will_do: bool,
    word: str,
) -> None:  # fmt: skip
    policy = f"cn=strict,{strict.suffix}"
    with strict.connection() as connection:
        if rule:
            connection.modify(policy, {name: [(MODIFY_REPLACE, [value])] for name, value in rule.items()})
        result = set_secret(options, account, secret)
        if rule:
            connection.modify(policy, {name: [(MODIFY_DELETE, [])] for name in rule})

    assert isinstance(result, Failed)
    assert result.unacceptable is another_will_do
    assert word in result.reason
    assert secret not in repr(result)
    assert OpenLdapTarget("lan", options, ()).opens("kanri", FIRST)


def test_a_new_secret_lifts_a_lock_out_and_not_our_mark(strict: Slapd, options: OpenLdapOptions, account: str) -> None:
    target = OpenLdapTarget("lan", options, ())
    wrong = [target.opens("kanri", "wrong") for _ in range(int(STRICT["pwdMaxFailure"]))]
    locked = target.opens("kanri", FIRST)
    set_secret(options, account, SECOND)
    lifted = target.opens("kanri", SECOND)
    list(target.carry_out([Order(1, OrderKind.DISABLE, "kanri", native_id=account)]))
    result = set_secret(options, account, f"{SECOND}-3")

    assert (wrong, locked, lifted) == ([False] * 3, False, True)
    assert isinstance(result, Done)
    assert result.found
    assert result.found.enabled is False
    assert target.opens("kanri", f"{SECOND}-3") is False


def busy(message: bytes) -> Iterable[bytes]:
    """The bind's success (RFC 4511 §4.2.2) as another result."""
    return [message.replace(bytes((0x0A, 1, 0)), bytes((0x0A, 1, BUSY)))]


def silent(_message: bytes) -> Iterable[bytes]:
    raise Stop(stall=True)


def gone(_message: bytes) -> Iterable[bytes]:
    raise Stop


@pytest.mark.parametrize("answer", [busy, silent, gone])
def test_an_unclear_answer_is_an_error_and_never_a_no(
    strict: Slapd, options: OpenLdapOptions, account: str, answer: Callable[[bytes], Iterable[bytes]]
) -> None:
    plain = {"start_tls": False, "ca_file": None, "timeout": 1}
    with Proxy(strict.port, after(BIND_DONE, 1, answer)) as proxy, pytest.raises(TargetError) as caught:
        signs_in(options.model_copy(update={**plain, "url": proxy.url}), account, FIRST, "lan")

    assert FIRST not in repr(caught.value)


def test_it_is_tried_under_the_same_trust_and_an_empty_secret_never(
    strict: Slapd, options: OpenLdapOptions, account: str, tmp_path: Path
) -> None:
    with Slapd(SlapdOptions(tls=("127.0.0.1",))) as other:
        assert other.certificates
        untrusted = options.model_copy(update={"ca_file": other.certificates.ca})
        with pytest.raises(TargetError, match="証明書"):
            signs_in(untrusted, account, FIRST, "lan")
    nowhere = options.model_copy(update={"url": "ldap://127.0.0.1:1"})

    assert signs_in(nowhere, account, "", "lan") is False
    assert signs_in(options, account, FIRST, "lan")
    assert signs_in(options, account, PASSWORD, "lan") is False
