"""Counts of enrolment put together by department, or by what lies right below one unit.

The one law: *everybody stands in exactly one group*: whoever's unit is not in
the organisation's list has a group of their own at the end.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext

from iam.people.organisation import Organisation, OrgUnit
from iam.signin.desk.progress import Counted, Stage


@dataclass(frozen=True)
class Group:
    """One bar of the chart.  `code`: the unit that it stands for, "" where there is none.

    `inside`: whether there is more to see within it.
    """

    code: str
    name: str
    stages: Counter[Stage] = field(default_factory=Counter)
    inside: bool = True

    @property
    def total(self) -> int:
        """Everybody in it."""
        return self.stages.total()

    @property
    def done(self) -> int:
        """Who has enrolled."""
        return self.stages[Stage.DONE]

    @property
    def percent(self) -> int:
        """The share of who has enrolled, rounded down: 100 only when nobody is missing."""
        return self.done * 100 // self.total if self.total else 0

    @property
    def barely(self) -> bool:
        """Whether some have enrolled, yet less than one in a hundred."""
        return bool(self.done) and not self.percent

    @property
    def parts(self) -> list[tuple[Stage, float, float]]:
        """The parts of the bar: stage, where it begins and how long it is, in percent."""
        parts, begins = [], 0.0
        for stage in Stage:
            length = self.stages[stage] * 100 / self.total if self.total else 0.0
            if length:
                parts.append((stage, round(begins, 2), round(length, 2)))
            begins += length
        return parts


def overall(counted: Iterable[Counted]) -> Group:
    """Everybody together."""
    return Group("", gettext("全体"), sum((each.stages for each in counted), Counter()))


def grouped(
    organisation: Organisation, counted: Iterable[Counted], on: date, *, top: str = "", bounds: Collection[str] = ()
) -> list[Group]:
    """The counts by department; below `top`, or within the units of `bounds`, by what lies right below.

    Whoever belongs to the unit itself stands in a group of the unit itself.
    """
    found: dict[str, Group] = {}
    tops = [top] if top else bounds
    for each in counted:
        path = organisation.path(each.code, on)
        group = _group(organisation, path, on, tops) if path else _loose(organisation, each)
        found.setdefault(group.code, group).stages.update(each.stages)
    return sorted(found.values(), key=lambda group: (not group.code, group.code))


def _group(organisation: Organisation, path: Sequence[OrgUnit], on: date, tops: Collection[str]) -> Group:
    if not tops:
        unit = organisation.department(path[-1].code, on) or path[-1]
        return Group(unit.code, unit.name)
    depth = next((number for number, unit in enumerate(path) if unit.code in tops), len(path) - 1)
    if depth == len(path) - 1:
        return Group(path[-1].code, gettext("%(unit)s（直属）", unit=path[-1].name), inside=False)
    return Group(path[depth + 1].code, path[depth + 1].name)


def _loose(organisation: Organisation, each: Counted) -> Group:
    """Where there is no list of the organisation, each unit is as the appointments call it."""
    if len(organisation):
        return Group("", gettext("組織の一覧にない所属"), inside=False)
    return Group(each.code, each.name or gettext("所属なし"), inside=False)
