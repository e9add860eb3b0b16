"""One holder at a time over all processes: a lock that dies with whoever held it.

The one law: *the kernel or the server keeps the lock*, never a row or a file
that a killed process would leave behind.
"""

import fcntl
import json
import os
import pwd
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TextIO

from sqlalchemy import URL, Connection, Engine, text

from iam.errors import Busy, StoreError
from iam.record.columns import instant_text, local_text


@contextmanager
def held(engine: Engine, url: URL, name: str, at: datetime) -> Iterator[None]:
    """Hold `name` on the database `url` until the block ends.

    Raises:
        Busy: when somebody else holds it, saying who and since when.
    """
    if engine.dialect.name == "sqlite":
        with _held_file(Path(str(url.database)), name, at):
            yield
    else:
        with _held_on_server(engine, name, at):
            yield


@contextmanager
def _held_file(database: Path, name: str, at: datetime) -> Iterator[None]:
    # The file stays: taking it away would let a third process lock a new one beside the second's.
    with _opened(database.with_name(f"{database.name}.{name}.lock"), database) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(_sentence(name, file.read())) from None
        file.truncate(0)
        file.write(_holder(at))
        file.flush()
        yield
        file.truncate(0)


def _opened(path: Path, database: Path) -> TextIO:
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+", encoding="utf-8")
        _give(file.fileno(), database)
    except OSError as error:
        raise StoreError(f"ロックファイル {path} を開けません: {error.strerror}") from error
    return file


def _give(descriptor: int, database: Path) -> None:
    """Let whoever may write the database take the lock too: an officer behind sudo may be the first to need it."""
    if not database.exists():
        return
    wanted, found = database.stat(), os.fstat(descriptor)
    if os.geteuid() == 0 and (found.st_uid, found.st_gid) != (wanted.st_uid, wanted.st_gid):
        os.fchown(descriptor, wanted.st_uid, wanted.st_gid)
    if os.geteuid() in {0, found.st_uid} and stat.S_IMODE(found.st_mode) != stat.S_IMODE(wanted.st_mode):
        os.fchmod(descriptor, stat.S_IMODE(wanted.st_mode))


@contextmanager
def _held_on_server(engine: Engine, name: str, at: datetime) -> Iterator[None]:
    number = int.from_bytes(blake2b(f"kagimori {name}".encode(), digest_size=8).digest(), signed=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # The connection is thrown away at the end, so that the lock cannot outlive the block in the pool.
        connection.detach()
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number}):
            raise Busy(_sentence(name, _holder_on_server(connection, number)))
        connection.execute(text("SELECT set_config('application_name', :holder, false)"), {"holder": _holder(at)})
        try:
            yield
        finally:
            # The server ends a closed connection in its own time; the next run may ask before that.
            connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": number})


def _holder_on_server(connection: Connection, number: int) -> str:
    # pg_locks shows the 64-bit number in two halves.
    query = text(
        "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND ((classid::bigint << 32) | objid::bigint) = :number"
    )
    return connection.scalar(query, {"number": number}) or ""


def _holder(at: datetime) -> str:
    """Who and since when, within the 63 bytes that PostgreSQL keeps of an application name."""
    host = socket.gethostname()[:14]
    try:
        user = pwd.getpwuid(os.getuid()).pw_name[:12]
    except KeyError:  # a container may run under a number that has no name
        user = str(os.getuid())
    return json.dumps([instant_text(at)[:16] + "Z", user, host, os.getpid()], separators=(",", ":"))


def _sentence(name: str, holder: str) -> str:
    try:
        since, user, host, process = json.loads(holder)
        local = local_text(datetime.fromisoformat(since))
    except ValueError:
        return f"ほかの {name} が実行中です。終わるのを待って、もう一度実行してください。"
    return (
        f"ほかの {name} が実行中です (利用者 {user}、ホスト {host}、プロセス {process}、"
        f"{local} から)。終わるのを待って、もう一度実行してください。"
    )
