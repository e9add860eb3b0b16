"""A held plan: what is shown of it, and the two people who let it go."""

import os
import pwd
import sqlite3
from collections.abc import Callable

import pytest
from click.testing import Result

from tests.functional.cli.given import Row, Town, staff

RunAs = Callable[..., Result]


@pytest.fixture
def held(settled: Town) -> Town:
    """A feed that lost half of its people, and gives one of the others another post."""
    settled.feed([*staff(4), Row("000005", "職員　5号", org="0201", kind="02", since="2026-01-01")])
    shown = settled.iam("sync")
    assert shown.returncode == 3
    assert "jinji: 5行（新しい行 1、無くなった行 6、名簿に見当たらない職員 5）  取り込みません（保留）" in shown.stdout
    return settled


@pytest.fixture
def run_as(monkeypatch: pytest.MonkeyPatch) -> RunAs:
    """Runs a command as `sudo` does for an account."""
    monkeypatch.setattr(os, "getuid", lambda: 0)

    def run(town: Town, account: str, *arguments: str) -> Result:
        return town.run(*arguments, SUDO_UID=str(pwd.getpwnam(account).pw_uid))

    return run


def hash_of(town: Town) -> str:
    (plan,) = town.told("plan", "list", "--held")
    found: str = plan["hash"]
    return found


def test_a_held_plan_says_why_it_waits_and_what_to_do(held: Town) -> None:
    seen = hash_of(held)[:12]
    shown = held.run("plan", "show", "2").stdout
    assert "計画 2  保留  変更 1件" in shown
    assert "保留の理由: 供給元「jinji」の行数が前回の10行から5行に変わりました（許容は±1行） [OITA-S8.3.5.1]" in shown
    assert "解除すると取り込む名簿: 供給元「jinji」 5行（新しい行 1、無くなった行 6、受け付けなかった行 0）" in shown
    assert f"iam plan release 2 --hash {seen}" in shown
    assert all(held.accounts().values())


def test_two_officers_let_it_go_exactly_as_it_was_shown(held: Town, run_as: RunAs) -> None:
    seen = hash_of(held)
    first = run_as(held, "daemon", "plan", "release", "2", "--hash", seen)
    assert (first.exit_code, "1人目" in first.stdout) == (0, True)
    assert held.told("sync", "--check")["exit_code"] == 3

    second = run_as(held, "bin", "plan", "release", "2", "--hash", seen[:8])
    assert second.exit_code == 0
    assert "計画 2 の保留を解除し、適用しました: 1件" in second.stdout
    assert "確認した担当者 daemon、bin" in held.run("plan", "show", "2").stdout
    assert held.iam("sync", "--check").returncode == 0
    right = held.told("person", "show", "000005")["accounts"][0]["holdings"]
    assert {"tax", "staff"} == {each["entitlement"] for each in right if not each["until"]}


def test_the_same_officer_cannot_sign_twice(held: Town, run_as: RunAs) -> None:
    seen = hash_of(held)
    assert run_as(held, "daemon", "plan", "release", "2", "--hash", seen).exit_code == 0
    again = run_as(held, "daemon", "plan", "release", "2", "--hash", seen)
    assert (again.exit_code, again.stdout) == (2, "")
    assert "同じ人が二度確認することはできません" in again.stderr
    assert held.told("plan", "show", "2")["second_officer"] is None


@pytest.mark.parametrize("seen", ["0" * 12, "", "ab"])
def test_a_hash_that_was_not_shown_is_refused(held: Town, run_as: RunAs, seen: str) -> None:
    refused = run_as(held, "daemon", "plan", "release", "2", "--hash", seen)
    assert (refused.exit_code, "照合値が違います" in refused.stderr) == (2, True)
    assert held.told("plan", "show", "2")["first_officer"] is None


def test_whoever_is_no_officer_cannot_sign(held: Town, run_as: RunAs) -> None:
    refused = run_as(held, "nobody", "plan", "release", "2", "--hash", hash_of(held))
    assert refused.exit_code == 2
    assert "「nobody」は保留解除の担当者ではありません" in refused.stderr


def test_only_root_is_believed_about_who_called_sudo(held: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: pwd.getpwnam("nobody").pw_uid)
    refused = held.run("plan", "release", "2", "--hash", hash_of(held), SUDO_UID=str(pwd.getpwnam("daemon").pw_uid))
    assert refused.exit_code == 2
    assert "「nobody」は保留解除の担当者ではありません" in refused.stderr


def test_a_plan_that_somebody_altered_is_neither_shown_nor_signed(held: Town, run_as: RunAs) -> None:
    seen = hash_of(held)
    with sqlite3.connect(held.folder / "iam.db") as database:
        database.execute("UPDATE plan_change SET login = 's000001' WHERE plan_id = 2")
    for arguments in (["show", "2"], ["release", "2", "--hash", seen]):
        refused = run_as(held, "daemon", "plan", *arguments)
        assert refused.exit_code == 5
        assert "計画 2 の中身が保存後に変えられています" in refused.stderr


def test_a_plan_of_an_older_reading_can_no_longer_be_signed(held: Town, run_as: RunAs) -> None:
    seen = hash_of(held)
    held.feed(staff(10))
    assert held.iam("sync").returncode == 0
    late = run_as(held, "daemon", "plan", "release", "2", "--hash", seen)
    assert late.exit_code == 2
    assert "計画 2 は保留中ではありません（いまは「差替済」）。" in late.stderr


def test_a_plan_that_does_not_exist_is_not_found(settled: Town) -> None:
    missing = settled.run("plan", "show", "99")
    assert (missing.exit_code, missing.stderr) == (
        2,
        "エラー: 計画 99 はありません。iam plan list で番号を確かめてください。\n",
    )


def test_the_plan_names_who_made_it(settled: Town) -> None:
    assert settled.told("plan", "show", "1")["made_by"] == pwd.getpwuid(os.getuid()).pw_name
