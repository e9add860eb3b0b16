"""What every `Target` promises."""

from collections.abc import Container
from dataclasses import replace

import pytest

from iam.errors import TargetError
from iam.ports import Done, Failed, Fingerprint, Order, OrderKind, Target, TargetAccount, TargetGroup
from tests.contract.cases import TargetCase

HOSTILE = ["a,ou=admins", "*", "a)(uid=*", 'q"uote', "back\\slash", "#hash", "田中 太郎", "a+b=c", "trail ", "\\2a"]


def read(
    target: Target, known: Container[Fingerprint] = ()
) -> tuple[list[Fingerprint], dict[str, TargetAccount], dict[str, TargetGroup]]:
    batches = list(target.read(known))
    return (
        [mark for batch in batches for mark in batch.unchanged],
        {account.login: account for batch in batches for account in batch.accounts},
        {group.entitlement: group for batch in batches for group in batch.groups},
    )


def carry_out(target: Target, *orders: Order) -> list[Done | Failed]:
    return list(target.carry_out(orders))


def created(case: TargetCase, *logins: str, enabled: bool = True) -> list[TargetAccount]:
    orders = [
        Order(number, OrderKind.CREATE, login, link=f"00{number}", attributes=case.attributes(login), enabled=enabled)
        for number, login in enumerate(logins)
    ]
    return [found(result) for result in carry_out(case.target(), *orders)]


def found(result: Done | Failed) -> TargetAccount:
    assert isinstance(result, Done), result
    assert result.found
    return result.found


def order(kind: OrderKind, account: TargetAccount, number: int = 1, **changes: object) -> Order:
    given = {"native_id": account.native_id, "link": account.link} | changes
    return Order(number, kind, account.login, **given)  # type: ignore[arg-type]  # a table of keywords


def test_an_account_is_created_as_ordered_and_read_back(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka")

    _, accounts, _ = read(target_case.target())
    assert accounts == {"tanaka": account}
    assert (account.login, account.link, account.enabled) == ("tanaka", "000", True)
    assert account.attributes == target_case.attributes("tanaka")


def test_an_account_may_be_born_disabled(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka", enabled=False)

    assert not account.enabled


def test_creating_what_is_there_with_the_same_link_is_success(target_case: TargetCase) -> None:
    assert created(target_case, "tanaka") == created(target_case, "tanaka")


def test_an_account_of_somebody_else_is_never_taken_over(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka")
    other = Order(7, OrderKind.CREATE, "tanaka", link="other", attributes=target_case.attributes("other"))

    (result,) = carry_out(target_case.target(), other)

    assert isinstance(result, Failed)
    assert not result.transient
    assert target_case.target().find("tanaka") == account


def test_no_two_orders_create_the_same_account(target_case: TargetCase) -> None:
    orders = [
        Order(number, OrderKind.CREATE, "tanaka", link=f"00{number}", attributes=target_case.attributes("tanaka"))
        for number in range(2)
    ]

    first, second = carry_out(target_case.target(), *orders)

    assert isinstance(first, Done)
    assert isinstance(second, Failed)


def test_disabling_twice_is_the_same_as_once(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka")

    once = found(carry_out(target_case.target(), order(OrderKind.DISABLE, account))[0])
    twice = found(carry_out(target_case.target(), order(OrderKind.DISABLE, account))[0])

    assert once == twice
    assert not once.enabled


def test_enabling_undoes_disabling_and_nothing_else(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka", enabled=False)

    once, twice = carry_out(target_case.target(), *[order(OrderKind.ENABLE, account)] * 2)

    assert found(once) == found(twice)
    assert found(once).enabled
    assert found(once).attributes == account.attributes


def test_modifying_changes_what_is_named_and_an_empty_value_removes(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka")
    name, changed = next((n, v) for n, v in target_case.attributes("鈴木").items() if v != account.attributes[n])
    asked = order(OrderKind.MODIFY, account, attributes={name: changed, target_case.optional: ()})

    once, twice = carry_out(target_case.target(), asked, asked)

    assert found(once) == found(twice)
    assert found(once).attributes[name] == changed
    assert target_case.optional not in found(once).attributes
    untouched = account.attributes.keys() - {name, target_case.optional}
    assert {n: found(once).attributes[n] for n in untouched} == {n: account.attributes[n] for n in untouched}


def test_a_secret_that_was_set_opens_the_account_and_the_one_before_it_does_not(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka")
    target, (first, second) = target_case.target(), target_case.secrets
    assert not target.opens("tanaka", first)

    for secret in (first, second):
        assert found(carry_out(target, order(OrderKind.SECRET, account, secret=secret))[0]) == account
        assert target.opens("tanaka", secret)

    assert not target.opens("tanaka", first)
    assert not target.opens("tanak", second)
    assert not target.opens("*", second)


def test_a_disabled_account_takes_a_secret_and_stays_disabled(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka", enabled=False)
    target, (first, second) = target_case.target(), target_case.secrets

    set_ = found(carry_out(target, order(OrderKind.SECRET, account, secret=first))[0])
    closed = (set_.enabled, target.opens("tanaka", first), target.opens("tanaka", second))
    carry_out(target, order(OrderKind.ENABLE, account))

    assert closed == (False, False, False)
    assert target.opens("tanaka", first)


@pytest.mark.parametrize("secret", ["", "poor"])
def test_a_secret_that_the_target_refuses_may_be_made_anew_and_changes_nothing(
    target_case: TargetCase, secret: str
) -> None:
    (account,) = created(target_case, "tanaka")
    target, (first, _) = target_case.target(), target_case.secrets
    carry_out(target, order(OrderKind.SECRET, account, secret=first))

    refused = getattr(target_case, secret) if secret else ""
    (result,) = carry_out(target, order(OrderKind.SECRET, account, secret=refused))

    assert isinstance(result, Failed)
    assert result.unacceptable
    assert not refused or refused not in repr(result)
    assert (target.opens("tanaka", first), target.opens("tanaka", refused)) == (True, False)


def test_granting_and_revoking_may_be_repeated(target_case: TargetCase) -> None:
    account, other = created(target_case, "tanaka", "suzuki")
    target = target_case.target()
    grant, revoke = (order(kind, account, entitlement="mail") for kind in (OrderKind.GRANT, OrderKind.REVOKE))

    assert carry_out(target, grant, grant) == [Done(1, member=True)] * 2
    assert read(target)[2]["mail"].members == {account.native_id}
    assert carry_out(target, order(OrderKind.GRANT, other, entitlement="mail")) == [Done(1, member=True)]
    assert carry_out(target, revoke, revoke) == [Done(1, member=False)] * 2
    assert read(target)[2]["mail"].members == {other.native_id}


def test_the_last_member_can_be_revoked(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka")
    target = target_case.target()
    carry_out(target, order(OrderKind.GRANT, account, entitlement="mail"))

    assert carry_out(target, order(OrderKind.REVOKE, account, entitlement="mail")) == [Done(1, member=False)]

    groups = read(target)[2]
    assert groups["mail"].members == groups["files"].members == frozenset()


def test_an_entitlement_that_is_not_there_is_a_failure_of_that_order(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka")

    results = carry_out(
        target_case.target(),
        order(OrderKind.GRANT, account, 1, entitlement="nowhere"),
        order(OrderKind.GRANT, account, 2, entitlement="mail"),
    )

    assert isinstance(results[0], Failed)
    assert results[1] == Done(2, member=True)


def test_deleting_twice_is_the_same_as_once(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka")
    delete = order(OrderKind.DELETE, account)

    assert carry_out(target_case.target(), delete, delete) == [Done(1), Done(1)]
    assert target_case.target().find("tanaka") is None


def test_an_order_on_what_is_gone_fails_and_says_so(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka")
    carry_out(target_case.target(), order(OrderKind.DELETE, account))
    asked = order(OrderKind.MODIFY, account, attributes={target_case.optional: ()})

    results = carry_out(target_case.target(), order(OrderKind.DISABLE, account), asked)

    assert [isinstance(result, Failed) and not result.transient for result in results] == [True, True]


def test_one_refused_order_stops_no_other(target_case: TargetCase) -> None:
    before, after = (
        Order(number, OrderKind.CREATE, login, link=login, attributes=target_case.attributes(login))
        for number, login in ((3, "tanaka"), (5, "suzuki"))
    )

    results = carry_out(target_case.target(), before, target_case.refused(4), after)

    assert [result.number for result in results] == [3, 4, 5]
    assert [type(result) for result in results] == [Done, Failed, Done]
    assert isinstance(results[1], Failed)
    assert results[1].reason.endswith("。")
    assert not results[1].transient


def test_answers_come_in_the_order_of_the_orders(target_case: TargetCase) -> None:
    accounts = created(target_case, *[f"user{number}" for number in range(150)])
    kinds = [OrderKind.REVOKE, OrderKind.DISABLE, OrderKind.GRANT]
    orders = [
        order(kind, account, number=1000 * place + number, entitlement="" if kind is OrderKind.DISABLE else "mail")
        for place, kind in enumerate(kinds)
        for number, account in enumerate(reversed(accounts))
    ]

    results = carry_out(target_case.target(), *orders)

    assert [result.number for result in results] == [asked.number for asked in orders]
    assert all(isinstance(result, Done) for result in results)


def test_what_is_known_comes_as_unchanged_and_nothing_else(target_case: TargetCase) -> None:
    accounts = created(target_case, "tanaka", "suzuki", "sato")
    target = target_case.target()
    carry_out(target, order(OrderKind.GRANT, accounts[0], entitlement="mail"))
    _, held, groups = read(target)
    known = {account.fingerprint for account in held.values()} | {group.fingerprint for group in groups.values()}

    unchanged, changed, changed_groups = read(target, known)

    assert (sorted(unchanged), changed, changed_groups) == (sorted(known), {}, {})


def test_what_was_read_back_after_a_write_is_known_at_the_next_reading(target_case: TargetCase) -> None:
    accounts = created(target_case, "tanaka", "suzuki", "sato")
    kinds = [OrderKind.DISABLE, OrderKind.ENABLE, OrderKind.MODIFY]
    removed = {target_case.optional: ()}
    asked = [order(kind, account, attributes=removed) for kind, account in zip(kinds, accounts, strict=True)]

    written = [found(result) for result in carry_out(target_case.target(), *asked)]

    assert read(target_case.target(), {account.fingerprint for account in written})[1] == {}


def test_drift_is_found_and_only_drift(target_case: TargetCase) -> None:
    accounts = created(target_case, "tanaka", "suzuki", "sato")
    target_case.meddle(accounts[1].native_id)

    unchanged, changed, _ = read(target_case.target(), {account.fingerprint for account in accounts})

    assert sorted(unchanged) == sorted([accounts[0].fingerprint, accounts[2].fingerprint])
    assert changed.keys() == {"suzuki"}
    assert changed["suzuki"].attributes != accounts[1].attributes


def test_a_login_is_found_as_it_is_and_no_other(target_case: TargetCase) -> None:
    account, _ = created(target_case, "tanaka", "tanaka2")

    assert target_case.target().find("tanaka") == account
    assert target_case.target().find("tanak") is None
    assert target_case.target().find("*") is None


@pytest.mark.parametrize("login", HOSTILE)
def test_a_hostile_login_is_a_login_and_nothing_more(target_case: TargetCase, login: str) -> None:
    target = target_case.target()

    (account,) = created(target_case, login)
    granted = carry_out(target, order(OrderKind.GRANT, account, entitlement="mail"))
    disabled = found(carry_out(target, order(OrderKind.DISABLE, account))[0])
    _, accounts, groups = read(target)

    assert granted == [Done(1, member=True)]
    assert target.find(login) == disabled == replace(account, enabled=False, fingerprint=disabled.fingerprint)
    assert list(accounts) == [account.login]
    assert groups["mail"].members == {account.native_id}
    assert carry_out(target, order(OrderKind.DELETE, account)) == [Done(1)]


def test_a_target_that_is_away_is_an_error_and_not_an_empty_target(target_case: TargetCase) -> None:
    (account,) = created(target_case, "tanaka")
    target = target_case.away()

    secret = target_case.secrets[0]
    for asked in (lambda: read(target), lambda: target.find("tanaka"), lambda: target.opens("tanaka", secret),
                  lambda: carry_out(target, order(OrderKind.SECRET, account, secret=secret)),
                  lambda: carry_out(target, order(OrderKind.DISABLE, account))):  # fmt: skip
        with pytest.raises(TargetError) as caught:
            asked()
        assert str(caught.value).endswith("。")
        assert secret not in repr(caught.value)


def test_nothing_ordered_is_nothing_answered(target_case: TargetCase) -> None:
    assert carry_out(target_case.target()) == []
