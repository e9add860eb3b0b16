"""What holds a run back: pure.

The one law: what was announced and rehearsed may pass in any number; absences
and surprises are counted, and beyond a band two people must look (R04,
OITA-S8.1.4.3).
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from iam.intake.staging import FeedRun, Reading
from iam.policy.profile import Band, Guard
from iam.record.columns import jst_day
from iam.sync.plan import Change, ChangeKind

Vouched = Mapping[tuple[object, ...], date]
"""The key of a change that was rehearsed, and the first day on which it was."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason to wait for two officers, in one sentence with its clause."""

    reason: str
    clause: str

    def __str__(self) -> str:
        return f"{self.reason} [{self.clause}]"


@dataclass(frozen=True)
class Population:
    """How many accounts there were before: what shares are taken of.

    `systems`: system -> accounts in use; `departments`: department -> rows of the
    last readings, which stand for its people.
    """

    systems: Mapping[str, int]
    departments: Mapping[str, int]


def judge_feed(reading: Reading, last: FeedRun | None, guard: Guard) -> list[Hold]:
    """Why a complete reading is nevertheless not believed: its size against the last one that was.

    The first reading of a source has nothing to be held against; it can only
    create.
    """
    if last is None:
        return []
    holds = []
    if reading.total == 0:
        holds.append(Hold(f"供給元「{reading.source}」が0行です（前回{last.total:,}行）", guard.feed_total.clause))
    elif abs(reading.total - last.total) > guard.feed_total.limit(last.total):
        allowed = guard.feed_total.limit(last.total)
        reason = (
            f"供給元「{reading.source}」の行数が前回の{last.total:,}行から{reading.total:,}行に変わりました"
            f"（許容は±{allowed:,}行）"
        )
        holds.append(Hold(reason, guard.feed_total.clause))
    for department, before in sorted(reading.departments_before.items()):
        now = reading.departments.get(department, 0)
        if before - now > guard.feed_department.limit(before):
            allowed = guard.feed_department.limit(before)
            name = department or "（所属なし）"
            fewer = f"{before:,}行から{now:,}行に減りました（許容は{allowed:,}行まで）"
            reason = f"供給元「{reading.source}」で{name}の行が{fewer}"
            holds.append(Hold(reason, guard.feed_department.clause))
    return holds


def judge_plan(
    changes: Iterable[Change],
    population: Population,
    guard: Guard,
    rehearsed: Vouched,
    undone: Container[tuple[object, ...]] = frozenset(),
) -> list[Hold]:
    """Which bands the surprises among `changes` exceed.

    `undone`: what an earlier night was allowed to do and could not finish; it
    was counted then.  Beyond the ceiling nothing passes, rehearsed or not.
    """
    changes = list(changes)
    counted = [c for c in changes if not expected(c, rehearsed) and (c.drift or c.key not in undone)]
    return [
        *_beyond_ceiling(changes, population, guard.ceiling),
        *_by_kind(counted, population, guard),
        *_by_department(counted, population, guard.department),
        *_by_attribute(counted, population, guard.attribute),
    ]


def expected(change: Change, rehearsed: Vouched) -> bool:
    """Whether a change was announced and rehearsed, both before its day, so that it does not count.

    What bites only now of an appointment of long ago was not announced by it:
    somebody changed a rule.
    """
    cause = change.cause
    if cause.surprise or change.drift or cause.entry is None or cause.effective is None:
        return False
    shown = rehearsed.get(change.key)
    return shown is not None and shown < cause.effective and jst_day(cause.entry.known_from) < cause.effective


def _beyond_ceiling(changes: Iterable[Change], population: Population, band: Band) -> list[Hold]:
    logins: dict[tuple[str, str], set[str]] = defaultdict(set)
    for change in changes:
        if change.kind in _TAKING:
            logins[change.system, change.system_name].add(change.login)
    holds = []
    for (system, name), taken in sorted(logins.items()):
        what = f"{name}で停止・権限取消を受ける利用者ID（予告の有無によらない）"
        holds += _over(band, len(taken), population.systems.get(system, 0), what)
    return holds


_TAKING = (ChangeKind.DISABLE, ChangeKind.REVOKE, ChangeKind.DELETE)


def _over(band: Band, count: int, in_use: int, what: str) -> list[Hold]:
    """The hold, if `count` is more than the band lets pass."""
    allowed = band.limit(in_use)
    if count <= allowed:
        return []
    reason = f"{what}が{count:,}件あります（利用中{in_use:,}件に対し許容は{allowed:,}件まで）"
    return [Hold(reason, band.clause)]


def _by_kind(counted: Iterable[Change], population: Population, guard: Guard) -> list[Hold]:
    totals: Counter[tuple[str, str, ChangeKind]] = Counter()
    for change in counted:
        totals[change.system, change.system_name, change.kind] += 1
    holds = []
    for (system, name, kind), count in sorted(totals.items()):
        in_use = population.systems.get(system, 0)
        if kind is ChangeKind.LINK or (in_use == 0 and kind in _HARMLESS_AT_FIRST):
            continue
        holds += _over(guard.plan[kind.value], count, in_use, f"{name}で予告のない「{kind.label_ja}」")
    return holds


_HARMLESS_AT_FIRST = (ChangeKind.CREATE, ChangeKind.GRANT, ChangeKind.ENABLE, ChangeKind.MODIFY)
"""A system that is filled for the first time has nobody to lock out."""


def _by_department(counted: Iterable[Change], population: Population, band: Band) -> list[Hold]:
    people: dict[str, set[str]] = defaultdict(set)
    for change in counted:
        if change.kind in _TAKING:
            people[change.department].add(change.staff_number)
    holds = []
    for department, numbers in sorted(people.items()):
        in_use = population.departments.get(department, 0)
        holds += _over(
            band, len(numbers), in_use, f"{department or '(所属なし)'}で予告のない停止・権限取消を受ける職員"
        )
    return holds


def _by_attribute(counted: Iterable[Change], population: Population, band: Band) -> list[Hold]:
    totals: Counter[tuple[str, str, str]] = Counter()
    for change in counted:
        if change.kind is ChangeKind.MODIFY:
            # Filling what was empty locks nobody out; overwriting or emptying may.
            for name in change.after:
                if change.before.get(name):
                    totals[change.system, change.system_name, name] += 1
    holds = []
    for (system, system_name, name), count in sorted(totals.items()):
        in_use = population.systems.get(system, 0)
        holds += _over(band, count, in_use, f"{system_name}で属性「{name}」の予告のない書き換え")
    return holds
