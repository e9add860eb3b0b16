"""A store with its keys on a fresh database, and what a database's owner can do behind its back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, make_url, text

from iam.record.audit.verify import Verdict, verify
from iam.record.keys import KeyRing
from iam.record.store import Store, open_engine
from migrations.run import upgrade

AT = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
GUARDED = ("audit_record", "audit_head", "audit_checkpoint")

Owner = Callable[[str], None]


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing.create(tmp_path / "keys.json")


@pytest.fixture
def store(database_url: str, keys: KeyRing) -> Iterator[Store]:
    upgrade(database_url)
    store = Store(database_url, keys)
    yield store
    store.dispose()


@pytest.fixture
def ten_records(store: Store) -> Store:
    for number in range(1, 6):
        with store.act("tanaka", "suzuki") as act:
            act.record("account.created", f"gyosei/u{number}", {"name": "山田 太郎"})
            act.record("grant.added", f"gyosei/u{number}")
    return store


@pytest.fixture
def owner(database_url: str) -> Iterator[Owner]:
    """Runs a statement as the database's owner can: with the triggers out of the way."""
    engine = open_engine(make_url(database_url))

    def run(statement: str) -> None:
        with without_guards(engine) as connection:
            connection.execute(text(statement))

    yield run
    engine.dispose()


@contextmanager
def without_guards(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            for table in GUARDED:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        else:
            for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        yield connection


def verdict_on(store: Store) -> Verdict:
    with store.read() as connection:
        return verify(connection, store.keys)
