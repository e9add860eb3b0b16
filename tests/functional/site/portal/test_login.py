"""The first step: number and password."""

import re

import pytest

from iam.policy.profile import Role
from iam.record.columns import jst_day
from tests.functional.site.given import ORIGIN, City
from tests.functional.site.portal.members import PASSWORD, Member, audited, beside, words


def bare(answer: object) -> str:
    """A page without what differs from one visit to the next."""
    text: str = answer.get_data(as_text=True)  # type: ignore[attr-defined] # a response
    return re.sub(r' (value|content)="[^"]*"', "", text)


def test_the_door_shows_the_notice_and_lets_browsers_fill_it_in(city_sqlite: City) -> None:
    page = city_sqlite.client().get("/login")
    text = page.get_data(as_text=True)
    assert city_sqlite.site.portal.notice in words(page)
    assert 'autocomplete="username"' in text
    assert 'autocomplete="current-password"' in text
    assert 'href="/login/help"' in text
    assert page.headers["Cache-Control"] == "no-store"


def test_password_and_app_lead_home_under_a_new_name(city: City) -> None:
    yamada = Member.of(city).with_app()

    half = yamada.types()

    assert (half.status_code, half.location) == (303, "/login/factor")
    assert yamada.step_cookie()
    assert not yamada.session_cookie()
    done = yamada.gives(yamada.code())
    assert (done.status_code, done.location) == (303, "/")
    assert yamada.session_cookie()
    assert not yamada.step_cookie()
    assert f"職員番号 {yamada.number}" in words(yamada.opens("/"))


def test_an_empty_form_says_what_is_missing_beside_each_field(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite)
    answer = yamada.browser.send("/login", {"number": "", "password": ""})
    assert answer.status_code == 422
    assert beside(answer, "number") == "職員番号を入力してください。"
    assert beside(answer, "password") == "パスワードを入力してください。"
    assert "2か所、直してください" in words(answer)


def test_a_wrong_password_keeps_the_number_and_never_the_password(city: City) -> None:
    yamada = Member.of(city)
    answer = yamada.types("まちがえたパスワードです")
    assert answer.status_code == 422
    assert "正しくありません" in beside(answer, "password")
    assert f'value="{yamada.number}"' in answer.get_data(as_text=True)
    assert "まちがえた" not in answer.get_data(as_text=True)


def test_unknown_wrong_and_suspended_read_the_same(city: City) -> None:
    wrong, shut = Member.of(city, 0), Member.of(city, 1)
    shut.suspended()
    answers = [wrong.types("ちがうパスワード"), shut.types(), wrong.types(number="99999999")]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert len({bare(answer) for answer in answers}) == 1


def unknown(city: City, delay_after: int) -> str:
    """A number of nobody that must wait from this failure on: one in eight must as early as an officer's."""
    numbers = (str(number) for number in range(99_999_999, 0, -1))
    today, door = jst_day(city.clock()), city.door
    return next(
        number for number in numbers if door.strangers_rules(door.blinded(number), today).delay_after == delay_after
    )


def test_waiting_is_told_in_plain_words_the_same_for_known_and_unknown(city: City) -> None:
    known = Member.of(city, 0)
    nobody = Member(city, unknown(city, city.entrant(known.number).rules.delay_after), city.client())
    for _ in range(4):
        known.types("ちがうパスワード")
        nobody.types("ちがうパスワード")
    fifth = [known.types("ちがうパスワード"), nobody.types("ちがうパスワード")]
    assert "次は30秒ほど待ってから" in beside(fifth[0], "password")
    assert len({bare(answer) for answer in fifth}) == 1
    answers = [known.types(), nobody.types()]
    assert [answer.status_code for answer in answers] == [429, 429]
    assert len({bare(answer) for answer in answers}) == 1
    assert "30秒ほど待って" in beside(answers[0], "password")
    assert "セキュリティキーやICカード" in beside(answers[0], "password")


def test_full_width_digits_and_blanks_around_the_number_do_not_matter(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    wide = yamada.number.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert yamada.types(number=f"　{wide} ").location == "/login/factor"


@pytest.mark.parametrize("number", ["1" * 65, "12\u202e34", "1\x0023"])
def test_a_number_that_nobody_can_have_is_refused_before_the_door(city_sqlite: City, number: str) -> None:
    yamada = Member.of(city_sqlite)
    answer = yamada.types(number=number)
    assert answer.status_code in {400, 422}


def test_a_password_of_any_length_is_answered_in_the_same_way(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite)
    answer = yamada.types("あ" * 5000)
    assert answer.status_code == 422
    assert "正しくありません" in beside(answer, "password")


def test_when_too_many_sign_in_at_once_the_number_is_kept_and_the_words_are_kind(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite)
    places = yamada.city.door.hasher._places  # noqa: SLF001 - every place is taken
    while places.acquire(blocking=False):
        pass
    answer = yamada.types()
    assert answer.status_code == 503
    assert "混み合っています" in words(answer)
    assert f'value="{yamada.number}"' in answer.get_data(as_text=True)


def test_whoever_wanted_a_page_comes_there(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    to_login = yamada.browser.get("/factors?x=1")
    assert to_login.location == "/login?next=/factors%3Fx%3D1"
    half = yamada.types(page=to_login.location)
    assert half.location == "/login/factor?next=/factors%3Fx%3D1"
    assert yamada.gives(yamada.code(), half.location).location == "/factors?x=1"


@pytest.mark.parametrize("there", ["//evil.example", "https://evil.example/", "/\\evil.example", "/%09/evil.example"])
def test_nobody_is_sent_to_another_site(city_sqlite: City, there: str) -> None:
    yamada = Member.of(city_sqlite).with_app()
    half = yamada.types(page=f"/login?next={there}")
    done = yamada.gives(yamada.code(), half.location)
    assert done.location.startswith("/")
    assert not done.location.startswith(("//", "/\\"))
    assert "evil" not in done.location or done.location.startswith("/%09")


def test_whoever_is_signed_in_already_goes_on(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    assert yamada.browser.get("/login").location == "/"
    assert yamada.browser.get("/login?next=/factors").location == "/factors"


def test_without_a_second_factor_one_comes_only_to_enrol_it(city: City) -> None:
    yamada = Member.of(city)
    assert yamada.types().location == "/factors/new"
    yamada.opens("/access", 403)
    yamada.opens("/factors/new")


def test_the_session_cookie_has_every_guard(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.types()
    cookies = yamada.gives(yamada.code()).headers.getlist("Set-Cookie")
    (given,) = [each for each in cookies if each.startswith("__Host-kagimori=")]
    assert all(part in given for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
    assert "Domain" not in given


def test_a_form_without_its_token_or_from_elsewhere_signs_nobody_in(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    typed = {"number": yamada.number, "password": PASSWORD}
    assert yamada.browser.post("/login", data=typed).status_code == 400
    token = yamada.browser.token("/login")
    foreign = yamada.browser.post(
        "/login", data={**typed, "csrf_token": token}, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 400
    other = city_sqlite.client().token("/login")
    assert yamada.browser.post("/login", data={**typed, "csrf_token": other}).status_code == 400
    assert not yamada.step_cookie()


def test_help_says_where_the_desk_is_and_that_nobody_ever_asks(city_sqlite: City) -> None:
    page = city_sqlite.client().get("/login/help")
    desk = next(title.name for title in city_sqlite.door.profile.titles if Role.OPERATOR in title.roles)
    assert desk in words(page)
    assert "おたずねすることはありません" in words(page)


def test_no_password_stands_in_any_record(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.types("ひみつのことば九九")
    yamada.signs_in()
    told = str(audited(city_sqlite, "signin.failed") + audited(city_sqlite, "signin.succeeded"))
    assert told
    assert "ひみつのことば" not in told
    assert PASSWORD not in told
    assert ORIGIN.startswith("https://")
