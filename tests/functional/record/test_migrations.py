"""The tables' history up and down, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, make_url

from iam.record.store import SCHEMA, Store, open_engine
from migrations.run import current, downgrade, models, newest, upgrade
from tests.functional.record.conftest import OpenStore, verdict_on


def tables_of(url: str) -> set[str]:
    engine = open_engine(make_url(url))
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_up_down_and_up_again_ends_where_up_did(database_url: str, open_store: OpenStore) -> None:
    upgrade(database_url)
    tables = tables_of(database_url)
    assert current(database_url) == newest() == SCHEMA

    downgrade(database_url)
    assert tables_of(database_url) == {"alembic_version"}
    assert current(database_url) is None

    upgrade(database_url)
    assert tables_of(database_url) == tables
    with open_store(database_url, schema=SCHEMA).act("tanaka") as act:
        act.record("account.created", "gyosei/u1")


def test_upgrading_keeps_the_records_and_twice_changes_nothing(store: Store) -> None:
    with store.act("tanaka") as act:
        act.record("account.created", "gyosei/u1")
    upgrade(store.url)
    upgrade(store.url)
    assert verdict_on(store).checked == 1


def test_the_migrations_make_the_tables_that_the_rooms_declare(database_url: str) -> None:
    upgrade(database_url)
    engine = open_engine(make_url(database_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, models())
    engine.dispose()
    assert differences == []


def test_two_upgrades_at_once_are_one(database_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, [database_url] * 2))
    assert current(database_url) == newest()


def test_a_migration_that_fails_leaves_nothing(database_url: str) -> None:
    engine = open_engine(make_url(database_url))
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE audit_checkpoint (in_the_way INTEGER)")
    engine.dispose()
    with pytest.raises(Exception, match="already exists"):
        upgrade(database_url)
    assert tables_of(database_url) == {"audit_checkpoint"}
