"""Proving oneself again, locking the screen, signing out."""

from tests.functional.site.given import City
from tests.functional.site.portal.members import Member, beside, words


def test_after_five_minutes_something_sensitive_asks_for_a_proof(city: City) -> None:
    yamada = Member.of(city).with_app()
    yamada.signs_in()
    yamada.opens("/factors/new")
    city.clock.forward(minutes=5)

    asked = yamada.browser.get("/factors/new")

    assert asked.location == "/prove?next=/factors/new"
    before = yamada.session_cookie()
    half = yamada.browser.send(asked.location, {"password": yamada.password})
    assert half.location == "/login/factor?next=/factors/new"
    done = yamada.gives(yamada.code(), half.location)
    assert done.location == "/factors/new"
    assert yamada.session_cookie() not in {"", before}
    yamada.opens("/factors/new")


def test_the_old_name_of_the_session_is_worth_nothing_after_a_new_proof(city: City) -> None:
    yamada = Member.of(city).with_key()
    yamada.touches()
    old = yamada.elsewhere()
    old.browser.set_cookie("__Host-kagimori", yamada.session_cookie(), domain=old.browser.host, secure=True)
    old.opens("/")
    assert yamada.touches(page="/prove").location == "/"
    assert old.browser.get("/").location.startswith("/login")
    yamada.opens("/")


def test_a_wrong_password_proves_nothing(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    city_sqlite.clock.forward(minutes=6)
    answer = yamada.browser.send("/prove", {"password": "ちがうパスワード"})
    assert answer.status_code == 422
    assert "正しくありません" in beside(answer, "password")
    assert yamada.browser.get("/factors/new").location.startswith("/prove")


def test_a_locked_screen_shows_nothing_but_the_way_back(city: City) -> None:
    yamada = Member.of(city).with_app()
    yamada.signs_in()
    locked = yamada.browser.send("/lock", {"next": "/history?before=3"}, of="/")
    assert locked.location == "/unlock?next=/history%3Fbefore%3D3"
    for page in ("/", "/factors", "/access", "/password"):
        assert (yamada.browser.get(page).location or "").startswith("/unlock")
    assert yamada.city.entrant(yamada.number).name.split()[0] in words(yamada.opens("/unlock"))


def test_the_password_unlocks_it_and_comes_back_to_the_same_page(city: City) -> None:
    yamada = Member.of(city).with_app()
    yamada.signs_in()
    locked = yamada.browser.send("/lock", {"next": "/history"}, of="/")
    wrong = yamada.browser.send(locked.location, {"password": "ちがうパスワード"})
    assert "正しくありません" in beside(wrong, "password")
    back = yamada.browser.send(locked.location, {"password": yamada.password})
    assert back.location == "/history"
    yamada.opens("/history")


def test_a_key_unlocks_it_too(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_key()
    yamada.touches()
    yamada.browser.send("/lock", of="/")
    assert yamada.touches(page="/unlock").location == "/"
    yamada.opens("/")


def test_another_person_takes_the_terminal_over(city: City) -> None:
    yamada, suzuki = Member.of(city, 0).with_app(), Member.of(city, 1).with_app()
    yamada.signs_in()
    yamada.browser.send("/lock", of="/")
    assert yamada.browser.send("/logout", of="/unlock").location == "/login"
    suzuki.browser = yamada.browser
    suzuki.signs_in()
    assert f"職員番号 {suzuki.number}" in words(suzuki.opens("/"))


def test_an_unlocked_screen_has_nothing_to_unlock(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    assert yamada.browser.get("/unlock?next=/factors").location == "/factors"


def test_signing_out_ends_the_session_for_good(city: City) -> None:
    yamada = Member.of(city).with_app()
    yamada.signs_in()
    token = yamada.session_cookie()
    out = yamada.browser.send("/logout", of="/")
    assert out.location == "/login"
    assert "サインアウトしました" in words(yamada.opens("/login"))
    yamada.browser.set_cookie("__Host-kagimori", token, domain=yamada.browser.host, secure=True)
    assert yamada.browser.get("/").location.startswith("/login")


def test_leaving_and_locking_are_no_links(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    assert yamada.browser.get("/logout").status_code == 405
    assert yamada.browser.get("/lock").status_code == 405
    assert yamada.browser.post("/logout").status_code == 400
    yamada.opens("/")


def test_a_form_of_before_is_void_after_signing_in(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    before = yamada.browser.token("/login")
    yamada.signs_in()
    assert yamada.browser.post("/logout", data={"csrf_token": before}).status_code == 400
