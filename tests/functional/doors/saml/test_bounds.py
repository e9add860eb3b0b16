"""What a flood may cost: so many processes of xmlsec1 and no more, each for so long, and nothing left behind."""

import gc
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
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


def test_a_few_at_once_and_the_next_is_told_to_come_again_at_once(slow: Slow) -> None:
    xmlsec = Xmlsec(str(slow.program), at_once=2, waiting=0, wait=RUN, run=RUN)
    answers = begun(xmlsec, 2)
    slow.started(2)
    with pytest.raises(Busy, match="順番を待つ人が多すぎます"):
        xmlsec.sign_statement("<a/>", "a", "key", "_1")
    slow.gate.unlink()
    assert answers() == ["<a/>"] * 2
    assert len(slow.seen.read_text().split()) == 2
    assert set(slow.modes.read_text().split()) == {"600"}
    # Nothing of our environment, and with it no secret, goes there.
    names = {line.partition("=")[0] for line in slow.environment.read_text().splitlines()}
    assert names <= {"PWD", "OLDPWD", "SHLVL", "_"}


def test_whoever_waits_gets_their_turn(slow: Slow) -> None:
    xmlsec = Xmlsec(str(slow.program), at_once=1, waiting=2, wait=RUN, run=RUN)
    answers = begun(xmlsec, 3)
    slow.started(1)
    assert len(slow.seen.read_text().split()) == 1
    slow.gate.unlink()
    assert answers() == ["<a/>"] * 3


def begun(xmlsec: Xmlsec, count: int) -> Callable[[], list[str]]:
    """Begin to sign so many at once; gives what waits for them all, and their answers."""
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(xmlsec.sign_statement("<a/>", "a", "key", "_1")))
        for _ in range(count)
    ]
    for each in threads:
        each.start()

    def all_of_them() -> list[str]:
        for each in threads:
            each.join()
        return answers

    return all_of_them


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
