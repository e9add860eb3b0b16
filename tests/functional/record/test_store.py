"""Reading, acting and holding alone, over both databases."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from iam.errors import Busy, ConfigurationError, IamError, StoreError
from iam.record.audit.chain import audit_head, audit_record
from iam.record.keys import KeyRing
from iam.record.store import Store
from migrations.run import upgrade
from tests.functional.record.conftest import OWN, OpenStore, verdict_on

ROOT = Path(__file__).parents[3]
SOMEBODY = (65534, 65534)
NIGHT = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)

HOLDER = """
import sys
from pathlib import Path
from iam.record.keys import KeyRing
from iam.record.store import Store
store = Store(sys.argv[1], KeyRing.read(Path(sys.argv[2])), schema=None)
with store.exclusive("sync"):
    print("held", flush=True)
    sys.stdin.read()
"""

ACTOR = """
import sys
from pathlib import Path
from iam.record.keys import KeyRing
from iam.record.store import Store
store = Store(sys.argv[1], KeyRing.read(Path(sys.argv[2])), schema=None)
for number in range(1_000_000):
    with store.act("tanaka") as act:
        act.record_many(("account.created", f"gyosei/{number}-{each}", None) for each in range(20))
    print(number, flush=True)
"""


def records_in(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(audit_record)).scalar_one()


@contextmanager
def running(program: str, store: Store, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    url = store.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", program, url, str(tmp_path / "keys.json")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_an_act_leaves_its_deed_and_its_record(database_url: str, open_store: OpenStore) -> None:
    upgrade(database_url, OWN)
    store = open_store(database_url, clock=lambda: NIGHT.astimezone(timezone(timedelta(hours=9))))
    with store.act("tanaka", "suzuki") as act:
        act.connection.execute(text("CREATE TABLE deed (done INTEGER)"))
        act.record("account.created", "gyosei/u1", {"name": "山田"})
    with store.read() as connection:
        connection.execute(text("SELECT done FROM deed"))
        row = connection.execute(select(audit_record)).one()
    assert tuple(row[:7]) == (1, NIGHT, "tanaka", "suzuki", "account.created", "gyosei/u1", '{"name":"山田"}')
    assert row.at.tzinfo is UTC


def half_a_deed(store: Store, detail: dict[str, object], error: type[Exception] | None) -> None:
    with store.act("tanaka") as act:
        act.connection.execute(text("CREATE TABLE deed (done INTEGER)"))
        act.record("account.created", "gyosei/u1", detail)
        if error is not None:
            raise error


@pytest.mark.parametrize(
    ("detail", "error", "raised"),
    [({}, LookupError, LookupError), ({}, Busy, Busy), ({"what": object()}, None, TypeError)],
    ids=["deed fails", "deed is refused", "record cannot be kept"],
)
def test_an_act_that_raises_leaves_neither_deed_nor_record(
    store: Store, detail: dict[str, object], error: type[Exception] | None, raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        half_a_deed(store, detail, error)
    assert records_in(store) == 0
    with pytest.raises(StoreError), store.read() as connection:
        connection.execute(text("SELECT done FROM deed"))
    assert verdict_on(store).whole


def test_records_of_a_bad_feed_are_kept_with_what_no_database_holds_made_visible(store: Store) -> None:
    with store.act("ta\0naka") as act:
        act.record("row.rejected", "行\0 \udc80", {"値": "a\0\ud800", "改行": "x\ny\u2028"})
    with store.read() as connection:
        row = connection.execute(select(audit_record)).one()
    assert (row.actor, row.subject) == ("ta\ufffdnaka", "行\ufffd ?")
    assert verdict_on(store).whole


def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises((DBAPIError, IamError)), store.read() as connection:
        connection.execute(insert(audit_head).values(id=2, number=0, hash="", hmac="", key_id=""))
    with store.act("tanaka") as act:
        act.record("account.created", "gyosei/u1")
    assert records_in(store) == 1


def test_reading_sees_one_moment_while_others_write(store: Store) -> None:
    with store.read() as connection:
        before = count_of(connection)
        with store.act("tanaka") as act:
            act.record("account.created", "gyosei/u1")
        assert count_of(connection) == before == 0
    assert records_in(store) == 1


def count_of(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(audit_record)).scalar_one()


def test_eight_writers_lose_nothing(store: Store) -> None:
    def work(writer: int) -> None:
        for number in range(50):
            with store.act(f"writer {writer}") as act:
                act.record("account.created", f"gyosei/{writer}-{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    verdict = verdict_on(store)
    assert verdict.whole
    assert verdict.checked == 400


def test_a_killed_process_leaves_a_whole_chain(store: Store, tmp_path: Path) -> None:
    done = -1
    for acts in (1, 7, 23):
        with running(ACTOR, store, tmp_path) as process:
            for _ in range(acts):
                done = int(line_of(process))
            process.send_signal(signal.SIGKILL)
            process.wait()
        verdict = verdict_on(store)
        assert verdict.whole
        assert verdict.checked % 20 == 0
        assert verdict.checked >= 20 * (done + 1)


def test_one_process_holds_alone_and_says_since_when(store: Store, tmp_path: Path) -> None:
    with running(HOLDER, store, tmp_path) as process:
        assert line_of(process) == "held"
        with pytest.raises(Busy, match=rf"プロセス {process.pid}、20\d\d-"), store.exclusive("sync"):
            pass
        with store.exclusive("reconcile"):
            pass


def test_a_killed_holder_holds_nothing(store: Store, tmp_path: Path) -> None:
    with running(HOLDER, store, tmp_path) as process:
        assert line_of(process) == "held"
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_until_free(store)


def wait_until_free(store: Store) -> None:
    # The server notices a dead connection a moment after the process is gone.
    for _ in range(1000):
        try:
            with store.exclusive("sync"):
                return
        except Busy:
            continue
    pytest.fail("still held after the holder was killed")


def test_what_was_held_is_free_after_the_block_and_after_an_error(store: Store) -> None:
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError), store.exclusive("sync"):
        fail()
    for _ in range(3):
        with store.exclusive("sync"), pytest.raises(Busy), store.exclusive("sync"):
            pass


def test_a_lock_that_root_takes_first_belongs_to_whoever_owns_the_database(store: Store) -> None:
    if store.url.get_backend_name() != "sqlite":
        return  # a server keeps its locks itself
    database = Path(str(store.url.database))
    database.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(database, *SOMEBODY)
    with store.exclusive("sync"):
        lock = database.with_name(f"{database.name}.sync.lock").stat()
    wanted = database.stat()
    assert (lock.st_uid, lock.st_gid, lock.st_mode) == (wanted.st_uid, wanted.st_gid, wanted.st_mode)


def test_a_store_without_its_tables_names_the_cure(database_url: str, open_store: OpenStore) -> None:
    with pytest.raises(StoreError, match="iam db upgrade"), open_store(database_url).read():
        pass


@pytest.mark.parametrize(("version", "cure"), [("0000", "iam db upgrade"), ("9999", "プログラムを新しく")])
def test_a_store_at_another_version_names_the_cure(
    store: Store, open_store: OpenStore, version: str, cure: str
) -> None:
    with store.act("tanaka") as act:
        act.connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    with pytest.raises(StoreError, match=cure), open_store(store.url).read():
        pass


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "postgresql://x/y"])
def test_a_database_that_is_not_ours_to_use_is_refused(url: str, keys: KeyRing) -> None:
    with pytest.raises(ConfigurationError, match="postgresql"):
        Store(url, keys)


def test_sqlite_is_durable_private_and_keeps_its_references(tmp_path: Path, open_store: OpenStore) -> None:
    url = f"sqlite:///{tmp_path / 'iam.db'}"
    upgrade(url, OWN)
    store = open_store(url)
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    with store.read() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    assert found == ["wal", 2, 1]
    assert (tmp_path / "iam.db").stat().st_mode & 0o777 == 0o600


def test_opening_a_store_loads_neither_the_orm_nor_the_other_driver_nor_alembic() -> None:
    # Each would add a tenth of a second or more to every command's start.
    program = "import sys, iam.record.store; print(*({'sqlalchemy.orm', 'psycopg', 'alembic'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert result.stdout.strip() == ""
