"""Assertions: one for each request, remembered until the session behind it is over.

The one law: *a request is answered once* (SAML Profiles §4.1.4.5): of several who bring the same one exactly one gets
an answer, for the row is named by the request itself.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from iam.errors import Conflict
from iam.record.act import Act
from iam.signin.door import hash_of
from iam.signin.sessions import Session, session_of, session_table
from iam.signin.tokens.books import issued_table
from iam.signin.tokens.clients import Client
from iam.signin.tokens.issued import TokenKind, new_family


@dataclass(frozen=True, slots=True)
class Given:
    """One assertion.  `index`: by which the system names the session that it keeps since."""

    index: str
    session_id: int
    person_id: int


def new_index() -> str:
    """A name for the session at one system: it tells nothing of the session itself."""
    return f"_{new_family()}"


def give(act: Act, client: Client, request: str, session: Session, index: str) -> bool:
    """Remember that `request` (an identifier of the client's making) is answered now; False when it was before.

    Raises:
        Conflict: when the session has ended.
    """
    if session_of(act.connection, session.id) is None:
        raise Conflict("サインインはもう終わっています。もう一度サインインしてください。")
    values = {
        "kind": TokenKind.ASSERTION, "hash": hash_of(f"assertion {client.id} {request}"), "client_id": client.id,
        "person_id": session.person_id, "session_id": session.id, "family": index, "detail": {},
        "issued_at": act.at, "expires_at": session.ends_at, "used_at": act.at, "revoked_reason": "",
    }  # fmt: skip
    dialect = postgresql if act.connection.dialect.name == "postgresql" else sqlite
    query = dialect.insert(issued_table).values(**values).on_conflict_do_nothing().returning(issued_table.c.id)
    if act.connection.execute(query).scalar_one_or_none() is None:
        return False
    act.record("assertion.given", f"person {session.person_id}", {"client": client.code, "session": session.id})
    return True


def given_to(connection: Connection, client: Client, indexes: Collection[str]) -> list[Given]:
    """The assertions that a client means by these indexes, whether their session lives or not."""
    columns = issued_table.c
    rows = connection.execute(_mine(client).where(columns.family.in_(sorted(indexes)))).all()
    return [Given(row.family, row.session_id, row.person_id) for row in rows]


def given_for(connection: Connection, client: Client, person_id: int) -> list[Given]:
    """The assertions about a person that a client may still be using: their session has not ended."""
    columns = issued_table.c
    lives = exists().where(session_table.c.id == columns.session_id, session_table.c.ended_at.is_(None))
    rows = connection.execute(_mine(client).where(columns.person_id == person_id, lives)).all()
    return [Given(row.family, row.session_id, row.person_id) for row in rows]


def told_besides(connection: Connection, client: Client, sessions: Collection[int]) -> bool:
    """Whether another client, too, was given an assertion that rests on one of these sessions."""
    columns = issued_table.c
    query = select(columns.id).where(
        columns.kind == TokenKind.ASSERTION, columns.session_id.in_(sorted(sessions)), columns.client_id != client.id
    )
    return connection.execute(query.limit(1)).one_or_none() is not None


def _mine(client: Client) -> Select[Any]:
    columns = issued_table.c
    return select(columns.family, columns.session_id, columns.person_id).where(
        columns.kind == TokenKind.ASSERTION, columns.client_id == client.id
    )
