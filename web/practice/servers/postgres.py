"""A real PostgreSQL on loopback for the tests and the benchmarks.

The one law: an own folder, an own port and an own process; a cluster that the
machine already runs is never touched.

    with Postgres() as postgres:
        url = postgres.create("night")          # postgresql+psycopg://postgres@127.0.0.1:…/night
"""

import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from web.practice.servers import process

USER = "postgres"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Postgres:
    """One cluster.  Data are on disk before an answer only when `durable`."""

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = process.private_folder("kagimori-postgres-", USER)
        self.port = process.free_port()
        self.server: subprocess.Popen[bytes] | None = None
        self._durable = durable
        self._programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1:]
        how = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        process.run_as(USER, [self._program("initdb"), "-D", str(self.folder / "data"), *how])

    def url(self, database: str) -> str:
        """The address of `database` for SQLAlchemy."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, *, template: str = "template1") -> str:
        """Make `database` as a copy of `template`, and give its address."""
        self._administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), database, template)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop `database`, ending whoever is still connected."""
        self._administer(sql.SQL("DROP DATABASE {} WITH (FORCE)"), database)

    def start(self) -> None:
        settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}"]
        settings += () if self._durable else FAST
        command = [self._program("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        command += [part for setting in settings for part in ("-c", setting)]
        log = self.folder / "postgres.log"
        with log.open("ab") as stream:
            self.server = process.start(USER, command, log=stream, at_our_death=signal.SIGQUIT)
        process.wait_until_ready(self.server, self._answers, log=log)

    def stop(self) -> None:
        if self.server:
            process.end(self.server, signal.SIGINT)
            self.server = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _program(self, name: str) -> str:
        return process.program(name, *self._programs)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host="127.0.0.1", port=self.port, user=USER, dbname="postgres", autocommit=True)

    def _answers(self) -> bool:
        if not process.listens(self.port):
            return False
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _administer(self, statement: sql.SQL, *names: str) -> None:
        with self._connect() as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))
