"""Permissions for outside on the officers' pages."""

from datetime import timedelta

import pytest

from iam.access.places import permissions
from iam.policy.profile import Role
from iam.record.columns import jst_day
from tests.functional.site.given import Browser, City

PAGE = "/office/permissions"


def text(browser: Browser, page: str, status: int = 200) -> str:
    answer = browser.get(page)
    assert answer.status_code == status, (page, answer.status_code)
    return answer.get_data(as_text=True)


def typed(city: City, **other: str) -> dict[str, str]:
    today = jst_day(city.clock())
    return {
        "number": city.plain(), "first": today.isoformat(), "last": (today + timedelta(days=30)).isoformat(),
        "terminal": "", "reason": "在宅勤務のため", **other,
    }  # fmt: skip


def decided(city: City, case: str, role: Role = Role.APPROVER) -> int:
    browser = city.somebody(role)
    seen = text(browser, f"{case}/decide").partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    return browser.send(f"{case}/decide", {"seen": seen, "sure": "y"}).status_code


def live(city: City) -> int:
    with city.store.read() as connection:
        id_ = city.entrant(city.plain()).person_id
        return len(permissions.live(connection, id_, jst_day(city.clock())))


def test_a_permission_is_asked_for_confirmed_withdrawn_and_greyed(city: City) -> None:
    operator = city.somebody(Role.OPERATOR)
    done = operator.send(f"{PAGE}/new", typed(city))
    assert done.location is not None
    shown = text(city.somebody(Role.APPROVER), done.location)
    for words in ("在宅勤務のため", "持出しを認められた端末ならどれでも", "公衆回線", city.entrant(city.plain()).name):
        assert words in shown
    assert live(city) == 0
    assert decided(city, done.location) == 303
    assert live(city) == 1
    owner = city.somebody(Role.SYSTEM_OWNER)
    assert "在宅勤務のため" in text(owner, PAGE)
    assert "/office/people/" not in text(owner, PAGE), "no link to a page that would be refused"
    assert owner.get(f"{PAGE}/1/withdraw").status_code == 403

    assert operator.send(f"{PAGE}/1/withdraw", {"reason": "終わった"}).status_code == 303
    assert live(city) == 0
    assert "許可はありません" in text(operator, PAGE)
    assert 'class="past"' in text(operator, f"{PAGE}?which=all")
    again = operator.send(f"{PAGE}/1/withdraw", {"reason": "二度"})
    assert (again.status_code, "すでに終わっています" in again.get_data(as_text=True)) == (409, True)


def test_a_public_line_is_for_the_approver_alone(city_sqlite: City) -> None:
    done = city_sqlite.somebody(Role.OPERATOR).send(f"{PAGE}/new", typed(city_sqlite, public="y"))
    assert done.location is not None, done.get_data(as_text=True)
    assert city_sqlite.somebody(Role.GENERAL_OFFICER).get(f"{done.location}/decide").status_code == 403
    assert decided(city_sqlite, done.location) == 303


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        ("number", "99999999", "この職員番号の職員は台帳にいません"),
        ("last", "2020-01-01", "終了日は、開始日以降で、今日以降の日にしてください"),
        ("last", "2036-01-01", "期間は1年以内です"),
        ("terminal", "PC-9999", "の端末は台帳にありません"),
        ("reason", "", "庁外から使う理由を入力してください"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(city_sqlite: City, field: str, wrong: str, said: str) -> None:
    answer = city_sqlite.somebody(Role.OPERATOR).send(f"{PAGE}/new", typed(city_sqlite, **{field: wrong}))
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True).partition(f'id="{field}-error"')[2].partition("</p>")[0]
