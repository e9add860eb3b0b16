"""What every page asks: one statement on its own snapshot, over connections that are asked only after a rest."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from iam.errors import StoreError
from iam.record import store as room
from iam.record.audit.chain import audit_head, audit_record
from iam.record.columns import Instant, among
from iam.record.store import Store
from migrations.run import upgrade
from tests.functional.record.conftest import OWN, OpenStore

END_ALL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

OURS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'kagimori'"


def heads(store: Store) -> int:
    with store.glance() as connection:
        return connection.execute(select(func.count()).select_from(audit_head)).scalar_one()


def end_every_connection_but_ours(of: Store, open_store: OpenStore) -> None:
    with open_store(of.url).act("dba") as act:
        act.connection.execute(text(END_ALL))


def test_a_glance_sees_what_is_committed(store: Store) -> None:
    with store.act("tanaka") as act:
        act.record("thing.done", "thing 1")
    with store.glance() as connection:
        assert connection.execute(select(audit_record.c.action)).scalars().all() == ["thing.done"]


def test_a_glance_cannot_write(store: Store) -> None:
    with pytest.raises((StoreError, DBAPIError), match=r"(?i)read-?only|書き込"), store.glance() as connection:
        connection.execute(insert(audit_head).values(id=7, number=0, hash="x", hmac="x", key_id="x"))
    assert heads(store) <= 1


@pytest.fixture
def on_postgresql(postgres_url: str, open_store: OpenStore) -> Store:
    upgrade(postgres_url, OWN)
    return open_store(postgres_url)


def test_a_glance_leaves_no_transaction_open(on_postgresql: Store) -> None:
    with on_postgresql.glance() as connection, on_postgresql.read() as watching:
        connection.execute(select(audit_head)).all()
        own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
        assert watching.execute(state, {"pid": own}).scalar_one() == "idle"


def test_a_glance_waits_for_the_right_version(database_url: str, open_store: OpenStore) -> None:
    with pytest.raises(StoreError, match="iam db upgrade"), open_store(database_url).glance():
        pass


def test_a_connection_that_died_while_it_rested_is_replaced_unseen(
    on_postgresql: Store, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_REST_SECONDS", 0)
    before = heads(on_postgresql)
    end_every_connection_but_ours(on_postgresql, open_store)
    assert heads(on_postgresql) == before
    with on_postgresql.act("tanaka") as act:
        act.record("thing.done", "thing 1")


def test_a_connection_that_dies_in_use_fails_once_and_is_replaced(on_postgresql: Store, open_store: OpenStore) -> None:
    before = heads(on_postgresql)
    end_every_connection_but_ours(on_postgresql, open_store)
    with pytest.raises(StoreError):
        heads(on_postgresql)
    assert heads(on_postgresql) == before


def test_a_question_gives_the_row_as_the_driver_has_it_and_sees_what_is_committed(store: Store) -> None:
    columns = audit_record.c
    ask = store.question(select(columns.action, columns.at).where(columns.subject == bindparam("what")))
    assert ask(what="thing 1") is None
    with store.act("tanaka") as act:
        act.record("thing.done", "thing 1")
    first = ask(what="thing 1")
    assert first is not None
    assert first[0] == "thing.done"
    assert first == ask(what="thing 1")


def test_rows_are_what_a_connection_would_give(store: Store) -> None:
    with store.act("tanaka") as act:
        for number in range(3):
            act.record("thing.done", f"thing {number}")
    columns = audit_record.c
    query = select(columns.number, columns.at, columns.detail).where(
        among(columns.subject, ["thing 0", "thing 2"]), columns.at <= bindparam("at", type_=Instant)
    )
    with store.glance() as connection:
        rows = connection.execute(query, {"at": act.at}).all()
    found = store.rows(query, at=act.at)
    assert [tuple(row) for row in found] == [tuple(row) for row in rows]
    assert [row.at for row in found] == [act.at, act.at]
    assert not store.rows(query, at=act.at - timedelta(seconds=1))


def test_however_many_ask_at_once_the_connections_are_those_of_the_pool(on_postgresql: Store) -> None:
    query = select(func.count(), func.pg_sleep(0.02))
    with ThreadPoolExecutor(40) as askers:
        assert len(list(askers.map(lambda _: on_postgresql.rows(query), range(80)))) == 80
    with on_postgresql.glance() as connection:
        assert 2 <= connection.execute(text(OURS)).scalar_one() <= 16  # of both pools, 15 each


def test_what_a_read_prepared_the_next_need_not_prepare(on_postgresql: Store) -> None:
    mine = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%audit_head.number%'"
    for _ in range(8):
        with on_postgresql.read() as connection:
            connection.execute(select(audit_head.c.number)).all()
    with on_postgresql.read() as connection:
        assert connection.execute(text(mine)).scalar_one() == 1


def test_a_question_outlives_the_connections_that_it_was_asked_on(on_postgresql: Store, open_store: OpenStore) -> None:
    ask = on_postgresql.question(select(func.count()).select_from(audit_head))
    before = ask()
    end_every_connection_but_ours(on_postgresql, open_store)
    assert ask() == before


def test_a_question_waits_for_the_right_version(database_url: str, open_store: OpenStore) -> None:
    with pytest.raises(StoreError, match="iam db upgrade"):
        open_store(database_url).question(select(audit_head.c.hash))()
