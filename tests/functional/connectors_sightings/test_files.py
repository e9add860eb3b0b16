"""A log is read as long as it was when it was looked at, whoever writes it meanwhile."""

import hashlib
from pathlib import Path

import pytest

from connectors.sightings import LARGEST, Content, open_log
from iam.errors import SourceError
from iam.ports import Sighting

LINE = b"2026-11-21T09:00:0%d+09:00 a su: (to root) b on c\n"


def test_what_a_service_appends_while_we_read_is_for_the_next_time(tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_bytes(LINE % 1 + LINE % 2 + b"2026-11-21T09:00:03+09:00 a su: (to ro")
    source = open_log(Content.at(log))
    before = log.read_bytes()
    with log.open("ab") as file:
        file.write(b"ot) b on c\n" + LINE % 4)
    assert [each.place for each in source.read()] == ["auth.log 1行目", "auth.log 2行目"]
    assert source.sha256 == hashlib.sha256(before).hexdigest()
    later = [each for each in open_log(Content.at(log)).read() if isinstance(each, Sighting)]
    assert [each.place.split()[1] for each in later] == ["1行目", "2行目", "3行目", "4行目"]


def test_a_log_that_is_cut_or_gone_or_no_file_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "auth.log"
    log.write_bytes(LINE % 1 * 10_000)
    source = open_log(Content.at(log))
    log.write_bytes(LINE % 1)
    with pytest.raises(SourceError, match="切り詰め"):
        list(source.read())
    log.unlink()
    for path in (log, tmp_path):
        with pytest.raises(SourceError, match="ファイル"):
            Content.at(path)
    with log.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(SourceError, match="大きすぎ"):
        Content.at(log)
