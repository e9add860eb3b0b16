"""IC cards, as the reverse proxy saw them: enrolling one, signing in by it, and what a forged one gets."""

from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from werkzeug.test import TestResponse

from iam.settings.portal import Certificates
from iam.signin.factors.authenticators import Form
from tests.functional.site.given import City
from tests.functional.site.portal.members import Member, audited, words
from tests.unit.signin.factors.authority import NOW, Authority, pem

OURS, THEIRS = Authority(), Authority()
HEADER = "X-Client-Cert"


@pytest.fixture
def yamada(city: City, tmp_path: Path) -> Member:
    """Somebody with an app, at a portal that takes cards."""
    (tmp_path / "ca.pem").write_bytes(OURS.pem)
    (tmp_path / "crl.pem").write_bytes(OURS.revoked(7).public_bytes(Encoding.PEM))
    certificate = Certificates(ca=tmp_path / "ca.pem", crl=tmp_path / "crl.pem", header=HEADER)
    city.portal["certificate"] = certificate
    city.clock.at = NOW
    return Member.of(city).with_app()


def shows(member: Member, page: str, serial: int = 1, by: Authority = OURS, **how: object) -> TestResponse:
    """Send the form on a page with the card in its reader."""
    header = {HEADER: quote(pem(by.card(serial=serial)))}
    return member.browser.send("/login/card", {"page": page}, of=page, headers=header, **how)


def enrols(member: Member, serial: int = 1, by: Authority = OURS, name: str = "職員カード") -> TestResponse:
    header = {HEADER: quote(pem(by.card(serial=serial)))}
    return member.browser.send("/factors/new/card", {"name": name}, headers=header)


@pytest.fixture
def holder(yamada: Member) -> Member:
    """The same with the card enrolled, signed out."""
    yamada.recovery_codes()
    yamada.signs_in()
    assert enrols(yamada).location == "/factors"
    yamada.browser.send("/logout", of="/")
    return yamada


def test_a_card_is_offered_only_where_the_body_takes_cards(city_sqlite: City) -> None:
    assert "ICカード" not in words(city_sqlite.client().get("/login"))


def test_the_card_in_the_reader_is_shown_before_it_is_bound(yamada: Member) -> None:
    yamada.signs_in()
    assert yamada.browser.send("/factors/new", {"form": "certificate"}).location == "/factors/new/card"
    header = {HEADER: quote(pem(OURS.card(serial=1)))}
    page = words(yamada.browser.get("/factors/new/card", headers=header))
    assert "ご自分のカードであることを確かめてください" in page
    assert "有効期限" in page


def test_a_card_is_enrolled_with_its_name(holder: Member) -> None:
    (card,) = [each for each in holder.factors() if each.form is Form.CERTIFICATE]
    assert card.name == "職員カード"


def test_card_and_password_come_in(holder: Member) -> None:
    half = shows(holder, "/login")
    assert half.location == "/login/factor"
    page = holder.opens("/login/factor")
    assert "カードを確認しました。続けてパスワードを入力してください" in words(page)
    done = holder.browser.send("/login/factor", {"password": holder.password})
    assert done.location == "/"
    holder.opens("/")


def test_password_and_card_come_in(holder: Member) -> None:
    half = holder.types()
    header = {HEADER: quote(pem(OURS.card(serial=1)))}
    sent = {"page": "/login/factor"}
    done = holder.browser.send("/login/card?step=1", sent, of=f"{half.location}?way=certificate", headers=header)
    assert done.location == "/"


def test_a_wrong_password_after_the_card_is_told(holder: Member) -> None:
    shows(holder, "/login")
    answer = holder.browser.send("/login/factor", {"password": "ちがうパスワード"})
    assert answer.status_code == 422
    assert "正しくありません" in words(answer)


def test_no_card_in_the_reader_is_told_with_the_cure(holder: Member) -> None:
    answer = holder.browser.send("/login/card", {"page": "/login"}, of="/login")
    assert answer.location == "/login"
    assert "カードが見つかりません" in words(holder.opens("/login"))


@pytest.mark.parametrize(
    ("serial", "by", "told"), [(2, OURS, "登録されていません"), (7, OURS, "失効"), (1, THEIRS, "認証局")]
)
def test_another_card_is_refused_in_words(holder: Member, serial: int, by: Authority, told: str) -> None:
    assert shows(holder, "/login", serial, by).location == "/login"
    assert told in words(holder.opens("/login"))
    assert not holder.session_cookie()


def test_a_header_from_an_unlisted_address_is_dropped_and_remembered(holder: Member) -> None:
    answer = shows(holder, "/login", environ_overrides={"REMOTE_ADDR": "198.51.100.9"})
    assert answer.location == "/login"
    assert not holder.step_cookie()
    assert "カードが見つかりません" in words(holder.opens("/login"))


def test_somebody_elses_card_cannot_be_enrolled(holder: Member) -> None:
    suzuki = Member.of(holder.city, 1).with_app()
    suzuki.recovery_codes()
    suzuki.signs_in()
    answer = enrols(suzuki)
    assert answer.status_code == 422
    assert "別の職員のものとして登録されています" in words(answer)
    assert 'value="職員カード"' in answer.get_data(as_text=True)


def test_without_a_card_the_enrolment_says_what_to_do(yamada: Member) -> None:
    yamada.signs_in()
    assert "カードが見つかりません" in words(yamada.opens("/factors/new/card"))
    foreign = {HEADER: quote(pem(THEIRS.card(serial=1)))}
    page = words(yamada.browser.get("/factors/new/card", headers=foreign))
    assert "このカードは登録できません" in page


def test_a_card_proves_again_and_unlocks(holder: Member) -> None:
    holder.signs_in()
    holder.city.clock.forward(minutes=6)
    half = shows(holder, "/prove")
    assert half.location == "/login/factor"
    assert holder.browser.send("/login/factor", {"password": holder.password}).location == "/"
    assert audited(holder.city, "session.proved")
