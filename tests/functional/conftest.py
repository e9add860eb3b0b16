"""Bodies over both databases.

Each test gets its own copy of one migrated database: a copy costs a tenth of
what the migrations cost.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from migrations.run import upgrade
from tests.bodies import Body, a_body
from web.practice.servers.postgres import Postgres

MakeBody = Callable[..., Body]
_numbers = count(1)


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with nothing in it."""
    path = tmp_path_factory.mktemp("migrated") / "iam.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def empty_database(postgres: Postgres) -> str:
    """The name of a migrated PostgreSQL database with nothing in it."""
    upgrade(postgres.create("night_empty"))
    return "night_empty"


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The test runs twice: over a migrated SQLite file and over a migrated PostgreSQL database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_file"), tmp_path / "iam.db")
        yield f"sqlite:///{tmp_path / 'iam.db'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = f"night_{next(_numbers)}"
    yield postgres.create(name, template=request.getfixturevalue("empty_database"))
    postgres.drop(name)


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
