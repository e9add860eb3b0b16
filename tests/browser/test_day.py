"""The days after: time that runs out, a screen that is locked, a factor that is lost, a right given back.

By keyboard alone, in a real browser, over the real service.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from iam.signin.sessions import session_table
from tests.browser.axe import assert_accessible
from tests.browser.chromium import PHONE, Watch
from tests.browser.city import City
from tests.browser.conftest import OpenContext
from tests.browser.hands import Hands
from web.practice.portal.visitors import Visitor, Way


@pytest.fixture
def hands(city: City, page: Page) -> Hands:
    return Hands(city, page)


def is_in(hands: Hands, way: Way = Way.APP) -> Visitor:
    """Somebody new, signed in and at home."""
    who = hands.city.newcomer(way)
    hands.city.signed_in(hands.page, who)
    hands.opens("/", f"{who.name}さん")
    return who


def counted_down(hands: Hands) -> tuple[Visitor, int]:
    """Somebody at home, at whose page a minute and a half is left; and the seconds that there were."""
    hands.page.clock.install()
    who = is_in(hands)
    whole = int(hands.page.locator("#countdown").get_attribute("data-left") or "")
    hands.page.clock.fast_forward(1000 * (whole - 90))
    expect(hands.page.get_by_role("alertdialog")).to_be_visible()
    return who, whole


def test_the_end_is_announced_and_put_off_by_one_key(hands: Hands) -> None:
    _, whole = counted_down(hands)
    warning = hands.page.get_by_role("alertdialog")
    expect(warning).to_contain_text("あと2分でサインアウトします")
    assert_accessible(hands.page)

    hands.presses("サインインを続ける")
    expect(warning).to_be_hidden()
    hands.page.clock.fast_forward(1000 * (whole - 125))
    expect(warning).to_be_hidden()


def test_when_nobody_answers_the_page_says_that_it_is_over(hands: Hands) -> None:
    counted_down(hands)
    hands.page.clock.fast_forward(91_000)
    warning = hands.page.get_by_role("alertdialog")
    expect(warning).to_contain_text("サインインの期限が切れました")
    assert_accessible(hands.page)


def test_whoever_was_away_too_long_comes_back_to_the_same_page(hands: Hands) -> None:
    who = hands.city.newcomer(Way.APP)
    session = hands.city.signed_in(hands.page, who)
    hands.opens("/factors", "認証手段")
    hands.city.ages(session, hours=1)

    hands.opens("/factors", "サインイン")
    hands.reads("サインインの期限が切れました")
    hands.types("職員番号", who.number)
    hands.types("パスワード", who.password)
    hands.presses("サインイン", then="認証アプリの数字を入力してください")
    hands.gives_code(who, then="認証手段")


def test_a_locked_screen_shows_nothing_until_its_owner_is_back(hands: Hands, watch: Watch) -> None:
    watch.expects("status of 422")
    who = is_in(hands)
    hands.opens("/access", "利用者IDと権限")

    hands.unfolds(who.name)
    hands.presses("画面をロック", then="画面をロックしています")
    hands.opens("/factors", "画面をロックしています")
    hands.types("パスワード", "someone else's guess")
    hands.presses("ロックを解除する", then="画面をロックしています")
    hands.reads("正しくありません")
    hands.types("パスワード", who.password)
    hands.presses("ロックを解除する", then="認証手段")


def test_a_lost_app_ends_every_session_within_the_request_and_waits_for_the_desk(
    hands: Hands, open_context: OpenContext
) -> None:
    who = is_in(hands)
    elsewhere = Hands(hands.city, open_context(PHONE).new_page())
    hands.city.signed_in(elsewhere.page, who)
    elsewhere.opens("/", f"{who.name}さん")

    hands.opens("/factors", "認証手段")
    hands.follows("失くした", then="紛失の届出")
    hands.presses("失くしたことを届け出る", then="届出を受け付けました")

    elsewhere.opens("/history", "サインイン")
    hands.follows("サインインする", then="サインイン")
    hands.gives_password(who, then="窓口で受け取ったコードを入力してください")


def test_other_screens_are_signed_out_one_by_one_or_together(hands: Hands, open_context: OpenContext) -> None:
    who = is_in(hands)
    others = [Hands(hands.city, open_context().new_page()) for _ in range(2)]
    for other in others:
        hands.city.signed_in(other.page, who)
        other.opens("/", f"{who.name}さん")

    hands.opens("/sessions", "端末と履歴")
    expect(hands.page.get_by_role("row")).to_have_count(4)
    hands.presses("この端末以外をすべてサインアウトさせる", then="端末と履歴")
    expect(hands.page.get_by_role("row")).to_have_count(2)
    for other in others:
        other.opens("/", "サインイン")
        other.reads("サインインの期限が切れました")


def test_a_right_is_given_back_with_a_reason(hands: Hands) -> None:
    is_in(hands)
    hands.opens("/access", "利用者IDと権限")
    hands.follows("返却する （起票）", then="権限の返却")
    hands.types("理由", "担当が替わったため")
    hands.presses("返却する", then="利用者IDと権限")
    hands.reads("返却済み・次の同期でなくなります")


def test_a_factor_gets_another_name(hands: Hands) -> None:
    is_in(hands)
    hands.opens("/factors", "認証手段")
    hands.follows("名前を変える", then="名前の変更")
    hands.types("名前", "青い電話")
    hands.presses("変更する", then="認証手段")
    hands.reads("青い電話")


def test_a_password_is_judged_while_it_is_typed_and_what_is_wrong_stands_beside_it(hands: Hands, watch: Watch) -> None:
    watch.expects("status of 422")
    who = is_in(hands)
    said = hands.page.locator(".strength__said")
    hands.opens("/password", "パスワードの変更")
    hands.types("いまのパスワード", who.password)
    hands.types("新しいパスワード", "sakura")
    expect(said).to_contain_text("文字以上にしてください")
    hands.types("新しいパスワード", "yuuhi no oka de neko ga naku")
    expect(said).to_contain_text(re.compile("強い"))
    hands.types("新しいパスワード", "sakura")
    hands.presses("変更する", then="パスワードの変更")
    hands.reads("か所、直してください", "文字以上にしてください")


def test_the_pages_speak_english_when_asked_and_japanese_again(hands: Hands) -> None:
    who = is_in(hands)
    for button, language in (("English", "en"), ("日本語", "ja")):
        hands.presses(button)
        expect(hands.page.locator("html")).to_have_attribute("lang", language)
        assert_accessible(hands.page)
    hands.sees(f"{who.name}さん")


def test_without_scripts_everything_but_keys_works(city: City, open_context: OpenContext) -> None:
    page = open_context(PHONE, java_script_enabled=False).new_page()
    who = city.newcomer(Way.APP)
    page.goto(f"{city.origin}/login")
    page.get_by_label("職員番号").fill(who.number)
    page.get_by_label("パスワード").fill(who.password)
    page.get_by_role("button", name="サインイン", exact=True).click()
    page.get_by_label("6桁の数字").fill(city.code(who))
    page.get_by_role("button", name="確認する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{who.name}さん")
    page.get_by_text(who.name).first.click()
    page.get_by_role("button", name="サインアウト", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("サインイン")


def test_no_two_of_these_people_shared_a_session(city: City) -> None:
    with city.store.read() as connection:
        rows = connection.execute(session_table.select()).all()
    assert len({row.token_hash for row in rows}) == len(rows)
