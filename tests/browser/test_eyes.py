"""What the other browser tests look with sees what it should; and our keys' room understands a real browser.

The pages are invented and answered by the browser's driver, so that no service needs to run.
"""

import json
from collections.abc import Mapping

import pytest
from playwright.sync_api import Error, Page, Route

from iam.signin.factors import webauthn
from iam.signin.factors.authenticators import Authenticator, Form, State
from iam.signin.factors.webauthn import KeyRefused, KeyRules, NewKey, Verified
from tests.browser.axe import assert_accessible, violations
from tests.browser.chromium import PHONE, Watch, focused
from tests.browser.conftest import OpenContext
from tests.browser.keyboard import fill_by_keys, press, tab_to
from tests.browser.virtual_key import VirtualKey
from tests.functional.signin.factors.conftest import START

ORIGIN = "https://id.example.lg.jp"
SITE = webauthn.Site.at(ORIGIN, "さくら市")
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; require-trusted-types-for 'script'"
GOOD = """<!doctype html><html lang="ja"><meta charset="utf-8"><title>確かめる頁</title><main><h1>髙橋・𠮷田</h1>
<form><label for="n">職員番号</label><input id="n" name="number"><button type="button">次へ</button></form></main>"""
CREATE = "async o => JSON.stringify(await navigator.credentials.create({publicKey: PublicKeyCredential."
CREATE += "parseCreationOptionsFromJSON(JSON.parse(o))}))"
GET = "async o => JSON.stringify(await navigator.credentials.get({publicKey: PublicKeyCredential."
GET += "parseRequestOptionsFromJSON(JSON.parse(o))}))"


def show(page: Page, html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
    """Let every address answer with this page, and go to one."""

    def answer(route: Route) -> None:
        said = {"content-security-policy": POLICY, **(headers or {})}
        route.fulfill(status=status, body=html, content_type="text/html; charset=utf-8", headers=said)

    page.route("**/*", answer)
    page.goto(f"{ORIGIN}/")


def test_a_good_page_raises_nothing(page: Page, watch: Watch) -> None:
    show(page, GOOD)
    assert_accessible(page)
    assert watch.faults == []


@pytest.mark.parametrize(
    ("html", "word"),
    [
        ("<script>1</script>", "Content Security Policy"),
        ("<p style='color:red'>a</p>", "Content Security Policy"),
        ("<img src='https://elsewhere.example/a.png' alt=''>", "request elsewhere"),
    ],
)
def test_what_a_page_does_wrong_is_seen(page: Page, watch: Watch, html: str, word: str) -> None:
    show(page, GOOD + html, headers={"content-security-policy": "img-src *; default-src 'none'"})
    page.wait_for_load_state("networkidle")
    assert any(word in fault for fault in watch.unexpected())
    watch.expects("")


def test_a_script_that_breaks_is_seen(page: Page, watch: Watch) -> None:
    show(page, GOOD)
    with page.expect_event("pageerror"):
        page.evaluate("() => { setTimeout(() => { throw new Error('broken') }) }")
    assert any("broken" in fault for fault in watch.unexpected())
    watch.expects("broken")


def test_a_refusal_that_the_test_named_is_no_fault(page: Page, watch: Watch) -> None:
    watch.expects("status of 403")
    show(page, GOOD, status=403)
    assert watch.faults != []
    assert watch.unexpected() == []


def test_axe_sees_what_is_wrong_under_a_strict_policy(page: Page) -> None:
    show(page, GOOD.replace('<label for="n">職員番号</label>', ""))
    (found,) = violations(page)
    assert found.startswith("label (critical)")


def test_the_keyboard_goes_where_tab_goes_and_sees_the_focus(page: Page) -> None:
    show(page, GOOD)
    fill_by_keys(page, page.get_by_label("職員番号"), "100123")
    assert page.get_by_label("職員番号").input_value() == "100123"
    press(page, page.get_by_role("button"))
    assert focused(page) == 'button "次へ"'
    with pytest.raises(AssertionError, match="does not lead there"):
        tab_to(page, page.get_by_role("heading"))


def test_a_focus_that_is_not_seen_fails(page: Page) -> None:
    show(page, GOOD + "<style>:focus{outline:none}</style>", headers={"content-security-policy": ""})
    with pytest.raises(AssertionError, match="not seen"):
        tab_to(page, page.get_by_role("button"))


def test_a_phone_without_scripts_is_a_context_of_its_own(open_context: OpenContext) -> None:
    page = open_context(PHONE, java_script_enabled=False).new_page()
    show(page, GOOD + "<script>document.title = '動いた'</script>", headers={"content-security-policy": ""})
    assert page.title() == "確かめる頁"
    assert page.viewport_size == {"width": 375, "height": 740}


def enrolled(page: Page, rules: KeyRules) -> NewKey | KeyRefused:
    ceremony = webauthn.registration_options(
        SITE, rules, user="dXNlci1oYW5kbGU", account="100123", name="山田 太郎", existing=[]
    )
    return webauthn.verify_registration(SITE, rules, page.evaluate(CREATE, ceremony.options), ceremony.challenge)


def kept(key: NewKey) -> Authenticator:
    data = {**key.data, "user": "dXNlci1oYW5kbGU"}
    return Authenticator(
        7, 1, Form.WEBAUTHN, "鍵", State.ACTIVE, key.handle, None, data, key.counter, START, START, None, None, ""
    )


def signed_in(page: Page, found: Authenticator, rules: KeyRules, *, named: bool = True) -> Verified | KeyRefused:
    ceremony = webauthn.authentication_options(SITE, rules, [found] if named else [])
    answer = page.evaluate(GET, ceremony.options)
    assert webauthn.claimed_handle(answer) == found.handle
    return webauthn.verify_authentication(SITE, rules, found, answer, ceremony.challenge)


@pytest.mark.parametrize("transport", ["usb", "internal"])
def test_a_real_browsers_key_is_enrolled_and_signs_in_with_and_without_being_named(page: Page, transport: str) -> None:
    show(page, GOOD)
    VirtualKey.plugged(page, transport=transport)
    rules = KeyRules(verified=True)
    key = enrolled(page, rules)
    assert isinstance(key, NewKey)
    for named in (True, False):
        assert isinstance(signed_in(page, kept(key), rules, named=named), Verified)


def test_a_real_browsers_key_can_be_vouched_for(page: Page, virtual_key: VirtualKey) -> None:
    show(page, GOOD)
    key = enrolled(page, KeyRules(attested=True))
    assert isinstance(key, NewKey)
    assert key.data["attestation"] == "packed"
    assert len(virtual_key.credentials()) == 1


def test_a_real_browsers_synced_key_is_refused(page: Page) -> None:
    show(page, GOOD)
    VirtualKey.plugged(page, transport="internal", synced=True)
    assert enrolled(page, KeyRules()) == KeyRefused("synced")


def test_a_copy_of_a_real_browsers_key_is_found_out(page: Page, virtual_key: VirtualKey) -> None:
    show(page, GOOD)
    key = enrolled(page, KeyRules())
    assert isinstance(key, NewKey)
    virtual_key.count_back_to(0)
    used = Authenticator(**{name: getattr(kept(key), name) for name in Authenticator.__slots__} | {"counter": 50})
    assert signed_in(page, used, KeyRules()) == KeyRefused("counter", 7)


def test_a_key_whose_pin_is_wrong_does_not_answer(page: Page, virtual_key: VirtualKey) -> None:
    show(page, GOOD)
    virtual_key.knows_its_user(verified=False)
    with pytest.raises(Error, match="NotAllowedError"):
        enrolled(page, KeyRules(verified=True))


def test_a_key_is_not_enrolled_twice(page: Page, virtual_key: VirtualKey) -> None:
    show(page, GOOD)
    rules = KeyRules()
    key = enrolled(page, rules)
    assert isinstance(key, NewKey)
    ceremony = webauthn.registration_options(
        SITE, rules, user="dXNlci1oYW5kbGU", account="100123", name="山田 太郎", existing=[kept(key)]
    )
    assert json.loads(ceremony.options)["excludeCredentials"]
    with pytest.raises(Error, match="InvalidStateError"):
        page.evaluate(CREATE, ceremony.options)
