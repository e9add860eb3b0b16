"""My factors: looking at them, renaming, removing, reporting a loss."""

import pytest

from iam.outbox import Topic
from iam.policy.profile import Role
from iam.signin.factors.authenticators import State
from tests.functional.site.given import City
from tests.functional.site.portal.members import Member, audited, beside, words


@pytest.fixture
def yamada(city: City) -> Member:
    """Somebody with an app and a key, just signed in."""
    member = Member.of(city).with_app("公用スマートフォン").with_key("机のキー")
    member.recovery_codes()
    member.signs_in()
    return member


def key_of(member: Member) -> int:
    return next(each.id for each in member.factors() if each.name == "机のキー")


def test_the_page_says_of_each_what_it_is_and_when_it_was_used(yamada: Member) -> None:
    page = words(yamada.opens("/factors"))
    assert "公用スマートフォン 所持" in page
    assert "机のキー 知識・所持" in page
    assert "まだ使っていません" in page
    assert "令和8年11月20日（金） 9:06" in page
    assert "残り10個" in page


def test_one_gets_another_name(yamada: Member) -> None:
    answer = yamada.browser.send(f"/factors/{yamada.app}/name", {"name": "  新しい　電話 "})
    assert answer.location == "/factors"
    assert "新しい 電話" in words(yamada.opens("/factors"))


@pytest.mark.parametrize(("name", "reason"), [("", "入力"), ("あ" * 41, "40文字以内"), ("a\u202eb", "表示できない")])
def test_a_name_that_does_not_do_is_kept_and_told(city_sqlite: City, name: str, reason: str) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    answer = yamada.browser.send(f"/factors/{yamada.app}/name", {"name": name})
    assert answer.status_code == 422
    assert reason in beside(answer, "name")


def test_a_name_is_text_and_never_markup(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    yamada.browser.send(f"/factors/{yamada.app}/name", {"name": "<b>'\"&{{7*7}}"})
    text = yamada.opens("/factors").get_data(as_text=True)
    assert "&lt;b&gt;" in text
    assert "<b>'" not in text
    assert "{{7*7}}" in text


def test_one_is_removed_and_signs_in_no_more(yamada: Member) -> None:
    asked = yamada.opens(f"/factors/{key_of(yamada)}/remove")
    assert "元には戻せません" in words(asked)
    answer = yamada.browser.send(f"/factors/{key_of(yamada)}/remove")
    assert answer.location == "/factors"
    assert "「机のキー」を削除しました" in words(yamada.opens("/factors"))
    assert Topic.FACTOR_REMOVED in [each.topic for each in yamada.notices()]
    assert yamada.elsewhere().touches().location == "/login"


def test_sessions_that_a_removed_key_opened_end(yamada: Member) -> None:
    other = yamada.elsewhere()
    other.touches()
    yamada.browser.send(f"/factors/{key_of(yamada)}/remove")
    assert other.browser.get("/").location.startswith("/login")
    yamada.opens("/")


def test_the_last_one_stays_and_the_page_says_why(city: City) -> None:
    yamada = Member.of(city).with_app()
    yamada.signs_in()
    assert "これは最後の認証手段です" in words(yamada.opens("/factors"))
    page = yamada.opens(f"/factors/{yamada.app}/remove")
    assert "いまは削除できません" in words(page)
    answer = yamada.browser.send(f"/factors/{yamada.app}/remove")
    assert answer.status_code == 409
    assert [each.state for each in yamada.factors()] == [State.ACTIVE]


def test_removing_asks_for_a_proof(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app().with_key()
    yamada.signs_in()
    city_sqlite.clock.forward(minutes=6)
    assert yamada.browser.get(f"/factors/{yamada.app}/remove").location.startswith("/prove?next=")
    there = f"/factors/{yamada.app}/remove"
    assert yamada.browser.send(there, of="/factors/codes").location == f"/prove?next={there}"
    assert len([each for each in yamada.factors() if each.lasting]) == 2


def test_a_loss_ends_everything_within_the_request_and_tells_whoever_must_know(yamada: Member) -> None:
    city = yamada.city
    general = Member.of(city, number=city.holder(Role.GENERAL_OFFICER))
    terminal, data = Member.of(city, 4).becomes(Role.TERMINAL_OFFICER), Member.of(city, 5).becomes(Role.DATA_OFFICER)
    other = yamada.elsewhere()
    other.touches()
    assert "すべての端末からサインアウトします" in words(yamada.opens(f"/factors/{yamada.app}/lost"))

    answer = yamada.browser.send(f"/factors/{yamada.app}/lost")

    assert answer.location == "/lost"
    assert "届出を受け付けました" in words(yamada.opens("/lost"))
    assert not yamada.session_cookie()
    assert other.browser.get("/").location.startswith("/login")
    gone = next(each for each in yamada.factors(alive=False) if each.id == yamada.app)
    assert (gone.state, gone.sealed) == (State.LOST, None)
    assert Topic.FACTOR_LOST in [each.topic for each in yamada.notices()]
    for each in (general, terminal, data):
        assert Topic.LOSS_REPORTED in [notice.topic for notice in each.notices()], each.number
    assert audited(city, "factor.ended")[-1][0] == f"staff:{yamada.number}"


def test_a_loss_needs_no_fresh_proof(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    city_sqlite.clock.forward(minutes=20)
    assert yamada.browser.send(f"/factors/{yamada.app}/lost").location == "/lost"


def test_whoever_lost_one_comes_in_by_the_other_and_enrols_anew(yamada: Member) -> None:
    yamada.browser.send(f"/factors/{yamada.app}/lost")
    back = yamada.elsewhere()
    assert back.touches().location == "/"
    back.opens("/factors/new")


def test_reporting_it_twice_is_told(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app().with_key()
    yamada.signs_in()
    yamada.browser.send(f"/factors/{yamada.app}/lost")
    yamada.touches()
    answer = yamada.browser.send(f"/factors/{yamada.app}/lost")
    assert answer.location == "/factors"
    assert "すでに使えなくなっています" in words(yamada.opens("/factors"))


@pytest.mark.parametrize("deed", ["name", "remove", "lost"])
def test_nobody_reaches_somebody_elses(city: City, deed: str) -> None:
    yamada, suzuki = Member.of(city, 0).with_app(), Member.of(city, 1).with_app()
    yamada.signs_in()
    assert yamada.browser.get(f"/factors/{suzuki.app}/{deed}").status_code == 404
    answer = yamada.browser.send(f"/factors/{suzuki.app}/{deed}", {"name": "盗んだ"}, of="/factors")
    assert answer.status_code == 404
    (held,) = suzuki.factors()
    assert (held.name, held.state) == ("公用スマートフォン", State.ACTIVE)


def test_the_desk_sheet_names_what_is_enrolled_and_no_secret(yamada: Member) -> None:
    page = yamada.opens("/desk-sheet")
    text = words(page)
    assert "公用スマートフォン" in text
    assert "机のキー" in text
    assert yamada.number in text
    assert "窓口" in text
    assert yamada.secret not in page.get_data(as_text=True)
