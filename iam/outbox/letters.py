"""Letters: written in the act that gives rise to them, sent later by whoever claims them.

The one law: *one claim, one sender*: a letter is claimed by a conditional
UPDATE, so two workers never send it at once.  A worker that dies with a claim
loses it when the claim lapses; the letter then goes once more, under the same
number, rather than not at all.  A bad address never undoes the deed: the letter
is settled as undeliverable, and the notice remains.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, Index, Integer, Table, Text, delete, select, update

from iam.outbox.notices import notice
from iam.outbox.topics import Topic, Value, composed, one_line
from iam.ports import Letter
from iam.record.act import Act
from iam.record.store import Instant, Number, metadata

letter_table = Table(
    "letter",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("settled_at", Instant),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
Index("ix_letter_due", letter_table.c.settled_at, letter_table.c.due_at)

CLAIM: Final = timedelta(minutes=15)
"""How long a claim holds: longer than any one sending, which the mailer's own deadline bounds."""

FIRST_DELAY: Final = timedelta(minutes=1)
LONGEST_DELAY: Final = timedelta(hours=4)
MOST_TRIES: Final = 30
"""Some four days (RFC 5321 §4.5.4.1 asks for at least that)."""

INTERRUPTED: Final = "送信の途中で何度も中断されました。"
_DOUBLINGS: Final = 8
LONGEST_ADDRESS: Final = 254
LONGEST_LOCAL: Final = 64
# ASCII dot-atoms and host names (RFC 5321 §4.1.2); quoted local parts and literals have no place in a staff list.
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*", re.ASCII)


class Outcome(StrEnum):
    """How a letter ended; "" in the table while it waits."""

    SENT = "sent"
    FAILED = "failed"
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    NOT_SENT = "not_sent"

    @property
    def label_ja(self) -> str:
        """The word that officers read."""
        return _OUTCOMES[self]


_OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.SENT: "送信済",
    Outcome.FAILED: "送信できず",
    Outcome.NO_ADDRESS: "宛先なし",
    Outcome.BAD_ADDRESS: "宛先の誤り",
    Outcome.NOT_SENT: "メールを使わない設定",
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that is this worker's to send; `tries` counts this one."""

    letter: Letter
    person_id: int
    topic: Topic
    tries: int


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A letter that did not arrive, for officers: to whom, about what, and why."""

    id: int
    person_id: int
    subject: str
    address: str
    written_at: datetime
    tries: int
    outcome: Outcome | None
    """None while it is still tried again."""
    reason: str


def write(act: Act, person_id: int, address: str, topic: Topic, values: Mapping[str, Value]) -> int:
    """Write a letter; answers its number.  Without a usable `address` it is settled at once.

    Raises:
        ValueError, TypeError: when the values are not the topic's.
    """
    subject, body = composed(topic, values)
    trouble = _trouble(address)
    made = act.connection.execute(
        letter_table.insert().values(
            person_id=person_id, kind=topic, address=one_line(address), subject=subject, body=body,
            written_at=act.at, due_at=act.at, tries=0,
            settled_at=act.at if trouble else None, outcome=trouble or "", reason="",
        )
    )  # fmt: skip
    (number,) = made.inserted_primary_key or (0,)
    if trouble:
        act.record("letter.undeliverable", f"letter {number}", {"topic": topic, "outcome": trouble})
    return int(number)


def tell(act: Act, person_id: int, address: str, topic: Topic, values: Mapping[str, Value]) -> None:
    """Tell a person: a notice for the next sign-in, and a letter.

    Raises:
        ValueError, TypeError: when the values are not the topic's.
    """
    notice(act, person_id, topic, values)
    write(act, person_id, address, topic, values)


def address_is_sound(address: str) -> bool:
    """Whether `address` is one mail address and nothing more: no line break, no second address, no name."""
    local = address.rpartition("@")[0]
    return len(address) <= LONGEST_ADDRESS and len(local) <= LONGEST_LOCAL and _ADDRESS.fullmatch(address) is not None


def _trouble(address: str) -> Outcome | None:
    if not address.strip():
        return Outcome.NO_ADDRESS
    return None if address_is_sound(address) else Outcome.BAD_ADDRESS


def waiting(connection: Connection, at: datetime) -> bool:
    """Whether a letter is due."""
    return connection.execute(select(letter_table.c.id).where(_due(at)).limit(1)).first() is not None


def _due(at: datetime) -> ColumnElement[bool]:
    table = letter_table.c
    return table.settled_at.is_(None) & (table.due_at <= at) & (table.tries < MOST_TRIES)


def claim(act: Act) -> Claimed | None:
    """The letter that has waited longest, now this worker's alone until the claim lapses; None when none is due."""
    table = letter_table.c
    found = select(letter_table).where(_due(act.at)).order_by(table.due_at, table.id).limit(1)
    # Another worker's letter is passed over, not waited for; SQLite has one writer and ignores this.
    row = act.connection.execute(found.with_for_update(skip_locked=True)).first()
    if row is None or not _moved(act, row.id, row.tries, due_at=act.at + CLAIM, tries=row.tries + 1):
        return None
    letter = Letter(row.id, row.address, row.subject, row.body, row.written_at)
    return Claimed(letter, row.person_id, Topic(row.kind), row.tries + 1)


def settle(act: Act, claimed: Claimed, outcome: Outcome, reason: str = "") -> None:
    """The end of a letter; one that somebody settled before stays as it is."""
    unsettled = (letter_table.c.id == claimed.letter.number) & letter_table.c.settled_at.is_(None)
    values = {"settled_at": act.at, "outcome": outcome, "reason": one_line(reason)}
    if act.connection.execute(update(letter_table).where(unsettled).values(**values)).rowcount:
        detail = {"topic": claimed.topic, "tries": claimed.tries}
        act.record(f"letter.{outcome}", f"letter {claimed.letter.number}", detail)


def postpone(act: Act, claimed: Claimed, reason: str) -> bool:
    """Try again later, each time after a longer while; after `MOST_TRIES` it has failed, and False is answered."""
    if claimed.tries >= MOST_TRIES:
        settle(act, claimed, Outcome.FAILED, reason)
        return False
    later = act.at + delay_after(claimed.tries)
    _moved(act, claimed.letter.number, claimed.tries, due_at=later, reason=one_line(reason))
    return True


def give_up(act: Act) -> int:
    """Settle what was claimed for the last time by workers that died; answers how many."""
    table = letter_table.c
    spent = table.settled_at.is_(None) & (table.due_at <= act.at) & (table.tries >= MOST_TRIES)
    numbers = act.connection.execute(select(table.id).where(spent).order_by(table.id)).scalars().all()
    values = {"settled_at": act.at, "outcome": Outcome.FAILED, "reason": INTERRUPTED}
    for number in numbers:
        if act.connection.execute(update(letter_table).where(spent, table.id == number).values(**values)).rowcount:
            act.record("letter.failed", f"letter {number}", {"reason": INTERRUPTED})
    return len(numbers)


def forget_letters(act: Act, before: datetime) -> int:
    """Drop letters that were settled before an instant; the audit keeps that they went.  Answers how many."""
    old = letter_table.c.settled_at < before
    return act.connection.execute(delete(letter_table).where(old)).rowcount


def delay_after(tries: int) -> timedelta:
    """How long to wait after so many tries: one minute, doubled each time, up to four hours."""
    return LONGEST_DELAY if tries > _DOUBLINGS else FIRST_DELAY * (1 << (tries - 1))


def undelivered(connection: Connection, limit: int = 200) -> list[Undelivered]:
    """What did not arrive, and what has been tried in vain so far; the newest first."""
    table = letter_table.c
    quiet = ["", Outcome.SENT, Outcome.NOT_SENT]
    trouble = table.outcome.not_in(quiet) | ((table.outcome == "") & (table.reason != ""))
    rows = connection.execute(select(letter_table).where(trouble).order_by(table.id.desc()).limit(limit))
    return [
        Undelivered(
            row.id, row.person_id, row.subject, row.address, row.written_at, row.tries,
            Outcome(row.outcome) if row.outcome else None, row.reason,
        )
        for row in rows
    ]  # fmt: skip


def _moved(act: Act, number: int, known_tries: int, **values: object) -> bool:
    """Change a letter if nobody has claimed or settled it since; False when somebody was first."""
    same = (letter_table.c.id == number) & (letter_table.c.tries == known_tries) & letter_table.c.settled_at.is_(None)
    return bool(act.connection.execute(update(letter_table).where(same).values(**values)).rowcount)
