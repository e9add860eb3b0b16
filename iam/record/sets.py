"""Whether a column is one of many values, bound as one value.

The one law: *a statement's text never grows with its values*.  `IN` with five
thousand marks costs more to render and parse than to run.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, Boolean, Column, ColumnElement, Dialect, LargeBinary, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


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


class _Among(FunctionElement[bool]):
    """`column = ANY (values)`."""

    type = Boolean()
    inherit_cache = True


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: SQLCompiler, **words: Any) -> str:  # noqa: ANN401 - the compiler's own
    column, values = (compiler.process(clause, **words) for clause in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: SQLCompiler, **words: Any) -> str:  # noqa: ANN401 - the compiler's own
    column, values = (compiler.process(clause, **words) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both compiled


def among(column: Column[Any], values: Collection[object]) -> ColumnElement[bool]:
    """Whether `column`, of text, numbers or bytes, is one of `values`."""
    if isinstance(column.type, LargeBinary):
        # JSON holds no bytes, and SQLite before 3.41 cannot make them from hex.
        return column.in_(values)
    bound: BindParameter[Any] = bindparam(None, list(values), type_=_Many(column.type))
    return _Among(column, bound)
