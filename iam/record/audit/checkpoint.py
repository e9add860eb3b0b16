"""A checkpoint: the newest hash under an Ed25519 signature, as one line that leaves the host.

The one law: *only a head sealed by us is signed*, else a signature would make
somebody's forgery ours.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, insert, select

from iam.errors import Conflict, IntegrityError
from iam.record.act import Act
from iam.record.audit.chain import audit_checkpoint, read_head
from iam.record.columns import instant_text
from iam.record.keys import KeyRing, signed_by

_LINE: Final = re.compile(
    r"kagimori-audit-checkpoint number=(?P<number>\d{1,18}) hash=(?P<hash>[0-9a-f]{64})"
    r" at=(?P<at>[0-9T:.-]{26}Z) key=(?P<key>[0-9a-f]{16}) signature=(?P<signature>[A-Za-z0-9+/=]+)"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """That record `number` had `hash` at `at`, signed.  `at` is the 27-character text of an instant."""

    number: int
    hash: str
    at: str
    key_id: str
    signature: str = ""

    def line(self) -> str:
        """The line to keep where the database's owner cannot reach it."""
        return f"{self.statement()} signature={self.signature}"

    def statement(self) -> str:
        """What is signed."""
        return f"kagimori-audit-checkpoint number={self.number} hash={self.hash} at={self.at} key={self.key_id}"

    def signed(self, keys: KeyRing) -> "Checkpoint":
        """This checkpoint under the ring's current key, which `key_id` must name."""
        signature = base64.b64encode(keys.sign(self.statement().encode())).decode()
        return Checkpoint(self.number, self.hash, self.at, self.key_id, signature)

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether the signature is that key's over exactly this statement."""
        try:
            signature = base64.b64decode(self.signature, validate=True)
        except binascii.Error:
            return False
        return signed_by(key, signature, self.statement().encode())


def checkpoint(act: Act, keys: KeyRing) -> Checkpoint:
    """Sign the newest record as it stands before this act, keep the checkpoint and record it.

    Raises:
        Conflict: when there is no record yet.
        IntegrityError: when the head is not sealed by us.
    """
    head = read_head(act.connection, lock=True)
    if wrong := head.why_not_sealed(keys):
        raise IntegrityError(f"{wrong}。チェックポイントは作成していません。iam audit verify で確かめてください。")
    if not head.number:
        raise Conflict("証跡の記録がまだないため、チェックポイントを作成できません。")
    made = Checkpoint(head.number, head.hash, instant_text(act.at), keys.current).signed(keys)
    act.connection.execute(
        insert(audit_checkpoint).values(
            number=made.number, hash=made.hash, at=act.at, signature=made.signature, key_id=made.key_id
        )
    )
    act.record("audit.checkpointed", f"record {made.number}", {"hash": made.hash, "key": made.key_id})
    return made


def kept_checkpoints(connection: Connection) -> list[Checkpoint]:
    """The checkpoints in the database, oldest first."""
    query = select(audit_checkpoint).order_by(audit_checkpoint.c.number)
    return [
        Checkpoint(row.number, row.hash, instant_text(row.at), row.key_id, row.signature)
        for row in connection.execute(query)
    ]


def checkpoints_in(lines: Iterable[str]) -> list[Checkpoint]:
    """The checkpoints in a text that kept their lines, such as a syslog file; other lines are passed over."""
    return [
        Checkpoint(int(found["number"]), found["hash"], found["at"], found["key"], found["signature"])
        for found in map(_LINE.search, lines)
        if found is not None
    ]
