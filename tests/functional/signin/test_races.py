"""Several processes take the same step at the same moment: one of them takes it (R25, ASVS 2.3.4, 15.4.2)."""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from iam.signin import login
from iam.signin.login import HalfDone, Refused
from tests.entrance import HERE, Entrance
from tests.softkey import SoftKey

RACERS = 3


def token_of(half: object) -> str:
    assert isinstance(half, HalfDone), half
    return half.token


def race(hall: Entrance, key_file: Path, step: str, words: Sequence[tuple[str, str]]) -> Counter[str]:
    """What each process is told; each is given its own words."""
    url = hall.store.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.functional.signin.racing", url, str(key_file), hall.clock.now.isoformat()]
    racers = [
        subprocess.Popen([*command, step, *given], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for given in words
    ]
    try:
        assert [_line(each) for each in racers] == ["ready"] * len(racers)
        for each in racers:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        return Counter(_line(each) for each in racers)
    finally:
        for each in racers:
            each.communicate(timeout=60)


def _line(racer: "subprocess.Popen[str]") -> str:
    assert racer.stdout is not None
    return racer.stdout.readline().strip()


def test_one_code_in_several_logins_opens_one_session(hall: Entrance, tmp_path: Path) -> None:
    yamada = hall.staff(1, app=True)
    halves = [token_of(yamada.types_password()) for _ in range(RACERS)]

    told = race(hall, tmp_path / "keys.json", "code", [(half, yamada.code()) for half in halves])

    assert told == {"SignedIn": 1, "replayed": RACERS - 1}


def test_one_login_is_completed_by_one_process(hall: Entrance, tmp_path: Path) -> None:
    yamada = hall.staff(1, app=True)
    half = token_of(yamada.types_password())

    told = race(hall, tmp_path / "keys.json", "code", [(half, yamada.code())] * RACERS)

    assert told == {"SignedIn": 1, "lapsed": RACERS - 1}


def test_one_recovery_code_opens_one_session(hall: Entrance, tmp_path: Path) -> None:
    yamada = hall.staff(1, app=True)
    code = yamada.recovery_codes()[0]
    halves = [token_of(yamada.types_password()) for _ in range(RACERS)]

    told = race(hall, tmp_path / "keys.json", "code", [(half, code) for half in halves])

    assert told == {"SignedIn": 1, "code": RACERS - 1}


def test_one_temporary_password_opens_one_session(hall: Entrance, tmp_path: Path) -> None:
    yamada = hall.staff(1)
    given = yamada.temporary_password()

    told = race(hall, tmp_path / "keys.json", "password", [(yamada.number, given)] * RACERS)

    assert told["SignedIn"] == 1
    assert told["wrong"] + told["lapsed"] == RACERS - 1


def test_one_answer_of_a_key_opens_one_session(hall: Entrance, tmp_path: Path) -> None:
    yamada = hall.staff(1).with_key(SoftKey(counts=False))
    asked = login.key_options(hall.store, hall.door, None, HERE)
    assert not isinstance(asked, Refused)
    answer = yamada.keys[0].get(asked[1], hall.door.origin)

    told = race(hall, tmp_path / "keys.json", "key", [(asked[0], answer)] * RACERS)

    assert told == {"SignedIn": 1, "lapsed": RACERS - 1}


def test_guesses_in_several_processes_are_counted_together(hall: Entrance, tmp_path: Path) -> None:
    yamada = hall.staff(1, app=True)
    for _ in range(3):
        yamada.types_password("ちがうパスワードです")

    told = race(hall, tmp_path / "keys.json", "password", [(yamada.number, f"見当{n}") for n in range(RACERS)])

    assert told == {"wrong": 2, "wait": RACERS - 2}
