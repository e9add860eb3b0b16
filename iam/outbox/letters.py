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

from sqlalchemy import Column, Connection, Index, Integer, Table, Text, select

from iam.outbox.notices import notice
from iam.outbox.queue import Queue
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

LETTERS: Final = Queue(
    letter_table,
    "letter",
    # Longer than any one sending, which the mailer's own deadline bounds.
    hold=timedelta(minutes=15),
    first_delay=timedelta(minutes=1),
    longest_delay=timedelta(hours=4),
    # Some four days (RFC 5321 §4.5.4.1 asks for at least that).
    most_tries=30,
    interrupted="送信の途中で何度も中断されました。",
)

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


def claim(act: Act) -> Claimed | None:
    """The letter that has waited longest, now this worker's alone until the claim lapses; None when none is due."""
    row = LETTERS.claim(act, select(letter_table))
    if row is None:
        return None
    letter = Letter(row.id, row.address, row.subject, row.body, row.written_at)
    return Claimed(letter, row.person_id, Topic(row.kind), row.tries + 1)


def settle(act: Act, claimed: Claimed, outcome: Outcome, reason: str = "") -> None:
    """The end of a letter; one that somebody settled before stays as it is."""
    if LETTERS.settle(act, claimed.letter.number, outcome, one_line(reason)):
        detail = {"topic": claimed.topic, "tries": claimed.tries}
        act.record(f"letter.{outcome}", f"letter {claimed.letter.number}", detail)


def postpone(act: Act, claimed: Claimed, reason: str) -> bool:
    """Try again later; after the last try it has failed, and False is answered."""
    if LETTERS.postpone(act, claimed.letter.number, claimed.tries, one_line(reason)):
        return True
    settle(act, claimed, Outcome.FAILED, reason)
    return False


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
