"""Held plans on the officers' pages: readable, signed by two over the hash that was shown."""

import re

import pytest
from sqlalchemy import update

from iam.access.wanted import Cause
from iam.jobs.released import any_released
from iam.policy.profile import Role
from iam.sync.guard import Hold
from iam.sync.plan import Change, ChangeKind
from iam.sync.stored.plans import Draft, PlanState, Purpose, StoredPlan, change_table, plan, store_plan
from tests.functional.site.given import Browser, City

RELEASES = (Role.GENERAL_OFFICER, Role.OPERATOR)


@pytest.fixture
def held(city: City) -> StoredPlan:
    """Three people would be switched off, one of them the first officer of all."""
    return hold(city, 3)


def hold(city: City, count: int) -> StoredPlan:
    numbers = [number for number, roles in city.known.items() if not roles][:count]
    day = city.clock().date()
    with city.store.act("unyou") as act:
        changes = [_change(city, number, index) for index, number in enumerate(numbers)]
        reason = Hold("グループウェアで予告のない「停止」が多すぎます", "SAKURA-8.1.4")
        return store_plan(
            act, Draft(day, Purpose.NIGHTLY, PlanState.HELD, {"runs": {}, "rules": "1"}, [reason], {}, changes)
        )


def _change(city: City, number: str, index: int) -> Change:
    who = city.entrant(number)
    kind = ChangeKind.DISABLE if index % 2 == 0 else ChangeKind.REVOKE
    return Change(
        kind=kind, system="groupware", system_name="グループウェア", login=f"login{index}", person_id=who.person_id,
        staff_number=number, name=who.name, department="総務部", entitlement="user" if index % 2 else "",
        entitlement_name="利用者", cause=Cause("left", "SAKURA-8.2.1", "2026-11-19 退職", None),
    )  # fmt: skip


def text(browser: Browser, page: str) -> str:
    answer = browser.get(page)
    assert answer.status_code == 200, (page, answer.status_code)
    return answer.get_data(as_text=True)


def signs(browser: Browser, held: StoredPlan, **other: str) -> int:
    page = f"/office/plans/{held.id}/release"
    shown = re.search(r'name="seen"[^>]*value="([0-9a-f]+)"', text(browser, page))
    assert shown
    return browser.send(page, {"seen": shown[1], "sure": "y", **other}).status_code


def state(city: City, held: StoredPlan) -> PlanState:
    with city.store.read() as connection:
        return plan(connection, held.id).state


def test_a_held_plan_is_readable_as_a_whole(city: City, held: StoredPlan) -> None:
    officer = city.somebody(Role.GENERAL_OFFICER)
    assert "予告のない「停止」が多すぎます" in text(officer, "/office/plans")
    page = text(officer, f"/office/plans/{held.id}")
    for words in (
        "予告のない「停止」が多すぎます",
        "SAKURA-8.1.4",
        held.hash[:12],
        "を停止する",
        "令和8年11月19日 退職",
        "総務部",
    ):
        assert words in page
    for number in [number for number, roles in city.known.items() if not roles][:3]:
        assert city.entrant(number).name in page


def test_changes_can_be_narrowed_and_come_page_by_page(city_sqlite: City) -> None:
    held, officer = hold(city_sqlite, 120), city_sqlite.somebody(Role.GENERAL_OFFICER)
    first = text(officer, f"/office/plans/{held.id}")
    assert "1〜100件目（全120件）" in first
    second = text(officer, f"/office/plans/{held.id}?page=2")
    assert second.count("グループウェア login") == 20
    only = text(officer, f"/office/plans/{held.id}?system=groupware&kind=revoke")
    assert only.count("から権限「利用者」を外す") == 60
    assert "を停止する" not in only


def test_two_officers_release_it(city: City, held: StoredPlan) -> None:
    first, second = (city.somebody(role) for role in RELEASES)
    assert signs(first, held) == 303
    page = text(first, f"/office/plans/{held.id}")
    assert "1人目として確認済みです" in page
    assert city.entrant(city.holder(Role.GENERAL_OFFICER)).name in page
    assert state(city, held) is PlanState.HELD
    assert first.get(f"/office/plans/{held.id}/release").status_code == 403
    assert signs(second, held) == 303
    assert state(city, held) is PlanState.RELEASED
    with city.store.read() as connection:
        signed = plan(connection, held.id)
    assert signed.first_officer == f"staff:{city.holder(Role.GENERAL_OFFICER)}"
    assert signed.second_officer == f"staff:{city.holder(Role.OPERATOR)}"
    assert any_released(city.store)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HR_OFFICER, Role.APPROVER])
def test_others_of_the_office_read_and_sign_nothing(city: City, held: StoredPlan, role: Role) -> None:
    browser = city.somebody(role)
    assert "確認して解除に進む" not in text(browser, f"/office/plans/{held.id}")
    for sent in (
        browser.get(f"/office/plans/{held.id}/release"),
        browser.post(
            f"/office/plans/{held.id}/release",
            data={"csrf_token": browser.token("/office"), "seen": held.hash, "sure": "y"},
        ),
    ):
        assert sent.status_code == 403
    assert state(city, held) is PlanState.HELD


def test_nobody_else_reads_a_plan(city: City, held: StoredPlan) -> None:
    browser = city.somebody()
    assert browser.get("/office/plans").status_code == 403
    assert browser.get(f"/office/plans/{held.id}").status_code == 403


def test_the_signature_is_over_what_was_shown(city: City, held: StoredPlan) -> None:
    officer = city.somebody(Role.GENERAL_OFFICER)
    assert signs(officer, held, seen="0" * 64) == 409
    page = f"/office/plans/{held.id}/release"
    assert officer.send(page, {"seen": held.hash}).status_code == 422
    assert state(city, held) is PlanState.HELD
    with city.store.read() as connection:
        assert plan(connection, held.id).first_officer is None


def test_an_altered_plan_is_neither_shown_nor_signed(city: City, held: StoredPlan) -> None:
    officer = city.somebody(Role.GENERAL_OFFICER)
    token = officer.token("/office")
    with city.store.act("root") as act:
        act.connection.execute(update(change_table).where(change_table.c.plan_id == held.id).values(login="x"))
    for page in (f"/office/plans/{held.id}", f"/office/plans/{held.id}/release"):
        assert officer.get(page).status_code == 500
    sent = officer.post(f"/office/plans/{held.id}/release", data={"csrf_token": token, "seen": held.hash, "sure": "y"})
    assert sent.status_code == 500
    assert state(city, held) is PlanState.HELD


def test_signing_asks_for_a_fresh_proof(city: City, held: StoredPlan) -> None:
    officer = city.somebody(Role.OPERATOR)
    city.clock.forward(minutes=6)
    asks = officer.get(f"/office/plans/{held.id}/release")
    assert (asks.status_code, asks.location) == (303, f"/prove?next=/office/plans/{held.id}/release")


def test_where_accounts_release_the_page_says_so(city_sqlite: City) -> None:
    held = hold(city_sqlite, 2)
    titles = tuple(title.model_copy(update={"held_by": ()}) for title in city_sqlite.deployment.profile.titles)
    profile = city_sqlite.deployment.profile.model_copy(update={"titles": titles})
    officer = city_sqlite.somebody(Role.GENERAL_OFFICER)
    object.__setattr__(city_sqlite.site, "deployment", _with(city_sqlite, profile))
    assert "iam plan release" in text(officer, "/office/plans")
    assert officer.get(f"/office/plans/{held.id}/release").status_code == 403


def _with(city: City, profile: object) -> object:
    from dataclasses import replace  # noqa: PLC0415 - for this one test

    return replace(city.deployment, profile=profile)  # type: ignore[arg-type] # a profile


def test_a_plan_that_is_not_there_is_not_found(city_sqlite: City) -> None:
    assert city_sqlite.somebody(Role.AUDITOR).get("/office/plans/99").status_code == 404
