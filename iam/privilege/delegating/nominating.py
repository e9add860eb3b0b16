"""Nominating a delegate, and taking a nomination back.

The one law: *the general officer names, and names no one who is barred nor themselves* (OITA-S8.2.1.3b, R13, R14).
"""

from datetime import datetime

from sqlalchemy import Connection

from iam.errors import Conflict, Forbidden, NotFound
from iam.privilege.delegating.delegation import Delegation, Wish
from iam.record.act import Act
from iam.signin.door import Door


def nominate(act: Act, door: Door, nominated_by: int, wish: Wish) -> Delegation:
    """Nominate a delegate; whoever can approve is told.  It lapses after the profile's `pending_days`.

    Raises:
        Conflict, Forbidden, NotFound: the first rule that stands against it, see `deciding.why_not_nominate`.
    """
    raise NotImplementedError


def mistakes(
    connection: Connection, door: Door, nominated_by: int, wish: Wish, at: datetime
) -> dict[str, Conflict | Forbidden | NotFound]:
    """Every rule that stands against it, by the field that it is about."""
    raise NotImplementedError


def withdraw(act: Act, door: Door, id_: int, by: int) -> Delegation:
    """The nominator takes it back before it is approved.

    Raises:
        NotFound: no such one; Forbidden: another's; Conflict: it is not waiting any more.
    """
    raise NotImplementedError
