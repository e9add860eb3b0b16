"""People with passwords on both databases, and a clock that a test sets."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from iam.people.ledger import person_table
from iam.policy.entry.signin import SigninRules
from iam.policy.loading import load
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.passwords.hashing import Hasher
from iam.signin.passwords.kept import Kept, compared_with, is_among, issue_temporary, kept_of, set_own
from tests.cheap import cheap_hasher

START = datetime(2027, 4, 1, 0, 0, tzinfo=UTC)
"""Nine in the morning in Japan."""

YAMADA, SATO = 1, 2


@dataclass
class Clock:
    """The time of the test."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**by)
        return self.now


@dataclass
class Desk:
    """Somebody's password, as the pages treat it: read, compare, write if it is still true."""

    store: Store
    hasher: Hasher
    rules: SigninRules
    clock: Clock
    person: int = YAMADA

    def of(self, person: int) -> "Desk":
        """The same for somebody else."""
        return replace(self, person=person)

    def kept(self) -> Kept:
        """The present password."""
        with self.store.read() as connection:
            found = kept_of(connection, self.person)
        assert found is not None
        return found

    def sets(self, password: str, history: int = 3) -> None:
        """The owner's own new password."""
        sealed = self.hasher.wrap(self.person, password)
        with self.store.read() as connection:
            was = kept_of(connection, self.person)
        with self.store.act("staff:1") as act:
            set_own(act, self.person, sealed, was=was, history=history)

    def is_issued(self, password: str, hours: float = 72) -> None:
        """A temporary one, by officers."""
        sealed = self.hasher.wrap(self.person, password)
        with self.store.act("staff:9") as act:
            issue_temporary(act, self.person, sealed, life=timedelta(hours=hours))

    def had(self, password: str, history: int = 3) -> bool:
        """Whether a new password would be told that it is an old one."""
        with self.store.read() as connection:
            sealed = compared_with(connection, self.person, history)
        return is_among(self.hasher, self.person, sealed, password)

    def opens(self, password: str) -> bool:
        """Whether the present password is this one."""
        return self.hasher.verify(self.person, self.kept().sealed, password)


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
    people = [
        {
            "id": id_, "staff_number": number, "source": "hr", "name": name, "name_kana": "", "email": "",
            "home_body": "", "absent_runs": 0, "absent_edition": "", "pending": False, "created_at": START,
        }
        for id_, number, name in ((YAMADA, "100123", "山田 太郎"), (SATO, "100456", "佐藤 花子"))
    ]  # fmt: skip
    with opened.act("test") as act:
        act.connection.execute(insert(person_table), people)
    yield opened
    opened.dispose()


@pytest.fixture
def desk(store: Store, clock: Clock) -> Desk:
    return Desk(store, cheap_hasher(store.keys), rules(), clock)


def rules(**changed: int | None) -> SigninRules:
    """Those of the baseline for a general officer, with these values otherwise."""
    general = load("baseline").signin.resolved([], privileged=False, on=START.date())
    return replace(general, **{"rotation_days": None, "rotation_signins": None, **changed})  # type: ignore[arg-type] # whole numbers alone are changed
