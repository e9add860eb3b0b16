"""Reading the records in order, a page at a time, as fast as the driver gives them.

The one law: *a value that was made unreadable is still handed on*, so that
verifying can name the record instead of failing on it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from iam.record.audit.chain import Raw, canonical
from iam.record.columns import instant_text

_LEAST: Final = -(2**63)
_PAGE: Final = 10_000

# PostgreSQL knows instants that Python does not; they become NULL, which no record holds.
_POSSIBLE_AT: Final = "CASE WHEN at >= '0001-01-02Z' AND at < '9999-12-31Z' THEN at END"


class _Cursor(Protocol):
    def execute(self, statement: str) -> object: ...
    def fetchall(self) -> list[Raw]: ...


class _Driver(Protocol):
    text_factory: object

    def cursor(self, *, binary: bool = ...) -> _Cursor: ...


def pages(connection: Connection) -> Iterator[Sequence[Raw]]:
    """All records by number.  Past SQLAlchemy, whose rows would cost as much as the hashing."""
    first = _LEAST
    while page := _page(connection, first):
        yield page
        first = page[-1][0] + 1


def lines(page: Sequence[Raw]) -> Iterator[bytes]:
    """The canonical line of each record.

    Raises:
        TypeError, UnicodeEncodeError: at a value that is no text.
    """
    at: object = None
    at_text = ""
    for row in page:
        instant = row[1]
        if instant != at:
            # The records of one act share their instant.
            at, at_text = instant, instant_text(instant) if isinstance(instant, datetime) else str(instant)
        yield canonical(row, at_text)


def _page(connection: Connection, first: int) -> Sequence[Raw]:
    driver = connection.connection.driver_connection
    if driver is None:
        raise ValueError("the connection is closed")
    dbapi = connection.dialect.loaded_dbapi
    on_sqlite = connection.dialect.name == "sqlite"
    read = _from_sqlite if on_sqlite else _from_postgresql
    try:
        return read(driver, first, lenient=False)
    except dbapi.Error as error:
        # Both drivers decode after the server is done; only then is it the value that is at fault.
        unreadable = "decode" in str(error) if on_sqlite else isinstance(error, dbapi.DataError)
        if unreadable:
            return read(driver, first, lenient=True)
        raise DBAPIError.instance(None, None, error, dbapi.Error) from error


def _from_postgresql(driver: _Driver, first: int, *, lenient: bool) -> list[Raw]:
    cursor = driver.cursor(binary=True)
    cursor.execute(_select(_POSSIBLE_AT if lenient else "at", first))
    return cursor.fetchall()


def _from_sqlite(driver: _Driver, first: int, *, lenient: bool) -> list[Raw]:
    usual = driver.text_factory
    if lenient:
        driver.text_factory = _as_far_as_readable
    try:
        cursor = driver.cursor()
        cursor.execute(_select("at", first))
        return cursor.fetchall()
    finally:
        driver.text_factory = usual


def _as_far_as_readable(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _select(at: str, first: int) -> str:
    return (
        f"SELECT number, {at}, actor, on_behalf, action, subject, detail, previous, hash"  # noqa: S608 - our own words
        f" FROM audit_record WHERE number >= {first} ORDER BY number LIMIT {_PAGE}"
    )
