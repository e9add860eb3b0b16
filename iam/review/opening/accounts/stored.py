"""Lines as the database keeps them: values that need no further thought, and their digest.

The one law: *the quick way gives what the plain way gives* (`opening.hashes.digest_of`): the text that is hashed is the
canonical JSON of the frozen values, put together without an encoder.
"""

from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any, Final

from sqlalchemy import Column, MetaData, Table, Text
from sqlalchemy.types import NullType

from iam.record.columns import instant_text
from iam.review.books import campaign_line_table
from iam.review.opening.hashes import FROZEN

COLUMNS: Final = (*FROZEN, "digest", "asked", "campaign_id", "findings")
"""The order of the values of a line."""

Values = tuple[Any, ...]


@lru_cache
def line_table(dialect: str) -> Table:
    """`campaign_line` for values that are as this database keeps them: rights as text, on SQLite instants too.

    A hundred thousand lines are not taken apart and put together once more on their way.
    """
    plain = MetaData()
    if dialect == "sqlite":
        return Table("campaign_line", plain, *(Column(each.name, NullType()) for each in campaign_line_table.c))
    columns = (Column(each.name, Text() if each.name == "rights" else each.type) for each in campaign_line_table.c)
    return Table("campaign_line", plain, *columns)


def stored(at: datetime | str | None, dialect: str) -> datetime | str | None:
    """An instant as the database keeps it."""
    return instant_text(at) if dialect == "sqlite" and isinstance(at, datetime) else at


def digest(values: Values) -> str:
    """The digest of a line whose frozen values these are, in the order of FROZEN, rights as JSON text."""
    (
        system, native, login, comparable, link, sorting, account_id, kind, state, person_id, keeper_id, enabled,
        rights, created_at, used_at, used_where, former,
    ) = values  # fmt: skip
    text = (
        f"[{_said(system)},{_said(native)},{_said(login)},{_said(comparable)},{_said(link)},{_said(sorting)},"
        f"{_number(account_id)},{_said(kind)},{_said(state)},{_number(person_id)},{_number(keeper_id)},"
        f"{'true' if enabled else 'false'},{rights},{_instant(created_at)},{_instant(used_at)},"
        f"{_said(used_where)},{_said(former)}]"
    )
    return sha256(text.encode()).hexdigest()


_said = encode_basestring


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


def _instant(value: datetime | str | None) -> str:
    if value is None:
        return "null"
    return f'"{value}"' if isinstance(value, str) else f'"{instant_text(value)}"'
