"""How far enrolment of a second factor has come, and who is still to be asked.

The one law: *everybody in service is counted once*, at their primary post, by
what they hold now; a code that is used up (recovery, desk) is no enrolment.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from iam.office.roles import Offices
from iam.office.serving import serving
from iam.people.ledger import person_table
from iam.record.columns import among
from iam.signin.factors.authenticators import LASTING, State, authenticator_table
from iam.signin.passwords.kept import password_table


class Stage(StrEnum):
    """How far somebody has come.  BEGUN: they chose a password of their own, and enrolled nothing yet."""

    DONE = "done"
    BEGUN = "begun"
    NOT_BEGUN = "not_begun"

    @property
    def label_ja(self) -> str:
        """The word that an officer reads."""
        return {"done": "登録済", "begun": "パスワードのみ", "not_begun": "未着手"}[self.value]


OUTSTANDING = (Stage.BEGUN, Stage.NOT_BEGUN)


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody in service, at the primary post."""

    person_id: int
    staff_number: str
    name: str
    name_kana: str
    email: str
    org_code: str
    org_name: str
    title: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Counted:
    """How many people of one unit stand at each stage.  `name`: of the unit, as the appointments have it."""

    code: str
    name: str
    stages: Counter[Stage]


def by_unit(connection: Connection, offices: Offices, on: date) -> list[Counted]:
    """How many people of each unit stand at each stage, by the unit's code."""
    columns = _everybody(offices, on).subquery().c
    name = func.max(columns.org_name).label("name")
    query = select(columns.org_code, name, columns.stage, func.count()).group_by(columns.org_code, columns.stage)
    found: dict[str, Counted] = {}
    for code, called, stage, count in connection.execute(query.order_by(columns.org_code)):
        found.setdefault(code, Counted(code, called, Counter())).stages[Stage(stage)] += count
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Whom:
    """Which of the staff are asked for.  `units`: codes; None for all."""

    stages: Collection[Stage] = OUTSTANDING
    units: Collection[str] | None = None


def listed(
    connection: Connection, offices: Offices, on: date, whom: Whom, *, skip: int = 0, limit: int | None = None
) -> list[Staff]:
    """Whoever is asked for, by unit and number."""
    everybody = _everybody(offices, on).subquery()
    columns = everybody.c
    query = select(everybody).where(columns.stage.in_([each.value for each in whom.stages]))
    if whom.units is not None:
        query = query.where(among(columns.org_code, whom.units))
    ordered = query.order_by(columns.org_code, columns.staff_number).offset(skip).limit(limit)
    return [Staff(**row._asdict() | {"stage": Stage(row.stage)}) for row in connection.execute(ordered)]


def _everybody(offices: Offices, on: date) -> Select[tuple[object, ...]]:
    staff, person = serving(offices, on), person_table.c
    return select(
        person.id.label("person_id"), person.staff_number, person.name, person.name_kana, person.email,
        staff.c.org_code, staff.c.org_name, staff.c.title, _stage().label("stage"),
    ).join(staff, staff.c.person_id == person.id)  # fmt: skip


def _stage() -> ColumnElement[str]:
    factor, password, person = authenticator_table.c, password_table.c, person_table.c
    lasting = select(factor.person_id).where(factor.state == State.ACTIVE, factor.form.in_(sorted(LASTING)))
    own = select(password.person_id).where(password.lapses_at.is_(None))
    enrolled, chosen = person.id.in_(lasting), person.id.in_(own)
    return case((enrolled, Stage.DONE.value), (chosen, Stage.BEGUN.value), else_=Stage.NOT_BEGUN.value)
