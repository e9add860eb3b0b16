"""Answers that are kept while nothing changed: one query past everything but the driver says whether anything did.

The one law: *an answer is kept under what was read in that very query*: visit, client, session, and the pulse of the
decision; so a suspension, a right that went, a lost terminal, a session that ended count at the very next ask.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import bindparam, select

from iam.access.accounts import login_in
from iam.people.ledger import person_table
from iam.record.columns import JST, jst_day
from iam.record.store import Store
from iam.signin import sessions
from iam.signin.deciding.decision import Decision
from iam.signin.deciding.facts import Knock, judge
from iam.signin.deciding.pulse import Pulse, Whence, pulse_binds, pulse_columns, take_pulse
from iam.signin.door import Door, hash_of
from iam.signin.sessions import session_table
from iam.signin.tokens import issued
from iam.signin.tokens.books import client_table, issued_table
from iam.signin.tokens.clients import Client
from iam.signin.tokens.issued import Dead, TokenKind
from iam.signin.visits.entering import knock_of

T = TypeVar("T")

LIFE: Final = timedelta(seconds=30)
"""How long an answer is believed at most, as long as a person is (door.Remembered)."""

_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What the decision said of a visit.  `login`: in the client's system, else the staff number."""

    client: Client
    knock: Knock
    login: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """`row`: as it was when the rest was read, or older."""

    row: tuple[Any, ...]
    pulse: Pulse
    answer: Answer
    until: datetime
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
        self._kept: dict[tuple[str, Whence], _Kept[T]] = {}

    def ask(self, token: str, client_id: int, whence: Whence, at: datetime) -> T | Dead:
        """What the visit is worth now; Dead: it must be opened anew.

        Raises:
            StoreError, Busy: nobody is let in unasked.
        """
        hashed = hash_of(token)
        row = self._ask(hash=hashed, **pulse_binds(whence, at))
        if row is None:
            return Dead("unknown")
        if row[1] != client_id:
            return Dead("mixed_up")
        kept = self._kept.get((hashed, whence))
        if kept is not None and kept.row == row and at < kept.until and self._stands(kept, at):
            return kept.dressed
        return self._anew(token, (hashed, whence), row, at)

    def _stands(self, kept: _Kept[T], at: datetime) -> bool:
        """The decision is asked all the same: it counts who comes, and knows when time alone ends it."""
        said = judge(self._store, self._door, replace(kept.answer.knock, at=at), kept.pulse)
        return said is kept.answer.decision

    def _anew(self, token: str, key: tuple[str, Whence], row: tuple[Any, ...], at: datetime) -> T | Dead:
        found = issued.alive(self._store, self._door, TokenKind.VISIT, token, at)
        if isinstance(found, Dead):
            self._kept.pop(key, None)
            return found
        knock = knock_of(found, key[1], at)
        with self._store.glance() as connection:
            pulse = take_pulse(connection, found.who.person_id, key[1], at)
            login = login_in(connection, found.who.person_id, found.client.system) or found.who.staff_number
        if pulse is None:
            return Dead("unknown", found.token)
        decision = judge(self._store, self._door, knock, pulse)
        if decision.allowed:
            # The person is at work with it; the decision saw the session as it stood before.
            sessions.held(self._store, found.session, found.who, at, touch=True)
        answer = Answer(found.client, knock, login, decision)
        dressed = self._dress(answer, at)
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key] = _Kept(row, pulse, answer, _until(decision, at), dressed)
        return dressed


def _until(decision: Decision, at: datetime) -> datetime:
    """Half a minute at most, and never over midnight in Japan: rights are dated by the day."""
    tomorrow = datetime.combine(jst_day(at) + timedelta(days=1), time.min, JST)
    return min(at + LIFE, tomorrow, *([decision.until] if decision.until else []))
