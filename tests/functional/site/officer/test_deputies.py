"""Deputies and nominees on the officers' pages."""

from datetime import timedelta

import pytest

from iam.office.deputies import assignments
from iam.office.roles import How
from iam.policy.profile import Role
from iam.record.columns import jst_day
from tests.functional.site.given import Browser, City

NEW = "/office/deputies/new"


def text(browser: Browser, page: str) -> str:
    answer = browser.get(page)
    assert answer.status_code == 200, (page, answer.status_code)
    return answer.get_data(as_text=True)


def wish(city: City, **other: str) -> dict[str, str]:
    today = jst_day(city.clock())
    return {
        "role": "general_officer", "deputy": city.plain(), "holder": city.holder(Role.GENERAL_OFFICER),
        "first": today.isoformat(), "last": (today + timedelta(days=30)).isoformat(), "reason": "海外出張", **other,
    }  # fmt: skip


def given(city: City) -> list[tuple[str, Role, How]]:
    with city.store.read() as connection:
        found = assignments(connection, since=jst_day(city.clock()))
    return [("" if each.withdrawn_at is None else "over", each.role, each.how) for each in found]


def asked(city: City, **other: str) -> str:
    """The general officer has asked; the page of the case."""
    done = city.somebody(Role.GENERAL_OFFICER).send(NEW, wish(city, **other))
    assert done.status_code == 303
    assert done.location is not None
    return done.location


def confirm(city: City, case: str) -> None:
    browser = city.somebody(Role.APPROVER)
    page = text(browser, f"{case}/decide")
    seen = page.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    assert browser.send(f"{case}/decide", {"seen": seen, "sure": "y"}).status_code == 303


def test_roles_are_shown_with_holder_and_reason(city: City) -> None:
    page = text(city.somebody(Role.AUDITOR), "/office/deputies")
    head = city.entrant(city.holder(Role.GENERAL_OFFICER))
    assert f"{head.name}（{head.staff_number}）" in page
    assert "統括情報セキュリティ責任者" in page
    assert "代理・指名を申請する" not in page


def test_a_deputy_is_asked_for_confirmed_at_work_and_ended(city: City) -> None:
    case = asked(city)
    head = city.entrant(city.holder(Role.GENERAL_OFFICER))
    page = text(city.somebody(Role.APPROVER), case)
    for words in ("代理の指定", "統括情報セキュリティ責任者", head.name, city.entrant(city.plain()).name, "海外出張"):
        assert words in page
    assert city.somebody().get("/office").status_code == 403
    confirm(city, case)
    assert given(city) == [("", Role.GENERAL_OFFICER, How.DEPUTY)]
    assert city.entrant(city.plain()).roles == {Role.GENERAL_OFFICER}
    assert city.somebody().get("/office").status_code == 200

    officer = city.somebody(Role.GENERAL_OFFICER)
    assert "の代理" in text(officer, "/office/deputies")
    with city.store.read() as connection:
        (assignment,) = assignments(connection, since=jst_day(city.clock()))
    end = f"/office/deputies/{assignment.id}/withdraw"
    assert city.somebody(Role.HR_OFFICER).send(end).status_code == 403
    assert officer.send(end).status_code == 303
    assert given(city) == [("over", Role.GENERAL_OFFICER, How.DEPUTY)]
    assert city.somebody().get("/office").status_code == 403


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("deputy", "99999999", "この職員番号の職員は台帳にいません"),
        ("deputy", "", "代理・指名する職員の職員番号を入力してください"),
        ("holder", "99999999", "この職員番号の職員は台帳にいません"),
        ("last", "2036-01-01", "期間は1年以内です"),
        ("last", "2020-01-01", "終了日は、開始日以降で、今日以降の日にしてください"),
        ("first", "きのう", "2027-03-31 の形で入力してください"),
        ("reason", "", "理由を入力してください"),
        ("holder", "", "職に充てられています"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    city_sqlite: City, field: str, typed: str, said: str
) -> None:
    answer = city_sqlite.somebody(Role.GENERAL_OFFICER).send(NEW, wish(city_sqlite, **{field: typed}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    part = page.partition(f'id="{field}-error"')[2].partition("</p>")[0]
    assert said in part
    for name, kept in wish(city_sqlite, **{field: typed}).items():
        if name not in ("role", field):
            assert f'value="{kept}"' in page


def test_who_may_not_deputise_is_refused_beside_the_number(city_sqlite: City) -> None:
    browser = city_sqlite.somebody(Role.GENERAL_OFFICER)
    for number in (city_sqlite.holder(Role.AUDITOR), city_sqlite.holder(Role.GENERAL_OFFICER)):
        answer = browser.send(NEW, wish(city_sqlite, deputy=number))
        assert answer.status_code == 422
        assert 'id="deputy-error"' in answer.get_data(as_text=True)


def test_others_ask_for_their_own_role_alone(city_sqlite: City) -> None:
    number = city_sqlite.holder(Role.APPROVER)
    browser = city_sqlite.somebody(Role.APPROVER)
    page = text(browser, NEW)
    assert 'value="approver"' in page
    assert 'value="general_officer"' not in page
    forged = browser.send(NEW, wish(city_sqlite))
    assert forged.status_code == 422
    own = browser.send(NEW, wish(city_sqlite, role="approver", holder=number))
    assert own.status_code == 303


def test_the_same_is_asked_once(city_sqlite: City) -> None:
    asked(city_sqlite)
    again = city_sqlite.somebody(Role.GENERAL_OFFICER).send(NEW, wish(city_sqlite))
    assert (again.status_code, "すでに確認を待っています" in again.get_data(as_text=True)) == (409, True)


def test_an_auditor_asks_for_nothing_and_asking_needs_a_fresh_proof(city_sqlite: City) -> None:
    assert city_sqlite.somebody(Role.AUDITOR).get(NEW).status_code == 403
    browser = city_sqlite.somebody(Role.GENERAL_OFFICER)
    city_sqlite.clock.forward(minutes=6)
    assert browser.get(NEW).location == f"/prove?next={NEW}"
