"""Several processes take the same step at the same moment: one of them takes it."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from iam.signin.tokens.issued import TokenKind
from tests.functional.tokens.conftest import Counter

RACERS = 3


def race(counter: Counter, key_file: Path, *steps: str) -> Iterator[list[str]]:
    """What each process says, of one step after the other."""
    url = counter.hall.store.url.render_as_string(hide_password=False)
    at = counter.hall.clock.now.isoformat()
    command = [sys.executable, "-m", "tests.functional.tokens.racing", url, str(key_file), at, *steps]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(RACERS)
    ]
    try:
        assert [_line(each) for each in racers] == ["ready"] * RACERS
        for _ in steps[::2]:
            for each in racers:
                assert each.stdin is not None
                each.stdin.write("go\n")
                each.stdin.flush()
            yield [_line(each) for each in racers]
    finally:
        for each in racers:
            each.communicate(timeout=60)


def _line(racer: "subprocess.Popen[str]") -> str:
    assert racer.stdout is not None
    return racer.stdout.readline().strip()


def test_the_first_keys_are_made_once_and_a_code_is_exchanged_by_one(counter: Counter, tmp_path: Path) -> None:
    code = counter.given(TokenKind.CODE, counter.session(), life=timedelta(hours=1))

    keys, said = race(counter, tmp_path / "keys.json", "key", "-", "code", code)

    assert len(set(keys)) == 1, "all sign by the same key"
    assert keys[0].endswith(" 2"), "and there is one of each algorithm"
    assert said.count("reused") == RACERS - 1
    (access,) = [each for each in said if each != "reused"]
    assert counter.why_dead(TokenKind.ACCESS, access) == "revoked", "what the first got dies with the second"
