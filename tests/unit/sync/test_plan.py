"""From what is wanted and what is there to the changes between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.access.accounts import Account, AccountKind, AccountState
from iam.access.wanted import Cause, Wanted
from iam.ports import TargetAccount
from iam.sync.plan import ORDER, Actual, Change, ChangeKind, Dispute, Logins, Planner, Scene
from tests.bodies import row, rules
from tests.values import person

TODAY = date(2026, 4, 1)
MODEL = rules().model
CAUSE = Cause("all", "OITA-S8.2.1.2a", "2026/4/1 採用", None)
SOMEONE = person(row(1))
EVERYWHERE = frozenset({"gw", "zei"})


def want(
    *rights: str,
    system: str = "gw",
    enabled: bool = True,
    to_return: bool = False,
    attributes: Mapping[str, tuple[str, ...]] | None = None,
) -> Wanted:
    held = dict.fromkeys(rights, CAUSE)
    return Wanted(system, enabled, CAUSE, CAUSE, held, attributes, to_return=to_return)


def there(
    *rights: str, enabled: bool = True, login: str = "0000001", link: str = "0000001", **attributes: str
) -> Actual:
    filled = {name: (value,) for name, value in attributes.items()}
    return Actual(TargetAccount(f"uid={login}", login, link, enabled, filled, b"1"), frozenset(rights))


def account(
    state: AccountState = AccountState.ACTIVE,
    *,
    system: str = "gw",
    kind: AccountKind = AccountKind.PERSONAL,
    disabled_on: date | None = None,
) -> Account:
    native = "" if state is AccountState.RESERVED else "uid=0000001"
    return Account(1, system, "0000001", 1, kind, state, native, disabled_on)


@dataclass(frozen=True)
class Given:
    """What a test says of a scene; the rest is empty."""

    wanted: tuple[Wanted, ...] = ()
    accounts: tuple[Account, ...] = ()
    actual: Mapping[str, Actual] = field(default_factory=dict)
    held: Mapping[str, frozenset[str]] = field(default_factory=dict)
    linked: Mapping[str, Actual] = field(default_factory=dict)
    doubled: Mapping[str, str] = field(default_factory=dict)
    readable: frozenset[str] = EVERYWHERE
    protected: frozenset[tuple[str, str]] = frozenset()
    on_target: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset({"0000001"})
    unused: frozenset[str] = EVERYWHERE

    def planned(self, retention_days: int = 365) -> list[Change | Dispute]:
        scene = Scene(
            person=SOMEONE, department="総務部", wanted={each.system: each for each in self.wanted},
            accounts=self.accounts, actual={(system, "0000001"): each for system, each in self.actual.items()},
            held={(system, "0000001"): each for system, each in self.held.items()}, linked=self.linked,
            doubled=self.doubled, readable=self.readable, protected=self.protected, numbers=self.numbers,
            unused=self.unused,
        )  # fmt: skip
        logins = Logins({}, self.on_target, self.protected)
        return list(Planner(MODEL, logins, TODAY, retention_days).plan(scene))

    def kinds(self) -> list[str]:
        return [f"{each.kind} {each.entitlement}".strip() for each in self.planned() if isinstance(each, Change)]


def test_what_is_as_wanted_needs_nothing() -> None:
    same = {"cn": ("山田",)}
    assert Given((want("mail", attributes=same),), (account(),), {"gw": there("mail", cn="山田")}).planned() == []


def test_who_has_none_gets_an_account_with_attributes_and_then_rights() -> None:
    create, *grants = Given((want("mail", "soumu", attributes={"cn": ("山田",), "ou": ()}),)).planned()
    assert isinstance(create, Change)
    assert (create.kind, create.login, dict(create.after), create.drift) == (
        "create",
        "0000001",
        {"cn": ("山田",)},
        False,
    )
    assert [g.entitlement for g in grants if isinstance(g, Change)] == ["mail", "soumu"]


def test_nobody_gets_an_account_only_to_be_disabled() -> None:
    assert Given((want("mail", enabled=False),)).planned() == []


@pytest.mark.parametrize(
    ("wanted", "actual", "expected"),
    [
        (want("mail"), there("mail", "soumu"), ["revoke soumu"]),
        (want("mail", "soumu"), there("mail"), ["grant soumu"]),
        (want("mail", enabled=False), there("mail"), ["disable"]),
        (want("mail"), there("mail", enabled=False), ["enable"]),
        (want(enabled=False), there("mail"), ["revoke mail", "disable"]),
        (want("mail", attributes={"cn": ("山田",)}), there("mail", cn="旧姓"), ["modify"]),
        (want("mail", attributes={"cn": ()}), there("mail", cn="旧姓"), ["modify"]),
        (want("mail", attributes={"cn": ()}), there("mail"), []),
        (want("mail", attributes=None), there("mail", cn="旧姓"), []),
    ],
)
def test_each_difference_is_one_change(wanted: Wanted, actual: Actual, expected: list[str]) -> None:
    assert Given((wanted,), (account(),), {"gw": actual}).kinds() == expected


def test_only_differing_attributes_are_changed_and_say_before_and_after() -> None:
    wanted = want("mail", attributes={"cn": ("新",), "ou": ("課",), "x": ()})
    (change,) = Given((wanted,), (account(),), {"gw": there("mail", cn="旧", ou="課", x="1")}).planned()
    assert isinstance(change, Change)
    assert (dict(change.before), dict(change.after)) == ({"cn": ("旧",), "x": ("1",)}, {"cn": ("新",), "x": ()})
    assert change.deed() == "グループウェア 0000001（山田 0000001）のcn（旧→新）、x（1→なし）を変える"


def test_the_login_is_filled_in_once_it_is_known() -> None:
    (create,) = Given((want(attributes={"mail": ("{login}@city",)}),)).planned()
    assert isinstance(create, Change)
    assert create.after["mail"] == ("0000001@city",)


def test_an_account_under_the_number_is_linked_and_then_made_right() -> None:
    found = there("kacho", enabled=False, login="yamada")
    changes = Given((want("mail"),), linked={"gw": found})
    assert changes.kinds() == ["link", "revoke kacho", "enable", "grant mail"]
    link = changes.planned()[0]
    assert isinstance(link, Change)
    assert (link.login, link.native_id, link.enabled) == ("yamada", "uid=yamada", False)


def test_where_we_know_accounts_already_what_stands_under_the_number_is_not_linked_unasked() -> None:
    (dispute,) = Given((want("mail"),), linked={"gw": there(login="yamada")}, unused=frozenset({"zei"})).planned()
    assert isinstance(dispute, Dispute)
    assert "iam reconcile gw --link yamada" in dispute.reason


@pytest.mark.parametrize("link", ["", "0000002"])
@pytest.mark.parametrize("state", [AccountState.ACTIVE, AccountState.RESERVED])
@pytest.mark.parametrize("on", [True, False])
def test_an_entry_that_no_longer_carries_the_persons_number_is_not_touched(
    *, link: str, state: AccountState, on: bool
) -> None:
    wanted = want("mail", enabled=on, attributes={"cn": ("山田",)})
    (dispute,) = Given((wanted,), (account(state),), {"gw": there("soumu", link=link)}).planned()
    assert isinstance(dispute, Dispute)
    assert ("停止もしていません" in dispute.reason) is not on


def test_a_number_that_the_person_had_before_is_still_theirs() -> None:
    given_ = Given((want("mail"),), (account(),), {"gw": there(link="9")}, numbers=frozenset({"0000001", "9"}))
    assert given_.kinds() == ["grant mail"]


def test_a_protected_account_in_use_whose_person_should_be_off_is_said() -> None:
    protected = frozenset({("gw", "0000001")})
    given_ = Given((want(enabled=False),), (account(),), {"gw": there("mail")}, protected=protected)
    (dispute,) = given_.planned()
    assert isinstance(dispute, Dispute)
    assert "保護の印により停止していません" in dispute.reason
    assert replace(given_, actual={"gw": there("mail", enabled=False)}).planned() == []


def test_two_accounts_under_the_number_are_a_dispute_and_nothing_else() -> None:
    (dispute,) = Given((want("mail"),), doubled={"gw": "二つあります"}).planned()
    assert isinstance(dispute, Dispute)


def test_a_login_of_an_unowned_account_is_a_dispute() -> None:
    (dispute,) = Given((want("mail"),), on_target={"gw": {"0000001": ""}}).planned()
    assert isinstance(dispute, Dispute)
    assert "iam reconcile gw" in dispute.reason


@pytest.mark.parametrize(
    "given_", [
        Given((want(),), on_target={"gw": {"0000001": "0000002"}}),
        Given((want(),), on_target={"gw": {"0000001": ""}}, protected=frozenset({("gw", "0000001")})),
    ],
)  # fmt: skip
def test_a_login_of_somebody_elses_or_a_protected_account_is_passed_over(given_: Given) -> None:
    (create,) = given_.planned()
    assert isinstance(create, Change)
    assert create.login == "00000012"


def test_a_system_that_could_not_be_read_is_left_alone() -> None:
    wanted = (want("mail"), want("view", system="zei"))
    assert {c.system for c in Given(wanted, readable=frozenset({"zei"})).planned()} == {"zei"}


def test_a_protected_account_is_left_alone() -> None:
    protected = frozenset({("gw", "0000001")})
    assert Given((want("soumu"),), (account(),), {"gw": there("mail")}, protected=protected).planned() == []
    assert Given((want(),), linked={"gw": there()}, protected=protected).planned() == []


def test_an_account_that_is_no_person_own_is_left_alone() -> None:
    shared = account(kind=AccountKind.SHARED)
    assert [c.kind for c in Given((want(),), (shared,)).planned() if isinstance(c, Change)] == ["create"]


# --- what other hands did is said to be so


@pytest.mark.parametrize(
    ("given_", "drift"),
    [
        (Given((want(),), (account(AccountState.ACTIVE),), {"gw": there(enabled=False)}), True),
        (Given((want(),), (account(AccountState.DISABLED),), {"gw": there(enabled=False)}), False),
        (Given((want(enabled=False),), (account(AccountState.ACTIVE),), {"gw": there()}), False),
        (Given((want(enabled=False),), (account(AccountState.DISABLED),), {"gw": there()}), True),
        (Given((want(),), (account(AccountState.RESERVED),), {"gw": there(enabled=False)}), False),
        (Given((want(),), (account(AccountState.ACTIVE),)), True),
        (Given((want(),), (account(AccountState.RESERVED),)), False),
        (Given((want(),), (account(),), {"gw": there("mail")}, {"gw": frozenset({"mail"})}), False),
        (Given((want(),), (account(),), {"gw": there("mail")}), True),
        (Given((want("mail"),), (account(),), {"gw": there()}, {"gw": frozenset({"mail"})}), True),
        (Given((want("mail"),), (account(),), {"gw": there()}), False),
    ],
)
def test_what_differs_from_what_was_last_verified_is_drift(given_: Given, drift: bool) -> None:
    (change,) = given_.planned()
    assert isinstance(change, Change)
    assert change.drift is drift
    assert ("システム側が最後の確認から変わっている" in str(change)) is drift


# --- deletion


@pytest.mark.parametrize(
    ("disabled_on", "deleted"), [(date(2025, 4, 1), False), (date(2025, 3, 31), True), (None, False)]
)
def test_an_account_is_deleted_only_after_its_retention(disabled_on: date | None, deleted: bool) -> None:
    off = account(AccountState.DISABLED, system="zei", disabled_on=disabled_on)
    given_ = Given((want(system="zei", enabled=False),), (off,), {"zei": there(enabled=False)})
    assert given_.kinds() == (["delete"] if deleted else [])


@pytest.mark.parametrize(
    ("wanted", "system", "actual"),
    [
        (want(system="gw", enabled=False), "gw", there(enabled=False)),
        (want(system="zei", enabled=False, to_return=True), "zei", there(enabled=False)),
        (want(system="zei"), "zei", there()),
        (want(system="zei", enabled=False), "zei", there(enabled=True)),
    ],
    ids=["the system keeps accounts", "the holder will be back", "in use", "switched on by hand"],
)
def test_an_account_is_never_deleted_otherwise(wanted: Wanted, system: str, actual: Actual) -> None:
    off = account(AccountState.DISABLED, system=system, disabled_on=date(2020, 1, 1))
    assert "delete" not in Given((wanted,), (off,), {system: actual}).kinds()


# --- carrying the changes out gives what is wanted

_RIGHTS = st.frozensets(st.sampled_from(["mail", "soumu", "shimin", "kacho"]))
_VALUES = st.dictionaries(st.sampled_from(["cn", "ou"]), st.sampled_from([(), ("a",), ("b",)]))


@given(
    wanted_rights=_RIGHTS, held=_RIGHTS, on=st.booleans(), was_on=st.booleans(), wanted_values=_VALUES,
    values=_VALUES, state=st.sampled_from([AccountState.RESERVED, AccountState.ACTIVE, AccountState.DISABLED]),
)  # fmt: skip
def test_after_its_changes_nothing_differs(
    *, wanted_rights: frozenset[str], held: frozenset[str], on: bool, was_on: bool,
    wanted_values: dict[str, tuple[str, ...]], values: dict[str, tuple[str, ...]], state: AccountState,
) -> None:  # fmt: skip
    filled = {name: value for name, value in values.items() if value}
    now = Actual(replace(there(enabled=was_on).account, attributes=filled), held)
    given_ = Given((want(*wanted_rights, enabled=on, attributes=wanted_values),), (account(state),), {"gw": now})
    changes = [c for c in given_.planned() if isinstance(c, Change)]
    for change in sorted(changes, key=lambda c: ORDER.index(c.kind)):
        now = _carried(change, now)
    assert replace(given_, actual={"gw": now}).planned() == []


def _carried(change: Change, now: Actual) -> Actual:
    match change.kind:
        case ChangeKind.GRANT:
            return replace(now, entitlements=now.entitlements | {change.entitlement})
        case ChangeKind.REVOKE:
            return replace(now, entitlements=now.entitlements - {change.entitlement})
        case ChangeKind.MODIFY:
            merged = {**now.account.attributes, **change.after}
            filled = {name: value for name, value in merged.items() if value}
            return replace(now, account=replace(now.account, attributes=filled))
        case _:
            return replace(now, account=replace(now.account, enabled=change.kind is ChangeKind.ENABLE))


def test_what_is_taken_goes_before_what_is_given() -> None:
    order = [str(kind) for kind in ORDER]
    assert max(order.index(k) for k in ("revoke", "disable")) < min(
        order.index(k) for k in ("create", "modify", "enable", "grant")
    )
