"""The first two officers: the one way into a fresh installation.

The one law: *there is no default account* (R16, OITA-S8.2.1.3f): two people of
the ledger are named on the host, each gets a temporary password of their own,
and the way closes for good once anybody has signed in.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from iam.errors import Conflict, Forbidden, NotFound
from iam.office import deputies
from iam.office.cases import CaseKind
from iam.office.roles import How, holdings_of
from iam.people.ledger import people, persons_by_number
from iam.people.standing import Status
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin import history, sessions
from iam.signin.desk.issuing import Slip
from iam.signin.door import Door, Entrant, entrant
from iam.signin.passwords import kept

FIRST: Final = Role.GENERAL_OFFICER
"""What the first officers are, so that they can let everybody else in."""

TWO: Final = 2
_REASON: Final = "初期設定（iam officers first）"


@dataclass(frozen=True, slots=True)
class _Made:
    """A password that was made and hashed before the act, and how long it lives."""

    secret: str = field(repr=False)
    sealed: bytes = field(repr=False)
    life: timedelta


def somebody_was_in(connection: Connection) -> bool:
    """Whether anybody ever signed in: a session, an event or a password of one's own tells."""
    found = (
        select(sessions.session_table.c.id),
        select(history.event_table.c.id).where(history.event_table.c.outcome == history.Outcome.SUCCESS),
        select(kept.password_table.c.person_id).where(kept.password_table.c.lapses_at.is_(None)),
    )
    return any(connection.execute(query.limit(1)).first() for query in found)


def begin(store: Store, door: Door, actor: str, numbers: Sequence[str]) -> tuple[Slip, ...]:
    """Make two people of the ledger the first officers; a slip for each.

    May be repeated until somebody has signed in: what was handed out before is then void.

    Raises:
        Conflict, Forbidden, NotFound: the first rule that stands against it; nothing was done.
    """
    at = store.clock()
    with store.read() as connection:
        chosen = _chosen(connection, door, numbers, at)
    made = {who.person_id: _make(door, who, at) for who in chosen}
    with store.act(actor) as act:
        # Judged again: somebody may have come in while the passwords were hashed.
        chosen = _chosen(act.connection, door, numbers, act.at)
        _void_earlier(act, {who.person_id for who in chosen})
        return tuple(_let_in(act, door, who, made[who.person_id]) for who in chosen)


def see_open(connection: Connection) -> None:
    """See that the way in is still open.

    Raises:
        Conflict: once anybody has signed in.
    """
    if somebody_was_in(connection):
        raise Conflict(
            "すでにサインインした職員がいます。担当者の追加や仮パスワードの発行は、ポータルで行ってください。"
        )


def _chosen(connection: Connection, door: Door, numbers: Sequence[str], at: datetime) -> list[Entrant]:
    see_open(connection)
    ids = persons_by_number(connection, numbers)
    if missing := [number for number in numbers if number not in ids]:
        raise NotFound(
            f"職員番号「{missing[0]}」の職員は台帳にいません。iam sync で名簿を取り込んでから実行してください。"
        )
    if len({ids[number] for number in numbers}) != TWO:
        raise Forbidden("初めの担当者は、異なる二人の職員にしてください。")
    return [_fit(connection, door, entrant(connection, door, ids[number], at), at) for number in numbers]


def _fit(connection: Connection, door: Door, who: Entrant, at: datetime) -> Entrant:
    (person,) = people(connection, [who.person_id])
    now = door.offices.standing(person, jst_day(at))
    if now.status is not Status.IN_SERVICE or not who.in_service:
        raise Conflict(f"{who.name}さん（{who.staff_number}）は在職していません（{now.status.label_ja}）。")
    if not door.offices.employs(now.posts):
        raise Forbidden(f"{who.name}さん（{who.staff_number}）の職員区分では、役職を受け持てません。")
    if Role.AUDITOR in who.roles:
        raise Forbidden(f"{who.name}さん（{who.staff_number}）は監査の担当です。ほかの職員にしてください。")
    return who


def _make(door: Door, who: Entrant, at: datetime) -> _Made:
    zone = door.profile.zone(door.zone).code
    rules = door.profile.signin.resolved({zone}, privileged=True, on=jst_day(at))
    secret = kept.random_temporary(max(rules.password_minimum, who.rules.password_minimum))
    life = min(rules.temporary_life, who.rules.temporary_life)
    return _Made(secret, door.hasher.wrap(who.person_id, secret), life)


def _void_earlier(act: Act, chosen: AbstractSet[int]) -> None:
    """What an earlier call gave to others is taken back."""
    for each in deputies.assignments(act.connection, since=jst_day(act.at)):
        if each.how is How.FIRST and each.withdrawn_at is None:
            deputies.take_back(act, each.id)
            password = kept.kept_of(act.connection, each.person_id)
            if password is not None and each.person_id not in chosen:
                kept.issue_temporary(act, each.person_id, password.sealed, life=timedelta(0))


def _let_in(act: Act, door: Door, who: Entrant, made: _Made) -> Slip:
    held = holdings_of(act.connection, door.offices, [who.person_id], jst_day(act.at))[who.person_id]
    if not any(each.role is FIRST for each in held):
        deputies.give_first(act, who.person_id, FIRST, _REASON)
    until = kept.issue_temporary(act, who.person_id, made.sealed, life=made.life)
    act.record("officer.begun", f"person {who.person_id}", {"role": FIRST, "by_post": bool(held)})
    return Slip(CaseKind.TEMPORARY_PASSWORD, who.staff_number, who.name, made.secret, until)
