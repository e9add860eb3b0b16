"""Migrated PostgreSQL databases for tests, each used again once its rows are those that it began with.

To copy a database costs a quarter of a second, to write its rows anew a fraction of that.  One whose tables, rules or
settings a test altered is dropped, and so is one that nobody can restore.
"""

from collections import deque
from contextlib import suppress
from itertools import count

import psycopg
from psycopg import Connection, sql

from web.practice.servers.postgres import USER, Postgres

_SHAPE = """
SELECT md5(string_agg(part, E'\\n' ORDER BY part)) FROM (
  SELECT concat_ws(' ', oid::regclass, relkind) AS part FROM pg_class
    WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_|^information_schema$')
  UNION ALL SELECT concat_ws(' ', attrelid::regclass, attname, atttypid, attnotnull, atthasdef) FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0
  UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index
    JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', tgenabled, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT concat_ws(' ', oid::regprocedure, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT setconfig::text FROM pg_db_role_setting
    JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database()
) AS parts
"""
"""One word for everything about a database but its rows."""

_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_RELATIONS = (
    "SELECT relname FROM pg_class WHERE relkind = %s AND relnamespace = 'public'::regnamespace ORDER BY relname"
)


class Databases:
    """Copies of `template`, a migrated database, each with the rows of the template when it is taken."""

    def __init__(self, postgres: Postgres, template: str) -> None:
        self._postgres = postgres
        self._template = template
        self._numbers = count(1)
        # The one that was given back first comes first: whoever has not let go of it yet has had the longest time.
        self._spare: deque[str] = deque()
        with self._connected(template) as connection:
            self._shape = _shape(connection)
            self._tables = [name for (name,) in connection.execute(_RELATIONS, ["r"])]
            self._sequences = {name: _standing(connection, name) for (name,) in connection.execute(_RELATIONS, ["S"])}
            self._rows = {name: rows for name in self._tables if (rows := _rows(connection, name))}

    def take(self) -> str:
        """The name of a database that holds what the template holds."""
        if self._spare:
            return self._spare.popleft()
        name = f"{self._template}_{next(self._numbers)}"
        self._postgres.create(name, template=self._template)
        return name

    def give_back(self, name: str) -> None:
        """Make it ready for the next test, or drop it."""
        with suppress(psycopg.Error):
            if self._restored(name):
                self._spare.append(name)
                return
        self._postgres.drop(name)

    def _restored(self, name: str) -> bool:
        with self._connected(name) as connection:
            connection.execute(_OTHERS)
            if _shape(connection) != self._shape:
                return False
            # Neither keys between tables nor triggers count for this one connection: the audit refuses to be emptied.
            connection.execute("SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '5s'")
            for table in self._tables:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            for table, rows in self._rows.items():
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as into:
                    into.write(rows)
            for sequence, standing in self._sequences.items():
                connection.execute("SELECT setval(%s, %s, %s)", [f'"{sequence}"', *standing])
        return True

    def _connected(self, name: str) -> Connection:
        return psycopg.connect(host="127.0.0.1", port=self._postgres.port, user=USER, dbname=name)


def _shape(connection: Connection) -> str:
    (found,) = connection.execute(_SHAPE).fetchone() or ("",)
    return str(found)


def _standing(connection: Connection, sequence: str) -> tuple[int, bool]:
    query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(sequence))
    last, called = connection.execute(query).fetchone() or (1, False)
    return int(last), bool(called)


def _rows(connection: Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as out:
        return b"".join(bytes(part) for part in out)
