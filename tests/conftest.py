"""Real servers for the tests: OpenLDAP and PostgreSQL on loopback, each by its own process.

A missing server fails the test, it never skips it.

slapd           a fresh OpenLDAP per test (about 0.1 s): dc=city,dc=test with ou=people, ou=groups,
                memberof, ppolicy; binds `slapd.admin`, `slapd.writer`, `slapd.reader` with `PASSWORD`
slapd_tls       the same with StartTLS on `url` and LDAPS on `tls_url`; trust `certificates.ca`
start_slapd     call it with SlapdOptions(...) for several suffixes, a size limit, another name in
                the certificate, more schema; each server ends with the test
postgres_url    a fresh, empty PostgreSQL database, as a SQLAlchemy address
database_url    the test runs twice: over a fresh SQLite file and over a fresh PostgreSQL database

A server that stops answering: `slapd.server.send_signal(signal.SIGSTOP)`.
A server that goes away and comes back with its data: `slapd.stop()`, `slapd.start()`.
"""

import gc
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from web.practice.servers.postgres import Postgres
from web.practice.servers.slapd import Slapd, SlapdOptions

StartSlapd = Callable[[SlapdOptions], Slapd]
_numbers = itertools.count(1)

_LONGEST: Final = (
    "tests/browser/",
    "tests/functional/test_demo.py",
    "tests/functional/sync/test_kill.py",
    "tests/functional/sync/test_histories.py",
    "tests/functional/signin/test_races.py",
    "tests/functional/review/",
    "tests/functional/site/",
    "tests/functional/cli/",
)
"""Where tests take longest: begun first, so that no process is left with one of them while the others have nothing."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first; the order within a file stays."""

    def rank(item: pytest.Item) -> int:
        return next((n for n, path in enumerate(_LONGEST) if item.nodeid.startswith(path)), len(_LONGEST))

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """What was collected stays until the end: the garbage collector need not walk through it again and again.

    A tenth of the time of all tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture
def start_slapd() -> Iterator[StartSlapd]:
    with ExitStack() as servers:
        yield lambda options: servers.enter_context(Slapd(options))


@pytest.fixture
def slapd(start_slapd: StartSlapd) -> Slapd:
    return start_slapd(SlapdOptions())


@pytest.fixture
def slapd_tls(start_slapd: StartSlapd) -> Slapd:
    return start_slapd(SlapdOptions(tls=("127.0.0.1", "localhost")))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    yield postgres.create(name)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'iam.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
