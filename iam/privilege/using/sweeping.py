"""The worker's round over all uses: each second, each change an act of its own.

The one law: *no end is forgotten*: a round needs nothing but the rows, so whichever process comes next goes on.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from iam.errors import Busy, Conflict
from iam.outbox import Topic
from iam.privilege import telling, vault
from iam.privilege.books import use_table
from iam.privilege.register import privileged_id
from iam.privilege.using.beginning import open_now
from iam.privilege.using.ending import close, last_opening, shut_again
from iam.privilege.using.records import chase, to_chase
from iam.privilege.using.staying import SETBACK, alone, latest, unattended, why_over
from iam.privilege.using.uses import UNDONE, End, Use, UseState, moved, use, uses
from iam.record.act import Act
from iam.record.store import Store
from iam.signin.door import Door
from iam.sync.urgent.errands import Outcome

ACTOR: Final = "worker"
"""Who does it, in the audit."""

MARKED_EACH: Final = timedelta(seconds=15)
"""How often the row of an open use is told the time, so that a clock that is set back is noticed."""

Deed = Callable[[Act, Door, Use], str]
"""What an act does with a use; the name of what it did, a field of `Swept`, or ""."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a round did: how many uses it opened, paused, ended, closed, let lapse, and reminders it sent.

    `rotated`: secrets that it has changed because a holder went.
    """

    opened: int = 0
    paused: int = 0
    ended: int = 0
    closed: int = 0
    lapsed: int = 0
    reminded: int = 0
    rotated: int = 0


def sweep(store: Store, door: Door) -> Swept:
    """One round: ends what is over, opens and closes what errands settled, chases records.  Safe by several at once.

    Raises:
        StoreError: when the database is away; what was not done is done by the next round.
    """
    with store.read() as connection:
        at = store.clock()
        steps = [(each, step) for each in _undone(connection) if (step := _step(connection, door, each, at))]
        late, secrets = to_chase(connection, at), vault.anything_to_settle(connection)
        stale = vault.stale(connection)
    if secrets:
        _acted(store, _settled)
    deeds = [
        *(partial(_stepped, door=door, step=step, use_id=each.id) for each, step in steps),
        *(partial(_chased, door=door, late=each) for each in late),
        *(partial(_rotated, door=door, id_=on.id) for on, _ in stale),
    ]
    done = Counter(_acted(store, deed) for deed in deeds)
    return Swept(**{name: count for name, count in done.items() if name})


def _stepped(act: Act, *, door: Door, step: Deed, use_id: int) -> str:
    return step(act, door, use(act.connection, use_id))


def _chased(act: Act, *, door: Door, late: Use) -> str:
    return "reminded" if chase(act, door, late) else ""


def _acted(store: Store, deed: Callable[[Act], str]) -> str:
    """Do it in an act of its own; what somebody else did first, or a busy database prevents, is left to the next."""
    try:
        with store.act(ACTOR) as act:
            return deed(act)
    except (Conflict, Busy):
        return ""


def _undone(connection: Connection) -> list[Use]:
    return uses(connection, states=UNDONE, limit=10_000)


def _settled(act: Act) -> str:
    vault.settle(act)
    return ""


def _rotated(act: Act, *, door: Door, id_: int) -> str:
    # Of two workers the second finds the secret made already.
    for on, why in vault.stale(act.connection):
        if on.id == id_:
            vault.rotate(act, door, on, why)
            return "rotated"
    return ""


# --- what is to be done with a use, and doing it


def _step(connection: Connection, door: Door, found: Use, at: datetime) -> Deed | None:
    """The next step of a use that is not over, or None while it may stay as it is."""
    if found.state is UseState.CLOSING:
        return _closed if shut_again(connection, found) else None
    if why_over(connection, door, found, at) is not None:
        return _over
    return {
        UseState.ASKED: _step_of_asked, UseState.OPENING: _step_of_opening,
        UseState.OPEN: _step_of_open, UseState.PAUSED: _step_of_paused,
    }[found.state](connection, door, found, at)  # fmt: skip


def _step_of_asked(_connection: Connection, _door: Door, found: Use, at: datetime) -> Deed | None:
    return _lapsed if at >= found.lapses_at else None


def _step_of_opening(connection: Connection, _door: Door, found: Use, at: datetime) -> Deed | None:
    opening = last_opening(connection, found)
    if opening is not None and opening.settled_at is not None:
        return _opened if opening.outcome is Outcome.DONE else _not_opened
    return _not_opened if at >= found.lapses_at else None


def _step_of_open(connection: Connection, door: Door, found: Use, at: datetime) -> Deed | None:
    if unattended(connection, door, found, at):
        return _alone
    return _marked if at - latest(found) >= MARKED_EACH else None


def _step_of_paused(connection: Connection, door: Door, found: Use, at: datetime) -> Deed | None:
    back = not unattended(connection, door, found, at) and shut_again(connection, found)
    if back:
        return _open_again
    return _marked if at - latest(found) >= MARKED_EACH else None


def _over(act: Act, door: Door, found: Use) -> str:
    """End it, when it must still end as it stands now."""
    why = why_over(act.connection, door, found, act.at)
    if why is None:
        return ""
    if found.state is UseState.ASKED:
        return _dropped(act, found, why)
    return "ended" if close(act, door, found, why) else ""


def _lapsed(act: Act, _door: Door, found: Use) -> str:
    return _dropped(act, found, End.UNWITNESSED)


def _dropped(act: Act, found: Use, why: End) -> str:
    values = {"slot": None, "ended_at": act.at, "end_reason": why.value}
    if not moved(act, found.id, (UseState.ASKED,), UseState.LAPSED, **values):
        return ""
    act.record("use.lapsed", found.subject, {"why": why})
    return "lapsed"


def _opened(act: Act, _door: Door, found: Use) -> str:
    """The target was read and is open; the end is as far away as was asked for, and never further than was said."""
    opening = last_opening(act.connection, found)
    if opening is None or opening.settled_at is None or found.ends_at is None:
        return ""
    # Not before it was asked for, whatever the clock says by now: its place in a row was judged from there.
    opened_at = found.opened_at or max(opening.settled_at, found.asked_at)
    values: dict[str, object] = {"opened_at": opened_at, "seen_at": act.at}
    if found.opened_at is None:
        values["ends_at"] = min(found.ends_at, opening.settled_at + timedelta(minutes=found.minutes))
    if not moved(act, found.id, (UseState.OPENING,), UseState.OPEN, **values):
        return ""
    act.record("use.opened", found.subject, {"errand": opening.id, "ends_at": values.get("ends_at", found.ends_at)})
    return "opened"


def _not_opened(act: Act, door: Door, found: Use) -> str:
    opening = last_opening(act.connection, found)
    reason = opening.reason if opening is not None else ""
    if found.state is not UseState.OPENING:
        return ""
    return "ended" if close(act, door, found, End.NOT_OPENED, words=reason) else ""


def _alone(act: Act, door: Door, found: Use) -> str:
    if not unattended(act.connection, door, found, act.at) or not alone(act, door, found):
        return ""
    return "paused" if use(act.connection, found.id).state is UseState.PAUSED else "ended"


def _open_again(act: Act, door: Door, found: Use) -> str:
    open_now(act, door, found)
    act.record("use.resumed", found.subject, {"witness": found.witness_id})
    return ""


def _marked(act: Act, _door: Door, found: Use) -> str:
    # No record: that time goes by is no deed.
    ahead = (use_table.c.seen_at.is_(None)) | (use_table.c.seen_at < act.at + SETBACK)
    moved(act, found.id, (found.state,), found.state, ahead, seen_at=act.at)
    return ""


def _closed(act: Act, door: Door, found: Use) -> str:
    if not moved(act, found.id, (UseState.CLOSING,), UseState.CLOSED, slot=None, closed_at=act.at):
        return ""
    act.record("use.closed", found.subject, {"why": found.end_reason})
    if found.opened_at is not None and not found.record and found.record_due is not None:
        on = privileged_id(act.connection, found.privileged_id)
        values = {**telling.words_of(door, on, found.id), "until": found.record_due}
        telling.tell(act, [found.person_id], Topic.PRIVILEGE_RECORD_DUE, values)
    return "closed"
