"""The store: one database, and the three ways in: read, act, and exclusive.

The one law: *nobody gets a connection by another door*.  Reading happens in one
snapshot that cannot write; writing happens in an act and leaves its record.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Select, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from iam.errors import ConfigurationError, StoreError
from iam.record.act import Act, now, performed
from iam.record.bulk import bulk_delete, bulk_insert, bulk_update
from iam.record.columns import Instant, Json, Number, canonical_json, metadata
from iam.record.exclusive import held
from iam.record.faults import UPGRADE, place_of, translated
from iam.record.keys import KeyRing

__all__ = [
    "SCHEMA",
    "Instant",
    "Json",
    "Number",
    "Store",
    "bulk_delete",
    "bulk_insert",
    "bulk_update",
    "canonical_json",
    "metadata",
    "open_engine",
]

SCHEMA: Final = "0006"
"""The newest migration, which the code expects.  A test holds it equal to migrations/."""

_BUSY_SECONDS: Final = 30
_REST_SECONDS: Final = 5
_PATIENCE: Final = {
    "connect_timeout": 3, "tcp_user_timeout": 10_000, "keepalives_idle": 10, "keepalives_interval": 3,
    "keepalives_count": 3,
}  # fmt: skip
"""How long a server may say nothing (libpq; milliseconds where it says so) before it counts as away: without it,
whoever asks waits as long as the network likes, and every thread with them."""

_KEPT: Final = 4
"""Connections that questions keep out of the pool."""


class Store:
    """A body's database.  Threads may share one."""

    def __init__(
        self,
        url: str | URL,
        keys: KeyRing,
        clock: Callable[[], datetime] = now,
        *,
        schema: str | None = SCHEMA,
    ) -> None:
        self.url = make_url(url)
        self.keys = keys
        self.clock = clock
        self._engine = open_engine(self.url)
        self._glances = _open_glances(self.url) if self.url.get_backend_name() == "postgresql" else self._engine
        self._questions: dict[Select[Any], Question] = {}
        self._idle: list[_Open] = []
        # None trusts the database to have every table: for tables that no migration knows yet.
        self._awaited = schema

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection on one snapshot of the database, which cannot write.

        Raises:
            StoreError, Busy, IntegrityError: when the database does not answer as it should.
        """
        # What cannot write is ended as if it had: after a rollback the driver prepares every statement anew.
        with translated(self.url), self._connection(writes=False) as connection, connection.begin():
            yield connection

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """A connection that cannot write, each statement on a snapshot of its own: for what every page asks.

        Raises:
            StoreError, Busy, IntegrityError: as `read`.
        """
        if self.url.get_backend_name() == "sqlite":
            with self.read() as connection:
                yield connection
            return
        with translated(self.url):
            self._see_schema()
            with self._glances.connect() as connection:
                yield connection

    def question(self, query: Select[Any]) -> "Question":
        """`query`, a constant of its module, rendered once: for what is asked a thousand times a second, each time on
        a snapshot of its own."""
        found = self._questions.get(query)
        if found is None:
            # Of two threads that are first the second gets what the first has made.
            found = self._questions.setdefault(query, Question(self, query))
        return found

    def rows(self, query: Select[Any], **values: object) -> list[Any]:
        """The rows of `query`, a constant of its module, by the names of its columns and as their types say: as
        `glance`, for what every page asks.

        Raises:
            StoreError, Busy, IntegrityError: as `read`.
        """
        return self.question(query).rows(values)

    @contextmanager
    def act(self, actor: str, on_behalf: str = "") -> Iterator[Act]:
        """An act by `actor`: committed with its records when the block ends, undone when it raises.

        Raises:
            StoreError, Busy, Conflict, IntegrityError: when the database does not answer as it should.
        """
        with (
            translated(self.url),
            self._connection(writes=True) as connection,
            performed(connection, self.keys, self.clock, actor, on_behalf) as act,
        ):
            yield act

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold `name` alone among all processes on this database; a killed holder holds nothing.

        Raises:
            Busy: when somebody else holds it, saying who and since when.
        """
        with translated(self.url), held(self._engine, self.url, name, self.clock()):
            yield

    def skew(self) -> timedelta:
        """How far this host's clock is ahead of the database's, less what the question took; none for a file here."""
        if self.url.get_backend_name() == "sqlite":
            return timedelta()
        with self.glance() as connection:
            before = self.clock()
            theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            after = self.clock()
        return before - theirs if theirs < before else min(after - theirs, timedelta())

    def dispose(self) -> None:
        """Close every connection."""
        self._close_idle()
        self._engine.dispose()
        self._glances.dispose()

    def _opened(self) -> "_Open":
        """A connection for one question, out of the pool whose size says how many there are at most."""
        try:
            return self._idle.pop()
        except IndexError:
            with translated(self.url):
                self._see_schema()
                found = self._glances.raw_connection()
                return _Open(found, found.cursor())

    def _keep(self, kept: "_Open") -> None:
        if len(self._idle) < _KEPT:
            self._idle.append(kept)
        else:
            kept.connection.close()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().connection.invalidate()

    @contextmanager
    def _connection(self, *, writes: bool) -> Iterator[Connection]:
        self._see_schema()
        with self._engine.connect() as connection:
            yield connection.execution_options(**_options(self._engine, writes=writes))

    def _see_schema(self) -> None:
        if self._awaited is not None:
            self._check_schema(self._awaited)
            self._awaited = None

    def _check_schema(self, awaited: str) -> None:
        if self.url.get_backend_name() == "sqlite" and not Path(str(self.url.database)).exists():
            raise StoreError(f"{place_of(self.url)} がまだありません。{UPGRADE}")
        found = self._schema()
        if found is None:
            raise StoreError(f"{place_of(self.url)}: 必要な表がありません。{UPGRADE}")
        if found < awaited:
            raise StoreError(
                f"{place_of(self.url)}: 表の版 {found} がこのプログラムの版 {awaited} より古いです。{UPGRADE}"
            )
        if found > awaited:
            raise StoreError(
                f"{place_of(self.url)}: 表の版 {found} がこのプログラムの版 {awaited} より新しいです。"
                "プログラムを新しくしてください。"
            )

    def _schema(self) -> str | None:
        try:
            with self._engine.connect() as connection:
                found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        except DBAPIError as error:
            if "alembic_version" in str(error.orig):
                return None
            raise
        return None if found is None else str(found)


@dataclass(frozen=True, slots=True)
class _Open:
    """A connection of the pool that questions keep, and the driver's own cursor on it."""

    connection: PoolProxiedConnection
    cursor: Any


class Question:
    """A query past everything but the driver, on connections that the store keeps for it."""

    def __init__(self, store: Store, query: Select[Any]) -> None:
        self._store = store
        dialect = store._glances.dialect  # noqa: SLF001 - of this room
        rendered = query.compile(dialect=dialect)
        self._text, self._order = str(rendered), rendered.positiontup
        self._always = dict(rendered.params)
        found = {
            name: bound.type.dialect_impl(dialect).bind_processor(dialect)
            for bound, name in rendered.bind_names.items()
        }
        self._sent = {name: process for name, process in found.items() if process is not None}
        columns = list(query.selected_columns)
        names = [str(column.key) for column in columns]
        self._row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc] # noqa: PYI024 - as it is asked
        read = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._read = [(place, process) for place, process in enumerate(read) if process is not None]
        self._errors: type[Exception] = dialect.loaded_dbapi.Error

    def __call__(self, **values: object) -> tuple[Any, ...] | None:
        """The one row, or None, as the driver gives it: good for being compared with an earlier one, not for being
        read as the tables' types.

        Raises:
            StoreError, Busy, IntegrityError: as `Store.read`.
        """
        return next(iter(self._asked(values)), None)

    def rows(self, values: Mapping[str, object]) -> list[Any]:
        """Every row, by the names of its columns and as their types say.

        Raises:
            StoreError, Busy, IntegrityError: as `Store.read`.
        """
        return [self._typed(row) for row in self._asked(values)]

    def _typed(self, row: Sequence[Any]) -> Any:  # noqa: ANN401 - a row of this query
        values = list(row)
        for place, process in self._read:
            values[place] = process(values[place])
        return self._row._make(values)

    def _asked(self, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        bound = {**self._always, **values}
        for name, process in self._sent.items():
            bound[name] = process(bound[name])
        sent: Any = bound if self._order is None else tuple([bound[name] for name in self._order])
        kept = self._store._opened()  # noqa: SLF001 - of this room
        try:
            kept.cursor.execute(self._text, sent)
            found: list[tuple[Any, ...]] = kept.cursor.fetchall()
        except self._errors:
            kept.connection.invalidate()
            return self._asked_carefully(sent)
        except BaseException:
            kept.connection.invalidate()
            raise
        self._store._keep(kept)  # noqa: SLF001 - of this room
        return found

    def _asked_carefully(self, sent: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - values of either driver's style
        """Once more by the way that knows what the driver's errors mean; the idle connections may have died too."""
        store = self._store
        store._close_idle()  # noqa: SLF001 - of this room
        with translated(store.url), store._glances.connect() as careful:  # noqa: SLF001 - of this room
            return [tuple(row) for row in careful.exec_driver_sql(self._text, sent)]


def open_engine(url: URL) -> Engine:
    """An engine whose transactions are what they say, for the store and the migrations.

    Raises:
        ConfigurationError: for any database but an SQLite file or PostgreSQL through psycopg 3.
    """
    if url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
        patience = {} if "timeout" in url.query else {"timeout": _BUSY_SECONDS}
        engine = create_engine(url, hide_parameters=True, connect_args=patience)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if url.drivername == "postgresql+psycopg":
        return _alive(create_engine(url, hide_parameters=True, connect_args=_postgresql(url)))
    shapes = "sqlite:///ファイル名 か postgresql+psycopg://利用者@ホスト/データベース"
    raise ConfigurationError([f"[database] url には {shapes} を指定してください。"])


def _open_glances(url: URL) -> Engine:
    """Connections on which no transaction stands open and nothing can be written: one round trip a question."""
    return _alive(
        create_engine(
            url,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
            connect_args=_postgresql(url, "-c default_transaction_read_only=on"),
        )
    )


def _postgresql(url: URL, *options: str) -> dict[str, Any]:
    patience = {name: value for name, value in _PATIENCE.items() if name not in url.query}
    return {"options": " ".join(("-c timezone=UTC", *options)), "application_name": "kagimori", **patience}


def _alive(engine: Engine) -> Engine:
    """Ask a connection whether it still lives when it has rested; to ask every time costs more than the question."""

    def rested(_driver: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info["used"] = monotonic()

    def ask(driver: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        if monotonic() - record.info.get("used", monotonic()) < _REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(driver)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    event.listen(engine, "checkin", rested)
    event.listen(engine, "checkout", ask)
    return engine


def _prepare_sqlite(driver: sqlite3.Connection, _record: object) -> None:
    # The driver's own guesses about when to begin would leave reads outside the transaction.
    driver.isolation_level = None
    cursor = driver.cursor()
    _write_ahead(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    # Of several who open a new file one switches it; SQLite refuses the others at once instead of letting them wait.
    for wait in (0.02, 0.1, 0.5, 2.0):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            sleep(wait)
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail, not wait, beside another writer.
    writes = connection.get_execution_options().get("iam_writes", True)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _options(engine: Engine, *, writes: bool) -> dict[str, object]:
    if engine.dialect.name == "sqlite":
        return {"iam_writes": writes}
    return {"postgresql_readonly": not writes, "isolation_level": "READ COMMITTED" if writes else "REPEATABLE READ"}
