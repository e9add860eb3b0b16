"""What an operator reads when a database does not answer as it should."""

from pathlib import Path
from socket import socket
from time import monotonic

import pytest
from sqlalchemy import URL, make_url, text

from iam.errors import Busy, Conflict, IamError, IntegrityError, StoreError
from iam.record.store import Store
from migrations.run import current, upgrade
from tests.functional.record.conftest import OWN, OpenStore
from web.practice.servers.postgres import Postgres
from web.practice.servers.process import free_port


@pytest.fixture
def lite(tmp_path: Path, open_store: OpenStore) -> Store:
    url = f"sqlite:///{tmp_path / 'iam.db'}?timeout=0.1"
    upgrade(url, OWN)
    return open_store(url)


@pytest.fixture
def served(postgres_url: str, open_store: OpenStore) -> Store:
    upgrade(postgres_url, OWN)
    return open_store(postgres_url)


def test_a_full_disk_is_named_and_undoes_the_act(lite: Store) -> None:
    def fill() -> None:
        with lite.act("tanaka") as act:
            pages = act.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            act.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")
            act.record_many(("account.created", "x" * 1000, None) for _ in range(100))

    with pytest.raises(StoreError, match=r"iam\.db: ディスクの空き容量がありません"):
        fill()
    with lite.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_record")).scalar_one() == 0


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("53100", StoreError, "ディスクの空き容量"),
        ("53300", StoreError, "接続数"),
        ("57P03", StoreError, "停止中か起動中"),
        ("40P01", Conflict, "もう一度"),
        ("55P03", Busy, "書き込み中"),
        ("42501", StoreError, "権限"),
        ("58030", StoreError, "読み書きに失敗"),
        ("XX001", IntegrityError, "控えから戻して"),
    ],
)
def test_the_server_s_states_have_their_sentences(served: Store, state: str, kind: type[IamError], words: str) -> None:
    statement = f"DO $$ BEGIN RAISE EXCEPTION 'as the server would' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(kind, match=words) as caught, served.act("tanaka") as act:
        act.connection.exec_driver_sql(statement)
    assert str(caught.value).startswith("データベース 127.0.0.1:")


def test_a_connection_that_is_cut_is_named(served: Store) -> None:
    with pytest.raises(StoreError, match=r"停止中か起動中|接続できません"), served.act("tanaka") as act:
        act.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with served.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_a_server_that_is_away_is_named(open_store: OpenStore) -> None:
    port = free_port()
    store = open_store(f"postgresql+psycopg://iam@127.0.0.1:{port}/iam")
    with pytest.raises(StoreError, match=rf"データベース 127\.0\.0\.1:{port}/iam: 接続できません"), store.read():
        pass


def test_a_server_that_says_nothing_is_away_before_long(open_store: OpenStore) -> None:
    with socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        store = open_store(f"postgresql+psycopg://iam@127.0.0.1:{silent.getsockname()[1]}/iam")
        since = monotonic()
        with pytest.raises(StoreError, match="接続できません"), store.glance():
            pass
        assert monotonic() - since < 20, "a proxy waits no longer"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"database": "nowhere"}, "データベースがありません"),
        ({"username": "nobody"}, "利用者名かパスワードが違います"),
        ({"username": "locked", "password": "wrong-secret"}, "利用者名かパスワードが違います"),
        ({"username": "locked"}, "利用者名かパスワードが違います"),
    ],
    ids=["no database", "no user", "wrong password", "no password"],
)
def test_what_is_wrong_with_the_address_is_named(
    postgres: Postgres, served: Store, open_store: OpenStore, changed: dict[str, str], words: str
) -> None:
    ask_for_the_password_of_locked(postgres, served)
    store = open_store(changed_url(served.url, **changed))
    with pytest.raises(StoreError, match=words) as caught, store.read():
        pass
    assert "wrong-secret" not in str(caught.value)


def changed_url(url: URL, database: str = "", username: str = "", password: str | None = None) -> URL:
    return url.set(database=database or url.database, username=username or url.username, password=password)


def ask_for_the_password_of_locked(postgres: Postgres, served: Store) -> None:
    rules = postgres.folder / "data" / "pg_hba.conf"
    rule = "host all locked 127.0.0.1/32 scram-sha-256\n"
    if not rules.read_text().startswith(rule):
        rules.write_text(rule + rules.read_text())
        with served.act("tanaka") as act:
            act.connection.execute(text("CREATE ROLE locked LOGIN PASSWORD 'right-secret'"))
            act.connection.execute(text("SELECT pg_reload_conf()"))
    with served.read() as connection:
        while "locked" not in str(connection.execute(text("TABLE pg_hba_file_rules")).all()):
            pass


def test_a_second_writer_waits_and_is_then_told(lite: Store, open_store: OpenStore) -> None:
    other = open_store(lite.url)
    with lite.act("tanaka"), pytest.raises(Busy, match="書き込み中"), other.act("suzuki"):
        pass


def test_a_file_that_may_not_be_written_is_named(lite: Store) -> None:
    statements = ("PRAGMA query_only = ON", "UPDATE audit_head SET number = 1")
    with pytest.raises(StoreError, match="書き込み権限がありません"), lite.act("tanaka") as act:
        [act.connection.exec_driver_sql(statement) for statement in statements]


def test_a_file_that_is_no_database_is_named(tmp_path: Path, open_store: OpenStore) -> None:
    path = tmp_path / "職員.db"
    path.write_text("staff_number,name\n" * 100)
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(IntegrityError, match=r"職員\.db: データベースのファイルではありません"), store.read():
        pass


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="フォルダー"):
        upgrade(f"sqlite:///{tmp_path / 'nowhere' / 'iam.db'}")


def test_a_fault_of_ours_is_not_dressed_up(store: Store) -> None:
    assert current(store.url) is not None
    with pytest.raises(Exception, match="syntax error") as caught, store.read() as connection:
        connection.execute(text("SELEKT 1"))
    assert not isinstance(caught.value, IamError)


def test_a_place_never_shows_a_password(open_store: OpenStore) -> None:
    url = make_url(f"postgresql+psycopg://iam:very-secret@127.0.0.1:{free_port()}/iam")
    with pytest.raises(StoreError) as caught, open_store(url).read():
        pass
    assert "very-secret" not in str(caught.value)
