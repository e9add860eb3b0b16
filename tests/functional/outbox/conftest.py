"""A store on both databases, and a clock that a test sets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from iam.outbox import Topic, tell
from iam.record.keys import KeyRing
from iam.record.store import Store

START = datetime(2027, 4, 1, 0, 0, tzinfo=UTC)
YAMADA, SATO = 1, 2
ADDRESS = "yamada@sakura.test"


@dataclass
class Clock:
    """The time of the test."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(migrated_url: str, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store(migrated_url, KeyRing.create(tmp_path / "keys.json"), clock)
    yield opened
    opened.dispose()


def told(store: Store, address: str = ADDRESS, person: int = YAMADA, times: int = 1) -> None:
    """Tell a person something, so many times."""
    with store.act("staff:100123") as act:
        for _ in range(times):
            tell(act, person, address, Topic.PASSWORD_CHANGED, {"at": act.at})


def outcomes(store: Store) -> list[str]:
    """How each letter stands, in the order of writing."""
    with store.read() as connection:
        return list(connection.execute(text("SELECT outcome FROM letter ORDER BY id")).scalars())


def deeds(store: Store) -> list[str]:
    """What the audit says was done."""
    with store.read() as connection:
        return list(connection.execute(text("SELECT action FROM audit_record ORDER BY number")).scalars())
