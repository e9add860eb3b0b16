"""Changing one's password."""

import pytest

from iam.outbox import Topic
from iam.signin.passwords import kept
from tests.functional.site.given import City
from tests.functional.site.portal.members import ANOTHER, PASSWORD, Member, beside, words


@pytest.fixture
def yamada(city: City) -> Member:
    member = Member.of(city).with_app()
    member.signs_in()
    return member


def test_a_new_password_is_set_and_the_others_are_signed_out(yamada: Member) -> None:
    other = yamada.elsewhere()
    other.signs_in()
    before = yamada.session_cookie()

    answer = yamada.browser.send("/password", {"old": PASSWORD, "new": ANOTHER})

    assert (answer.status_code, answer.location) == (303, "/")
    assert "パスワードを変更しました" in words(yamada.opens("/"))
    assert yamada.session_cookie() not in {"", before}
    assert other.browser.get("/").location.startswith("/login")
    assert Topic.PASSWORD_CHANGED in [each.topic for each in yamada.notices()]
    yamada.password = ANOTHER
    assert yamada.elsewhere().types().location == "/login/factor"


def test_everything_that_is_wrong_is_told_at_once_beside_its_field(yamada: Member) -> None:
    answer = yamada.browser.send("/password", {"old": "ちがうパスワード", "new": "sakura"})
    assert answer.status_code == 422
    assert beside(answer, "old") == "いまのパスワードが正しくありません。"
    new = beside(answer, "new")
    assert "10文字以上にしてください（いまは6文字です）" in new
    assert "メールアドレスでできていて" in new
    text = answer.get_data(as_text=True)
    assert 'href="#old"' in text
    assert 'href="#new"' in text
    assert "ちがうパスワード" not in text


def test_an_empty_form_asks_for_both(yamada: Member) -> None:
    answer = yamada.browser.send("/password", {"old": "", "new": ""})
    assert beside(answer, "old") == "いまのパスワードを入力してください。"
    assert beside(answer, "new") == "新しいパスワードを入力してください。"


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("a" * 129, "128文字以内"),
        ("あいうえお\tかきくけこ", "制御文字|改行やタブ"),
        ("password1234", "流出"),
        ("ああああああああああああ", "繰り返し"),
        ("123456789012", "並び順|流出"),
    ],
)
def test_each_reason_has_its_words(city_sqlite: City, new: str, reason: str) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    answer = yamada.browser.send("/password", {"old": PASSWORD, "new": new})
    assert any(part in beside(answer, "new") for part in reason.split("|"))


def test_an_earlier_password_does_not_come_back(yamada: Member) -> None:
    assert yamada.browser.send("/password", {"old": PASSWORD, "new": ANOTHER}).status_code == 303
    answer = yamada.browser.send("/password", {"old": ANOTHER, "new": PASSWORD})
    assert "前に使ったパスワード" in beside(answer, "new")
    same = yamada.browser.send("/password", {"old": ANOTHER, "new": ANOTHER})
    assert "前に使ったパスワード" in beside(same, "new")


def test_who_does_not_know_the_old_one_learns_nothing_of_the_earlier_ones(yamada: Member) -> None:
    answer = yamada.browser.send("/password", {"old": "ちがうパスワード", "new": PASSWORD})
    assert 'id="new-error"' not in answer.get_data(as_text=True)


def test_guessing_the_old_one_is_slowed_down_like_a_sign_in(yamada: Member) -> None:
    for _ in range(5):
        yamada.browser.send("/password", {"old": "ちがうパスワード", "new": ANOTHER})
    answer = yamada.browser.send("/password", {"old": PASSWORD, "new": ANOTHER})
    assert "30秒ほど待って" in beside(answer, "old")
    assert [event.reason for event in yamada.events()].count("wrong") == 5


def test_a_temporary_password_must_be_changed_first_and_is_not_asked_again(city: City) -> None:
    yamada = Member.of(city).with_app()
    yamada.has_temporary_password()
    half = yamada.types()
    assert yamada.gives(yamada.code(), half.location).location == "/password"
    for page in ("/", "/access", "/factors", "/factors/new", "/sessions", "/desk-sheet"):
        assert "先にパスワードを変更してください" in words(yamada.opens(page, 403))
    shown = yamada.opens("/password")
    assert "仮パスワードでサインインしています" in words(shown)
    assert 'id="old"' not in shown.get_data(as_text=True)

    assert yamada.browser.send("/password", {"new": ANOTHER}).location == "/"

    yamada.opens("/access")


def test_who_came_by_a_key_proves_it_again_before_choosing_one_in_place_of_a_temporary_one(city: City) -> None:
    yamada = Member.of(city).with_key()
    yamada.has_temporary_password()
    assert yamada.touches().location == "/"
    city.clock.forward(minutes=6)

    assert yamada.opens("/password", 303).location == "/prove?next=/password"
    token = yamada.browser.token("/prove")
    for_nothing = yamada.browser.post("/password", data={"new": ANOTHER, "csrf_token": token})
    assert for_nothing.location == "/prove?next=/password"

    yamada.touches(page="/prove")
    assert yamada.browser.send("/password", {"new": ANOTHER}).location == "/"


def test_the_temporary_one_cannot_stay(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    temporary = yamada.has_temporary_password()
    half = yamada.types()
    yamada.gives(yamada.code(), half.location)
    answer = yamada.browser.send("/password", {"new": temporary})
    assert "前に使ったパスワード" in beside(answer, "new")


def test_signing_out_is_possible_before_the_change(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.has_temporary_password()
    yamada.gives(yamada.code(), yamada.types().location)
    assert yamada.browser.send("/logout", of="/password").location == "/login"


def test_a_leak_is_told_as_the_reason(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    with city_sqlite.store.act("test") as act:
        kept.require_change(act, yamada.id, kept.Why.LEAK)
    half = yamada.types()
    assert yamada.gives(yamada.code(), half.location).location == "/password"
    assert "漏れたおそれ" in words(yamada.opens("/password"))


def test_the_page_lets_managers_fill_it_in(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    text = yamada.opens("/password").get_data(as_text=True)
    assert 'autocomplete="new-password"' in text
    assert 'autocomplete="current-password"' in text
    assert f'value="{yamada.number}" autocomplete="username"' in text
    assert "onpaste" not in text
    assert "maxlength" not in text
    assert yamada.browser.get("/.well-known/change-password").location == "/password"


def strength(yamada: Member, sent: object, **how: object) -> dict[str, object]:
    token = {"X-CSRFToken": yamada.browser.token("/password")}
    answer = yamada.browser.post("/password/strength", json=sent, headers=token, **how)
    assert answer.status_code == 200
    found: dict[str, object] = answer.get_json()
    return found


def test_strength_is_told_while_it_is_typed(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    weak = strength(yamada, {"password": "さくら市"})
    assert weak["score"] == 0
    assert any("10文字以上" in str(each) for each in weak["problems"])  # type: ignore[attr-defined] # a list
    strong = strength(yamada, {"password": ANOTHER})
    assert strong["score"] in {3, 4}
    assert strong["problems"] == []
    assert "強い" in str(strong["label"])


@pytest.mark.parametrize("sent", [{}, [], None, {"password": 3}, {"password": ""}, {"password": "あ" * 4000}, "x"])
def test_strength_of_nonsense_is_nothing(city_sqlite: City, sent: object) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    assert strength(yamada, sent) == {"score": 0, "label": "", "problems": []}


def test_nobody_without_a_session_is_told_anything_of_passwords(city_sqlite: City) -> None:
    client = city_sqlite.client()
    token = {"X-CSRFToken": client.token("/login")}
    assert client.post("/password/strength", json={"password": "x"}, headers=token).status_code == 401


def test_officers_read_which_clause_asks_for_the_length(city_sqlite: City) -> None:
    officer = Member.of(city_sqlite, number=next(n for n, roles in city_sqlite.known.items() if "approver" in roles))
    officer.with_key()
    officer.touches()
    page = words(officer.opens("/password"))
    assert "15文字以上" in page
    assert "もとになる決まり" in page
