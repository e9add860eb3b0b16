"""The column types and the metadata that every floor declares its tables on.

The one law: *what is stored reads back the same on SQLite and PostgreSQL*, so
instants are aware UTC or refused, and JSON has one canonical text.  A statement
never grows with its values: `among` binds many as one, for `IN` with five
thousand marks costs more to render and parse than to run.
"""

import json
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    TIMESTAMP,
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType, _asbool, and_, or_
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

INSTANT_WIDTH = 27
JST = timezone(timedelta(hours=9))

Number = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit whole number; on SQLite the type that makes a primary key the row's own address."""


def instant_text(at: datetime) -> str:
    """`at` as `2026-04-01T00:00:00.000000Z`: 27 characters, so that texts sort as instants do.

    Raises:
        ValueError: when `at` is naive.
    """
    _refuse_naive(at)
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def local_text(at: datetime) -> str:
    """`at` as people in Japan read it: `2026-04-01 09:00`."""
    return f"{at.astimezone(JST):%Y-%m-%d %H:%M}"


def jst_day(at: datetime) -> date:
    """The calendar day in Japan of an instant: what the dates of appointments are compared with."""
    return at.astimezone(JST).date()


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC: TIMESTAMPTZ on PostgreSQL, fixed-width ISO 8601 text on SQLite."""

    impl = TIMESTAMP
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        """The column type of `dialect`."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(INSTANT_WIDTH))
        return dialect.type_descriptor(TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """What is sent to the database; a naive instant raises ValueError."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return instant_text(value)
        _refuse_naive(value)
        return value

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """The stored instant, always in UTC."""
        del dialect
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value.astimezone(UTC) if isinstance(value, datetime) else None


class Json(TypeDecorator[object]):
    """A JSON value kept as its canonical text, so that both databases hold the same bytes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """The canonical text; None is SQL NULL."""
        del dialect
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: object, dialect: Dialect) -> object:
        """The value that the text says."""
        del dialect
        return json.loads(value) if isinstance(value, str) else None


def _refuse_naive(at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError(f"an instant needs its zone: {at!r}")


def canonical_json(value: object) -> str:
    """The one text of `value`: keys sorted, no spaces, characters as themselves.

    Dates, aware instants, mappings and sets are understood; NaN and the
    infinities are not JSON and raise ValueError, any other type TypeError.
    """
    return _ENCODER.encode(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, AbstractSet):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False,
    sort_keys=True,
    separators=(",", ":"),
    allow_nan=False,
    default=_plain,
)


class _Many(TypeDecorator[list[Any]]):
    """Many values as one: an array on PostgreSQL, JSON text on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(ARRAY(self.item))

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> object:
        return json.dumps(value) if dialect.name == "sqlite" else value


@lru_cache
def _many(item: TypeEngine[Any]) -> _Many:
    """One for each type of a column, so that it is worked out once what a driver makes of it."""
    return _Many(item)


class _Among(FunctionElement[bool]):
    """`column = ANY (values)`."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> Any:  # noqa: ANN401 - as the class above says
        """Itself: SQLite has no booleans, so a function among conditions would be held against 1, past every index."""
        return self if against in {and_, or_, _asbool} else super().self_group(against)


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: SQLCompiler, **words: Any) -> str:  # noqa: ANN401 - the compiler's own
    column, values = (compiler.process(clause, **words) for clause in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: SQLCompiler, **words: Any) -> str:  # noqa: ANN401 - the compiler's own
    column, values = (compiler.process(clause, **words) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both compiled


def among(column: ColumnElement[Any], values: Collection[object]) -> ColumnElement[bool]:
    """Whether `column`, of text, numbers or bytes, is one of `values`."""
    if isinstance(column.type, LargeBinary):
        # JSON holds no bytes, and SQLite before 3.41 cannot make them from hex.
        return column.in_(values)
    bound: BindParameter[Any] = bindparam(None, list(values), type_=_many(column.type))
    return _Among(column, bound)
