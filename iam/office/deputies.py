"""Deputies and nominees: a role for a time, in the name of a holder or where the policy names no post.

The one law: *two officers give it, for a stated time, of a year at most*
(OITA-S3.7.1, OITA-S8.1.4.3); it ends by itself on its last day, and on the day
on which the holder's post no longer gives the role.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, or_, select, update

from iam.errors import Conflict, Forbidden, NotFound
from iam.office.books import assignment_table
from iam.office.cases import Case, CaseKind, ask
from iam.office.roles import How, Offices, by_post, holdings_of
from iam.people.ledger import people
from iam.people.standing import Status
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.columns import jst_day

FIRST_DAYS: Final = 30
"""How long a first officer is one without a post that says so."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role given for a time.  `withdrawn_at` is when it was taken back before its last day."""

    id: int
    person_id: int
    role: Role
    how: How
    deputises_id: int | None
    valid_from: date
    valid_until: date
    reason: str
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.  `deputises_id` None: nominated, where no post holds the role."""

    person_id: int
    role: Role
    deputises_id: int | None
    valid_from: date
    valid_until: date

    @property
    def content(self) -> dict[str, object]:
        """As a case holds it."""
        return {
            "role": self.role.value, "deputises_id": self.deputises_id, "valid_from": self.valid_from.isoformat(),
            "valid_until": self.valid_until.isoformat(),
        }  # fmt: skip

    @classmethod
    def of(cls, case: Case) -> "Wish":
        """What the case asks for."""
        if case.subject_id is None:
            raise NotFound("だれを指定するかが書かれていない申請です。あらためて申請してください。")
        content: Mapping[str, Any] = case.content
        return cls(
            case.subject_id, Role(content["role"]), content["deputises_id"], date.fromisoformat(content["valid_from"]),
            date.fromisoformat(content["valid_until"]),
        )  # fmt: skip


def last_day(first: date) -> date:
    """The last day that a role may be given for from `first` on: a year, both days included."""
    if first.year == date.max.year:
        return date.max
    try:
        again = first.replace(year=first.year + 1)
    except ValueError:  # 29 February
        again = date(first.year + 1, 3, 1)
    return date.fromordinal(again.toordinal() - 1)


def propose(act: Act, offices: Offices, asked_by: int, wish: Wish, reason: str) -> Case:
    """Ask for a deputy or a nominee; another officer confirms.

    Raises:
        Conflict, Forbidden, NotFound: the first rule that stands against it.
    """
    if refusal := why_not(act.connection, offices, wish, jst_day(act.at)):
        raise refusal
    kind = CaseKind.DEPUTY if wish.deputises_id is not None else CaseKind.NOMINATION
    return ask(act, offices, kind, asked_by, subject_id=wish.person_id, content=wish.content, reason=reason)


def take_effect(act: Act, offices: Offices, case: Case) -> int:
    """What confirming does: the assignment, judged once more; its id.

    Raises:
        Conflict, Forbidden, NotFound: when it could no longer be asked for today.
    """
    wish = Wish.of(case)
    if refusal := why_not(act.connection, offices, wish, jst_day(act.at)):
        raise refusal
    how = How.DEPUTY if wish.deputises_id is not None else How.NAMED
    return _give(act, wish, how, reason=case.reason, case_id=case.id)


def why_not(
    connection: Connection, offices: Offices, wish: Wish, today: date
) -> Conflict | Forbidden | NotFound | None:
    """The first rule that stands against this deputy or nominee, or None."""
    return next(iter(mistakes(connection, offices, wish, today).values()), None)


def mistakes(
    connection: Connection, offices: Offices, wish: Wish, today: date
) -> dict[str, Conflict | Forbidden | NotFound]:
    """Every rule that stands against it, by what it is about: "until", "person" or "role"."""
    begins = max(wish.valid_from, today)
    found = {
        "until": wrong_days(wish.valid_from, wish.valid_until, today),
        "person": _wrong_person(connection, offices, wish, begins),
        "role": _wrong_role(connection, offices, wish, begins),
    }
    return {about: refusal for about, refusal in found.items() if refusal is not None}


def wrong_days(valid_from: date, valid_until: date, today: date) -> Conflict | None:
    """What is wrong with the days of something that officers give for a time; None when nothing is."""
    if valid_until < max(valid_from, today):
        return Conflict("終了日は、開始日以降で、今日以降の日にしてください。")
    if valid_until > last_day(valid_from):
        return Conflict(f"期間は1年以内です。終了日は{last_day(valid_from)}までにしてください。")
    return None


def _wrong_person(
    connection: Connection, offices: Offices, wish: Wish, begins: date
) -> Conflict | Forbidden | NotFound | None:
    person = next(people(connection, [wish.person_id]), None)
    if person is None:
        return NotFound("その職員は台帳にいません。職員番号を確かめてください。")
    if wish.deputises_id == wish.person_id:
        return Forbidden("本人を本人の代理にすることはできません。")
    now = offices.standing(person, begins)
    if now.status is not Status.IN_SERVICE:
        return Conflict(f"{person.name}さんは{begins}に在職していません（{now.status.label_ja}）。")
    if not offices.employs(now.posts):
        return Forbidden(f"{person.name}さんの職員区分では、役職を受け持てません（外部の事業者など）。")
    held = {each.role for each in holdings_of(connection, offices, [person.id], begins)[person.id]}
    if held and (Role.AUDITOR in held) is not (wish.role is Role.AUDITOR):
        return Forbidden("監査の担当は、ほかの役職と兼ねられません。")
    return None


def _wrong_role(connection: Connection, offices: Offices, wish: Wish, begins: date) -> Conflict | None:
    if wish.deputises_id is None:
        if any(seat.held_by for seat in offices.seats if seat.role is wish.role):
            return Conflict("この役職は職に充てられています。指名ではなく、代理を指定してください。")
        return None
    holder = next(people(connection, [wish.deputises_id]), None)
    if holder is None or wish.role not in {each.role for each in by_post(offices, holder, begins)}:
        return Conflict("代理される職員が、開始日にその役職に就いていません。")
    return None


def _give(act: Act, wish: Wish, how: How, *, reason: str, case_id: int | None = None) -> int:
    columns = assignment_table.c
    row = act.connection.execute(
        assignment_table.insert()
        .values(
            person_id=wish.person_id, role=wish.role, kind=how, deputises_id=wish.deputises_id,
            valid_from=wish.valid_from, valid_until=wish.valid_until, case_id=case_id, reason=reason, given_at=act.at,
        )
        .returning(columns.id)
    )  # fmt: skip
    found: int = row.scalar_one()
    act.record("role.given", f"role {found}", {**wish.content, "person": wish.person_id, "how": how, "case": case_id})
    return found


def give_first(act: Act, person_id: int, role: Role, reason: str) -> int:
    """Make somebody a first officer for `FIRST_DAYS`; the id of the assignment."""
    today = jst_day(act.at)
    wish = Wish(person_id, role, None, today, today + timedelta(days=FIRST_DAYS - 1))
    return _give(act, wish, How.FIRST, reason=reason)


def withdraw(act: Act, offices: Offices, assignment_id: int, by: int) -> None:
    """Take a role back before its last day: one officer is enough to take away.

    Raises:
        NotFound: no such assignment; Conflict: it is over; Forbidden: neither its holder nor a general officer asks.
    """
    columns, today = assignment_table.c, jst_day(act.at)
    row = act.connection.execute(select(assignment_table).where(columns.id == assignment_id)).first()
    if row is None:
        raise NotFound("その指定はありません。一覧から開き直してください。")
    roles = {each.role for each in holdings_of(act.connection, offices, [by], today)[by]}
    if Role.GENERAL_OFFICER not in roles and by not in (row.person_id, row.deputises_id):
        raise Forbidden("指定を取り消せるのは、代理される本人、代理する本人、統括の担当者だけです。")
    take_back(act, assignment_id)


def take_back(act: Act, assignment_id: int) -> None:
    """End an assignment at once, whoever asks.

    Raises:
        Conflict: when it is over already.
    """
    columns = assignment_table.c
    changed = act.connection.execute(
        update(assignment_table)
        .where(columns.id == assignment_id, columns.withdrawn_at.is_(None), columns.valid_until >= jst_day(act.at))
        .values(withdrawn_at=act.at)
        .returning(columns.person_id, columns.role)
    ).first()
    if changed is None:
        raise Conflict("この指定はすでに終わっています。")
    act.record("role.withdrawn", f"role {assignment_id}", {"person": changed.person_id, "role": changed.role})


def assignments(connection: Connection, *, since: date, person_id: int | None = None) -> list[Assignment]:
    """What was given and lasts on `since` or later, by first day; or of one person, who deputises or is deputised."""
    columns = assignment_table.c
    query = select(assignment_table).where(columns.valid_until >= since).order_by(columns.valid_from, columns.id)
    if person_id is not None:
        query = query.where(or_(columns.person_id == person_id, columns.deputises_id == person_id))
    return [_assignment(row) for row in connection.execute(query)]


def _assignment(row: Row[Any]) -> Assignment:
    return Assignment(
        row.id, row.person_id, Role(row.role), How(row.kind), row.deputises_id, row.valid_from, row.valid_until,
        row.reason, row.withdrawn_at,
    )  # fmt: skip
