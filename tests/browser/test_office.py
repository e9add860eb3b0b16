"""Officers at work: what two of them do together, what one does at the desk, what an auditor cannot do.

By keyboard alone, in a real browser; each officer sits at a terminal of their own.
"""

from base64 import b32encode
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page, expect

from iam.policy.profile import Role
from iam.record.act import now
from iam.review.campaigns import campaign
from iam.review.closing.removals import removals
from iam.review.words import CampaignState
from iam.sync.stored.plans import PlanState, plan
from tests.browser.chromium import PHONE, Watch
from tests.browser.city import City
from tests.browser.conftest import OpenContext
from tests.browser.hands import Hands
from tests.browser.reviewing import LIST, SYSTEM, answers_by_pages, answers_one_by_one, owner_of, signs
from tests.reviewed import opened
from web.practice.portal.reviewed import ROGUE, SHARED, TEST
from web.practice.portal.visitors import Visitor, Way

Seat = Callable[[Role], Hands]
KEY = b"09876543210987654321"


@pytest.fixture
def seat(city: City, open_context: OpenContext) -> Seat:
    """An officer, just signed in, at a terminal of their own."""

    def taken(role: Role) -> Hands:
        hands = Hands(city, open_context().new_page())
        city.signed_in(hands.page, city.cast.one(role))
        return hands

    return taken


@pytest.fixture
def staff(city: City, open_context: OpenContext) -> Hands:
    """A member of staff with a telephone."""
    return Hands(city, open_context(PHONE).new_page())


def asked_for(officer: Hands, who: Visitor, what: str, then: str) -> int:
    """From the office's home to somebody's page, and from there to a case; its number."""
    officer.opens("/office", "担当者ホーム")
    officer.follows("職員", then="職員を探す")
    officer.types("職員番号、氏名、読み", who.number)
    officer.presses("探す", then="職員を探す")
    officer.follows(who.name, then=who.name)
    officer.follows(what, then=then)
    officer.types("理由", "職員証で本人を確かめた")
    officer.presses("申請する", then=who.name)
    told = officer.page.get_by_text("申請しました").inner_text()
    return int(told.partition("受付番号 ")[2].partition("）")[0])


def confirmed(officer: Hands, case: int, kind: str, word: str) -> str:
    """The second officer reads the case and confirms it; what is on the slip."""
    officer.opens(f"/office/cases/{case}", kind)
    officer.follows("確認に進む", then=f"{kind}の確認")
    officer.ticks("申請した担当者と内容を確かめました")
    officer.presses("確認して実行する", then=f"{word}を発行しました")
    return officer.page.locator(".slip__secret").inner_text()


def test_two_officers_give_whoever_lost_the_app_a_code_and_it_opens_once(seat: Seat, staff: Hands) -> None:
    who = staff.city.newcomer(Way.APP)
    staff.signs_in(who)
    staff.opens("/factors", "認証手段")
    staff.follows("失くした", then="紛失の届出")
    staff.presses("失くしたことを届け出る", then="届出を受け付けました")

    case = asked_for(seat(Role.HR_OFFICER), who, "窓口コードを申請する", "窓口コードの申請")
    code = confirmed(seat(Role.OPERATOR), case, "窓口コードの発行", "窓口コード")

    staff.gives_password(who, then="窓口で受け取ったコードを入力してください")
    staff.types("窓口で受け取ったコード", code)
    staff.presses("確認する", then="認証手段の登録")


def test_two_officers_give_whoever_forgot_the_password_another_and_it_must_be_changed(seat: Seat, staff: Hands) -> None:
    who = staff.city.newcomer(Way.APP)

    case = asked_for(seat(Role.OPERATOR), who, "仮パスワードを申請する", "仮パスワードの申請")
    password = confirmed(seat(Role.HR_OFFICER), case, "仮パスワードの発行", "仮パスワード")

    staff.gives_password(who, password=password, then="認証アプリの数字を入力してください")
    staff.gives_code(who, then="パスワードの変更")


def test_nobody_confirms_what_they_asked_for_themselves(seat: Seat, staff: Hands) -> None:
    officer, who = seat(Role.HR_OFFICER), staff.city.newcomer(Way.APP)
    case = asked_for(officer, who, "窓口コードを申請する", "窓口コードの申請")

    officer.opens(f"/office/cases/{case}", "窓口コードの発行")
    officer.reads("確認できる担当者", "申請を取り下げる")
    expect(officer.page.get_by_role("link", name="確認に進む")).to_have_count(0)


def test_two_officers_release_the_held_plan_and_compare_what_they_saw(seat: Seat, city: City) -> None:
    first, second = seat(Role.GENERAL_OFFICER), seat(Role.OPERATOR)
    seen = []
    for officer, told in ((first, "1人目として確認しました"), (second, "二人の確認がそろいました")):
        officer.opens("/office", "担当者ホーム")
        officer.follows("保留中の計画", then="保留中の計画")
        officer.follows(f"内容を確かめる （計画 {city.plan}）", then=f"計画 {city.plan}")
        officer.reads("予告のない「IDの停止」")
        officer.follows("確認して解除に進む", then=f"計画 {city.plan}の解除")
        seen.append(officer.page.locator("main").get_by_text("照合値").first.locator("..").inner_text())
        officer.ticks("保留の理由と変更の内容を確かめました")
        officer.presses("保留の解除を確認する", then=f"計画 {city.plan}")
        officer.reads(told)
    assert seen[0] == seen[1]
    with city.store.read() as connection:
        assert plan(connection, city.plan).state is PlanState.RELEASED


def test_a_token_is_taken_in_lent_and_signs_its_holder_in(seat: Seat, staff: Hands) -> None:
    officer, who = seat(Role.OPERATOR), staff.city.newcomer(Way.PASSWORD)
    sheet = f"serial,secret,type,digits,period\nTK-000001,{KEY.hex()},totp,6,30\n".encode()

    officer.opens("/office/tokens", "貸出機器")
    officer.follows("ファイルから取り込む", then="機器の取込み")
    officer.page.get_by_label("ファイル", exact=True).set_input_files(
        {"name": "tokens.csv", "mimeType": "text/csv", "buffer": sheet}
    )
    officer.presses("取り込む", then="貸出機器")
    officer.follows("貸し出す", then="機器の貸出し")
    officer.types("製造番号", "TK-000001")
    officer.types("職員番号", who.number)
    officer.presses("内容を確かめる", then="機器の貸出し")
    officer.presses("貸し出す", then="TK-000001")

    staff.gives_password(who, then="機器の数字を入力してください")
    staff.city.a_minute_passes_for(who)
    staff.types("機器に表示されている数字", pyotp.TOTP(b32encode(KEY).decode()).at(now()))
    staff.presses("確認する", then=f"{who.name}さん")


def test_an_auditor_sees_everything_and_finds_nothing_that_changes_anything(
    seat: Seat, staff: Hands, watches: list[Watch]
) -> None:
    auditor, who = seat(Role.AUDITOR), staff.city.newcomer(Way.APP)
    person = f"/office/people/{staff.city.id_of(who)}"

    auditor.opens("/office", "担当者ホーム")
    auditor.opens(person, who.name)
    expect(auditor.page.locator("main form[method=post]")).to_have_count(0)
    expect(auditor.page.get_by_role("link", name="申請する")).to_have_count(0)
    watches[-1].expects("status of 403")
    auditor.opens(f"{person}/temporary-password", "この画面は使えません")


def test_a_review_is_answered_signed_and_carried_out_by_keyboard_alone(city: City, page: Page, seat: Seat) -> None:
    id_ = opened(city.store, city.deployment, systems=(SYSTEM,)).campaign.id
    here = f"/office/review/{id_}"
    owner, hr, head = owner_of(city, page), seat(Role.HR_OFFICER), seat(Role.GENERAL_OFFICER)
    answers_one_by_one(owner, here)
    answers_by_pages(owner, f"{here}/lines", LIST, "判定", which=1)
    owner.reads("当てはまるIDはありません")
    answers_by_pages(head, f"{here}/lines", LIST, "判定", which=1)
    answers_by_pages(hr, f"{here}/people", "職員の在籍確認", "在籍", which=2)
    hr.reads("当てはまる職員はいません")
    signs(head, here, "統括")
    signs(hr, here, "人事")
    hr.reads("二人の署名がそろったので、決めたことを反映します。")
    hr.opens(f"{here}/removals", "反映")
    expect(hr.page.get_by_role("row").filter(has_text=ROGUE)).to_contain_text("利用者IDの停止")
    with city.store.read() as connection:
        assert campaign(connection, id_).state is CampaignState.SIGNED
        assert {each.login for each in removals(connection, id_)} == {ROGUE, SHARED, TEST}
