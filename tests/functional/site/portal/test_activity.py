"""Home, sessions, history."""

from datetime import date, datetime

import pytest

from iam.outbox import Topic, notice
from iam.outbox.topics import TEXTS
from tests.functional.site.given import City
from tests.functional.site.portal.members import Member, words


@pytest.fixture
def yamada(city: City) -> Member:
    member = Member.of(city).with_app()
    member.recovery_codes()
    return member


def test_home_tells_of_the_last_success_failure_and_sign_out(yamada: Member) -> None:
    yamada.signs_in()
    yamada.browser.send("/logout", of="/")
    yamada.city.clock.forward(hours=2)
    yamada.types("ちがうパスワード")
    yamada.types("ちがうパスワード")
    yamada.signs_in()
    page = words(yamada.opens("/"))
    assert "前回の成功 令和8年11月20日（金） 9:06" in page
    assert "前回の失敗 令和8年11月20日（金） 11:06 前回の成功のあとに2回" in page.replace("\u3000", " ")
    assert "前回のサインアウト 令和8年11月20日（金） 9:06" in page
    assert "にはサインアウトします" in page
    assert yamada.city.site.portal.notice in page


def test_the_first_time_there_is_nothing_to_tell(yamada: Member) -> None:
    yamada.signs_in()
    assert words(yamada.opens("/")).count("記録はありません") == 3


def test_notices_stay_until_they_were_read_one_by_one(yamada: Member) -> None:
    yamada.signs_in()
    with yamada.city.store.act("test") as act:
        notice(act, yamada.id, Topic.SIGNIN_UNLOCKED, {"at": act.at})
        notice(act, yamada.id, Topic.RECOVERY_CODES_MADE, {"at": act.at})
    assert "サインインの制限を解除しました" in words(yamada.opens("/"))
    newest, oldest = yamada.notices()
    assert yamada.browser.send("/notices/seen", {"notice": newest.id}, of="/").location == "/"
    assert [each.id for each in yamada.notices()] == [oldest.id]


def test_all_notices_are_read_at_once(yamada: Member) -> None:
    yamada.signs_in()
    with yamada.city.store.act("test") as act:
        notice(act, yamada.id, Topic.SIGNIN_UNLOCKED, {"at": act.at})
        notice(act, yamada.id, Topic.RECOVERY_CODES_MADE, {"at": act.at})
    ids = [str(each.id) for each in yamada.notices()]
    yamada.browser.send("/notices/seen", {"notice": [*ids, "x", "-1", "９" * 30, "9" * 30]}, of="/")
    assert yamada.notices() == []


def test_nobody_reads_somebody_elses_notices_away(city: City) -> None:
    yamada, suzuki = Member.of(city, 0).with_app(), Member.of(city, 1)
    yamada.signs_in()
    with city.store.act("test") as act:
        notice(act, suzuki.id, Topic.SIGNIN_UNLOCKED, {"at": act.at})
    yamada.browser.send("/notices/seen", {"notice": suzuki.notices()[0].id}, of="/")
    assert len(suzuki.notices()) == 1


def test_every_topic_can_be_shown(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    with city_sqlite.store.act("test") as act:
        for topic, text in TEXTS.items():
            sample = {str: "見本", int: 3, datetime: act.at, date: act.at.date()}
            notice(act, yamada.id, topic, {name: sample[kind] for name, kind in text.fields.items()})  # type: ignore[misc] # by kind
    page = words(yamada.opens("/"))
    for text in TEXTS.values():
        assert text.subject in page


def test_a_spare_factor_and_the_codes_are_what_needs_doing(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    page = words(yamada.opens("/"))
    assert "予備の認証手段を登録しておきましょう" in page
    assert "回復コードがありません" in page
    yamada.with_key()
    codes = yamada.recovery_codes()
    assert "予備の認証手段" not in words(yamada.opens("/"))
    assert "回復コードを保管しましたか" in words(yamada.opens("/"))
    yamada.browser.send("/factors/codes/kept", {"kept": "y"}, of="/factors/codes")
    assert "していただくことはありません" in words(yamada.opens("/"))
    for code in codes[:7]:
        other = yamada.elsewhere()
        other.types()
        assert other.gives(code, "/login/factor?way=recovery").status_code == 303
    assert "回復コードの残りは3個です" in words(yamada.opens("/"))


def test_sessions_show_where_one_is_signed_in(yamada: Member) -> None:
    yamada.signs_in()
    other = yamada.elsewhere()
    other.signs_in()
    page = words(yamada.opens("/sessions"))
    assert page.count("サインアウトさせる") >= 1
    assert "この端末" in page
    assert "127.0.0.1" in page


def test_another_session_is_ended_and_this_one_stays(yamada: Member) -> None:
    other = yamada.elsewhere()
    other.signs_in()
    yamada.signs_in()
    text = yamada.opens("/sessions").get_data(as_text=True)
    there = text.split('action="/sessions/')[1].split('"')[0]
    assert yamada.browser.send(f"/sessions/{there}", of="/sessions").location == "/sessions"
    assert "選んだ端末をサインアウトしました" in words(yamada.opens("/sessions"))
    assert other.browser.get("/").location.startswith("/login")
    again = yamada.browser.send(f"/sessions/{there}", of="/sessions")
    assert again.location == "/sessions"
    assert "すでにサインアウトしています" in words(yamada.opens("/sessions"))


def test_all_others_end_at_once(yamada: Member) -> None:
    others = [yamada.elsewhere(), yamada.elsewhere()]
    for each in others:
        each.signs_in()
    yamada.signs_in()
    yamada.browser.send("/sessions/end-others", of="/sessions")
    assert "2台の端末をサインアウトしました" in words(yamada.opens("/sessions"))
    assert all(each.browser.get("/").location.startswith("/login") for each in others)
    yamada.browser.send("/sessions/end-others", of="/sessions")
    assert "ほかにサインインしている端末はありません" in words(yamada.opens("/sessions"))


def test_nobody_ends_somebody_elses_session(city: City) -> None:
    yamada, suzuki = Member.of(city, 0).with_app(), Member.of(city, 1).with_app()
    suzuki.signs_in()
    yamada.signs_in()
    for id_ in range(1, 4):
        yamada.browser.send(f"/sessions/{id_}/end", of="/sessions")
    suzuki.opens("/")
    yamada.opens("/")


def test_history_tells_success_failure_and_sign_out_with_their_ways(yamada: Member) -> None:
    yamada.types("ちがうパスワード")
    yamada.signs_in()
    yamada.browser.send("/logout", of="/")
    yamada.signs_in()
    page = words(yamada.opens("/history"))
    assert "失敗 パスワードの誤り" in page
    assert "パスワード、認証アプリ" in page.replace(" ", "")
    assert "サインアウト" in page


def test_history_says_what_was_unusual_about_a_sign_in(yamada: Member) -> None:
    for _ in range(3):
        yamada.signs_in()
        yamada.city.clock.forward(days=1)
    at_night = yamada.elsewhere()
    at_night.city.clock.forward(hours=15)
    at_night.signs_in()
    assert "ふだんない時間帯" in words(at_night.opens("/history"))
    assert "いつもと違うサインインがありました" in words(at_night.opens("/"))


def test_history_goes_on_page_by_page(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    for _ in range(35):
        yamada.types("ちがうパスワード")
        city_sqlite.clock.forward(hours=2)
    yamada.signs_in()
    first = yamada.opens("/history").get_data(as_text=True)
    assert first.count("<tr>") == 31
    older = first.split('href="/history?before=')[1].split('"')[0]
    second = yamada.opens(f"/history?before={older}").get_data(as_text=True)
    assert "新しい記録へ戻る" in second
    assert 1 < second.count("<tr>") < 31


@pytest.mark.parametrize("before", ["x", "-1", "0", "99999999999999999999999", "1;DROP"])
def test_a_page_of_history_that_does_not_exist_is_the_first_or_empty(city_sqlite: City, before: str) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    yamada.opens(f"/history?before={before}")


def test_the_pages_speak_english_on_demand(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    answer = yamada.browser.send("/language", {"language": "en", "next": "/sessions"}, of="/")
    assert answer.location == "/sessions"
    assert '<html lang="en">' in yamada.opens("/sessions").get_data(as_text=True)
