"""What a half-done login waits for: for a page that is opened or loaded anew.

The one law: *looking changes nothing* and says nothing that was not proved: it
is the same answer that the last step gave.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from iam.people.ledger import person_table
from iam.record.columns import Instant, jst_day
from iam.record.store import Store
from iam.signin.door import Door, hash_of, recognised, stamp_columns, stamp_of
from iam.signin.factors.authenticators import Form, mine
from iam.signin.kinds import Proofs
from iam.signin.steps import Needed, Purpose, login_table, needed, needs_of

_BEHIND: Final = (
    select(login_table, *stamp_columns())
    .join(person_table, person_table.c.id == login_table.c.person_id)
    .where(login_table.c.token_hash == bindparam("hash"), login_table.c.lapses_at > bindparam("at", type_=Instant))
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """`needed` completes the login; `usual`: of what serves day by day the one that was used last, None where none was.

    Who left the phone at home once and came in by a code on paper is asked for the phone again.
    """

    needed: Needed
    usual: Form | None
    again: bool
    """Whether it proves an existing session anew."""


def waiting(store: Store, door: Door, token: str, at: datetime) -> Waiting | None:
    """What the login behind `token` waits for; None when it lapsed, is over, or nobody is known yet."""
    row = next(iter(store.rows(_BEHIND, hash=hash_of(token), at=at, day=jst_day(at))), None)
    if row is None:
        return None
    who = recognised(store, door, row.person_id, stamp_of(row, at), at)
    held = mine(store, row.person_id, alive=False)
    missing = needed(who.rules, Proofs.of(row.proofs), held, needs_of(row.needs))
    used = sorted((each.used_at, each.form) for each in held if each.lasting and each.used_at is not None)
    usual = next((form for _, form in reversed(used) if form in missing.offers), None)
    return Waiting(missing, usual, again=row.purpose == Purpose.AGAIN)
