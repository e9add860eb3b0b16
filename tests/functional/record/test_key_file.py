"""The key file: made for its owner alone, refused when others can read it."""

from pathlib import Path

import pytest

from iam.errors import ConfigurationError, IntegrityError
from iam.record.keys import KeyRing
from iam.record.store import Store
from tests.functional.record.conftest import verdict_on


def test_a_ring_is_made_for_its_owner_alone_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made = KeyRing.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KeyRing.read(path) == made


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_ring_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    KeyRing.create(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        KeyRing.read(path)


def test_a_ring_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made = KeyRing.create(path)
    with pytest.raises(ConfigurationError, match="すでにあります"):
        KeyRing.create(path)
    assert KeyRing.read(path) == made


def test_rotation_adds_a_key_and_keeps_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    old = KeyRing.create(path)
    new = old.rotate(path)
    assert KeyRing.read(path) == new
    assert new.current != old.current
    assert new.open("totp", old.seal("totp", b"secret")) == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"current": "a", "keys": {}}',
        '{"current": "a", "keys": {"a": "AAAA"}}',
        '{"current": "a", "keys": []}',
        "鍵",
    ],
)
def test_a_damaged_ring_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"keys\.json"):
        KeyRing.read(path)


def test_a_missing_ring_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="がありません"):
        KeyRing.read(tmp_path / "keys.json")
    with pytest.raises(ConfigurationError, match="作成できません"):
        KeyRing.create(tmp_path / "nowhere" / "keys.json")


def test_whoever_runs_while_the_keys_are_rotated_goes_on_with_the_new_ones(ten_records: Store, tmp_path: Path) -> None:
    path = tmp_path / "running.json"
    path.touch(0o600)
    path.write_text(ten_records.keys.text())
    running, rotating = (Store(ten_records.url, KeyRing.read(path), schema=None) for _ in range(2))
    rotating.keys = rotating.keys.rotate(path)
    with rotating.act("tanaka") as act:
        act.record("keys.rotated", rotating.keys.current, {})
    with running.act("worker") as act:
        act.record("use.closed", "use 1", {})
    assert running.keys.current == rotating.keys.current
    assert verdict_on(running).whole
    running.dispose()
    rotating.dispose()


def test_a_ring_does_not_follow_a_file_that_lost_a_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    KeyRing.create(path)
    ring, before = KeyRing.read(path), KeyRing.read(path).current
    path.unlink()
    other = KeyRing.create(path)
    assert not ring.has(other.current)
    assert ring.current == before


def test_the_audit_stays_whole_over_a_rotation(ten_records: Store, tmp_path: Path) -> None:
    ten_records.keys = ten_records.keys.rotate(tmp_path / "keys.json")
    assert verdict_on(ten_records).whole
    with ten_records.act("tanaka") as act:
        act.record("key.rotated", "keys")
    assert verdict_on(ten_records).whole


def test_another_ring_neither_appends_nor_vouches(ten_records: Store, tmp_path: Path) -> None:
    ten_records.keys = KeyRing.create(tmp_path / "other.json")
    with pytest.raises(IntegrityError, match="鍵ファイルにありません"), ten_records.act("tanaka") as act:
        act.record("account.created", "gyosei/u1")
    assert not verdict_on(ten_records).whole
