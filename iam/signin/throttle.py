"""Throttling: how long somebody who failed must wait, shared by all processes.

The one law: *an attacker may slow a password down, never lock its owner out of
a phishing-resistant factor* (R35, NIST SP 800-63B-4 3.2.2): what is counted is
one authenticator of one account, and a key or a card is not counted at all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, Connection, Integer, Table, Text

from iam.policy.signin import SigninRules
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


@dataclass(frozen=True, slots=True)
class Counted:
    """What a failure led to: how many in a row, how long to wait now (FOREVER: disabled), None for not at all."""

    failures: int
    wait: timedelta | None


def password_of(person_id: int) -> str:
    """The subject of a person's password."""
    return f"password:{person_id}"


def authenticator_of(id_: int) -> str:
    """The subject of one authenticator."""
    return f"authenticator:{id_}"


def delay(failures: int, delay_after: int) -> timedelta:
    """How long to wait after so many failures in a row: 30 s at `delay_after`, doubled each time, at most an hour."""
    raise NotImplementedError


def blocked(connection: Connection, subject: str, at: datetime) -> timedelta | None:
    """How long this subject must still wait, FOREVER when it is disabled, None when it may be tried."""
    raise NotImplementedError


def failed(act: Act, subject: str, rules: SigninRules) -> Counted:
    """One failure more.  One that comes while the subject is blocked is refused and not counted."""
    raise NotImplementedError


def cleared(act: Act, subject: str) -> None:
    """The subject was proved, replaced by another, or released by an officer: its failures are forgotten."""
    raise NotImplementedError
