"""What a flood may cost: so many processes of xmlsec1 and no more, each for so long, and nothing left behind."""

import gc
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from iam.errors import Busy
from web.doors.saml.wire.xmlsec import Xmlsec, installed

SLOW = """#!/bin/sh
[ "$1" = --version ] && exec echo "xmlsec1 1.2.37 (openssl)"
echo x >> "{seen}"
while [ -e "{gate}" ]; do sleep 0.01; done
for each; do [ "$last" = --output ] && out=$each; last=$each; done
stat -c %a "$last" "$out" >> "{modes}"
env >> "{environment}"
cat "$last" > "$out"
"""
WAIT, RUN = 0.1, 20.0


class Slow:
    """A program that takes as long as the gate is shut."""

    def __init__(self, folder: Path) -> None:
        self.gate, self.seen, self.modes, self.environment = (
            folder / name for name in ("gate", "seen", "modes", "env")
        )
        self.program = folder / "xmlsec1"
        self.program.write_text(
            SLOW.format(seen=self.seen, gate=self.gate, modes=self.modes, environment=self.environment)
        )
        self.program.chmod(0o700)
        self.gate.touch()

    def started(self, count: int) -> None:
        """Wait until so many run."""
        end = time.monotonic() + 20
        while not self.seen.exists() or len(self.seen.read_text().split()) < count:
            assert time.monotonic() < end
            time.sleep(0.005)


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield Slow(tmp_path)
    gc.collect()  # what an error still points to
    assert list(temporary.iterdir()) == []


def test_a_few_at_once_a_few_that_wait_and_the_next_is_told_to_come_again(slow: Slow) -> None:
    xmlsec = Xmlsec(str(slow.program), at_once=2, waiting=1, wait=RUN, run=RUN)
    answers: list[str] = []

    def sign() -> None:
        answers.append(xmlsec.sign_statement("<a/>", "a", "key", "_1"))

    three = [threading.Thread(target=sign) for _ in range(3)]
    for each in three:
        each.start()
    slow.started(2)
    with pytest.raises(Busy, match="順番を待つ人が多すぎます"):
        _until_full(xmlsec)
    assert len(slow.seen.read_text().split()) == 2
    slow.gate.unlink()
    for each in three:
        each.join()
    assert answers == ["<a/>"] * 3
    assert set(slow.modes.read_text().split()) == {"600"}
    # Nothing of our environment, and with it no secret, goes there.
    assert {line.partition("=")[0] for line in slow.environment.read_text().splitlines()} <= {
        "PWD",
        "SHLVL",
        "_",
        "OLDPWD",
    }


def _until_full(xmlsec: Xmlsec) -> None:
    """Ask, without waiting, until there is no place left."""
    patience = time.monotonic() + 20
    impatient = Xmlsec.__new__(Xmlsec)
    impatient.__dict__ = {**xmlsec.__dict__, "_wait": 0.01}
    while time.monotonic() < patience:
        try:
            impatient.sign_statement("<a/>", "a", "key", "_1")
        except Busy:
            if not xmlsec._places.acquire(blocking=False):  # noqa: SLF001 - whether the third waits by now
                raise
            xmlsec._places.release()  # noqa: SLF001 - as above


def test_whoever_waits_too_long_is_told_so_and_whatever_runs_too_long_is_ended(slow: Slow) -> None:
    quick = Xmlsec(str(slow.program), at_once=1, waiting=5, wait=WAIT, run=WAIT)
    with pytest.raises(Busy, match="時間がかかりすぎました"):
        quick.sign_statement("<a/>", "a", "key", "_1")
    slow.started(1)
    xmlsec = Xmlsec(str(slow.program), at_once=1, waiting=5, wait=WAIT, run=RUN)
    first = threading.Thread(target=xmlsec.sign_statement, args=("<a/>", "a", "key", "_1"))
    first.start()
    slow.started(2)
    with pytest.raises(Busy, match="順番を待つ人が多すぎます"):
        xmlsec.sign_statement("<a/>", "a", "key", "_1")
    slow.gate.unlink()
    first.join()


def test_the_program_is_found_where_an_administrator_put_it() -> None:
    found = Path(installed())
    assert found.is_absolute()
    assert found.stat().st_mode & stat.S_IXUSR
