"""`iam privilege`: what there is, what is open, ending a use; and no way to loosen anything (R13, R17, law 4)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from iam.privilege.books import delegation_table, privileged_id_table, use_table
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.sync.urgent.errands import Errand, ErrandKind, Mode, put
from tests.functional.cli.given import Town
from tests.functional.cli.test_officers import portal

__all__ = ["portal"]


@pytest.fixture
def store(portal: Town) -> Iterator[Store]:
    store = Store(f"sqlite:///{portal.folder / 'iam.db'}", KeyRing.read(portal.folder / "keys.json"))
    yield store
    store.dispose()


def registered(store: Store) -> None:
    """One privileged ID, one delegation that nobody's standing bears out, one use that is open on the target."""
    with store.act("test") as act:
        connection, at, day = act.connection, act.at, act.at.date()
        connection.execute(privileged_id_table.insert().values(
            id=1, system="portal", mode="enable", login="root1", comparable="root1", entitlement="", purpose="保守",
            most_holders=2, emergency=True, kept=False, note="", registered_at=at, changed_at=at,
        ))  # fmt: skip
        connection.execute(delegation_table.insert().values(
            id=1, delegate_id=2, privileged_ids=[1], valid_from=day - timedelta(days=1),
            valid_until=day + timedelta(days=9), conditions="", reason="更新作業", content_hash="0", posts="",
            state="live", nominated_by=1, nominated_at=at, lapses_at=at, approved_by=3, approved_at=at, noticed_at=at,
            end_reason="", review="",
        ))  # fmt: skip
        connection.execute(use_table.insert().values(id=1, **open_use(at)))
        act.record("use.asked", "use 1", {"purpose": "更新作業"})
        put(act, Errand(
            system="portal", login="root1", kind=ErrandKind.OPEN, mode=Mode.ENABLE, subject="use 1",
            rule="delegation 1", clause="baseline", words="利用",
        ))  # fmt: skip


def open_use(at: datetime) -> dict[str, object]:
    return {
        "privileged_id": 1, "slot": "portal root1", "person_id": 2, "delegation_id": 1, "emergency": False,
        "purpose": "更新作業", "decision_number": "6総第9号", "minutes": 60, "login": "root1", "address": "192.0.2.1",
        "proofs": [], "state": "open", "asked_at": at, "lapses_at": at, "witness_id": 4, "joined_at": at,
        "opened_at": at, "ends_at": at + timedelta(hours=1), "end_reason": "", "record": "", "approval": "",
    }  # fmt: skip


def test_what_there_is_and_what_is_open_is_told_and_ended(portal: Town, store: Store) -> None:
    registered(store)
    (listed,) = portal.told("privilege", "list")
    # The delegation's content is not what was approved: it holds for nobody.
    assert (listed["login"], listed["holders"], listed["in_use"]) == ("root1", [], True)
    (held,) = portal.told("privilege", "delegations")
    assert (held["state"], held["broken"] != "") == ("live", True)
    assert "失効（" in portal.run("privilege", "show", "1").stdout
    assert "職員　2号（000002）" in portal.run("privilege", "uses", "--open").stdout
    assert portal.run("privilege", "undone", "--check").exit_code == 1

    ended = portal.run("privilege", "end", "1", "--reason", "不審な操作の連絡")
    assert (ended.exit_code, "終了処理中" in ended.stdout) == (0, True), ended.output
    assert portal.run("privilege", "end", "1", "--reason", "もう一度").exit_code == 0, "ending twice changes nothing"
    shown = portal.run("privilege", "use", "1").stdout
    assert "担当者が終えた（不審な操作の連絡）" in shown
    assert shown.index("利用を申請した") < shown.index("利用を終えた")
    (errand,) = [each for each in portal.told("privilege", "undone") if each["kind"] == "close"]
    assert (errand["login"], errand["subject"]) == ("root1", "use 1")
    assert portal.run("privilege", "use", "99").exit_code == 2


def test_what_loosens_is_not_done_by_an_account(portal: Town, store: Store) -> None:
    registered(store)
    for verb in ("register", "reveal"):
        refused = portal.run("privilege", verb, "1", "--reason", "急ぎのため")
        assert (refused.exit_code, "https://id.sakura.test/" in refused.output) == (2, True), refused.output
    with store.read() as connection:
        assert connection.execute(use_table.select()).one().state == "open"


def test_without_a_portal_nobody_uses_any(settled: Town) -> None:
    assert settled.run("privilege", "list").exit_code == 2
    assert "残っている操作はありません" in settled.run("privilege", "undone", "--check").stdout
