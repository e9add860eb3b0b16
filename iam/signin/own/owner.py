"""Who deals with what is their own, from where, in which session.

The one law: *it is always one's own*: a verb of this folder is given its owner
and finds nothing of anybody else's.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from iam.record.act import Act
from iam.record.store import Store
from iam.signin.door import Door, Entrant, Where, actor_of
from iam.signin.sessions import Session


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody signed in, and where."""

    store: Store
    door: Door
    session: Session
    who: Entrant
    where: Where

    @property
    def id(self) -> int:
        """The person."""
        return self.who.person_id

    def act(self) -> AbstractContextManager[Act]:
        """An act of theirs."""
        return self.store.act(actor_of(self.who.staff_number))
