"""Bringing a database to a version: the door to Alembic, configured here and not in a file.

The one law: *one migration at a time*: whoever comes second waits, and then
finds nothing to do.
"""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, MetaData, make_url, text

import iam
from iam.record.columns import metadata
from iam.record.faults import translated
from iam.record.store import open_engine

_LOCK = 7_240_026
"""An advisory lock of PostgreSQL that only migrations take."""


def upgrade(url: str | URL, revision: str = "head") -> None:
    """Bring the database to `revision`; an SQLite file that is not there yet is made, mode 0600.

    Raises:
        StoreError, Busy: when the database does not answer as it should.
    """
    database = make_url(url)
    if database.get_backend_name() == "sqlite":
        _make_private(Path(str(database.database)))
    _run(database, lambda config: command.upgrade(config, revision))


def downgrade(url: str | URL, revision: str = "base") -> None:
    """Take the database back to `revision`, losing what the newer tables hold.

    Raises:
        StoreError, Busy: when the database does not answer as it should.
    """
    _run(make_url(url), lambda config: command.downgrade(config, revision))


def current(url: str | URL) -> str | None:
    """The version of the database, or None before its first migration."""
    found: list[str | None] = []
    database = make_url(url)
    with translated(database):
        engine = open_engine(database)
        try:
            with engine.connect() as connection:
                found.append(MigrationContext.configure(connection).get_current_revision())
        finally:
            engine.dispose()
    return found[0]


def newest() -> str | None:
    """The version that the program expects."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def models() -> MetaData:
    """The tables as all rooms of `iam` declare them, whichever exist."""
    for module in walk_packages(iam.__path__, "iam."):
        import_module(module.name)
    return metadata


def _run(url: URL, steps: Callable[[Config], None]) -> None:
    with translated(url):
        engine = open_engine(url)
        try:
            with engine.connect() as connection, connection.begin():
                _wait_for_others(connection)
                steps(_config(connection))
        finally:
            engine.dispose()


def _wait_for_others(connection: Connection) -> None:
    # SQLite's transaction has already begun as the only writer.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # The ini format reads % as the beginning of an interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def _make_private(path: Path) -> None:
    if path.parent.is_dir() and not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
