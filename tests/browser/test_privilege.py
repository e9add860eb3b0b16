"""Working with a privileged ID, by two people in two browsers, over a real OpenLDAP and a worker of its own.

Asked for with a security key, witnessed, shown its secret once, ended at once, recorded, confirmed.
"""

from collections.abc import Iterator
from typing import Final

import ldap3
import pytest
from playwright.sync_api import Page, expect

from iam.policy.profile import Role
from tests.browser.city import City, Ground, opened
from tests.browser.conftest import OpenContext
from tests.browser.hands import Hands
from tests.browser.virtual_key import VirtualKey
from tests.ward import SYSTEM, Ward
from web.practice.configuration import suffix
from web.practice.portal.visitors import Visitor, Way
from web.practice.servers.postgres import Postgres
from web.practice.servers.slapd import Slapd, SlapdOptions

LOGIN: Final = "juki-hoshu"
DN: Final = f"uid={LOGIN},ou=people,{suffix(SYSTEM)}"
SECONDS: Final = 20_000
"""Milliseconds within which the worker has carried an errand out; it looks each second."""


@pytest.fixture(scope="module")
def directory() -> Iterator[Slapd]:
    with Slapd(SlapdOptions(suffixes=(suffix(SYSTEM),))) as slapd:
        with slapd.connection() as connection:
            connection.add(DN, ["inetOrgPerson"], {"uid": LOGIN, "cn": LOGIN, "sn": LOGIN})
        yield slapd


@pytest.fixture(scope="module")
def working(
    ground: Ground, postgres: Postgres, directory: Slapd, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("working") / "body"
    with opened(ground, folder, postgres, "browser_working", directory=directory.url) as served:
        yield served
        assert [line for line in served.lines() if line["event"] == "crashed"] == []


def opens(directory: Slapd, secret: str) -> bool:
    """Whether the directory lets the privileged ID in by this secret."""
    server = ldap3.Server("127.0.0.1", port=directory.port, get_info=ldap3.NONE)
    connection = ldap3.Connection(server, user=DN, password=secret)
    try:
        return bool(connection.bind())
    finally:
        connection.unbind()


def comes(hands: Hands, heading: str) -> None:
    """The page goes on by itself."""
    expect(hands.page.get_by_role("heading", level=1)).to_have_text(heading, timeout=SECONDS)


def has_key(hands: Hands, who: Visitor) -> None:
    """They enrol a security key; it is a while since they proved themselves by it."""
    session = hands.city.signed_in(hands.page, who)
    VirtualKey.plugged(hands.page)
    hands.opens("/factors/new", "認証手段の登録")
    hands.chooses("セキュリティキー")
    hands.presses("次へ", then="セキュリティキーの登録")
    hands.types("名前", "机のキー")
    hands.presses("登録する")
    comes(hands, "回復コードを保管してください")
    hands.city.ages(session, minutes=6)


@pytest.fixture
def two(working: City, page: Page, open_context: OpenContext) -> tuple[Hands, Hands, int]:
    """The user, the witness at another terminal, and the privileged ID that the user may use."""
    user, witness = Hands(working, page), Hands(working, open_context().new_page())
    someone, other = working.newcomer(Way.APP), working.newcomer(Way.APP)
    has_key(user, someone)
    head, operator, approver = (
        working.id_of(working.cast.one(role)) for role in (Role.GENERAL_OFFICER, Role.OPERATOR, Role.APPROVER)
    )
    ward = Ward(working.store, working.door, head, operator, approver)
    id_ = ward.registers(LOGIN)
    ward.delegates(working.id_of(someone), [id_])
    working.signed_in(witness.page, other)
    return user, witness, id_


def test_two_people_work_with_a_privileged_id_from_asking_to_the_confirmed_record(
    two: tuple[Hands, Hands, int], directory: Slapd
) -> None:
    user, witness, id_ = two
    asked_for(user, id_)
    user.reads("立会いの頼み方", "立会者に知らせるアドレス")
    witness.opens("/privilege", "特権ID")
    witness.follows("内容を見る", then="立会いの依頼")
    witness.reads("ディスクを増やす")
    witness.presses("立ち会う")

    comes(user, "特権IDを使えます")
    expect(witness.page.get_by_role("timer")).to_contain_text("あと29分", timeout=SECONDS)
    secret = shown_once(user)
    assert opens(directory, secret)

    user.presses("いま終える")
    comes(user, "利用は終わりました")
    assert not opens(directory, secret)
    comes(witness, "立会いは終わりました")

    user.follows("記録を書く", then="作業記録")
    user.types("したこと", "容量を20GB増やした。")
    user.presses("記録を出す", then="利用は終わりました")
    witness.opens("/privilege", "特権ID")
    witness.follows("記録を確認する", then="作業記録の確認")
    witness.presses("記録のとおりと確認する", then="特権ID")
    user.follows("経過を見る", then="利用の経過")
    user.reads("パスワードを表示した", "作業記録を確認した")
    assert secret not in user.page.content()


def asked_for(user: Hands, id_: int) -> None:
    """The form is sent, a key is touched, and the form, as it was, sent again."""
    user.opens(f"/privilege/ask/{id_}", "特権IDの利用の申請")
    user.types("使う目的", "ディスクを増やす")
    user.page.get_by_label("使う時間").select_option("30")
    user.presses("申請する", then="もう一度、本人を確認します")
    user.presses("セキュリティキーで確認する")
    comes(user, "特権IDの利用の申請")
    expect(user.page.get_by_label("使う目的")).to_have_value("ディスクを増やす")
    user.presses("申請する", then="立会いを待っています")


def shown_once(user: Hands) -> str:
    """The secret; hidden by a button, and not shown by going back or by reloading."""
    page = user.page.url
    user.presses("パスワードを表示する", then="この利用のパスワード")
    place = user.page.locator("#once")
    secret = place.text_content() or ""
    assert secret not in user.page.url + user.page.title()
    assert user.page.url == page
    assert user.page.evaluate("() => localStorage.length + sessionStorage.length") == 0
    user.presses("隠す")
    expect(place).to_have_text("隠しました")
    user.follows("利用の画面へ戻る", then="特権IDを使えます")
    user.reads("二度は表示できません")
    user.page.go_back()
    user.sees("特権IDを使えます")
    assert secret not in user.page.content()
    return secret
