"""Whoever can write to a target gains nothing by it: what other hands altered is said every night, never obeyed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from iam.errors import Conflict
from iam.ports import TargetAccount
from iam.record.act import Act
from iam.sync.actual.reconcile import Protection, Sorting, link, protect, sort_accounts
from tests.bodies import Body, a_body, leaver, mover, row
from tests.memory import MemoryTarget, printed


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Body]:
    """Four people, settled; odd numbers at the tax section."""
    body = a_body(f"sqlite:///{tmp_path / 'iam.db'}", tmp_path / "keys.json")
    body.rows = [row(number, "0202" if number % 2 else "0101") for number in range(1, 5)]
    body.night()
    yield body
    body.store.dispose()


@pytest.fixture
def gw(town: Body) -> MemoryTarget:
    return town.targets["gw"]


def relabel(target: MemoryTarget, login: str, number: str) -> None:
    """Hands on the target: another staff number on an account."""
    account = replace(target.accounts[f"uid={login}"], link=number)
    target.accounts[account.native_id] = printed(account)


def disputed(body: Body) -> list[tuple[str, str]]:
    """What tomorrow's night asks to be decided: logins and staff numbers."""
    (report,) = body.nights(1)
    return [(each.login, each.staff_number) for each in report.disputes]


# --- whose account it is


@pytest.mark.parametrize("number", ["0000002", "9999999", ""])
def test_an_account_with_anothers_number_is_left_alone_and_said_every_night(
    town: Body, gw: MemoryTarget, number: str
) -> None:
    relabel(gw, "0000001", number)
    before = gw.content()
    town.say(mover(row(1, "0202"), "0101", "2026-03-03"))
    for _ in range(3):
        assert disputed(town) == [("0000001", "0000001")]
        assert gw.content() == before
    relabel(gw, "0000001", "0000001")
    town.settle()
    assert town.rights(1) == {"mail", "soumu"}
    assert disputed(town) == []


def test_two_accounts_that_changed_their_numbers_are_both_left_alone(town: Body, gw: MemoryTarget) -> None:
    relabel(gw, "0000001", "0000002")
    relabel(gw, "0000002", "0000001")
    before = gw.content()
    for _ in range(2):
        assert disputed(town) == [("0000001", "0000001"), ("0000002", "0000002")]
    assert gw.content() == before


def test_an_account_under_an_earlier_number_of_the_person_is_theirs(town: Body, gw: MemoryTarget) -> None:
    town.forget(2)
    town.rows = [*town.rows, row("0000902", "0202", previous_number="0000002")]
    (report,) = town.nights(1)
    assert report.disputes == []
    assert gw.rights_of("0000002") == {"mail", "shimin"}


def test_an_account_planted_under_a_reserved_login_is_not_adopted(town: Body, gw: MemoryTarget) -> None:
    gw.refuse = {"0000009"}
    town.rows = [*town.rows, row(9)]
    town.nights(1)
    gw.refuse = set()
    gw.place("0000009", "0000002", rights=["mail"])
    before = gw.content()
    for _ in range(2):
        assert ("0000009", "0000009") in disputed(town)
    assert gw.content() == before


# --- linking


def test_a_newcomer_is_not_linked_to_what_appeared_under_their_number(town: Body, gw: MemoryTarget) -> None:
    gw.place("mallory", "0000009", cn="x")
    town.rows = [*town.rows, row(9)]
    for _ in range(2):
        assert disputed(town) == [("mallory", "0000009")]
        assert gw.rights_of("mallory") == set()
    assert set(gw.accounts) == {"uid=mallory", *(f"uid=000000{n}" for n in range(1, 5))}


def by_hand(body: Body, account: TargetAccount) -> None:
    with body.store.act("tanaka") as act:
        link(act, "gw", account, body.today)


def test_somebody_may_say_that_it_is_theirs(town: Body, gw: MemoryTarget) -> None:
    gw.place("yamada", "0000009", rights=["mail", "kacho"], cn="x")
    town.rows = [*town.rows, row(9)]
    town.nights(1)
    by_hand(town, gw.accounts["uid=yamada"])
    town.settle()
    assert (town.login(9), town.rights(9)) == ("yamada", {"mail", "soumu"})
    assert town.audit_breaks() == ""


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("no number", "台帳にいません"),
        ("nobody's number", "台帳にいません"),
        ("has one", "本人には既にID 0000001 があります"),
        ("twin", "ID second もあります"),
        ("protected", "保護の印"),
        ("known", "すでに台帳にあります"),
    ],
)
def test_what_is_not_plainly_the_persons_is_not_linked(town: Body, gw: MemoryTarget, case: str, words: str) -> None:
    number = {"no number": "", "nobody's number": "7777777", "has one": "0000001"}.get(case, "0000009")
    gw.place("first", number)
    if case == "twin":
        gw.place("second", number)
    town.rows = [*town.rows, row(9)]
    town.nights(1)
    if case == "protected":
        with town.store.act("unyou") as act:
            protect(act, "gw", Protection("first", "情報政策課", "連携用", town.today), town.today)
    account = gw.accounts["uid=first"]
    with pytest.raises(Conflict, match=words):
        by_hand(town, replace(account, login="0000002") if case == "known" else account)


# --- who holds a right without being ours


@pytest.mark.parametrize("already", [True, False])
def test_an_unknown_entry_in_a_group_is_said_every_night(town: Body, gw: MemoryTarget, already: bool) -> None:
    if already:
        gw.place("backdoor")
        assert disputed(town) == []
    gw.place("backdoor", "9999999", rights=["kacho", "soumu"])
    for _ in range(3):
        (report,) = town.nights(1)
        (dispute,) = report.disputes
        assert (dispute.login, dispute.staff_number) == ("backdoor", "")
        assert "「総務部掲示板」「課長」" in dispute.reason
    gw.groups["kacho"].discard("uid=backdoor")
    assert disputed(town) == [("backdoor", "")]
    gw.groups["soumu"].discard("uid=backdoor")
    assert disputed(town) == []


def test_a_member_that_is_no_account_at_all_is_said_every_night(town: Body, gw: MemoryTarget) -> None:
    nested = "cn=admins,ou=groups"
    gw.groups["mail"].add(nested)
    assert disputed(town) == [(nested, "")]
    assert disputed(town) == [(nested, "")]
    with town.store.act("unyou") as act:
        protect(act, "gw", Protection(nested, "情報政策課", "部門の組", date(2026, 3, 10)), town.today)
    assert disputed(town) == []
    town.night("2026-03-10")
    assert disputed(town) == [(nested, "")]


def test_a_stranger_whose_entry_was_removed_is_still_said_while_a_group_names_it(town: Body, gw: MemoryTarget) -> None:
    gw.place("backdoor", rights=["kacho"])
    town.nights(1)
    del gw.accounts["uid=backdoor"]
    assert disputed(town) == [("uid=backdoor", "")]
    assert disputed(town) == [("uid=backdoor", "")]
    gw.place("backdoor")
    assert disputed(town) == [("backdoor", "")]


def test_a_protected_stranger_is_nobodys_business(town: Body, gw: MemoryTarget) -> None:
    gw.place("renkei", rights=["mail"])
    with town.store.act("unyou") as act:
        protect(act, "gw", Protection("renkei", "情報政策課", "連携用", date(2026, 12, 31)), town.today)
    assert disputed(town) == []


def test_what_a_killed_run_made_and_what_is_linked_tonight_are_no_strangers(tmp_path: Path) -> None:
    body = a_body(f"sqlite:///{tmp_path / 'iam.db'}", tmp_path / "keys.json")
    gw = body.targets["gw"]
    gw.place("yamada", "0000001", rights=["mail"])
    body.rows = [row(1), row(2), row(3)]
    gw.dies_after, gw.dies_mute = 1, True
    assert body.night().disputes == []
    gw.away, gw.dies_after, gw.dies_mute = False, None, False
    for number in (2, 3):
        if f"uid=000000{number}" in gw.accounts:
            gw.groups.setdefault("mail", set()).add(f"uid=000000{number}")
    assert disputed(body) == []
    body.store.dispose()


def test_strangers_are_sorted_with_what_they_hold(town: Body, gw: MemoryTarget) -> None:
    gw.place("backdoor", rights=["kacho", "mail"])
    gw.groups["mail"].add("cn=admins,ou=groups")
    (batch,) = gw.read(frozenset())
    with town.store.read() as connection:
        placed = list(sort_accounts(connection, "gw", batch.accounts, batch.groups, town.today))
    rogue = {each.login: each.words for each in placed if each.sorting is Sorting.ROGUE}
    assert rogue.keys() == {"backdoor", "cn=admins,ou=groups"}
    assert rogue["backdoor"].startswith("権限（kacho、mail）を持っています。")
    assert "利用者IDではありません" in rogue["cn=admins,ou=groups"]


# --- protections


def marked(act: Act, body: Body, until: date) -> None:
    protect(act, "gw", Protection("0000001", "情報政策課", "移行中", until), body.today)


def test_a_protection_lasts_a_year_at_most(town: Body) -> None:
    with town.store.act("unyou") as act:
        with pytest.raises(Conflict, match="1年以内"):
            marked(act, town, town.today + timedelta(days=367))
        marked(act, town, town.today + timedelta(days=366))


def test_a_protected_account_that_should_be_off_is_said_every_night_until_it_is(town: Body, gw: MemoryTarget) -> None:
    with town.store.act("unyou") as act:
        marked(act, town, date(2026, 12, 31))
    assert disputed(town) == []
    town.say(leaver(row(1, "0202"), "2026-03-03"))
    for _ in range(3):
        assert disputed(town) == [("0000001", "0000001")]
        assert town.is_on(1) is True
    gw.touch("0000001", enabled=False)
    assert disputed(town) == []
    gw.touch("0000001", enabled=True)
    assert disputed(town) == [("0000001", "0000001")]
