"""While a use is under way: whether it may go on, the witness who stays, the secret that its user sees.

The one law: *no use outlives what allowed it* (OITA-S8.2.6, R12): its end, its delegation, its user's standing, its
witness, judged anew each time from the books as they are; and its secret is shown once.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from iam.office.changes.waivers import Control, live_waiver
from iam.policy.entry.privileged import Alone
from iam.privilege.barred import why_barred
from iam.privilege.books import use_table
from iam.privilege.delegating import live_for
from iam.privilege.register import PrivilegedId, privileged_id
from iam.privilege.using.deciding import shown_before, why_away, why_not_reveal, why_not_stay, why_unproved
from iam.privilege.using.ending import close, last_opening, pause
from iam.privilege.using.uses import UNDER_WAY, Acting, End, Use, UseState, moved, over, use, use_of
from iam.privilege.vault import Vault
from iam.record.act import Act
from iam.signin.door import Door, entrant, looked_up
from iam.signin.sessions import recently_proved
from iam.sync.urgent.errands import StoredErrand

SETBACK: Final = timedelta(seconds=5)
"""How far a clock may lie behind what another process wrote; further, it was set back and nothing is known of time."""


def present(act: Act, acting: Acting, use_id: int) -> Use:
    """The witness is there (a page says so each 15 s).  The way back into a use that paused because of silence.

    Raises:
        NotFound; Forbidden: not its witness; Conflict: it is over.
    """
    found = _witnessed(act, acting, use_id)
    # Never back: a clock that was set back must not make the silence shorter.
    latest = max(act.at, found.witness_seen_at or act.at)
    if not moved(act, use_id, (found.state,), found.state, witness_seen_at=latest):
        return use(act.connection, use_id)
    if found.state is UseState.PAUSED:
        act.record("use.witness_back", found.subject, {"witness": acting.id})
    return use(act.connection, use_id)


def leave(act: Act, acting: Acting, use_id: int) -> Use:
    """The witness goes: the use pauses or ends, as the profile says; an emergency goes on.

    Raises:
        NotFound; Forbidden: not its witness; Conflict: it is over.
    """
    found = _witnessed(act, acting, use_id)
    act.record("use.witness_left", found.subject, {"witness": acting.id})
    moved(act, use_id, (found.state,), found.state, witness_seen_at=None)
    if not found.emergency:
        alone(act, acting.door, found)
    return use(act.connection, use_id)


def _witnessed(act: Act, acting: Acting, use_id: int) -> Use:
    found = use(act.connection, use_id)
    who = entrant(act.connection, acting.door, acting.id, act.at)
    if refusal := why_not_stay(found, who):
        raise refusal
    return found


def alone(act: Act, door: Door, left: Use) -> bool:
    """What becomes of a use whose witness is gone; False when nothing had to be done."""
    if door.profile.privileged.alone.value is Alone.END:
        return close(act, door, left, End.ALONE)
    return pause(act, door, left)


def reveal(act: Act, acting: Acting, use_id: int) -> str:
    """The secret, once.  To be sent with Cache-Control: no-store, and never kept.

    Raises:
        ProofNeeded; NotFound; Forbidden: not the user, or another session; Conflict: not open, or shown before.
    """
    found, door = use(act.connection, use_id), acting.door
    on = privileged_id(act.connection, found.privileged_id)
    fresh = recently_proved(acting.session, act.at, door)
    refusal = why_not_reveal(found, on, acting.session, act.at)
    refusal = refusal or why_unproved(acting.session, fresh, phishing_resistant=True)
    if refusal := refusal or why_barred(act.connection, door, acting.id, act.at):
        raise refusal
    if why_over(act.connection, door, found, act.at) is not None:
        raise over(found)
    opening = last_opening(act.connection, found)
    if opening is None or opening.secret_id is None:
        raise over(found)
    secret = Vault(door.keys).open(act.connection, opening.secret_id)
    if not moved(act, use_id, (UseState.OPEN,), UseState.OPEN, use_table.c.shown_at.is_(None), shown_at=act.at):
        raise shown_before()
    act.record("use.revealed", found.subject, {"session": acting.session.id, "address": acting.where.address})
    return secret


# --- whether it may go on


def why_over(connection: Connection, door: Door, found: Use, at: datetime) -> End | None:
    """Why a use must end now, or None.  Also for one that only waits."""
    if late := over_by_time(found, at):
        return late
    who = looked_up(connection, door, found.person_id, at)
    if who is None or why_away(who) is not None:
        return End.STANDING
    if why_barred(connection, door, found.person_id, at) is not None:
        return End.BARRED
    on = privileged_id(connection, found.privileged_id)
    return _not_allowed(connection, door, found, on, at)


def opens_now(connection: Connection, door: Door, errand: StoredErrand, at: datetime) -> Use | None:
    """The use that waits for just this errand and may still begin, or None: what is late is not opened any more."""
    found = use_of(connection, errand.subject)
    if found is None or found.state is not UseState.OPENING or at >= found.lapses_at:
        return None
    on = privileged_id(connection, found.privileged_id)
    wanted = on.system, found.login, on.mode, on.entitlement
    if (errand.system, errand.login, errand.mode, errand.entitlement) != wanted:
        return None
    return found if why_over(connection, door, found, at) is None else None


def over_by_time(found: Use, at: datetime) -> End | None:
    """The same of time alone."""
    if at < latest(found) - SETBACK:
        return End.CLOCK
    return End.TIME if found.state in UNDER_WAY and found.ends_at is not None and at >= found.ends_at else None


def latest(found: Use) -> datetime:
    """The latest instant that the row knows of."""
    known = (found.asked_at, found.joined_at, found.opened_at, found.seen_at, found.witness_seen_at)
    return max(each for each in known if each is not None)


def _not_allowed(connection: Connection, door: Door, found: Use, on: PrivilegedId, at: datetime) -> End | None:
    if on.retired_at is not None or (found.emergency and not on.emergency):
        return End.REGISTER
    if found.emergency:
        return None
    live = live_for(connection, door, found.person_id, on.id, at)
    return None if live is not None else End.DELEGATION


def unattended(connection: Connection, door: Door, found: Use, at: datetime) -> bool:
    """Whether nobody stays with a use that somebody must stay with."""
    if found.emergency:
        return False
    if found.witness_id is None:
        on = privileged_id(connection, found.privileged_id)
        return live_waiver(connection, Control.TWO_PERSON, on.system, at) is None
    silence = timedelta(seconds=door.profile.privileged.witness_silence.value)
    if found.witness_seen_at is None or at - found.witness_seen_at > silence:
        return True
    witness = looked_up(connection, door, found.witness_id, at)
    gone = witness is None or why_away(witness) is not None
    return gone or why_barred(connection, door, found.witness_id, at) is not None
