"""What an auditor with the file and the public keys can and cannot know."""

from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from iam.errors import IntegrityError, NotFound
from iam.record.audit.checkpoint import Checkpoint, checkpoint, checkpoints_in
from iam.record.audit.export import export, verify_export
from iam.record.audit.verify import Verdict
from iam.record.keys import KeyRing, keys_of_pem, pem_of
from iam.record.store import Store
from tests.functional.record.conftest import Owner

Lines = list[bytes]


def write_export(store: Store, path: Path) -> Verdict:
    with store.read() as connection, path.open("wb") as file:
        return export(connection, store.keys, file, store.clock())


@pytest.fixture
def line_that_left(ten_records: Store) -> str:
    with ten_records.act("tanaka") as act:
        return checkpoint(act, ten_records.keys).line()


@pytest.fixture
def exported(ten_records: Store, line_that_left: str, tmp_path: Path) -> Path:
    with ten_records.act("tanaka") as act:
        act.record("account.disabled", "gyosei/u1")
    path = tmp_path / "audit.jsonl"
    write_export(ten_records, path)
    return path


def judged(path: Path, store: Store, witnessed: list[Checkpoint] | None = None) -> Verdict:
    return verify_export(path, keys_of_pem(pem_of(store.keys.public_keys())), witnessed or [])


def test_an_untouched_file_is_whole_and_says_what_it_cannot_prove(exported: Path, ten_records: Store) -> None:
    verdict = judged(exported, ten_records)
    assert verdict.whole
    assert (verdict.checked, verdict.checkpoints) == (12, 1)
    assert ["1 から 12" in verdict.unproved[0], "書き出しより後" in verdict.unproved[1]] == [True, True]


def test_a_line_that_left_the_host_proves_everything_before_it(
    exported: Path, ten_records: Store, line_that_left: str
) -> None:
    verdict = judged(exported, ten_records, checkpoints_in([line_that_left]))
    assert verdict.whole
    assert "11 から 12" in verdict.unproved[0]


def test_anybody_can_follow_the_chain_with_sha256_alone(exported: Path) -> None:
    records = [line for line in exported.read_bytes().splitlines() if line.startswith(b'{"number"')]
    for before, after in pairwise(records):
        assert sha256(before).hexdigest().encode() in after


def test_an_empty_audit_exports_and_verifies(store: Store, tmp_path: Path) -> None:
    write_export(store, tmp_path / "audit.jsonl")
    assert judged(tmp_path / "audit.jsonl", store).whole


def test_other_line_ends_change_nothing(exported: Path, ten_records: Store) -> None:
    exported.write_bytes(exported.read_bytes().replace(b"\n", b"\r\n"))
    assert judged(exported, ten_records).whole


@pytest.mark.parametrize(
    ("change", "number"),
    [
        (lambda lines: [line.replace(b"tanaka", b"tanaca") if b'"number":3,' in line else line for line in lines], 3),
        (lambda lines: [line.replace(b"disabled", b"enabled") for line in lines], 12),
        (lambda lines: lines[:3] + lines[4:], 3),
        (lambda lines: lines[:1] + lines[2:], 1),
        (lambda lines: lines[:-2] + lines[-1:], 11),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], 3),
        (lambda lines: [*lines[:3], lines[3], lines[3], *lines[4:]], 4),
        (lambda lines: [line for line in lines if b"checkpoint " not in line], 12),
        (
            lambda lines: [
                line.replace(b"checkpoint number=10 hash=", b"checkpoint number=10 hash=0") for line in lines
            ],
            10,
        ),
        (lambda lines: lines[:-1], 13),
        (lambda lines: lines[:6], 6),
        (lambda lines: [*lines, lines[-1]], 13),
        (lambda lines: [*lines[:-1], lines[-1].replace(b'"number":12', b'"number":11')], 12),
        (lambda lines: [*lines[:4], b"{}", *lines[4:]], 4),
        (lambda lines: [*lines[:4], b"", *lines[4:]], 4),
        (lambda lines: lines[1:], 0),
    ],
    ids=[
        "changed",
        "last changed",
        "dropped",
        "first dropped",
        "last dropped",
        "swapped",
        "doubled",
        "checkpoint dropped",
        "checkpoint changed",
        "signature cut",
        "tail cut",
        "something behind",
        "end changed",
        "foreign line",
        "empty line",
        "no first line",
    ],
)
def test_a_changed_file_is_found(
    exported: Path, ten_records: Store, change: Callable[[Lines], Lines], number: int
) -> None:
    exported.write_bytes(b"\n".join(change(exported.read_bytes().splitlines())) + b"\n")
    broken = judged(exported, ten_records).broken
    assert broken is not None
    assert broken.number == number


def test_a_file_signed_by_another_is_not_believed(exported: Path, tmp_path: Path) -> None:
    verdict = verify_export(exported, KeyRing.create(tmp_path / "other.json").public_keys())
    assert verdict.broken is not None
    assert "公開鍵がありません" in verdict.broken.what


def test_checkpoints_of_an_older_key_are_passed_over_aloud(ten_records: Store, tmp_path: Path) -> None:
    old = ten_records.keys
    with ten_records.act("tanaka") as act:
        checkpoint(act, old)
    ten_records.keys = old.rotate(tmp_path / "keys.json")
    write_export(ten_records, tmp_path / "audit.jsonl")
    current = ten_records.keys.current
    verdict = verify_export(tmp_path / "audit.jsonl", {current: ten_records.keys.public_key(current)})
    assert verdict.whole
    assert old.current in verdict.unproved[0]


@pytest.mark.parametrize("number", [10, 12, 13])
def test_a_file_that_a_line_kept_elsewhere_contradicts_is_not_whole(
    exported: Path, ten_records: Store, line_that_left: str, number: int
) -> None:
    # The key's holder can make all records anew and sign them, but not take back what has left.
    (true,) = checkpoints_in([line_that_left])
    kept = Checkpoint(number, sha256(b"as it was").hexdigest(), true.at, true.key_id).signed(ten_records.keys)
    broken = judged(exported, ten_records, [kept]).broken
    assert broken is not None
    assert broken.number == number


def test_two_lines_that_contradict_each_other_are_found(
    exported: Path, ten_records: Store, line_that_left: str
) -> None:
    (true,) = checkpoints_in([line_that_left])
    other = Checkpoint(true.number, sha256(b"x").hexdigest(), true.at, true.key_id).signed(ten_records.keys)
    broken = judged(exported, ten_records, [true, other]).broken
    assert broken is not None
    assert "二つ" in broken.what


def test_a_broken_audit_is_never_signed(ten_records: Store, owner: Owner, tmp_path: Path) -> None:
    owner("UPDATE audit_record SET actor = 'x' WHERE number = 3")
    with pytest.raises(IntegrityError, match="記録 3"):
        write_export(ten_records, tmp_path / "audit.jsonl")
    assert (tmp_path / "audit.jsonl").read_bytes() == b""


def test_a_missing_file_is_named(ten_records: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nowhere\.jsonl"):
        judged(tmp_path / "nowhere.jsonl", ten_records)
