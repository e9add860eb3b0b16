"""Enrolling a factor in three steps, and the recovery codes at the end."""

import json
import re
from dataclasses import replace

import pytest
from werkzeug.test import TestResponse

from iam.outbox import Topic
from iam.policy.profile import Role
from iam.signin.factors.authenticators import MOST_ACTIVE, Form, State
from tests.functional.site.given import ORIGIN, City
from tests.functional.site.portal.members import Member, beside, words
from tests.softkey import SoftKey


@pytest.fixture
def newcomer(city: City) -> Member:
    """Somebody with a password alone, signed in to enrol."""
    member = Member.of(city)
    assert member.types().location == "/factors/new"
    return member


def begins(member: Member, name: str = "公用スマートフォン") -> str:
    """Steps one and two of an app, as far as the QR code; the page that shows it."""
    chosen = member.browser.send("/factors/new", {"form": "totp"})
    assert chosen.location == "/factors/new/app"
    begun = member.browser.send("/factors/new/app", {"name": name})
    assert re.fullmatch(r"/factors/\d+/scan", begun.location)
    shown = member.opens(begun.location).get_data(as_text=True)
    typed = re.search(r'class="typed-key">([A-Z2-7 ]+)<', shown)
    assert typed
    member.secret = typed[1].replace(" ", "")
    return begun.location


def codes_on(page: TestResponse) -> list[str]:
    return re.findall(r"<li>([A-Z0-9]{6}-[A-Z0-9]{6}-[A-Z0-9]{6})</li>", page.get_data(as_text=True))


def test_an_app_is_enrolled_in_three_steps_and_codes_are_shown_once(newcomer: Member) -> None:
    scan = begins(newcomer)
    confirm = scan.replace("scan", "confirm")

    done = newcomer.browser.send(confirm, {"code": newcomer.code()})

    assert done.status_code == 200
    assert len(codes_on(done)) == 10
    assert done.headers["Cache-Control"] == "no-store"
    assert 'aria-current="step"' in done.get_data(as_text=True)
    kept = newcomer.browser.post("/factors/codes/kept", data={"csrf_token": token_on(done), "kept": "y"})
    assert kept.location == "/"
    assert "予備の認証手段を登録しておきましょう" in words(newcomer.opens("/"))
    assert "公用スマートフォン" in words(newcomer.opens("/factors"))
    assert codes_on(newcomer.opens("/factors/codes")) == []
    assert Topic.FACTOR_ENROLLED in [each.topic for each in newcomer.notices()]


def token_on(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert found
    return found[1]


def test_after_enrolling_the_session_has_a_new_name_and_no_duty(newcomer: Member) -> None:
    before = newcomer.session_cookie()
    scan = begins(newcomer)
    newcomer.browser.send(scan.replace("scan", "confirm"), {"code": newcomer.code()})
    assert newcomer.session_cookie() not in {"", before}
    newcomer.opens("/")


def test_until_then_nothing_else_is_open(newcomer: Member) -> None:
    for page in ("/", "/access", "/factors", "/password", "/sessions", "/factors/codes"):
        assert "二つ目の認証手段を登録してください" in words(newcomer.opens(page, 403))


def test_the_key_is_drawn_into_the_page_and_no_address_names_it(newcomer: Member) -> None:
    scan = begins(newcomer)
    page = newcomer.opens(scan)
    text = page.get_data(as_text=True)
    assert "<svg" in text
    assert "<title>認証アプリで読み取るQRコード</title>" in text
    assert "otpauth" not in text
    assert newcomer.secret not in scan
    assert page.headers["Cache-Control"] == "no-store"


def test_a_wrong_code_and_a_wrong_clock_are_told_apart(newcomer: Member) -> None:
    confirm = begins(newcomer).replace("scan", "confirm")
    wrong = newcomer.browser.send(confirm, {"code": newcomer.wrong_code()})
    assert wrong.status_code == 422
    assert "数字が合いません" in beside(wrong, "code")
    ahead = beside(newcomer.browser.send(confirm, {"code": newcomer.code(seconds=180)}), "code")
    assert "3分ほど進んでいます" in ahead
    assert "入力してください" in beside(newcomer.browser.send(confirm, {"code": ""}), "code")
    assert newcomer.browser.send(confirm, {"code": newcomer.code()}).status_code == 200


def test_the_qr_code_can_be_looked_at_again_until_it_is_confirmed(newcomer: Member) -> None:
    scan = begins(newcomer)
    first = newcomer.secret
    again = newcomer.opens(scan).get_data(as_text=True)
    assert first[:4] in again
    newcomer.browser.send(scan.replace("scan", "confirm"), {"code": newcomer.code()})
    assert newcomer.browser.get(scan).location == "/factors"
    assert newcomer.browser.get(scan.replace("scan", "confirm")).location == "/factors"


def test_somebody_elses_enrolment_is_not_there(city: City) -> None:
    yamada, suzuki = Member.of(city, 0), Member.of(city, 1)
    yamada.types()
    suzuki.types()
    scan = begins(yamada)
    assert suzuki.browser.get(scan).status_code == 404
    assert suzuki.browser.get(scan.replace("scan", "confirm")).status_code == 404
    suzuki.opens("/factors/new")


@pytest.mark.parametrize("form", ["", "recovery", "temporary", "certificate", "' OR 1=1", "password"])
def test_only_what_is_on_offer_can_be_chosen(city_sqlite: City, form: str) -> None:
    yamada = Member.of(city_sqlite)
    yamada.types()
    answer = yamada.browser.send("/factors/new", {"form": form})
    assert answer.status_code == 422
    assert "選んでください" in words(answer)


@pytest.mark.parametrize(
    ("name", "reason"), [("", "入力してください"), ("あ" * 41, "40文字以内"), ("キー\u202e", "表示できない文字")]
)
def test_a_name_that_does_not_do_is_told_and_kept(city_sqlite: City, name: str, reason: str) -> None:
    yamada = Member.of(city_sqlite)
    yamada.types()
    answer = yamada.browser.send("/factors/new/app", {"name": name})
    assert answer.status_code == 422
    assert reason in beside(answer, "name")
    assert yamada.factors() == []


def enrols_key(member: Member, key: SoftKey, name: str = "机のキー", **bent: object) -> TestResponse:
    token = {"X-CSRFToken": member.browser.token("/factors/new/key")}
    asked = member.browser.post("/factors/new/key/options", headers=token)
    assert asked.status_code == 200
    options = json.dumps(asked.get_json()["options"])
    answer = key.create(options, str(bent.pop("origin", ORIGIN)), **bent)
    return member.browser.send("/factors/new/key", {"name": name, "response": answer})


def test_a_key_is_enrolled_by_its_own_answer(newcomer: Member) -> None:
    key = SoftKey()
    done = enrols_key(newcomer, key)
    assert len(codes_on(done)) == 10
    (held, _) = newcomer.factors()
    assert (held.form, held.name, held.state) == (Form.WEBAUTHN, "机のキー", State.ACTIVE)
    newcomer.keys.append(key)
    assert newcomer.elsewhere().touches().location == "/"


def test_a_challenge_is_believed_once(newcomer: Member) -> None:
    key = SoftKey()
    token = {"X-CSRFToken": newcomer.browser.token("/factors/new/key")}
    options = json.dumps(newcomer.browser.post("/factors/new/key/options", headers=token).get_json()["options"])
    first, second = key.create(options, ORIGIN), SoftKey().create(options, ORIGIN)
    assert newcomer.browser.send("/factors/new/key", {"name": "一つ目", "response": first}).status_code == 200
    again = newcomer.browser.send("/factors/new/key", {"name": "二つ目", "response": second})
    assert again.status_code == 422
    assert "もう一度" in words(again)
    assert [each.name for each in newcomer.factors() if each.lasting] == ["一つ目"]


def test_a_challenge_lapses(newcomer: Member) -> None:
    token = {"X-CSRFToken": newcomer.browser.token("/factors/new/key")}
    options = json.dumps(newcomer.browser.post("/factors/new/key/options", headers=token).get_json()["options"])
    newcomer.city.clock.forward(minutes=4, seconds=50)
    newcomer.opens("/factors/new/key")
    response = SoftKey().create(options, ORIGIN)
    assert newcomer.browser.send("/factors/new/key", {"name": "遅いキー", "response": response}).status_code == 200


@pytest.mark.parametrize("bent", [{"origin": "https://evil.example"}, {"challenge": "AAAA"}, {"site": "evil.example"}])
def test_a_key_that_answered_something_else_is_refused_in_words(city_sqlite: City, bent: dict[str, str]) -> None:
    yamada = Member.of(city_sqlite)
    yamada.types()
    answer = enrols_key(yamada, SoftKey(), **bent)
    assert answer.status_code == 422
    assert 'value="机のキー"' in answer.get_data(as_text=True)
    assert yamada.factors() == []


def test_a_key_that_is_bound_to_somebody_else_is_refused(city: City) -> None:
    yamada, suzuki, key = Member.of(city, 0), Member.of(city, 1), SoftKey()
    yamada.types()
    suzuki.types()
    enrols_key(yamada, key)
    answer = enrols_key(suzuki, key)
    assert answer.status_code == 422
    assert "すでに登録されたことがある" in words(answer)


@pytest.mark.parametrize("response", ["", "{}", "null", "あ", "[" * 40_000])
def test_nonsense_instead_of_a_key_enrols_nothing(city_sqlite: City, response: str) -> None:
    yamada = Member.of(city_sqlite)
    yamada.types()
    token = {"X-CSRFToken": yamada.browser.token("/factors/new/key")}
    yamada.browser.post("/factors/new/key/options", headers=token)
    answer = yamada.browser.send("/factors/new/key", {"name": "机のキー", "response": response})
    assert answer.status_code == 422
    assert yamada.factors() == []


def test_a_second_factor_brings_no_second_set_of_codes(city: City) -> None:
    yamada = Member.of(city)
    yamada.types()
    enrols_key(yamada, SoftKey())
    scan = begins(yamada)
    done = yamada.browser.send(scan.replace("scan", "confirm"), {"code": yamada.code()})
    assert (done.status_code, done.location) == (303, "/factors")
    assert "認証手段を登録しました" in words(yamada.opens("/factors"))


def test_more_than_ten_are_refused_with_the_cure(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite)
    for _ in range(MOST_ACTIVE):
        yamada.with_key()
    yamada.touches()
    answer = yamada.browser.send("/factors/new/app", {"name": "十一個目"})
    assert answer.status_code == 422
    assert "10個まで" in words(answer)
    assert 'value="十一個目"' in answer.get_data(as_text=True)


def asks_for_resistant(city: City) -> None:
    """The body asks its officers for keys or cards."""
    profile = city.door.profile
    flag = profile.signin.general.phishing_resistant.model_copy(update={"value": True})
    privileged = profile.signin.privileged.model_copy(update={"phishing_resistant": flag})
    signin = profile.signin.model_copy(update={"privileged": privileged})
    door = replace(city.door, profile=profile.model_copy(update={"signin": signin}))
    city.__dict__["site"] = replace(city.site, door=door)


def test_whoever_must_have_a_resistant_one_goes_on_enrolling(city: City) -> None:
    asks_for_resistant(city)
    officer = Member.of(city, number=city.holder(Role.APPROVER))
    assert officer.types().location == "/factors/new"
    assert "セキュリティキーかICカードの登録が必要です" in words(officer.opens("/factors/new"))
    scan = begins(officer)
    done = officer.browser.send(scan.replace("scan", "confirm"), {"code": officer.code()})
    kept = officer.browser.post("/factors/codes/kept", data={"csrf_token": token_on(done), "kept": "y"})
    assert kept.location == "/factors/new"
    officer.opens("/access", 403)
    assert enrols_key(officer, SoftKey()).location == "/factors"
    officer.opens("/access")


def test_the_box_must_be_ticked_and_the_codes_are_not_shown_again(newcomer: Member) -> None:
    scan = begins(newcomer)
    done = newcomer.browser.send(scan.replace("scan", "confirm"), {"code": newcomer.code()})
    answer = newcomer.browser.post("/factors/codes/kept", data={"csrf_token": token_on(done)})
    assert answer.status_code == 422
    assert "チェックを入れてください" in beside(answer, "kept")
    assert codes_on(answer) == []
    assert "回復コードを保管しましたか" in words(newcomer.opens("/"))


def test_codes_are_made_anew_and_the_old_ones_are_void(city: City) -> None:
    yamada = Member.of(city).with_app()
    old = yamada.recovery_codes()
    yamada.signs_in()
    made = yamada.browser.send("/factors/codes/renew", of="/factors/codes")
    assert len(codes_on(made)) == 10
    assert Topic.RECOVERY_CODES_MADE in [each.topic for each in yamada.notices()]
    again = yamada.elsewhere()
    again.types()
    assert "正しくありません" in beside(again.gives(old[0], "/login/factor?way=recovery"), "code")
    assert again.gives(codes_on(made)[0], "/login/factor?way=recovery").location == "/"


def test_making_codes_anew_asks_for_a_proof(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    city_sqlite.clock.forward(minutes=6)
    assert yamada.browser.send("/factors/codes/renew", of="/factors/codes").location == "/prove"


def test_the_device_of_the_office_is_fetched_at_the_desk(city_sqlite: City) -> None:
    yamada = Member.of(city_sqlite)
    yamada.types()
    assert yamada.browser.send("/factors/new", {"form": "token"}).location == "/factors/new/token"
    assert "窓口でお貸しします" in words(yamada.opens("/factors/new/token"))
