"""The second step: whatever completes what was begun."""

import re

import pytest

from tests.functional.site.given import City
from tests.functional.site.portal.members import Member, beside, words


def offered(page: object) -> list[str]:
    """The other ways on the page, by their links."""
    return re.findall(r'class="others__item" href="[^"]*way=(\w+)"', page.get_data(as_text=True))  # type: ignore[attr-defined]


def test_the_way_that_was_used_last_comes_first_and_the_others_are_offered(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app().with_key()
    yamada.recovery_codes()
    yamada.signs_in()
    again = yamada.elsewhere()
    city_sqlite.clock.forward(seconds=60)
    page = again.opens(again.types().location)
    assert "認証アプリの数字を入力してください" in words(page)
    assert offered(page) == ["webauthn", "recovery"]
    key = again.opens("/login/factor?way=webauthn")
    assert "セキュリティキーで確認する" in words(key)
    assert offered(key) == ["totp", "recovery"]


def test_a_way_that_is_not_offered_is_not_shown(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.types()
    for way in ("certificate", "webauthn", "nonsense", ""):
        assert "認証アプリの数字" in words(yamada.opens(f"/login/factor?way={way}"))


def test_the_field_for_codes_helps_to_fill_it_in(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.types()
    page = yamada.opens("/login/factor").get_data(as_text=True)
    field = re.search(r'<input[^>]*id="code"[^>]*>', page)
    assert field
    assert 'autocomplete="one-time-code"' in field[0]
    assert 'inputmode="numeric"' in field[0]
    assert 'type="text"' in field[0]


def test_full_width_digits_and_gaps_in_a_code_do_not_matter(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.types()
    code = yamada.code().translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert yamada.gives(f" {code[:3]}　{code[3:]} ").location == "/"


def test_an_empty_code_is_asked_for(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.types()
    answer = yamada.gives("")
    assert answer.status_code == 422
    assert "入力してください" in beside(answer, "code")


def test_a_wrong_code_is_told_and_never_shown_again(city: City) -> None:
    yamada = Member.of(city).with_app()
    yamada.types()
    wrong = yamada.wrong_code()
    answer = yamada.gives(wrong)
    assert answer.status_code == 422
    assert "正しくありません" in beside(answer, "code")
    assert f'value="{wrong}"' not in answer.get_data(as_text=True)


def test_a_code_that_was_used_is_told_apart(city: City) -> None:
    yamada = Member.of(city).with_app()
    yamada.types()
    code = yamada.code()
    assert yamada.gives(code).location == "/"
    again = yamada.elsewhere()
    again.types()
    assert "もう使われています" in beside(again.gives(code), "code")


def test_a_clock_that_is_off_is_told_with_its_minutes_and_cure(city: City) -> None:
    yamada = Member.of(city).with_app()
    city.clock.forward(minutes=10)
    yamada.types()
    ahead = beside(yamada.gives(yamada.code(seconds=180)), "code")
    assert "3分ほど進んでいます" in ahead
    assert "「自動」" in ahead
    behind = beside(yamada.gives(yamada.code(seconds=-240)), "code")
    assert "4分ほど遅れています" in behind


def test_after_too_many_wrong_codes_one_begins_again(city: City) -> None:
    yamada = Member.of(city).with_app()
    half = yamada.types(page="/login?next=/factors")
    answers = [yamada.gives(yamada.wrong_code(), half.location) for _ in range(5)]
    assert answers[-1].location == "/login?next=/factors"
    assert "最初からやり直してください" in words(yamada.opens("/login"))
    assert not yamada.step_cookie()


def test_after_ten_minutes_one_begins_again(city: City) -> None:
    yamada = Member.of(city).with_app()
    yamada.types()
    city.clock.forward(minutes=10, seconds=1)
    assert yamada.browser.get("/login/factor").location == "/login"


def test_without_a_first_step_there_is_no_second(city_sqlite: City) -> None:
    client = city_sqlite.client()
    assert client.get("/login/factor").location.startswith("/login")
    client.set_cookie("__Host-kagimori-step", "x" * 43, domain=client.host, secure=True)
    assert client.get("/login/factor").location.startswith("/login")


def test_a_recovery_code_comes_in_once_and_its_owner_is_told(city: City) -> None:
    yamada = Member.of(city).with_app()
    first, *_ = yamada.recovery_codes()
    yamada.types()
    answer = yamada.gives(first.lower().replace("-", " "), "/login/factor?way=recovery")
    assert answer.location == "/"
    assert "残りは9個です" in words(yamada.opens("/"))
    again = yamada.elsewhere()
    again.types()
    assert "正しくありません" in beside(again.gives(first, "/login/factor?way=recovery"), "code")


def test_who_lost_everything_comes_in_by_a_code_from_the_desk(city: City) -> None:
    yamada = Member.of(city).with_app()
    yamada.signs_in()
    yamada.browser.send(f"/factors/{yamada.app}/lost")
    code = yamada.temporary_code()
    yamada.secret = ""
    page = yamada.opens(yamada.types().location)
    assert "窓口で受け取ったコードを入力してください" in words(page)
    assert yamada.gives(code).location == "/factors/new"


def test_a_key_completes_what_the_password_began(city: City) -> None:
    yamada = Member.of(city).with_key()
    assert yamada.types().location == "/login/factor"
    assert yamada.touches(step=True, page="/login/factor").location == "/"
    yamada.opens("/")


def test_a_key_alone_comes_in_without_number_and_password(city: City) -> None:
    yamada = Member.of(city).with_key()
    answer = yamada.touches()
    assert (answer.status_code, answer.location) == (303, "/")
    yamada.opens("/")


def test_a_key_that_answered_another_page_is_refused_in_words(city: City) -> None:
    yamada = Member.of(city).with_key()
    answer = yamada.touches(origin="https://id.city.example.evil.test")
    assert answer.location == "/login"
    assert "正しいサイトからの応答ではありません" in words(yamada.opens("/login"))
    assert not yamada.session_cookie()


@pytest.mark.parametrize("response", ["", "{}", "null", "[1]", "あ", "{" * 40_000, '{"id": 1, "response": []}'])
def test_nonsense_instead_of_a_key_signs_nobody_in(city_sqlite: City, response: str) -> None:
    yamada = Member.of(city_sqlite).with_key()
    token = {"X-CSRFToken": yamada.browser.token("/login")}
    assert yamada.browser.post("/login/key/options", headers=token).status_code == 200
    answer = yamada.browser.send("/login/key", {"response": response, "page": "/login"}, of="/login")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert not yamada.session_cookie()


def test_an_answer_without_a_challenge_begins_again(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_key()
    answer = yamada.browser.send("/login/key", {"response": "{}", "page": "//evil.example"}, of="/login")
    assert answer.location == "/login"
    assert "最初から" in words(yamada.opens("/login"))


def test_options_for_a_key_are_asked_with_a_token_alone(city_sqlite: City) -> None:
    assert city_sqlite.client().post("/login/key/options").status_code == 400
