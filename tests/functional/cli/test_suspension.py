"""`iam person suspend|restore`: on a real directory, by whoever stands for the general officer, and by nobody else."""

import os
import pwd

import pytest
from click.testing import Result

from tests.functional.cli.given import Town
from tests.functional.cli.test_officers import portal
from tests.functional.cli.test_worker import started

__all__ = ["portal"]
WHO = "000001"
WHY = ("--reason", "規程違反の調査")


def run_as(town: Town, account: str, *arguments: str) -> Result:
    """Run a command as `sudo` does for an account."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "getuid", lambda: 0)
        return town.run(*arguments, SUDO_UID=str(pwd.getpwnam(account).pw_uid))


def test_an_account_goes_off_and_comes_back(settled: Town) -> None:
    done = run_as(settled, "daemon", "person", "suspend", WHO, *WHY)
    assert done.exit_code == 0, done.output
    assert "利用を停止しました（受付番号 1）" in done.stdout
    assert "1人分を反映しました（変更1件）" in done.stdout
    off = settled.accounts()
    assert [login for login, on in off.items() if not on] == [f"s{WHO}"]
    shown = settled.run("person", "show", WHO).stdout
    assert "利用停止中" in shown
    assert "daemon: 規程違反の調査 [OITA-S9.6.2.3]" in shown
    again = run_as(settled, "daemon", "person", "suspend", WHO, *WHY)
    assert (again.exit_code, "すでに停止" in again.output) == (2, True)
    back = run_as(settled, "bin", "person", "restore", WHO, "--reason", "違反はなかった")
    assert back.exit_code == 0, back.output
    assert all(settled.accounts().values())
    (told,) = settled.told("person", "show", WHO)["suspensions"]
    assert (told["by"], told["restored_by"], told["restore_reason"]) == ("daemon", "bin", "違反はなかった")
    # What was done at once is not done again by the night.
    assert settled.run("sync", "--check").exit_code == 0


def test_a_silent_directory_is_told_and_a_killed_worker_loses_nothing(settled: Town) -> None:
    settled.slapd.stop()
    done = run_as(settled, "daemon", "person", "suspend", WHO, *WHY)
    assert (done.exit_code, "portal: " in done.stdout) == (4, True), done.output
    assert "システムへの反映待ち portal" in settled.run("person", "show", WHO).stdout
    with started(settled) as worker:
        assert worker.stdout
        assert "始めました" in worker.stdout.readline()
        worker.kill()
    settled.slapd.start()
    with started(settled) as worker:
        assert worker.stdout
        assert any("1人分を反映しました" in line for line in worker.stdout)
        worker.terminate()
    assert settled.accounts()[f"s{WHO}"] is False


def test_the_console_is_no_way_around_the_general_officer(settled: Town) -> None:
    for account, words in (("nobody", "担当者ではありません"),):
        refused = run_as(settled, account, "person", "suspend", WHO, *WHY)
        assert (refused.exit_code, words in refused.output) == (2, True), refused.output
    assert all(settled.accounts().values())
    assert settled.told("person", "show", WHO)["suspensions"] == []


def test_where_roles_belong_to_posts_it_is_done_in_the_portal(portal: Town) -> None:
    for deed in ("suspend", "restore"):
        refused = run_as(portal, "daemon", "person", deed, WHO, *WHY)
        assert refused.exit_code == 2
        assert f"https://id.sakura.test/office/people/1/{deed}" in refused.output
    assert all(portal.accounts().values())
