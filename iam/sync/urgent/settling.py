"""What becomes of an errand after its visit: done, refused, failed, tried again, or overtaken.

The one law: *whoever settles holds the row*: an errand that a CLOSE ended meanwhile is never written over, and if its
work may have reached the target after that CLOSE, another CLOSE is put.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import Connection, func, select, update

from iam.record.act import Act
from iam.record.columns import jst_day
from iam.sync.urgent.aims import write_account, write_member
from iam.sync.urgent.books import errand_table
from iam.sync.urgent.errands import (
    ERRANDS,
    Errand,
    ErrandKind,
    Mode,
    Outcome,
    StoredErrand,
    detail_of,
    put,
    same_account,
    stored,
)
from iam.sync.urgent.visits import Shown

Alarm: TypeAlias = Callable[[Act, StoredErrand, str], None]
"""Tells people that an errand cannot be done, and why; part of the act."""

_ORDER: Final = tuple(each.name for each in fields(Errand))


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one errand in this round.  `outcome` is None where it is tried again, for `reason`."""

    errand: StoredErrand
    outcome: Outcome | None
    reason: str = ""


def in_hand(connection: Connection, errand: StoredErrand, *, lock: bool = False) -> bool:
    """Whether the errand is still this worker's to do; with `lock` it stays so until the act ends.

    A CLOSE is whoever's finds it: two at once do no harm, and each has seen for itself what it says.
    """
    table = errand_table.c
    query = select(table.id).where(table.id == errand.id, table.settled_at.is_(None))
    if errand.kind is not ErrandKind.CLOSE:
        query = query.where(table.tries == errand.tries)
    return connection.execute(query.with_for_update() if lock else query).first() is not None


def write_shown(act: Act, errand: StoredErrand, shown: Shown) -> None:
    """Tell mirror and ledger what was read back, whether or not it is what was wanted."""
    if shown.found is None:
        return
    if errand.mode is not Mode.MEMBER:
        write_account(act, errand, shown.found, jst_day(act.at))
    elif shown.member is not None:
        write_member(act, errand, shown.found.native_id, member=shown.member)


def ended(act: Act, alarm: Alarm, errand: StoredErrand, outcome: Outcome, reason: str) -> Settled:
    """The end of an errand that is in hand."""
    ERRANDS.settle(act, errand.id, outcome, reason)
    detail = {"errand": errand.id, "tries": errand.tries, **detail_of(errand)} | ({"reason": reason} if reason else {})
    act.record(f"errand.{outcome}", errand.subject, detail)
    if reason:
        alarm(act, errand, reason)
    return Settled(errand, outcome, reason)


def again(act: Act, alarm: Alarm, errand: StoredErrand, reason: str) -> Settled:
    """Try again later, each time after a longer while; told at the first failure, recorded when the reason changes."""
    ERRANDS.postpone(act, errand.id, errand.tries, reason)
    _mark(act, errand, outcome="")
    if reason != errand.reason:
        act.record("errand.hindered", errand.subject, {"errand": errand.id, "tries": errand.tries, "reason": reason})
    if not errand.reason:
        alarm(act, errand, reason)
    return Settled(errand, None, reason)


def later(act: Act, errand: StoredErrand, due_at: datetime) -> Settled:
    """Not settled yet, and nothing wrong: to be looked at again at an instant."""
    _mark(act, errand, outcome="", due_at=due_at)
    return Settled(errand, None)


def overtaken(act: Act, errand: StoredErrand) -> Settled:
    """An errand that was settled or taken by somebody else while it was carried out.

    Where a CLOSE ended it, and may have run before the last of its orders arrived, another CLOSE is put.
    """
    table = errand_table.c
    row = act.connection.execute(select(errand_table).where(table.id == errand.id)).one()
    if not row.settled_at or row.outcome != Outcome.SUPERSEDED:
        return Settled(errand, None)
    _mark(act, errand, due_at=act.at)
    closes = (*same_account(errand), table.kind == ErrandKind.CLOSE)
    latest = act.connection.execute(select(errand_table).where(*closes).order_by(table.id.desc()).limit(1)).first()
    if latest is not None and (latest.settled_at or latest.tries):
        last = stored(latest)
        put(act, Errand(**{name: getattr(last, name) for name in _ORDER}))
    return Settled(errand, Outcome.SUPERSEDED)


def opening_until(connection: Connection, errand: StoredErrand, at: datetime) -> datetime | None:
    """Until when somebody may still be opening what this CLOSE has closed; None where nobody can be."""
    if errand.kind is not ErrandKind.CLOSE:
        return None
    table = errand_table.c
    # No claim is longer than the hold: what looks so was made before the clock was set back.
    under_way = table.due_at > at, table.due_at <= at + ERRANDS.hold
    opening = (*same_account(errand), table.outcome == Outcome.SUPERSEDED, *under_way)
    found: datetime | None = connection.execute(select(func.max(table.due_at)).where(*opening)).scalar_one()
    return found


def _mark(act: Act, errand: StoredErrand, **values: object) -> None:
    act.connection.execute(update(errand_table).where(errand_table.c.id == errand.id).values(**values))
