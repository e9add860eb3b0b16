"""`iam officers`, and releases where the portal has them."""

import os
import pty
import re
import select
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest

from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.settings import load
from iam.sync.stored.release import Releasers, sign
from tests.functional.cli.given import IAM, Town, staff
from web.body.deployment import proved
from web.body.job import releasing_offices

PORTAL = """
[portal]
origin = "https://id.sakura.test"

[output]"""

HELD_BY = {
    "統括情報セキュリティ責任者": ("広域連合事務局次長", "general_officer", "OITA-S3.2.1", "0101"),
    "情報システム担当者": ("システム係", "operator", "OITA-S3.5.1", "0201"),
}


@pytest.fixture
def portal(settled: Town) -> Town:
    """The same town with a portal, and the roles at posts: 総務課 is general officer, 税務課 operator."""
    settled.edit("iam.toml", "[output]", PORTAL.lstrip())
    profile = settled.folder / "town.toml"
    titles = "".join(
        f'\n[titles."{name}"]\nstate = "assigned"\npost = "{post}"\nroles = ["{role}"]\nclause = "{clause}"\n'
        f'held_by = [{{ org = ["{org}"] }}]\n'
        for name, (post, role, clause, org) in HELD_BY.items()
    )
    profile.write_text(profile.read_text(encoding="utf-8") + titles, encoding="utf-8")
    return settled


def test_officers_are_listed_with_the_reason(portal: Town) -> None:
    said = portal.run("officers", "list")
    assert said.exit_code == 0
    assert "統括（統括情報セキュリティ責任者、広域連合事務局次長）" in said.stdout
    assert re.search(r"000001 +職員　1号 +総務課? ?主事|000001 .*主事", said.stdout)
    assert "監査（情報セキュリティ監査統括責任者" in said.stdout
    assert "だれもいません。" in said.stdout
    told = portal.told("officers", "list")
    heads = {each["staff_number"] for each in told if each["role"] == "general_officer"}
    assert heads == {"000001", "000003", "000005", "000007", "000009"}
    assert {each["how"] for each in told} == {"post"}


def test_without_posts_the_list_says_that_nobody_is_there(settled: Town) -> None:
    said = settled.run("officers", "list")
    assert (said.exit_code, said.stdout.count("だれもいません。")) == (0, 8)
    assert "仮パスワードを扱える職員が0人です" in said.stdout


def test_the_first_two_get_a_file_each_that_nobody_else_can_read(portal: Town, tmp_path: Path) -> None:
    out = tmp_path / "封筒"
    said = portal.iam("officers", "first", "000002", "000004", "--out", str(out))
    assert (said.returncode, said.stderr) == (0, "")
    files = sorted(out.iterdir())
    assert [path.name for path in files] == ["仮パスワード_000002.txt", "仮パスワード_000004.txt"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    texts = [path.read_text(encoding="utf-8") for path in files]
    assert "職員　2号" in texts[0]
    assert "職員　4号" not in texts[0]
    secrets = [re.search(r"仮パスワード +(\S+)", text).group(1) for text in texts]  # type: ignore[union-attr] # asserted by use
    assert secrets[0] != secrets[1]
    for secret in secrets:
        assert secret not in said.stdout
        assert secret.encode() not in (portal.folder / "iam.db").read_bytes()
    assert "初期設定の担当者が2人います" in portal.run("officers", "list").stdout
    first = {each["staff_number"] for each in portal.told("officers", "list") if each["how"] == "first"}
    assert first == {"000002", "000004"}


def test_nothing_is_left_behind_where_it_is_refused(portal: Town, tmp_path: Path) -> None:
    for numbers, why in (
        (("000002", "000002"), "異なる二人"),
        (("000002", "999999"), "台帳にいません"),
        (("000002", "../x"), "使えない文字"),
    ):
        refused = portal.run("officers", "first", *numbers, "--out", str(tmp_path / "封筒"))
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert why in refused.stderr
        assert not (tmp_path / "封筒").exists() or list((tmp_path / "封筒").iterdir()) == []


def test_a_file_that_is_there_already_is_not_overwritten(portal: Town, tmp_path: Path) -> None:
    kept = tmp_path / "仮パスワード_000004.txt"
    kept.write_text("大事なもの", encoding="utf-8")
    refused = portal.run("officers", "first", "000002", "000004", "--out", str(tmp_path))
    assert (refused.exit_code, "すでにあります" in refused.stderr) == (2, True)
    assert kept.read_text(encoding="utf-8") == "大事なもの"
    assert not (tmp_path / "仮パスワード_000002.txt").exists()


def test_without_a_terminal_or_a_portal_it_says_what_to_do(portal: Town, settled: Town) -> None:
    refused = portal.run("officers", "first", "000002", "000004")
    assert (refused.exit_code, "--out" in refused.stderr) == (2, True)
    portal.edit("iam.toml", '[portal]\norigin = "https://id.sakura.test"\n', "")
    refused = portal.run("officers", "first", "000002", "000004", "--out", str(portal.folder / "封筒"))
    assert (refused.exit_code, "[portal] がありません" in refused.stderr) == (2, True)


def test_it_is_refused_once_anybody_has_signed_in(portal: Town, tmp_path: Path) -> None:
    assert portal.run("officers", "first", "000002", "000004", "--out", str(tmp_path / "1")).exit_code == 0
    with sqlite3.connect(portal.folder / "iam.db") as database:
        database.execute("UPDATE password SET lapses_at = NULL")
    refused = portal.run("officers", "first", "000002", "000004", "--out", str(tmp_path / "2"))
    assert (refused.exit_code, "すでにサインインした職員がいます" in refused.stderr) == (2, True)
    assert not (tmp_path / "2").exists()


def test_on_a_terminal_no_two_are_on_one_screen(portal: Town) -> None:
    ours, theirs = pty.openpty()
    command = [str(IAM), "--config", str(portal.config), "officers", "first", "000002", "000004"]
    environment = {**os.environ, "TERM": "xterm"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True) as run:
        os.close(theirs)
        seen = _pressing_keys(ours)
        assert run.wait(30) == 0
    os.close(ours)
    screens = [part.decode(errors="replace") for part in seen.split(b"\x1b[2J")]
    assert [screen for screen in screens if "仮パスワード      " in screen]
    assert all(screen.count("仮パスワード      ") <= 1 for screen in screens)
    assert not any("2号" in screen and "4号" in screen for screen in screens)


def _pressing_keys(terminal: int) -> bytes:
    """What a terminal shows to somebody who presses a key whenever nothing more comes."""
    seen = b""
    try:
        while True:
            if not select.select([terminal], [], [], 0.3)[0]:
                os.write(terminal, b" ")
            elif not (part := os.read(terminal, 4096)):
                return seen
            else:
                seen += part
    except OSError:  # the other end is closed
        return seen


# --- releases


@pytest.fixture
def held(portal: Town) -> Town:
    """A feed that lost half of its people."""
    portal.feed(staff(4))
    assert portal.run("sync").exit_code == 3
    return portal


def test_a_held_plan_names_the_page_that_releases_it(held: Town) -> None:
    page = "https://id.sakura.test/office/plans/2"
    assert page in held.run("plan", "show", "2").stdout
    again = held.run("sync")
    assert page in again.stdout
    assert "iam plan release" not in again.stdout


def test_no_account_releases_what_the_portal_releases(held: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 0)
    (plan,) = held.told("plan", "list", "--held")
    refused = held.run("plan", "release", "2", "--hash", plan["hash"], SUDO_UID="1")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "https://id.sakura.test/office/plans/2 を開いてください" in refused.stderr
    assert held.told("plan", "show", "2")["first_officer"] is None


def test_the_worker_applies_what_two_officers_released_in_the_portal(held: Town) -> None:
    settings = load(held.config, {})
    deployment = proved(settings, str(held.config), [])
    store = Store(settings.database.url, KeyRing.read(settings.keys.file))
    offices = releasing_offices(deployment)
    assert offices is not None
    (plan,) = held.told("plan", "list", "--held")
    try:
        for number in ("000001", "000002"):
            with store.act(f"staff:{number}") as act:
                sign(act, store.keys, 2, Releasers(act.connection, offices, jst_day(act.at)), plan["hash"])
    finally:
        store.dispose()

    done = held.run("worker", "--once")

    assert (done.exit_code, "計画 2: 適用しました。" in done.stdout) == (0, True)
    assert "確認した担当者 staff:000001、staff:000002" in held.run("plan", "show", "2").stdout
    assert held.told("plan", "show", "2")["state"] == "applied"
    assert "計画" not in held.run("worker", "--once").stdout
