"""`iam audit` as an operator and an auditor use it."""

import json
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from iam.errors import ConfigurationError, IntegrityError, StoreError
from iam.record.audit.checkpoint import checkpoints_in
from iam.record.keys import KeyRing
from iam.record.store import Store
from tests.functional.record.conftest import Owner, verdict_on
from web.cli.audit import audit


@dataclass
class PlainDesk:
    store: Store
    keys: KeyRing
    actor: str = "tanaka"


def iam_audit(store: Store | None, *arguments: str | Path) -> Result:
    desk = PlainDesk(store, store.keys) if store else None
    return CliRunner().invoke(audit, [str(each) for each in arguments], obj=desk)


def test_a_whole_audit_is_settled_and_says_what_is_open(ten_records: Store) -> None:
    result = iam_audit(ten_records, "verify")
    assert result.exit_code == 0
    assert "正しくつながっています（記録 10 件" in result.output
    assert "確かめられないこと: " in result.output


def test_a_broken_audit_exits_5_and_names_the_record(ten_records: Store, owner: Owner) -> None:
    owner("UPDATE audit_record SET actor = 'x' WHERE number = 4")
    result = iam_audit(ten_records, "verify")
    assert result.exit_code == 5
    assert "記録 4: 内容が記録した時から書き換えられています" in result.output
    assert "記録 1 から 3 まで" in result.output


def test_a_verdict_as_json_is_for_scripts(ten_records: Store, owner: Owner) -> None:
    whole = json.loads(iam_audit(ten_records, "verify", "--json").output)
    assert (whole["whole"], whole["checked"], whole["broken"]) == (True, 10, None)
    owner("DELETE FROM audit_record WHERE number = 4")
    result = iam_audit(ten_records, "verify", "--json")
    assert result.exit_code == 5
    assert json.loads(result.output)["broken"]["number"] == 4


def test_an_auditor_verifies_the_file_with_the_public_key_alone(ten_records: Store, tmp_path: Path) -> None:
    exported, public = tmp_path / "audit.jsonl", tmp_path / "audit.pem"
    made = iam_audit(ten_records, "export", exported, "--public-key", public)
    assert made.exit_code == 0
    assert "10 件" in made.output
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600

    result = iam_audit(None, "verify", "--export", exported, "--public-key", public)
    assert result.exit_code == 0
    exported.write_bytes(exported.read_bytes().replace(b"tanaka", b"tanaca", 1))
    result = iam_audit(None, "verify", "--export", exported, "--public-key", public)
    assert result.exit_code == 5


def test_an_export_never_writes_over_a_file(ten_records: Store, tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_text("大切な記録")
    result = iam_audit(ten_records, "export", tmp_path / "audit.jsonl")
    assert isinstance(result.exception, ConfigurationError)
    assert (tmp_path / "audit.jsonl").read_text() == "大切な記録"


def test_a_broken_audit_leaves_no_export(ten_records: Store, owner: Owner, tmp_path: Path) -> None:
    owner("DELETE FROM audit_record WHERE number = 4")
    result = iam_audit(ten_records, "export", tmp_path / "audit.jsonl")
    assert isinstance(result.exception, IntegrityError)
    assert not (tmp_path / "audit.jsonl").exists()


def test_a_checkpoint_is_one_line_that_can_be_kept_and_asked_again(ten_records: Store, tmp_path: Path) -> None:
    kept = tmp_path / "checkpoints.txt"
    first = iam_audit(ten_records, "checkpoint", "--append", kept)
    second = iam_audit(ten_records, "checkpoint", "--append", kept, "--json")
    assert first.exit_code == second.exit_code == 0
    assert [each.number for each in checkpoints_in(kept.read_text().splitlines())] == [10, 11]
    assert json.loads(second.output)["line"] == kept.read_text().splitlines()[1]

    result = iam_audit(ten_records, "verify", "--checkpoints", kept)
    assert result.exit_code == 0
    assert "記録 12 から 12" in result.output
    assert verdict_on(ten_records).checkpoints == 2


def test_a_checkpoint_that_cannot_be_kept_is_still_shown(ten_records: Store, tmp_path: Path) -> None:
    result = iam_audit(ten_records, "checkpoint", "--append", tmp_path / "nowhere" / "kept.txt")
    assert isinstance(result.exception, StoreError)
    assert "kagimori-audit-checkpoint number=10" in str(result.exception)


def test_a_file_without_checkpoints_is_named(ten_records: Store, tmp_path: Path) -> None:
    (tmp_path / "syslog").write_text("Apr  1 09:00:00 host kernel: hello\n")
    result = iam_audit(ten_records, "verify", "--checkpoints", tmp_path / "syslog")
    assert isinstance(result.exception, ConfigurationError)


@pytest.mark.parametrize("arguments", [("--export", "x"), ("--public-key", "x")])
def test_an_export_and_its_key_belong_together(ten_records: Store, arguments: tuple[str, ...]) -> None:
    assert iam_audit(ten_records, "verify", *arguments).exit_code == 2


def test_the_head_is_printed_and_its_seal_checked(ten_records: Store, owner: Owner) -> None:
    result = iam_audit(ten_records, "head", "--json")
    assert result.exit_code == 0
    assert json.loads(result.output) == {"number": 10, "hash": verdict_on(ten_records).hash, "sealed": True}
    owner("UPDATE audit_head SET hmac = 'x'")
    assert iam_audit(ten_records, "head").exit_code == 5
