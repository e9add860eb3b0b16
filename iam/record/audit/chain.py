"""The audit chain: every deed's record, each carrying the hash of the one before.

The one law: *a record is appended once and never changes*.  A record is hashed
over its canonical line, which holds the hash of the record before it; the one
row of `audit_head` holds the newest hash under an HMAC whose key lies outside
the database; signed checkpoints leave the host.  Whoever owns the database
alone can break the chain but cannot mend it.
"""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Final, NamedTuple

from sqlalchemy import Column, Connection, Integer, String, Table, Text, bindparam, select, update

from iam.errors import IntegrityError
from iam.record.bulk import bulk_insert
from iam.record.columns import Instant, Number, instant_text, metadata
from iam.record.keys import KeyRing

GENESIS: Final = "0" * 64
"""What stands for the hash of the record before the first."""

HASH_WIDTH: Final = 64
KEY_ID_WIDTH: Final = 16
_PURPOSE: Final = "audit head"

audit_record = Table(
    "audit_record",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("on_behalf", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    # Kept as the text that was hashed, never parsed and written anew.
    Column("detail", Text, nullable=False),
    Column("previous", String(HASH_WIDTH), nullable=False),
    Column("hash", String(HASH_WIDTH), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Number, nullable=False),
    Column("hash", String(HASH_WIDTH), nullable=False),
    Column("hmac", String(HASH_WIDTH), nullable=False),
    Column("key_id", String(KEY_ID_WIDTH), nullable=False),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("hash", String(HASH_WIDTH), nullable=False),
    Column("at", Instant, nullable=False),
    Column("signature", Text, nullable=False),
    Column("key_id", String(KEY_ID_WIDTH), nullable=False),
)

Raw = tuple[int, object, str, str, str, str, str, str, str]
"""A record in the order of RECORD_COLUMNS; the instant is as its driver gives it."""

RECORD_COLUMNS: Final = ("number", "at", "actor", "on_behalf", "action", "subject", "detail", "previous", "hash")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record: its number and hash.  Number 0 is a chain that has not begun."""

    number: int
    hash: str
    hmac: str = ""
    key_id: str = ""

    def why_not_sealed(self, keys: KeyRing) -> str | None:
        """What is wrong with the head's seal, or None.

        A chain that has not begun has no seal: nothing could be sealed before the key was there.
        """
        if not self.number:
            return None if self.hash == GENESIS else "記録が 1 件もないのに、末尾のハッシュが初期値ではありません"
        if not keys.has(self.key_id):
            return f"証跡の末尾を封印した鍵 {self.key_id} が鍵ファイルにありません"
        if not hmac.compare_digest(keys.mac(_PURPOSE, self._sealed_text(), self.key_id), self.hmac):
            return "証跡の末尾の封印が正しくありません。鍵を持たない者が書き換えた疑いがあります"
        return None

    def sealed(self, keys: KeyRing) -> "Head":
        """This head under the current key."""
        return Head(self.number, self.hash, keys.mac(_PURPOSE, self._sealed_text(), keys.current), keys.current)

    def _sealed_text(self) -> bytes:
        return f"{self.number} {self.hash}".encode()


class Entry(NamedTuple):
    """One record before it is chained.  `detail` is canonical JSON text."""

    action: str
    subject: str
    detail: str


def canonical(record: Raw, at: str) -> bytes:
    """The line that is hashed: one JSON object in UTF-8, members in this order, no spaces.

    `at` is the 27-character text of the record's instant; `detail` is a JSON
    text.  All members before `detail` can be read off from the left in one
    way only and `detail` is the rest, so no two different records have the
    same line.  The record's own hash is not in it.
    """
    number, _, actor, on_behalf, action, subject, detail, previous, _ = record
    return (
        f'{{"number":{number},"previous":{_text(previous)},"at":{_text(at)},"actor":{_text(actor)},'
        f'"on_behalf":{_text(on_behalf)},"action":{_text(action)},"subject":{_text(subject)},"detail":{detail}}}'
    ).encode()


_text = encode_basestring


class Chain:
    """The chain as it grows from `head`, which moves with every row that `rows` yields."""

    def __init__(self, head: Head) -> None:
        self.head = head

    def rows(self, at: datetime, actor: str, on_behalf: str, entries: Iterable[Entry]) -> Iterator[Raw]:
        """The rows of `entries` for audit_record."""
        at_text = instant_text(at)
        for entry in entries:
            number, before = self.head.number + 1, self.head.hash
            row = (number, at, actor, on_behalf, entry.action, entry.subject, entry.detail, before, "")
            newest = sha256(canonical(row, at_text)).hexdigest()
            self.head = Head(number, newest)
            yield (*row[:-1], newest)


_HEAD: Final = select(audit_head.c.number, audit_head.c.hash, audit_head.c.hmac, audit_head.c.key_id)
_HEAD_ALONE: Final = _HEAD.with_for_update()
_MOVED: Final = update(audit_head)
_HASH_AT: Final = select(audit_record.c.hash).where(audit_record.c.number == bindparam("number"))


def read_head(connection: Connection, *, lock: bool = False) -> Head:
    """The head row.  With `lock`, no other act can append until this one has ended.

    Locking the newest record instead would not do: under READ COMMITTED a
    writer that waited would wake holding the record that *was* newest.

    Raises:
        IntegrityError: when somebody has taken the row away.
    """
    found = connection.execute(_HEAD_ALONE if lock else _HEAD).one_or_none()
    if found is None:
        raise IntegrityError("証跡の先頭表 audit_head の行が失われています。証跡が書き換えられた疑いがあります。")
    return Head(found.number, found.hash, found.hmac, found.key_id)


def append(
    connection: Connection, keys: KeyRing, *, at: datetime, actor: str, on_behalf: str, entries: Sequence[Entry]
) -> Head:
    """Append `entries` at the end of the chain and seal the new head.

    Raises:
        IntegrityError: when the present head is not sealed by us, or the newest record is not the one
            it names: sealing anew would make a forgery ours.
    """
    head = read_head(connection, lock=True)
    if wrong := head.why_not_sealed(keys) or _why_not_newest(connection, head):
        raise IntegrityError(f"{wrong}。iam audit verify で確かめてください。新しい記録は追加していません。")
    chain = Chain(head)
    bulk_insert(connection, audit_record, RECORD_COLUMNS, chain.rows(at, actor, on_behalf, entries))
    sealed = chain.head.sealed(keys)
    connection.execute(
        _MOVED, {"number": sealed.number, "hash": sealed.hash, "hmac": sealed.hmac, "key_id": sealed.key_id}
    )
    return sealed


def _why_not_newest(connection: Connection, head: Head) -> str:
    """What is wrong with the end of the chain: one look at the newest record, whatever the length."""
    if head.number == 0:
        return ""
    newest = connection.execute(_HASH_AT, {"number": head.number}).scalar()
    return "" if newest == head.hash else "証跡の末尾の記録が失われたか、変えられています"
