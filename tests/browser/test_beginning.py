"""The first days: a temporary password, a password of one's own, an app, a key, codes on paper; by keyboard alone."""

import re
from dataclasses import replace
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Watch
from tests.browser.city import City
from tests.browser.hands import Hands
from tests.browser.virtual_key import VirtualKey
from web.practice.portal.visitors import Visitor, Way

OWN: Final = "asagao ga hitotsu saita natsu"


@pytest.fixture
def hands(city: City, page: Page) -> Hands:
    return Hands(city, page)


def enrols_an_app(hands: Hands, who: Visitor) -> Visitor:
    """From the choice of a factor to the codes on paper; the same person with what the app holds."""
    hands.chooses("認証アプリ")
    hands.presses("次へ", then="認証アプリの登録")
    hands.types("名前", "公用の電話")
    hands.presses("QRコードを表示する", then="QRコードを読み取ってください")
    hands.unfolds("読み取れないときは")
    key = hands.page.locator(".typed-key").inner_text().replace(" ", "")
    hands.follows("次へ", then="数字を入力して確かめます")
    carried = replace(who, key=key)
    hands.types("6桁の数字", hands.city.code(carried))
    hands.presses("登録する", then="回復コードを保管してください")
    return carried


def keeps_codes(hands: Hands, who: Visitor) -> list[str]:
    """Ticks that they are in a safe place, and is at home; the codes."""
    codes = hands.page.locator("#codes li").all_inner_texts()
    hands.ticks("保管しました")
    hands.presses("完了", then=f"{who.name}さん")
    return codes


def test_a_temporary_password_leads_to_ones_own_and_to_a_second_factor_before_anything_else(hands: Hands) -> None:
    who = hands.city.newcomer(Way.TEMPORARY)

    hands.gives_password(who, then="パスワードの変更")
    hands.reads("先にパスワードを変更してください")
    hands.types("新しいパスワード", OWN)
    expect(hands.page.locator(".strength__said")).to_contain_text(re.compile("."))
    hands.presses("変更する", then="認証手段の登録")
    who = enrols_an_app(hands, replace(who, password=OWN))
    assert len(keeps_codes(hands, who)) == 10

    hands.signs_out(who)
    hands.city.a_minute_passes_for(who)
    hands.signs_in(who)


def test_a_duty_comes_before_everything_else(hands: Hands, watch: Watch) -> None:
    watch.expects("status of 403")
    who = hands.city.newcomer(Way.PASSWORD)

    hands.gives_password(who, then="認証手段の登録")
    hands.opens("/access", "この画面は使えません")
    hands.reads("先に二つ目の認証手段を登録してください")
    hands.follows("手続きに進む", then="認証手段の登録")


def test_a_key_is_enrolled_and_signs_in_after_the_password_and_by_itself(hands: Hands, virtual_key: VirtualKey) -> None:
    who = hands.city.newcomer(Way.PASSWORD)

    hands.gives_password(who, then="認証手段の登録")
    hands.chooses("セキュリティキー")
    hands.presses("次へ", then="セキュリティキーの登録")
    hands.types("名前", "引き出しのキー")
    hands.presses("登録する", then="回復コードを保管してください")
    keeps_codes(hands, who)
    assert len(virtual_key.credentials()) == 1

    hands.signs_out(who)
    hands.gives_password(who, then="セキュリティキーで確認します")
    hands.presses("セキュリティキーで確認する", then=f"{who.name}さん")

    hands.signs_out(who)
    hands.presses("セキュリティキーでサインイン", then=f"{who.name}さん")


def test_a_code_on_paper_lets_in_whoever_left_the_app_at_home_once(hands: Hands, watch: Watch) -> None:
    watch.expects("status of 422")
    who = hands.city.newcomer(Way.PASSWORD)
    hands.gives_password(who, then="認証手段の登録")
    who = enrols_an_app(hands, who)
    code = keeps_codes(hands, who)[0]
    hands.signs_out(who)

    for then in (f"{who.name}さん", "回復コードを入力してください"):
        hands.gives_password(who, then="認証アプリの数字を入力してください")
        hands.follows("回復コード", then="回復コードを入力してください")
        hands.types("回復コード", code)
        hands.presses("確認する", then=then)
        if then.endswith("さん"):
            hands.signs_out(who)
    hands.reads("コードが正しくありません。")
