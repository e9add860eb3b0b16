"""Many rows at once: the same values on both databases as one row at a time would give."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, MetaData, Table, Text, insert, select
from sqlalchemy.exc import IntegrityError

from iam.record.store import Instant, Json, Number, Store, bulk_delete, bulk_insert, bulk_update

JST = timezone(timedelta(hours=9))


class Kind(StrEnum):
    HIRED = "hired"


SAMPLE = Table(
    "sample",
    MetaData(),
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("body", Text, primary_key=True),
    Column("at", Instant),
    Column("day", Date),
    Column("open", Boolean),
    Column("print", LargeBinary),
    Column("values", Json),
    Column("text", Text),
    Column("count", Integer),
)
COLUMNS = [column.name for column in SAMPLE.columns]
ROWS: list[tuple[object, ...]] = [
    (
        2**40,
        "city",
        datetime(2026, 4, 1, 9, tzinfo=JST),
        date(2026, 4, 1),
        True,
        b"\x00\xff\t\n\\",
        {"b": [1, None], "a": "山"},
        "改\n行\tと\\N",
        0,
    ),
    (2, "city", None, None, None, None, None, None, None),
    (3, "town", datetime(1, 1, 2, tzinfo=UTC), date.max, False, b"", [], Kind.HIRED, -1),
]


@pytest.fixture
def sample(store: Store) -> Store:
    with store.act("tanaka") as act:
        SAMPLE.create(act.connection)
    return store


def rows_of(store: Store) -> list[tuple[object, ...]]:
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(select(SAMPLE).order_by(SAMPLE.c.id))]


def test_rows_come_back_as_if_inserted_one_by_one(sample: Store) -> None:
    with sample.act("tanaka") as act:
        assert bulk_insert(act.connection, SAMPLE, COLUMNS, ROWS) == 3
    in_bulk = rows_of(sample)
    with sample.act("tanaka") as act:
        assert bulk_delete(act.connection, SAMPLE, "id", [row[0] for row in ROWS]) == 3
        for row in ROWS:
            act.connection.execute(insert(SAMPLE).values(dict(zip(COLUMNS, row, strict=True))))
    assert in_bulk == rows_of(sample)
    assert in_bulk == sorted(ROWS, key=lambda row: int(str(row[0])))


def test_more_rows_than_one_chunk_all_arrive(sample: Store) -> None:
    with sample.act("tanaka") as act:
        written = bulk_insert(act.connection, SAMPLE, ["id", "body"], ((number, "city") for number in range(12_345)))
    assert written == len(rows_of(sample)) == 12_345


def test_no_rows_are_no_work(sample: Store) -> None:
    with sample.act("tanaka") as act:
        assert bulk_insert(act.connection, SAMPLE, COLUMNS, []) == 0
        assert bulk_update(act.connection, SAMPLE, ["id"], ["text"], []) == 0
        assert bulk_delete(act.connection, SAMPLE, "id", []) == 0
    assert rows_of(sample) == []


def test_an_update_changes_the_named_columns_of_the_named_rows(sample: Store) -> None:
    moved = datetime(2027, 4, 1, tzinfo=UTC)
    with sample.act("tanaka") as act:
        bulk_insert(act.connection, SAMPLE, COLUMNS, ROWS)
        changes = [(2, "city", {"x": 1}, moved), (3, "city", {}, moved), (3, "town", None, None)]
        assert bulk_update(act.connection, SAMPLE, ["id", "body"], ["values", "at"], changes) == 2
    second, third, first = rows_of(sample)
    assert first == ROWS[0]
    assert second == (2, "city", moved, None, None, None, {"x": 1}, None, None)
    assert third == (3, "town", None, date.max, False, b"", None, "hired", -1)


def test_a_deletion_takes_the_named_rows_by_any_type(sample: Store) -> None:
    with sample.act("tanaka") as act:
        bulk_insert(act.connection, SAMPLE, COLUMNS, ROWS)
        assert bulk_delete(act.connection, SAMPLE, "at", [datetime(2026, 4, 1, tzinfo=UTC)]) == 1
        assert bulk_delete(act.connection, SAMPLE, "body", ["town", "village"]) == 1
    assert [row[0] for row in rows_of(sample)] == [2]


def test_twice_in_one_act_is_possible(sample: Store) -> None:
    with sample.act("tanaka") as act:
        bulk_insert(act.connection, SAMPLE, COLUMNS, ROWS)
        for count in (1, 2):
            assert bulk_update(act.connection, SAMPLE, ["id"], ["count"], [(2, count)]) == 1
    assert rows_of(sample)[0][-1] == 2


def test_a_doubled_key_is_an_error_of_sqlalchemy_and_undoes_the_act(sample: Store) -> None:
    with pytest.raises(IntegrityError), sample.act("tanaka") as act:
        bulk_insert(act.connection, SAMPLE, ["id", "body"], [(1, "city"), (1, "city")])
    assert rows_of(sample) == []


def test_a_naive_instant_is_refused_in_bulk_too(sample: Store) -> None:
    naive = datetime(2026, 4, 1)  # noqa: DTZ001 - the point of the test
    with pytest.raises(ValueError, match="zone"), sample.act("tanaka") as act:
        bulk_insert(act.connection, SAMPLE, ["id", "body", "at"], [(1, "city", naive)])


@pytest.mark.parametrize("count", [2**31, -(2**31) - 1, 2**40])
def test_a_number_too_wide_for_its_column_is_never_cut(sample: Store, count: int) -> None:
    with suppress(ValueError), sample.act("tanaka") as act:
        bulk_insert(act.connection, SAMPLE, ["id", "body", "count"], [(1, "city", count)])
    assert [row[-1] for row in rows_of(sample)] in ([], [count])
