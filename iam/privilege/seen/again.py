"""Judging again: a use or an ID was recorded or ended after a log was taken in.

The one law: *a verdict is worked out, never typed*: judging a sighting again from what is known now gives what it would
have been.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row, select, update

from iam.access.naming import comparable_login
from iam.ports import Sighted, Sighting
from iam.privilege.books import sighting_table
from iam.privilege.seen.evidence import Day, Setting, tell_of, write_days
from iam.privilege.seen.ground import ground_of
from iam.privilege.seen.taking import FOUND, owners_in
from iam.record.act import Act
from iam.record.columns import jst_day

BACK: Final = timedelta(days=40)
"""How far back verdicts are worked out anew: whatever is recorded late is recorded within a month."""


def judge_again(act: Act, setting: Setting, system: str = "") -> int:
    """Judge the sightings of `system` (all when "") of the last days again; answers how many verdicts changed."""
    columns = sighting_table.c
    query = select(sighting_table).where(columns.at >= act.at - BACK).order_by(columns.at)
    rows: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in act.connection.execute(query.where(columns.system == system) if system else query):
        rows[row.system].append(row)
    changed = 0
    fresh: list[int] = []
    for code, found in sorted(rows.items()):
        count, new = _judge(act, setting, code, found)
        changed += count
        fresh += new
    tell_of(act, setting, fresh)
    if changed:
        act.record("sightings.judged_again", "sightings", {"changed": changed, "findings": len(fresh)})
    return changed


def _judge(act: Act, setting: Setting, system: str, rows: Sequence[Row[Any]]) -> tuple[int, list[int]]:
    seen = [(row, _sighting(row)) for row in rows]
    ground = ground_of(act.connection, setting.model, system, {row.login for row in rows}, (rows[0].at, rows[-1].at))
    days: set[Day] = set()
    changed: list[Sighting] = []
    for row, sighting in seen:
        judged = ground.judge(sighting)
        if (judged.verdict.value, judged.use_id) == (row.verdict, row.use_id):
            continue
        values = {"verdict": judged.verdict.value, "use_id": judged.use_id}
        act.connection.execute(update(sighting_table).where(sighting_table.c.id == row.id).values(**values))
        changed.append(sighting)
        for verdict in {row.verdict, judged.verdict.value} & FOUND:
            days.add(Day(verdict, comparable_login(row.login), jst_day(row.at)))
    return len(changed), write_days(act, system, days, owners_in(ground, changed))


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(row.place, row.host, row.login, row.at, Sighted(row.what), row.address, row.fingerprint)
