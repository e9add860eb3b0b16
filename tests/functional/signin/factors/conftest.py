"""People with factors on both databases, a clock that a test sets, and processes that race."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from iam.people.ledger import person_table
from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.factors.authenticators import Authenticator, authenticator

START = datetime(2027, 4, 1, 9, 0, 10, tzinfo=UTC)
YAMADA, SATO = 1, 2
RACERS = 3

Race = Callable[..., list[str]]


@dataclass
class Clock:
    """The time of the test."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    KeyRing.create(tmp_path / "keys.json")
    return tmp_path / "keys.json"


@pytest.fixture
def store(migrated_url: str, key_file: Path, clock: Clock) -> Iterator[Store]:
    opened = Store(migrated_url, KeyRing.read(key_file), clock)
    with opened.act("test") as act:
        _person(act, YAMADA, "100123", "山田 太郎")
        _person(act, SATO, "100456", "佐藤 花子")
    yield opened
    opened.dispose()


def _person(act: Act, id_: int, number: str, name: str) -> None:
    act.connection.execute(
        insert(person_table).values(
            id=id_, staff_number=number, source="hr", name=name, name_kana="", email="", home_body="",
            absent_runs=0, absent_edition="", pending=False, created_at=act.at,
        )
    )  # fmt: skip


@pytest.fixture
def race(store: Store, key_file: Path, clock: Clock) -> Race:
    """Runs one deed of `racing.py` in several processes at the same moment; what each of them says."""

    def run(deed: str, *words: object) -> list[str]:
        url = store.url.render_as_string(hide_password=False)
        command = [sys.executable, "-m", "tests.functional.signin.factors.racing"]
        command += [url, str(key_file), clock.now.isoformat(), deed]
        racers = [
            subprocess.Popen(
                [*command, str(number), *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for number in range(RACERS)
        ]
        try:
            assert [_line(each) for each in racers] == ["ready"] * RACERS
            for each in racers:
                assert each.stdin is not None
                each.stdin.write("go\n")
                each.stdin.flush()
            return [_line(each) for each in racers]
        finally:
            for each in racers:
                each.communicate(timeout=60)

    return run


def _line(racer: "subprocess.Popen[str]") -> str:
    assert racer.stdout is not None
    return racer.stdout.readline().strip()


def seen(store: Store, id_: int) -> Authenticator:
    with store.read() as connection:
        return authenticator(connection, id_)
