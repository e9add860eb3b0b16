"""Errands carried out: each target in a lane of its own, so that a dead one delays no other.

The one law: intent before, result after, no transaction over the network; done is what the target showed when it was
read again, and nothing else (design laws 1 and 3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from iam.access.model import AccessModel
from iam.ports import Target
from iam.record.act import Act
from iam.record.store import Store
from iam.sync.urgent.errands import Outcome, StoredErrand


class Secrets(Protocol):
    """The vault, as whoever sets a secret on a target sees it.  No secret of it is kept, logged or shown."""

    def open(self, connection: Connection, secret_id: int) -> str:
        """The secret in clear.

        Raises:
            NotFound: when it is not there, or is no longer kept.
        """

    def anew(self, act: Act, secret_id: int) -> int:
        """Another secret in the place of this one, which the target refused; answers the new one's id."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one errand in this round.  `outcome` is None where it is tried again, for `reason`."""

    errand: StoredErrand
    outcome: Outcome | None
    reason: str = ""


@dataclass(frozen=True)
class Carrier:
    """Who carries errands out, and with what.

    `alarm`: called in the act of an errand's first failure, once for each.
    `going`: whether to begin another errand.
    """

    store: Store
    actor: str
    model: AccessModel
    targets: Mapping[str, Target]
    secrets: Secrets
    alarm: Callable[[Act, StoredErrand, str], None] = lambda _act, _errand, _reason: None
    going: Callable[[], bool] = lambda: True


def carry_out(carrier: Carrier) -> list[Settled]:
    """Carry out everything that is due, each target in a thread of its own; returns when all of it was tried once.

    Raises:
        StoreError, Busy: when the database is away.
    """
    raise NotImplementedError
