"""What a half-done login waits for: for a page that is opened or loaded anew.

The one law: *looking changes nothing* and says nothing that was not proved: it
is the same answer that the last step gave.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from iam.record.store import Store
from iam.signin.door import Door, entrant, hash_of
from iam.signin.factors.authenticators import Form, of_person
from iam.signin.kinds import Proofs
from iam.signin.steps import Needed, Purpose, login_table, needed, needs_of


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
    columns = login_table.c
    query = select(login_table).where(columns.token_hash == hash_of(token), columns.lapses_at > at)
    with store.read() as connection:
        row = connection.execute(query).one_or_none()
        if row is None or row.person_id is None:
            return None
        who = entrant(connection, door, row.person_id, at)
        held = of_person(connection, row.person_id, alive=False)
    missing = needed(who.rules, Proofs.of(row.proofs), held, needs_of(row.needs))
    used = sorted((each.used_at, each.form) for each in held if each.lasting and each.used_at is not None)
    usual = next((form for _, form in reversed(used) if form in missing.offers), None)
    return Waiting(missing, usual, again=row.purpose == Purpose.AGAIN)
