"""`iam keys rotate`: a fresh key, and an audit that stays whole over it."""

import json
import os
import sqlite3
from pathlib import Path

import pytest

from iam.record.keys import KeyRing
from iam.record.store import Store
from tests.functional.cli.given import Town


def ring(town: Town) -> KeyRing:
    return KeyRing.read(town.folder / "keys.json")


def records(town: Town) -> list[tuple[str, str, str]]:
    with sqlite3.connect(town.folder / "iam.db") as database:
        return database.execute("SELECT action, subject, detail FROM audit_record ORDER BY number").fetchall()


def sealed_by(town: Town) -> str:
    with sqlite3.connect(town.folder / "iam.db") as database:
        (found,) = database.execute("SELECT key_id FROM audit_head").fetchone()
    return str(found)


def test_a_rotation_is_recorded_under_the_new_key_and_the_audit_stays_whole(settled: Town) -> None:
    old = ring(settled)
    rotated = settled.run("keys", "rotate")
    new = ring(settled)
    assert (rotated.exit_code, f"鍵を更新しました: {old.current} から {new.current}" in rotated.stdout) == (0, True)
    assert records(settled)[-1] == (
        "keys.rotated",
        new.current,
        json.dumps({"before": old.current}, separators=(",", ":")),
    )
    assert sealed_by(settled) == new.current != old.current
    assert new.has(old.current)
    assert settled.run("audit", "verify").exit_code == 0
    assert settled.run("sync").exit_code == 0


def test_an_auditor_verifies_what_was_sealed_before_and_after(settled: Town, tmp_path: Path) -> None:
    assert settled.run("audit", "checkpoint").exit_code == 0
    assert settled.run("keys", "rotate").exit_code == 0
    assert settled.run("audit", "checkpoint").exit_code == 0
    exported, public = str(tmp_path / "audit.jsonl"), str(tmp_path / "public.pem")
    assert settled.run("audit", "export", exported, "--public-key", public).exit_code == 0
    assert settled.run("audit", "verify", "--export", exported, "--public-key", public).exit_code == 0


def test_a_script_is_told_both_keys(settled: Town) -> None:
    before = ring(settled).current
    told = settled.told("keys", "rotate")
    assert told == {"current": ring(settled).current, "previous": before}


def test_no_key_is_changed_under_a_night(settled: Town) -> None:
    before = ring(settled)
    store = Store(f"sqlite:///{settled.folder / 'iam.db'}", before)
    with store.exclusive("sync"):
        refused = settled.run("keys", "rotate")
    store.dispose()
    assert (refused.exit_code, "ほかの sync が実行中です" in refused.stderr) == (4, True)
    assert ring(settled) == before


def test_a_ring_that_did_not_seal_the_audit_is_left_as_it_is(settled: Town) -> None:
    (settled.folder / "keys.json").unlink()
    stranger = KeyRing.create(settled.folder / "keys.json")
    refused = settled.run("keys", "rotate")
    assert (refused.exit_code, "鍵は更新していません" in refused.stderr) == (5, True)
    assert ring(settled) == stranger


def test_the_file_keeps_its_owner(settled: Town) -> None:
    path = settled.folder / "keys.json"
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    before = path.stat()
    assert settled.run("keys", "rotate").exit_code == 0
    after = path.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert after.st_ino != before.st_ino


def test_the_help_says_what_to_do_afterwards(town: Town) -> None:
    shown = town.run("keys", "rotate", "--help").stdout
    for words in ("鍵ファイルの控えを取り直し", "公開鍵を渡し直して"):
        assert words in shown


@pytest.mark.parametrize("words", ["keys", "証跡を封印する鍵と、トークンに署名する鍵を更新します。"])
def test_the_list_of_commands_names_it(town: Town, words: str) -> None:
    assert words in town.run("--help").stdout


@pytest.mark.parametrize("command", ["rotate", "roll-tokens"])
def test_an_emergency_has_a_reason(settled: Town, command: str) -> None:
    refused = settled.run("keys", command, "--emergency", " ")
    assert refused.exit_code == 2
    assert "急ぐ理由を書いてください" in refused.stderr
