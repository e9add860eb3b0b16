"""The vault: secrets of privileged IDs, sealed, in versions, each for one use.

The one law: *nobody sees a secret without a use*: only `using.staying.reveal` shows one, once; what is not kept is
wiped when the target holds another.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.signin.door import Door


@dataclass(frozen=True, slots=True)
class Vault:
    """Opens and renews secrets for whoever carries errands out (`iam.sync.urgent.Secrets`)."""

    keys: KeyRing

    def open(self, connection: Connection, secret_id: int) -> str:
        """The secret.  Raises NotFound: none, or wiped; IntegrityError: it was altered."""
        raise NotImplementedError

    def anew(self, act: Act, secret_id: int) -> int:
        """Another secret in place of one that the target refuses; its id."""
        raise NotImplementedError


def suspect(act: Act, door: Door, privileged_id: int, by: int, reason: str) -> int:
    """A secret may be known to others: it is changed on the target at once; the errand's number.

    Raises:
        NotFound; Forbidden: not an officer; Conflict: the ID has no secret of its own.
    """
    raise NotImplementedError
