"""Answers that are kept while nothing changed: one query past everything but the driver says whether anything did.

The one law: *an answer is kept under what was read in that very query*: visit, client, session, and the pulse of the
decision; so a suspension, a right that went, a lost terminal, a session that ended count at the very next ask.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import bindparam, select

from iam.access.accounts import login_in
from iam.people.ledger import person_table
from iam.record.store import Store
from iam.signin import sessions
from iam.signin.deciding.decision import Decision
from iam.signin.deciding.facts import Knock, judge, repeated
from iam.signin.deciding.pulse import Pulse, Whence, pulse_binds, pulse_columns, take_pulse
from iam.signin.door import Door, Remembered, hash_of
from iam.signin.sessions import session_table
from iam.signin.tokens import issued
from iam.signin.tokens.books import client_table, issued_table
from iam.signin.tokens.clients import Client
from iam.signin.tokens.issued import Dead, TokenKind
from iam.signin.visits.entering import knock_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the decision said of a visit.  `login`: in the client's system, else the staff number."""

    client: Client
    knock: Knock
    login: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    pulse: Pulse
    answer: Answer
    dressed: T


_QUERY: Final = (
    select(
        issued_table.c.id, issued_table.c.client_id, issued_table.c.expires_at, issued_table.c.revoked_at,
        client_table.c.state, client_table.c.changed_at,
        session_table.c.ended_at, session_table.c.locked, session_table.c.duty, session_table.c.proofs,
        session_table.c.proved_at, session_table.c.seen_at, session_table.c.ends_at,
        *pulse_columns(),
    )
    .join_from(issued_table, client_table, client_table.c.id == issued_table.c.client_id)
    .join(session_table, session_table.c.id == issued_table.c.session_id)
    .join(person_table, person_table.c.id == session_table.c.person_id)
    .where(issued_table.c.hash == bindparam("hash"), issued_table.c.kind == TokenKind.VISIT)
)  # fmt: skip


class Visits(Generic[T]):
    """The visits of one process; threads share it.  `dress` makes of an answer what the door sends, until when."""

    def __init__(self, store: Store, door: Door, dress: Callable[[Answer, datetime], T]) -> None:
        self._store, self._door, self._dress = store, door, dress
        self._ask = store.question(_QUERY)
        # Each under the row as it was when the rest was read, or older.
        self._kept: Remembered[_Kept[T]] = Remembered()

    def ask(self, token: str, client_id: int, whence: Whence, at: datetime) -> T | Dead:
        """What the visit is worth now; Dead: it must be opened anew.

        Raises:
            StoreError, Busy: nobody is let in unasked.
        """
        key = hash_of(token), whence
        row = self._read(key, at)
        found = self._kept_under(row, key, client_id, at)
        return self._anew(token, key, row, at) if found is None else found

    def kept(self, token: str, client_id: int, whence: Whence, at: datetime) -> T | Dead | None:
        """The same where one read is enough; None when more must be read or anything written: `ask` then.

        Raises:
            StoreError, Busy: as `ask`.
        """
        key = hash_of(token), whence
        return self._kept_under(self._read(key, at), key, client_id, at)

    def _read(self, key: tuple[str, Whence], at: datetime) -> tuple[Any, ...] | None:
        return self._ask(hash=key[0], **pulse_binds(key[1], at))

    def _kept_under(
        self, row: tuple[Any, ...] | None, key: tuple[str, Whence], client_id: int, at: datetime
    ) -> T | Dead | None:
        if row is None:
            return Dead("unknown")
        if row[1] != client_id:
            return Dead("mixed_up")
        kept = self._kept.get(key, row, at)
        if kept is None:
            return None
        # The decision is asked all the same: it counts who comes, and knows when time alone ends it.
        asked = kept.answer.knock
        now = Knock(asked.who, asked.session, asked.system, asked.whence, at, asked.by, asked.asked)
        return kept.dressed if repeated(self._door, now, kept.pulse) is kept.answer.decision else None

    def _anew(self, token: str, key: tuple[str, Whence], row: tuple[Any, ...] | None, at: datetime) -> T | Dead:
        found = issued.alive(self._store, self._door, TokenKind.VISIT, token, at)
        if isinstance(found, Dead):
            return found
        knock = knock_of(found, key[1], at)
        with self._store.glance() as connection:
            pulse = take_pulse(connection, found.who.person_id, key[1], at)
            login = login_in(connection, found.who.person_id, found.client.system) or found.who.staff_number
        if pulse is None or row is None:
            return Dead("unknown", found.token)
        decision = judge(self._store, self._door, knock, pulse)
        if decision.allowed:
            # The person is at work with it; the decision saw the session as it stood before.
            sessions.held(self._store, found.session, found.who, at, touch=True)
        answer = Answer(found.client, knock, login, decision)
        dressed = self._dress(answer, at)
        self._kept.put(key, row, at, _Kept(pulse, answer, dressed))
        return dressed
