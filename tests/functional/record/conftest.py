"""A store with its keys on a fresh database, and what a database's owner can do behind its back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, Engine, make_url, text

from iam.record.act import now
from iam.record.audit.verify import Verdict, verify
from iam.record.keys import KeyRing
from iam.record.store import Store, open_engine
from migrations.run import upgrade

GUARDED = ("audit_record", "audit_head", "audit_checkpoint")

OWN = "0001"
"""The migration that makes this floor's tables; the other floors' are of no use here and take time."""

Owner = Callable[[str], None]
OpenStore = Callable[..., Store]


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing.create(tmp_path / "keys.json")


@pytest.fixture
def open_store(keys: KeyRing) -> Iterator[OpenStore]:
    """Opens stores that are closed at the end of the test."""
    with ExitStack() as opened:

        def open_one(url: str | URL, clock: Callable[[], datetime] = now, schema: str | None = OWN) -> Store:
            store = Store(url, keys, clock, schema=schema)
            opened.callback(store.dispose)
            return store

        yield open_one


@pytest.fixture
def store(database_url: str, open_store: OpenStore) -> Store:
    upgrade(database_url, OWN)
    return open_store(database_url)


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
