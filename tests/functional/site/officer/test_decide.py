"""An officer asks why somebody may or may not come into a system."""

from collections.abc import Mapping

import pytest

from iam.policy.profile import Role
from iam.signin.deciding import records
from iam.signin.deciding.facts import Knock, Whence, judge
from tests.functional.site.given import Browser, City

PAGE = "/office/decide"
RECENT = f"{PAGE}/recent"


def text(browser: Browser, page: str, query: Mapping[str, object] | None = None, status: int = 200) -> str:
    answer = browser.get(page, query_string=query)
    assert answer.status_code == status, (page, answer.status_code)
    return answer.get_data(as_text=True)


@pytest.fixture
def knocked(city: City) -> City:
    """Somebody without any right has knocked at a system twice."""
    who = city.entrant(city.plain())
    for _ in range(2):
        judge(city.store, city.door, Knock(who, None, system(city), Whence("203.0.113.9"), city.clock(), by="forward"))
    records.settle(city.store, city.door, city.clock())  # as it does within a minute
    return city


def system(city: City) -> str:
    return next(iter(city.door.model.systems))


def test_an_officer_reads_the_answer_its_reasons_and_what_was_looked_at(city: City) -> None:
    officer = city.somebody(Role.AUDITOR)
    assert "判定を調べる" in text(officer, PAGE)
    asked = {"number": city.plain(), "system": system(city), "address": "203.0.113.9", "terminal": "PC-404"}
    shown = text(officer, PAGE, {**asked, "proofs": ["password", "totp"]})
    who = city.entrant(city.plain())
    for words in (who.name, city.door.model.systems[system(city)].name, "入れません。", "根拠: ", "判定に使った事実"):
        assert words in shown
    alone = text(officer, PAGE, {**asked, "day": "2026-12-01", "time": "9:05"})
    assert "令和8年12月1日（火） 9:05の時点で" in alone
    assert "判定の記録はありません" in text(officer, RECENT), "asking is no entry"


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        ("number", "99999999", "この職員番号の職員は台帳にいません"),
        ("system", "nowhere", "情報システムを選んでください"),
        ("address", "10.1.2", "10.1.2.3 の形で"),
        ("day", "あした", "2027-03-31 の形で"),
        ("time", "25:99", "9:05 の形で"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(city_sqlite: City, field: str, wrong: str, said: str) -> None:
    asked = {"number": city_sqlite.plain(), "system": system(city_sqlite), field: wrong}
    page = text(city_sqlite.somebody(Role.OPERATOR), PAGE, asked, 422)
    assert said in page.partition(f'id="{field}-error"')[2].partition("</p>")[0]


def test_recent_answers_are_narrowed_and_repeats_counted(knocked: City) -> None:
    officer = knocked.somebody(Role.GENERAL_OFFICER)
    shown = text(officer, RECENT)
    who = knocked.entrant(knocked.plain())
    for words in (who.name, "203.0.113.9", "リバースプロキシ", ">2<"):
        assert words in shown
    for query, there in (
        ({"q": who.staff_number}, True), ({"q": knocked.plain(1)}, False), ({"system": system(knocked)}, True),
        ({"outcome": "allow"}, False), ({"outcome": "deny"}, True), ({"number": "1"}, True), ({"number": "99"}, False),
        ({"before": "1"}, False), ({"q": "99999999"}, False),
    ):  # fmt: skip
        assert ("203.0.113.9" in text(officer, RECENT, query)) is there, query
