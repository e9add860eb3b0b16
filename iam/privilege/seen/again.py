"""Judging again: a use or an ID was recorded or ended after a log was taken in.

The one law: *a verdict is worked out, never typed*: judging a sighting again from what is known now gives what it would
have been.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from iam.access.model import AccessModel
from iam.people.ledger import chunks
from iam.ports import Sighted, Sighting
from iam.privilege.books import sighting_table
from iam.privilege.seen.evidence import Day, Setting, tell_of, write_days
from iam.privilege.seen.ground import ground_of
from iam.privilege.seen.matching import Judged
from iam.privilege.seen.taking import FOUND
from iam.record.act import Act
from iam.record.columns import jst_day

BACK: Final = timedelta(days=40)
"""How far back verdicts are worked out anew: whatever is recorded late is recorded within a month."""

_STEP: Final = 5_000
"""Sightings in memory at a time."""


def judge_again(act: Act, setting: Setting) -> int:
    """Judge the sightings of the last days again; answers how many verdicts changed."""
    columns = sighting_table.c
    query = select(sighting_table).where(columns.at >= act.at - BACK).order_by(columns.system, columns.at)
    changed = [
        each
        for part in chunks(act.connection.execute(query.execution_options(yield_per=_STEP)), _STEP)
        for code, rows in groupby(part, key=attrgetter("system"))
        for each in _changed(act.connection, setting.model, code, list(rows))
    ]
    fresh: list[int] = []
    for code, of_system in groupby(changed, key=attrgetter("system")):
        fresh += _write(act, code, list(of_system))
    tell_of(act, setting, fresh)
    if changed:
        act.record("sightings.judged_again", "sightings", {"changed": len(changed), "findings": len(fresh)})
    return len(changed)


@dataclass(frozen=True, slots=True)
class _Changed:
    """A sighting whose verdict is another one now.  `owner`: whose login it is."""

    id: int
    system: str
    comparable: str
    day: date
    before: str
    judged: Judged
    owner: int | None


def _changed(connection: Connection, model: AccessModel, system: str, rows: Sequence[Row[Any]]) -> Iterator[_Changed]:
    ground = ground_of(connection, model, system, {row.login for row in rows}, (rows[0].at, rows[-1].at))
    for row in rows:
        judged = ground.judge(_sighting(row))
        if (judged.verdict.value, judged.use_id) != (row.verdict, row.use_id):
            whose = ground.owner(row.login)
            owner = whose.person_id if whose else None
            yield _Changed(row.id, system, row.comparable, jst_day(row.at), row.verdict, judged, owner)


def _write(act: Act, system: str, changed: Sequence[_Changed]) -> list[int]:
    for each in changed:
        values = {"verdict": each.judged.verdict.value, "use_id": each.judged.use_id, "judged_at": act.at}
        act.connection.execute(update(sighting_table).where(sighting_table.c.id == each.id).values(**values))
    days = {
        Day(verdict, each.comparable, each.day)
        for each in changed
        for verdict in {each.before, each.judged.verdict.value} & FOUND
    }
    return write_days(act, system, days, {each.comparable: each.owner for each in changed if each.owner is not None})


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(row.place, row.host, row.login, row.at, Sighted(row.what), row.address, row.fingerprint)
