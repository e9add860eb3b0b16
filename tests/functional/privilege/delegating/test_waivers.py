"""Exceptions for a time: two officers make one, its end restores the control, and one made in an emergency is short."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from iam.errors import Conflict, Forbidden
from iam.office import cases
from iam.office.cases import Case
from iam.office.changes import waivers
from iam.office.changes.waivers import Control, Waiver, Wish
from iam.outbox import Topic
from tests.bodies import DAY
from tests.delegations import Bureau
from tests.entrance import Person


def a_wish(bureau: Bureau, **other: Any) -> Wish:  # noqa: ANN401 - fields of a wish
    today = bureau.office.today
    return replace(Wish(Control.TWO_PERSON, "gw", "作業記録を翌日に確かめる", today, today + 9 * DAY), **other)


def live(bureau: Bureau, scope: str = "gw", control: Control = Control.TWO_PERSON) -> Waiver | None:
    with bureau.store.read() as connection:
        return waivers.live_waiver(connection, control, scope, bureau.store.clock())


def in_emergency(bureau: Bureau, by: Person, wish: Wish) -> tuple[Waiver, Case]:
    with bureau.store.act("x") as act:
        return waivers.emergency(
            act, bureau.door.offices, by.id, wish, "夜間に一人しかいない", systems=bureau.door.model.systems
        )


def confirms(bureau: Bureau, case: Case, by: Person) -> Waiver:
    offices, systems = bureau.door.offices, bureau.door.model.systems
    with bureau.store.act("x") as act:
        return cases.confirm(
            act, offices, case.id, decided_by=by.id, seen_hash=case.content_hash,
            carry_out=lambda act, of: waivers.take_effect(act, offices, of, systems=systems),
        )  # fmt: skip


def test_an_exception_holds_on_its_days_where_it_was_made_and_for_its_control(bureau: Bureau) -> None:
    made = bureau.waives(Control.TWO_PERSON, "gw", days=10)
    assert (made.asked_by, made.approved_by) == (bureau.operator.id, bureau.approver.id)
    assert live(bureau) == made
    assert (live(bureau, "zei"), live(bureau, ""), live(bureau, "gw", Control.DELEGATION)) == (None, None, None)
    everywhere = bureau.waives(Control.DELEGATION)
    assert live(bureau, "zei", Control.DELEGATION) == everywhere
    bureau.office.hall.clock.on(days=9)
    assert live(bureau) == made
    bureau.office.hall.clock.on(days=1)
    # Nobody does anything, and the control is back.
    assert live(bureau) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"measure": " "}, "代替措置"),
        ({"scope": "none"}, "ありません"),
        ({"valid_until": timedelta(days=366)}, "1年以内"),
        ({"valid_until": timedelta(days=-1)}, "開始日以降"),
    ],
)
def test_an_exception_is_bounded(bureau_sqlite: Bureau, changed: dict[str, Any], words: str) -> None:
    bureau = bureau_sqlite
    days = {name: bureau.office.today + each for name, each in changed.items() if isinstance(each, timedelta)}
    found = waivers.why_not(
        a_wish(bureau, **{**changed, **days}), "理由", systems=bureau.door.model.systems, today=bureau.office.today
    )
    assert words in str(found)


def test_only_what_is_listed_may_be_done_without() -> None:
    assert {each.value for each in Control} == {"two-person-operation", "privileged-delegation-approval"}


def test_whoever_asks_does_not_approve_and_a_head_ends_it(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    with bureau.store.act("x") as act:
        case = waivers.propose(
            act, bureau.door.offices, bureau.general.id, a_wish(bureau), "理由", systems=bureau.door.model.systems
        )
    with pytest.raises(Forbidden, match="自分が申請した"):
        confirms(bureau, case, bureau.general)
    with pytest.raises(Forbidden, match="権限がありません"):
        confirms(bureau, case, bureau.operator)
    made = confirms(bureau, case, bureau.approver)
    for by, error in ((bureau.operator, Forbidden), (bureau.spare, Forbidden)):
        with pytest.raises(error), bureau.store.act("x") as act:
            waivers.withdraw(act, bureau.door.offices, made.id, by.id, "不要")
    with bureau.store.act("x") as act:
        waivers.withdraw(act, bureau.door.offices, made.id, bureau.approver.id, "不要")
    assert live(bureau) is None
    with pytest.raises(Conflict, match="すでに終わって"), bureau.store.act("x") as act:
        waivers.withdraw(act, bureau.door.offices, made.id, bureau.general.id, "不要")


def test_one_officer_makes_one_in_an_emergency_and_it_ends_after_three_days(bureau: Bureau) -> None:
    with pytest.raises(Forbidden):
        in_emergency(bureau, bureau.spare, a_wish(bureau))
    made, _ = in_emergency(bureau, bureau.operator, a_wish(bureau))
    assert live(bureau) == made
    for person in (bureau.general, bureau.approver):
        assert bureau.told(person)[-1:] == [Topic.PRIVILEGE_WAIVED]
    with pytest.raises(Conflict, match="承認されていません"):
        in_emergency(bureau, bureau.general, a_wish(bureau))
    bureau.office.hall.clock.on(days=2, hours=23)
    assert live(bureau) == made
    bureau.office.hall.clock.on(hours=1)
    assert live(bureau) is None
    # Emergencies do not follow in a row.
    with pytest.raises(Conflict, match="承認されていません"):
        in_emergency(bureau, bureau.general, a_wish(bureau, valid_from=bureau.office.today + 3 * DAY))


def test_an_emergency_goes_on_when_it_is_approved_and_stops_when_it_is_declined(bureau_sqlite: Bureau) -> None:
    bureau = bureau_sqlite
    _, case = in_emergency(bureau, bureau.operator, a_wish(bureau))
    with pytest.raises(Forbidden, match="自分が申請した"):
        confirms(bureau, case, bureau.operator)
    made = confirms(bureau, case, bureau.approver)
    assert made.approved_by == bureau.approver.id
    bureau.office.hall.clock.on(days=5)
    assert live(bureau) == made
    other, case = in_emergency(
        bureau, bureau.operator, a_wish(bureau, scope="zei", valid_from=bureau.office.today + 5 * DAY)
    )
    assert live(bureau, "zei") == other
    with bureau.store.act("x") as act:
        cases.decline(act, bureau.door.offices, case.id, decided_by=bureau.approver.id, reason="立ち会える")
    assert live(bureau, "zei") is None
