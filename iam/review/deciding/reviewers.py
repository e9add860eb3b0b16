"""Reviewers: who may answer about which line and which person, today.

The one law: *nobody answers about themselves, nor about what they keep* (design law 4, OITA-S3.7.1): one function says
so, for pages, sheets and commands alike, and two constraints of `campaign_answer` say it again.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from sqlalchemy import Connection, select

from iam.access.accounts import AccountState, account_table, block_table
from iam.access.kept.books import kept_id_table
from iam.access.model import AccessModel
from iam.errors import Forbidden
from iam.office.roles import Holding, holders, holdings_of, owns
from iam.policy.profile import Role
from iam.privilege.barred import why_barred
from iam.record.columns import among, jst_day
from iam.review.words import Part
from iam.signin.door import Door, looked_up

ROLES: Final[Mapping[Part, Role]] = {
    Part.HR: Role.HR_OFFICER, Part.OWNER: Role.SYSTEM_OWNER, Part.GENERAL: Role.GENERAL_OFFICER,
}  # fmt: skip
"""The role that answers in each part."""

_NOBODY: Final = "いなければ「代理と指名」で代理を置いてください。"
_OTHERS: Final = f"ほかの統括か、システムのほかの責任者が回答します。{_NOBODY}"
OWN: Final = f"自分の利用者IDについては、自分では回答できません。{_OTHERS}"
KEPT: Final = f"自分が管理者のIDについては、自分では回答できません。{_OTHERS}"
ONESELF: Final = f"自分の在職については、自分では回答できません。人事のほかの担当者が回答します。{_NOBODY}"


class About(Protocol):
    """What of a line (`campaigns.Line`) says who may answer about it."""

    @property
    def system(self) -> str: ...
    @property
    def comparable(self) -> str: ...
    @property
    def person_id(self) -> int | None: ...
    @property
    def keeper_id(self) -> int | None: ...
    @property
    def asked(self) -> Part: ...


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who answers, as of today: roles by post, deputies and nominations as everywhere.

    `systems`: codes of the systems that they own.  `barred`: why they may answer nothing whatever their roles.
    `own`, `kept`: (system, comparable login) of what is theirs, or kept by them, today, whatever was frozen.
    """

    person_id: int
    roles: frozenset[Role]
    systems: frozenset[str]
    barred: Forbidden | None = None
    own: frozenset[tuple[str, str]] = frozenset()
    kept: frozenset[tuple[str, str]] = frozenset()

    @property
    def parts(self) -> tuple[Part, ...]:
        """In which parts they have a worklist."""
        if self.barred:
            return ()
        return tuple(part for part in Part if ROLES[part] in self.roles and (part is not Part.OWNER or self.systems))


@dataclass(frozen=True, slots=True)
class Answerers:
    """Everybody who may answer today, by part; owners by system.  For reminders, and for what nobody can answer."""

    hr: frozenset[int]
    general: frozenset[int]
    owners: Mapping[str, frozenset[int]]

    def of(self, about: About) -> frozenset[int]:
        """Who is asked about this line and may answer."""
        return self.asked(about.asked, about.system) - {about.person_id, about.keeper_id}

    def asked(self, part: Part, system: str) -> frozenset[int]:
        """Who is asked about lines of a system, before it is seen whom each concerns."""
        return self.general if part is Part.GENERAL else self.owners.get(system, frozenset())

    def about(self, person_id: int) -> frozenset[int]:
        """Who of 人事 may answer about this person."""
        return self.hr - {person_id}


def reviewer(connection: Connection, door: Door, person_id: int, at: datetime) -> Reviewer:
    """How this person may answer at `at`: not at all while suspended, away, a contractor, or unknown."""
    found, on = looked_up(connection, door, person_id, at, remembered=False), jst_day(at)
    roles = found.roles if found else frozenset[Role]()
    if not roles & set(ROLES.values()):
        return Reviewer(person_id, roles, frozenset())
    holdings = holdings_of(connection, door.offices, [person_id], on)[person_id]
    owned = _owned(door.model, holdings, door.model.systems)
    own, kept = _own(connection, person_id), _kept(connection, person_id)
    barred = why_barred(connection, door, person_id, at)
    barred = Forbidden("在職していない方、外部の事業者の方などは、棚卸に回答できません。") if barred else None
    return Reviewer(person_id, roles, frozenset(code for code, by in owned.items() if by), barred, own, kept)


def answerers(connection: Connection, door: Door, systems: Collection[str], at: datetime) -> Answerers:
    """Everybody who may answer at `at`; `systems`: those of the campaign.  Who is suspended may not."""
    on = jst_day(at)
    found = {part: holders(connection, door.offices, role, on) for part, role in ROLES.items()}
    shut = _shut(connection, {each.person_id for held in found.values() for each in held}, on)
    free = {part: [each for each in held if each.person_id not in shut] for part, held in found.items()}
    hr, general = (frozenset(each.person_id for each in free[part]) for part in (Part.HR, Part.GENERAL))
    return Answerers(hr, general, _owned(door.model, free[Part.OWNER], systems))


def _owned(model: AccessModel, held: Iterable[Holding], systems: Iterable[str]) -> dict[str, frozenset[int]]:
    """System -> who owns it, of those who hold these roles; a system that the model no longer has is nobody's."""
    owners = [each for each in held if each.role is Role.SYSTEM_OWNER]
    names = {code: model.systems[code].owner for code in systems if code in model.systems}
    return {code: frozenset(each.person_id for each in owners if owns(each, name)) for code, name in names.items()}


def _shut(connection: Connection, person_ids: Collection[int], on: date) -> set[int]:
    """Those whose rights are stopped as a whole."""
    columns = block_table.c
    whole = columns.system == "", columns.entitlement == "", columns.lifted_at.is_(None)
    days = columns.valid_from <= on, columns.valid_until >= on
    query = select(columns.person_id).where(among(columns.person_id, person_ids), *whole, *days)
    return set(connection.execute(query).scalars())


def _own(connection: Connection, person_id: int) -> frozenset[tuple[str, str]]:
    columns = account_table.c
    mine = columns.person_id == person_id, columns.state != AccountState.DELETED
    rows = connection.execute(select(columns.system, columns.comparable).where(*mine))
    return frozenset((row.system, row.comparable) for row in rows)


def _kept(connection: Connection, person_id: int) -> frozenset[tuple[str, str]]:
    columns = kept_id_table.c
    mine = columns.keeper_id == person_id, columns.retired_at.is_(None)
    rows = connection.execute(select(columns.system, columns.comparable).where(*mine))
    return frozenset((row.system, row.comparable) for row in rows)


def why_not_line(who: Reviewer, part: Part, about: About) -> Forbidden | None:
    """What stands between this reviewer and an answer about a line in this part, or None: pure."""
    key = about.system, about.comparable
    if who.barred:
        return who.barred
    if part is Part.HR or ROLES[part] not in who.roles:
        return Forbidden(f"このIDに「{part.label_ja}」として回答する権限がありません。")
    if about.person_id == who.person_id or key in who.own:
        return Forbidden(OWN)
    if about.keeper_id == who.person_id or key in who.kept:
        return Forbidden(KEPT)
    return _why_not_asked(who, about) if part is Part.OWNER else None


def _why_not_asked(who: Reviewer, about: About) -> Forbidden | None:
    if about.system not in who.systems:
        return Forbidden("この情報システムの責任者ではないため、回答できません。")
    if about.asked is not Part.OWNER:
        return Forbidden("このIDは統括が回答することになりました。意見があればコメントに書いてください。")
    return None


def why_not_person(who: Reviewer, person_id: int) -> Forbidden | None:
    """What stands between this reviewer and an answer of 人事 about a person, or None: pure."""
    if who.barred:
        return who.barred
    if Role.HR_OFFICER not in who.roles:
        return Forbidden("在籍の確認に回答する権限がありません。人事の担当者が回答します。")
    return Forbidden(ONESELF) if person_id == who.person_id else None
