"""Real parties sign people of さくら市 in: the certified openid-client; Apache with mod_auth_openidc in Chromium."""

from collections.abc import Iterator
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from iam.access.accounts import block_table
from iam.people.ledger import next_id
from iam.record.columns import jst_day
from iam.signin.tokens.clients import ClientKind
from tests.browser.chromium import Watch
from tests.browser.city import City
from tests.clients import a_client
from tests.functional.doors.oidc.parties.apache import Apache, apache
from tests.functional.doors.oidc.parties.relying import Relying, proves, relying, sent
from web.practice.portal.browser import Browser
from web.practice.portal.visitors import Visitor, Way
from web.practice.servers.process import free_port

URI = "https://groupware.city.example/cb"
LEFT = "https://groupware.city.example/left"


@pytest.fixture(scope="module")
def system(city: City) -> Iterator[Relying]:
    detail = {
        "redirect_uris": [URI], "post_logout_uris": [LEFT], "scopes": ["profile", "email", "groups"], "refresh": True,
    }  # fmt: skip
    _, secret = a_client(city.store, ClientKind.OIDC, "groupware", detail)
    with relying(city, "groupware", secret, URI) as made:
        yield made


def test_somebody_is_signed_in_asked_for_a_new_proof_and_signed_out(city: City, system: Relying) -> None:
    who = city.newcomer(Way.APP)
    with Browser(city.origin) as browser:
        assert sent(browser, system.does("asks")["url"]) == ""
        assert browser.page.path.startswith("/login?")
        back = proves(city, browser, who, number=who.number)
        came = system.does("gets", url=back)
        assert came["claims"] == came["claims"] | {
            "iss": city.origin, "aud": "groupware", "sub": str(city.id_of(who)), "name": who.name,
            "acr": "urn:kagimori:kinds:2", "amr": ["pwd", "otp", "mfa"], "kinds": ["knowledge", "possession"],
            "staff_number": who.number, "groups": came["claims"]["groups"],
        }  # fmt: skip
        assert "user" in came["claims"]["groups"]
        assert system.does("knows")["claims"]["name"] == who.name
        assert system.does("asksAbout")["active"]

        # Signed in already: in at once, and silently.
        back = sent(browser, system.does("asks", prompt="none")["url"])
        assert system.does("gets", url=back)["claims"]["sub"] == str(city.id_of(who))

        # A new proof, because the system asks for one.
        before = came["claims"]["auth_time"]
        city.a_minute_passes_for(who)
        assert sent(browser, system.does("asks", prompt="login", max_age="60")["url"]) == ""
        assert browser.page.path.startswith("/prove?")
        came = system.does("gets", url=proves(city, browser, who))
        assert came["claims"]["auth_time"] >= before

        left = sent(browser, system.does("leaves", there=LEFT)["url"])
        assert left == f"{LEFT}?state=left"
        back = sent(browser, system.does("asks", prompt="none")["url"])
        assert parse_qs(urlsplit(back).query)["error"] == ["login_required"]


def test_a_refresh_token_works_once_and_who_brings_it_again_ends_them_all(city: City, system: Relying) -> None:
    who = city.newcomer(Way.APP)
    with Browser(city.origin) as browser:
        sent(browser, system.does("asks")["url"])
        came = system.does("gets", url=proves(city, browser, who, number=who.number))
        first = came["refresh"]
        second = system.does("refreshes", refresh=first)
        assert second["claims"]["sub"] == came["claims"]["sub"]
        assert system.does("refreshes", refresh=first)["error"] == "invalid_grant"
        assert system.does("refreshes", refresh=second["refresh"])["error"] == "invalid_grant"
        assert not system.does("asksAbout")["active"]


def test_a_system_that_keeps_no_secret_pushes_its_request_and_reads_eddsa(city: City) -> None:
    uri = "http://127.0.0.1:49152/cb"
    detail = {"redirect_uris": [uri], "algorithm": "EdDSA", "require_par": True, "scopes": ["profile"]}
    a_client(city.store, ClientKind.OIDC, "files", detail, code="own-app", public=True)
    who = city.newcomer(Way.APP)
    with Browser(city.origin) as browser, relying(city, "own-app", "", uri, "EdDSA") as system:
        refused = sent(browser, system.does("asks")["url"])
        assert parse_qs(urlsplit(refused).query)["error"] == ["invalid_request"]
        sent(browser, system.does("asks", pushed=True)["url"])
        came = system.does("gets", url=proves(city, browser, who, number=who.number))
        assert came["claims"]["name"] == who.name
        assert came["refresh"] == "", "refresh tokens were not agreed"


def test_who_has_no_key_is_told_what_to_enrol_when_a_system_asks_for_one(city: City, system: Relying) -> None:
    who = city.newcomer(Way.APP)
    with Browser(city.origin) as browser:
        sent(browser, system.does("asks", acr_values="urn:kagimori:kinds:2:phishing-resistant")["url"])
        browser.send(number=who.number, password=who.password)
        page = browser.send(code=city.code(who))
        assert page.path.startswith("/prove?")
        assert "認証手段が、まだ登録されていません" in page.text
        assert "セキュリティキーかICカードを「認証手段」の画面で登録してから" in page.text


@pytest.fixture(scope="module")
def before(city: City) -> Iterator[Apache]:
    origin = f"http://127.0.0.1:{free_port()}"
    callback = f"{origin}/oidc/callback"
    detail = {
        "redirect_uris": [callback], "post_logout_uris": [f"{origin}/left"],
        "logout_uri": f"{callback}?logout=backchannel", "scopes": ["profile", "groups"],
    }  # fmt: skip
    _, secret = a_client(city.store, ClientKind.OIDC, "groupware", detail, code="apache")
    with apache(city.origin, origin, "apache", secret) as running:
        yield running


def blocked(city: City, who: Visitor, system: str) -> None:
    """The person's rights in one system are stopped from today on."""
    with city.store.act("test") as act:
        values = {
            "id": next_id(act.connection, block_table), "person_id": city.id_of(who), "system": system,
            "entitlement": "", "origin": "test", "clause": "baseline", "reason": "調査",
            "valid_from": jst_day(act.at), "valid_until": date.max,
        }  # fmt: skip
        act.connection.execute(insert(block_table).values(**values))


def knows(watch: Watch, before: Apache, city: City) -> None:
    """Both are part of the test; Apache answers 401 to a page's own requests (an icon) while nobody is signed in."""
    watch.sites |= {urlsplit(before.origin).netloc, urlsplit(city.origin).netloc}
    watch.expects("status of 401")


def sign_in(city: City, page: Page, who: Visitor) -> None:
    page.get_by_label("職員番号").fill(who.number)
    page.get_by_label("パスワード", exact=True).fill(who.password)
    page.get_by_role("button", name="サインイン", exact=True).click()
    page.get_by_label("認証アプリの6桁の数字").fill(city.code(who))
    page.get_by_role("button", name="確認する").click()


def test_somebody_comes_in_and_comes_in_no_more_when_the_right_is_gone(
    city: City, before: Apache, page: Page, watch: Watch
) -> None:
    knows(watch, before, city)
    who = city.newcomer(Way.APP)
    page.goto(f"{before.origin}/form?to=1")
    sign_in(city, page, who)  # and goes on by itself, though a form may not lead off the portal
    expect(page.get_by_role("heading", name=who.name)).to_be_visible()
    assert page.url == f"{before.origin}/form?to=1"
    told = before.application.seen[-1]
    assert told["x-claim-sub"] == str(city.id_of(who))
    assert told["x-claim-acr"] == "urn:kagimori:kinds:2"
    assert "user" in told["x-claim-groups"]

    page.set_extra_http_headers({"X-Claim-groups": "approver", "X-Claim-sub": "1"})
    for path in ("again", "left"):
        page.goto(f"{before.origin}/{path}")
        told = before.application.seen[-1]
        assert (told.get("x-claim-sub"), "approver" in told.get("x-claim-groups", "")) in {
            (str(city.id_of(who)), False),
            (None, False),
        }, "a header claims an identity"
    assert (denied := page.goto(f"{before.origin}/approve"))
    assert denied.status in {401, 403}

    blocked(city, who, "groupware")
    watch.expects("status of 403")
    page.context.clear_cookies(domain="127.0.0.1")  # what Apache's quarter of an hour does
    page.goto(f"{before.origin}/again")
    expect(page.get_by_role("heading", name="「グループウェア」には入れません")).to_be_visible()
    seen = len(before.application.seen)
    page.get_by_role("link", name="アプリケーションに戻る").click()
    page.wait_for_url(f"{before.origin}/oidc/callback?error=access_denied&**")
    assert len(before.application.seen) == seen, "Apache lets nobody through"


def test_leaving_the_application_ends_the_session_here(city: City, before: Apache, page: Page, watch: Watch) -> None:
    knows(watch, before, city)
    page.goto(f"{before.origin}/")
    sign_in(city, page, city.newcomer(Way.APP))
    page.wait_for_url(f"{before.origin}/")
    page.goto(f"{before.origin}/oidc/callback?logout={before.origin}/left")
    page.wait_for_url(f"{before.origin}/left")
    page.goto(f"{city.origin}/")
    page.wait_for_url(f"{city.origin}/login")
