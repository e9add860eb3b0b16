"""Throttling: how long somebody who failed must wait, shared by all processes.

The one law: *an attacker may slow a password down, never lock its owner out of
a phishing-resistant factor* (R35, NIST SP 800-63B-4 3.2.2): what is counted is
one authenticator of one account, and a key or a card is not counted at all.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from iam.policy.entry.signin import SigninRules
from iam.record.act import Act
from iam.record.store import Instant, metadata

throttle_table = Table(
    "throttle",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Instant, nullable=False),
    Column("blocked_until", Instant),
)

SHORTEST: Final = timedelta(seconds=30)
LONGEST: Final = timedelta(hours=1)
FOREVER: Final = timedelta.max
"""How long a disabled authenticator waits: until it is replaced, or an officer releases it."""

_NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
_LOCKS: Final = 0x6B61
"""Our class of advisory locks on PostgreSQL; a row to lock may not be there yet."""

_STRANGERS: Final = "unknown:"
_FORGOTTEN: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a failure led to: how many in a row; how long to wait from now on (FOREVER: disabled), None for not at all.

    `fresh`: this failure was counted; one that came while the subject was blocked was not.
    """

    failures: int
    wait: timedelta | None
    fresh: bool = True


_OF: Final = select(throttle_table).where(throttle_table.c.subject == bindparam("subject"))
_ALONE: Final = select(func.pg_advisory_xact_lock(_LOCKS, func.hashtext(bindparam("subject", type_=Text))))


def password_of(person_id: int) -> str:
    """The subject of a person's password."""
    return f"password:{person_id}"


def password_beside(person_id: int, authenticator_id: int) -> str:
    """The subject of a password given after a card: who does not hold the card cannot slow it down."""
    return f"password:{person_id}:{authenticator_id}"


def authenticator_of(id_: int) -> str:
    """The subject of one authenticator."""
    return f"authenticator:{id_}"


def stranger(blinded: str) -> str:
    """The subject of a number that nobody has; `blinded` by `Door.blinded`, so that the table tells nothing."""
    return _STRANGERS + blinded


def delay(failures: int, delay_after: int) -> timedelta:
    """How long to wait after so many failures in a row: 30 s at `delay_after`, doubled each time, at most an hour."""
    if failures < delay_after:
        return timedelta(0)
    # Past ten doublings the longest is reached whatever the number.
    return min(SHORTEST * (1 << min(failures - delay_after, 10)), LONGEST)


def hold(act: Act, subject: str) -> Counted:
    """Begin to judge this subject: nobody else does until the act ends.  What was counted so far, and the wait.

    Without it, guesses in parallel would all be judged before the first of them is counted.
    """
    _lock(act, subject)
    row = _row(act.connection, subject)
    return Counted(row.failures if row else 0, _wait(row, act.at))


def blocked(connection: Connection, subject: str, at: datetime) -> timedelta | None:
    """How long this subject must still wait, FOREVER when it is disabled, None when it may be tried."""
    return _wait(_row(connection, subject), at)


def failed(act: Act, subject: str, rules: SigninRules) -> Counted:
    """One failure more.  One that comes while the subject is blocked is refused and not counted.

    So a flood does not disable a password: each step to the end costs an attacker the wait before it.
    """
    _lock(act, subject)
    row = _row(act.connection, subject)
    if (waits := _wait(row, act.at)) is not None:
        return Counted(row.failures if row else 0, waits, fresh=False)
    failures = (row.failures if row else 0) + 1
    wait = FOREVER if failures >= rules.disable_at else delay(failures, rules.delay_after) or None
    until = _NEVER if wait is FOREVER else act.at + wait if wait else None
    values = {"failures": failures, "failed_at": act.at, "blocked_until": until}
    if row is None:
        act.connection.execute(insert(throttle_table).values(subject=subject, **values))
    else:
        act.connection.execute(update(throttle_table).where(throttle_table.c.subject == subject).values(**values))
    return Counted(failures, wait)


def cleared(act: Act, subject: str) -> None:
    """The subject was proved: its failures are forgotten."""
    act.connection.execute(delete(throttle_table).where(throttle_table.c.subject == subject))


def replaced(act: Act, person_id: int) -> None:
    """The person's password is another one: what was counted against the old one is forgotten."""
    act.connection.execute(delete(throttle_table).where(_password_subjects(person_id)))


def released(act: Act, person_id: int) -> bool:
    """An officer lets a person try their password again; False when nothing was in the way.  A disabled app or
    device stays disabled (NIST SP 800-63B-4 3.2.2: it is bound anew)."""
    gone = delete(throttle_table).where(_password_subjects(person_id)).returning(throttle_table.c.failures)
    failures = act.connection.scalars(gone).all()
    if failures:
        act.record("throttle.released", f"person {person_id}", {"failures": max(failures)})
    return bool(failures)


def state(connection: Connection, person_id: int, at: datetime) -> Counted:
    """How a person's password stands, for officers: failures in a row and the wait."""
    row = _row(connection, password_of(person_id))
    return Counted(row.failures if row else 0, _wait(row, at))


def forget_strangers(act: Act) -> int:
    """Drop the counts of numbers that nobody has and that were not tried for long; how many there were."""
    old = throttle_table.c.subject.startswith(_STRANGERS), throttle_table.c.failed_at < act.at - _FORGOTTEN
    return len(act.connection.execute(delete(throttle_table).where(*old).returning(throttle_table.c.subject)).all())


def _password_subjects(person_id: int) -> ColumnElement[bool]:
    """The password alone, and beside each card."""
    subject = password_of(person_id)
    return (throttle_table.c.subject == subject) | throttle_table.c.subject.startswith(f"{subject}:", autoescape=True)


def _lock(act: Act, subject: str) -> None:
    # SQLite has one writer, who is this act.
    if act.connection.dialect.name == "postgresql":
        act.connection.execute(_ALONE, {"subject": subject})


def _row(connection: Connection, subject: str) -> Row[Any] | None:
    return connection.execute(_OF, {"subject": subject}).one_or_none()


def _wait(row: Row[Any] | None, at: datetime) -> timedelta | None:
    if row is None or row.blocked_until is None or row.blocked_until <= at:
        return None
    return FOREVER if row.blocked_until == _NEVER else row.blocked_until - at
