"""Bodies over both databases.

Each test gets a migrated database to itself: a copy of a file, or a database that nobody else uses meanwhile.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from migrations.run import upgrade
from tests.bodies import Body, a_body
from tests.functional.databases import Databases
from web.practice.servers.postgres import Postgres

MakeBody = Callable[..., Body]


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with nothing in it."""
    path = tmp_path_factory.mktemp("migrated") / "iam.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Databases:
    """Migrated PostgreSQL databases with nothing in them."""
    upgrade(postgres.create("night_empty"))
    return Databases(postgres, "night_empty")


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The test runs twice: over a migrated SQLite file and over a migrated PostgreSQL database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_file"), tmp_path / "iam.db")
        yield f"sqlite:///{tmp_path / 'iam.db'}"
        return
    databases: Databases = request.getfixturevalue("databases")
    name = databases.take()
    yield request.getfixturevalue("postgres").url(name)
    databases.give_back(name)


@pytest.fixture
def make_body(migrated_url: str, tmp_path: Path) -> Iterator[MakeBody]:
    """Makes the body of the test, over the database of the test, with the given rules."""
    with ExitStack() as opened:

        def make(**rules: object) -> Body:
            body = a_body(migrated_url, tmp_path / "keys.json", migrated=True, **rules)  # type: ignore[arg-type] # a_body says what
            opened.callback(body.store.dispose)
            return body

        yield make


@pytest.fixture
def body(make_body: MakeBody) -> Body:
    return make_body()
