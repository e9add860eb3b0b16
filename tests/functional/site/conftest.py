"""さくら市 in the ledger once a session; each test has its own copy of the database."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from iam.policy.profile import Role
from iam.record.keys import KeyRing
from migrations.run import upgrade
from tests.functional.databases import Databases
from tests.functional.site.given import City, fill, who_is_there, write_city
from web.body.deployment import Deployment
from web.practice.servers.postgres import Postgres

_numbers = count(1)


@dataclass(frozen=True)
class Ground:
    """What all tests share: files, keys, and a filled SQLite file."""

    deployment: Deployment
    keys: KeyRing
    file: Path
    known: Mapping[str, frozenset[Role]]


@pytest.fixture(scope="session")
def ground(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("sakura")
    deployment, keys = write_city(folder), KeyRing.create(folder / "keys.json")
    file = folder / "filled.db"
    shutil.copy(empty_file, file)
    fill(deployment, f"sqlite:///{file}", keys)
    return Ground(deployment, keys, file, who_is_there(deployment, f"sqlite:///{file}", keys))


@pytest.fixture(scope="session")
def filled(ground: Ground, postgres: Postgres) -> Databases:
    # A folder of tests that takes these fixtures over has a database of its own.
    name = f"sakura_{next(_numbers)}"
    upgrade(postgres.create(name))
    fill(ground.deployment, postgres.url(name), ground.keys)
    return Databases(postgres, name)


@pytest.fixture
def city_sqlite(ground: Ground, tmp_path: Path) -> Iterator[City]:
    shutil.copy(ground.file, tmp_path / "iam.db")
    city = City(ground.deployment, ground.keys, f"sqlite:///{tmp_path / 'iam.db'}", ground.known)
    yield city
    city.store.dispose()


@pytest.fixture
def city_postgresql(ground: Ground, postgres: Postgres, filled: Databases) -> Iterator[City]:
    name = filled.take()
    city = City(ground.deployment, ground.keys, postgres.url(name), ground.known)
    yield city
    city.store.dispose()
    filled.give_back(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def city(request: pytest.FixtureRequest) -> City:
    """The test runs twice: over SQLite and over PostgreSQL."""
    found: City = request.getfixturevalue(f"city_{request.param}")
    return found
