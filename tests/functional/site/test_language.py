"""Japanese first, English by a switch; dates as the body writes them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from iam.policy.cited import Flag
from tests.functional.site import parts
from tests.functional.site.given import MORNING, City
from web.site.face import language
from web.site.face.catalogue import missing, spoken


@pytest.fixture
def shown(city_sqlite: City) -> City:
    city_sqlite.more, city_sqlite.rows = [parts.pages], dict(parts.ROWS)
    return city_sqlite


def in_era(city: City, *, japanese: bool) -> None:
    profile = city.deployment.profile
    signin = profile.signin.model_copy(update={"japanese_era": Flag(value=japanese, clause="baseline")})
    site = city.site
    object.__setattr__(site.door, "profile", profile.model_copy(update={"signin": signin}))


@pytest.mark.parametrize(
    ("day", "era", "western"),
    [
        (date(2026, 11, 21), "令和8年11月21日（土）", "2026年11月21日（土）"),
        (date(2019, 5, 1), "令和元年5月1日（水）", "2019年5月1日（水）"),
        (date(2019, 4, 30), "平成31年4月30日（火）", "2019年4月30日（火）"),
        (date(1989, 1, 8), "平成元年1月8日（日）", "1989年1月8日（日）"),
        (date(1989, 1, 7), "昭和64年1月7日（土）", "1989年1月7日（土）"),
        (date(1926, 12, 24), "1926年12月24日（金）", "1926年12月24日（金）"),
        (date.max, "—", "—"),
        (None, "—", "—"),
    ],
)
def test_a_day_is_written_as_the_body_writes_it(city_sqlite: City, day: date | None, era: str, western: str) -> None:
    for japanese, wanted in ((True, era), (False, western)):
        in_era(city_sqlite, japanese=japanese)
        with city_sqlite.app.test_request_context():
            assert language.day(day) == wanted


def test_an_instant_is_told_in_japan(city_sqlite: City) -> None:
    in_era(city_sqlite, japanese=True)
    with city_sqlite.app.test_request_context():
        at = datetime(2026, 12, 31, 15, 5, 9, tzinfo=UTC)
        assert language.instant(at) == "令和9年1月1日（金） 0:05"
        assert language.instant(at, seconds=True) == "令和9年1月1日（金） 0:05:09"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("2026-11-19 退職 [OITA-S8.2.1.2]", "令和8年11月19日 退職 [OITA-S8.2.1.2]"),
        ("2026-02-30は日付ではない", "2026-02-30は日付ではない"),
        ("番号 12026-11-199 と 2026-11-19-1", "番号 12026-11-199 と 2026-11-19-1"),
    ],
)
def test_dates_in_sentences_of_the_core_are_the_bodys_too(city_sqlite: City, told: str, said: str) -> None:
    in_era(city_sqlite, japanese=True)
    with city_sqlite.app.test_request_context():
        assert language.dated(told) == said


@pytest.mark.parametrize(
    ("past", "said"),
    [
        (timedelta(seconds=20), "たった今"),
        (timedelta(minutes=5), "5分前"),
        (timedelta(hours=3, minutes=59), "3時間前"),
        (timedelta(days=2), "2日前"),
        (timedelta(days=40), "2026年10月11日"),
    ],
)
def test_how_long_ago_is_one_word(city_sqlite: City, past: timedelta, said: str) -> None:
    in_era(city_sqlite, japanese=False)
    with city_sqlite.app.test_request_context():
        assert language.ago(MORNING - past) == said


def test_the_pages_speak_japanese_whatever_the_browser_prefers(shown: City) -> None:
    page = shown.client().get("/nowhere", headers={"Accept-Language": "en-US,en"}).text
    assert '<html lang="ja">' in page
    assert "見つかりません" in page


def test_the_switch_speaks_english_until_it_is_switched_back(shown: City) -> None:
    client = shown.client()
    assert client.send("/language", {"language": "en", "next": "/nowhere"}).location == "/nowhere"
    page = client.get("/nowhere").text
    assert '<html lang="en">' in page
    assert "<h1>Not found</h1>" in page
    assert '<button class="tongue__button" name="language" value="ja" lang="ja">日本語</button>' in page
    client.send("/language", {"language": "ja", "next": "/"})
    assert "見つかりません" in client.get("/nowhere").text


def test_dates_follow_the_switch(shown: City) -> None:
    client = shown.client()
    client.send("/language", {"language": "en", "next": "/"})
    with client:
        client.get("/nowhere")
        assert language.day(date(2026, 11, 21)) == "Sat 21 Nov 2026"


def test_what_was_typed_is_judged_in_the_chosen_language(shown: City) -> None:
    client = shown.client()
    client.send("/language", {"language": "en", "next": "/"})
    assert "日付" not in client.send("/_parts", {"number": ""}).text


def test_what_the_forms_library_says_is_japanese_too(shown: City) -> None:
    assert "選択肢が正しくありません。" in shown.client().send("/_parts", {"way": "bogus"}).text


def test_every_text_of_the_pages_is_known_in_english() -> None:
    assert len(spoken()) > 50
    assert list(missing()) == []
