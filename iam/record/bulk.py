"""Writing many rows at once, in the same words on both databases.

The one law: *sets, not rows*: COPY on PostgreSQL, executemany on SQLite, each
value through its column's own type.  Defaults that SQLAlchemy would fill in
are not applied: every column that must have a value is named.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, islice
from typing import Final, Never

from sqlalchemy import BigInteger, Connection, Dialect, Integer, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

_CHUNK: Final = 5_000
_stage_numbers = count(1)

_NARROW: Final = 2**31

Row = Sequence[object]
Bind = Callable[[object], object]


def bulk_insert(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Insert `rows`, each in the order of `columns`; answers how many there were."""
    ready = _bound(connection.dialect, table, columns, rows)
    if _is_postgresql(connection):
        return _copy(connection, _name(connection, table), table, columns, ready)
    marks = ", ".join("?" * len(columns))
    listed = ", ".join(_quoted(connection, columns))
    return _many(connection, f"INSERT INTO {_name(connection, table)} ({listed}) VALUES ({marks})", ready)  # noqa: S608 - names from Table


def bulk_update(
    connection: Connection, table: Table, key_columns: Sequence[str], columns: Sequence[str], rows: Iterable[Row]
) -> int:
    """Set `columns` where `key_columns` match; each row holds the keys first, then the values.

    Answers how many rows of the table were changed.  Of two rows with the same
    key, which one wins is not defined.
    """
    target = _name(connection, table)
    if _is_postgresql(connection):
        with _staged(connection, table, [*key_columns, *columns], rows) as stage:
            wanted = ", ".join(f"{column} = new.{column}" for column in _quoted(connection, columns))
            matched = _matched(connection, target, key_columns)
            statement = f"UPDATE {target} SET {wanted} FROM {stage} AS new WHERE {matched}"  # noqa: S608 - names from Table
            return connection.exec_driver_sql(statement).rowcount
    wanted = ", ".join(f"{column} = ?" for column in _quoted(connection, columns))
    matched = " AND ".join(f"{column} = ?" for column in _quoted(connection, key_columns))
    turned = (tuple(row[len(key_columns) :]) + tuple(row[: len(key_columns)]) for row in rows)
    ready = _bound(connection.dialect, table, [*columns, *key_columns], turned)
    return _many(connection, f"UPDATE {target} SET {wanted} WHERE {matched}", ready)  # noqa: S608 - names from Table


def bulk_delete(connection: Connection, table: Table, column: str, values: Iterable[object]) -> int:
    """Delete the rows whose `column` is one of `values`; answers how many went."""
    target = _name(connection, table)
    rows = ((value,) for value in values)
    if _is_postgresql(connection):
        with _staged(connection, table, [column], rows) as stage:
            matched = _matched(connection, target, [column])
            return connection.exec_driver_sql(f"DELETE FROM {target} USING {stage} AS new WHERE {matched}").rowcount  # noqa: S608 - names from Table
    (quoted,) = _quoted(connection, [column])
    ready = _bound(connection.dialect, table, [column], rows)
    return _many(connection, f"DELETE FROM {target} WHERE {quoted} = ?", ready)  # noqa: S608 - names from Table


def _bound(dialect: Dialect, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> Iterable[Row]:
    """`rows` with each value as its column's type sends it to the driver."""
    bind: list[tuple[int, Bind]] = []
    for place, column in enumerate(columns):
        kind = table.c[column].type.dialect_impl(dialect)
        process = _whole_number if _is_narrow(dialect, kind) else kind.bind_processor(dialect)
        if process is not None:
            bind.append((place, process))
    return _processed(rows, bind) if bind else rows


def _is_narrow(dialect: Dialect, kind: TypeEngine[Never]) -> bool:
    # SQLite's whole numbers are 64 bits wide, all of them.
    return dialect.name == "postgresql" and isinstance(kind, Integer) and not isinstance(kind, BigInteger)


def _whole_number(value: object) -> object:
    # Binary COPY would cut the upper half off without a word.
    if isinstance(value, int) and not -_NARROW <= value < _NARROW:
        raise ValueError(f"{value} does not fit into a column of 32 bits")
    return value


def _processed(rows: Iterable[Row], bind: Sequence[tuple[int, Bind]]) -> Iterator[Row]:
    for row in rows:
        values = list(row)
        for place, process in bind:
            values[place] = process(values[place])
        yield values


def _copy(connection: Connection, target: str, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Copy `rows` into `target`, whose columns have the names and types of those of `table`."""
    statement = f"COPY {target} ({', '.join(_quoted(connection, columns))}) FROM STDIN (FORMAT binary)"
    # Binary takes half the time of text, but the server then casts nothing: it must be told what comes.
    compiler = connection.dialect.type_compiler_instance
    types = [compiler.process(table.c[column].type).lower().partition("(")[0] for column in columns]
    driver = connection.connection.driver_connection
    dbapi = connection.dialect.loaded_dbapi
    if driver is None:
        raise ValueError("the connection is closed")
    written = 0
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            write = copy.write_row
            for row in rows:
                write(row)
                written += 1
    except dbapi.Error as error:
        # COPY goes past SQLAlchemy; callers still see one family of errors.
        raise DBAPIError.instance(statement, (), error, dbapi.Error, hide_parameters=True) from error
    return written


def _many(connection: Connection, statement: str, rows: Iterable[Row]) -> int:
    done = 0
    remaining = iter(rows)
    while chunk := [tuple(row) for row in islice(remaining, _CHUNK)]:
        done += connection.exec_driver_sql(statement, chunk).rowcount
    return done


@contextmanager
def _staged(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """A temporary table that holds `rows` under the names and types of `columns`."""
    stage = f"stage_{next(_stage_numbers)}"
    listed = ", ".join(_quoted(connection, columns))
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {stage} ON COMMIT DROP AS "  # noqa: S608 - names from Table
        f"SELECT {listed} FROM {_name(connection, table)} WITH NO DATA"
    )
    _copy(connection, stage, table, columns, _bound(connection.dialect, table, columns, rows))
    # Without figures the planner takes every temporary table for a small one.
    connection.exec_driver_sql(f"ANALYZE {stage}")
    yield stage
    connection.exec_driver_sql(f"DROP TABLE {stage}")


def _matched(connection: Connection, target: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{target}.{column} = new.{column}" for column in _quoted(connection, columns))


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _name(connection: Connection, table: Table) -> str:
    return connection.dialect.identifier_preparer.format_table(table)


def _quoted(connection: Connection, columns: Sequence[str]) -> list[str]:
    return [connection.dialect.identifier_preparer.quote(column) for column in columns]
