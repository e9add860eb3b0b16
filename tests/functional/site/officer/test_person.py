"""A person's page: how they stand at the door, and nothing that is secret."""

import pytest
from sqlalchemy import update

from iam.people.ledger import appointment_table
from iam.policy.profile import Role
from iam.signin import history, throttle
from iam.signin.door import Where
from iam.signin.factors import codes
from tests.functional.site.given import City
from tests.functional.site.officer.desk import Desk, an_officer, lend, records, take_in
from tests.functional.site.portal.members import Member, words

EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0.0.0 Safari/537.36 Edg/130.0"


@pytest.fixture
def yamada(city: City) -> Member:
    """Somebody with an app, a lent token and recovery codes, signed in at one terminal."""
    member = Member.of(city).with_app("公用スマートフォン")
    take_in(city, "SN-000101")
    lend(city, "SN-000101", member.id)
    member.recovery_codes()
    member.types("ちがうパスワード")
    member.signs_in()
    return member


@pytest.fixture
def desk(city: City) -> Desk:
    return an_officer(city, Role.OPERATOR)


def test_the_page_says_how_somebody_stands_at_the_door(yamada: Member, desk: Desk) -> None:
    page = desk.opens(f"/office/people/{yamada.id}")
    who = yamada.city.entrant(yamada.number)
    for told in (" ".join(who.name.split()), who.staff_number, "在職", "本務", "から", "本人が設定"):
        assert told in page
    for told in ("公用スマートフォン 認証アプリ 所持 有効", "貸出機器 SN-000101", "回復コード", "残り10個"):
        assert told in page
    assert "サインイン中の端末" in page
    assert "192.0.2" not in page  # nobody's address but the test browser's
    assert "127.0.0.1" in page
    assert "失敗 パスワードの誤り" in page


def test_a_role_is_shown_with_its_reason(city: City, desk: Desk) -> None:
    general = city.entrant(city.holder(Role.GENERAL_OFFICER))
    page = desk.opens(f"/office/people/{general.person_id}")
    assert "統括情報セキュリティ責任者" in page
    assert "職による: " in page


def test_no_secret_stands_on_the_page(city: City, desk: Desk) -> None:
    member = Member.of(city).with_app()
    recovery = member.recovery_codes()
    temporary = member.temporary_code()
    text = desk.browser.get(f"/office/people/{member.id}").text
    for secret in (member.secret, *recovery, temporary, member.password):
        assert secret not in text
    with city.store.read() as connection:
        assert codes.left(connection, member.id, city.clock())


def test_looking_writes_nothing(yamada: Member, desk: Desk) -> None:
    before = records(yamada.city)
    for page in ("", "/history", "/unlock", "/sessions/end", f"/factors/{yamada.app}/lost", "/leak"):
        desk.opens(f"/office/people/{yamada.id}{page}")
    assert records(yamada.city) == before


def test_a_wait_is_told_with_how_long_it_lasts(city: City, desk: Desk) -> None:
    member = Member.of(city)
    rules = city.entrant(member.number).rules
    with city.store.act("test") as act:
        for _ in range(rules.delay_after):
            throttle.failed(act, throttle.password_of(member.id), rules)
    page = desk.opens(f"/office/people/{member.id}")
    assert f"失敗が{rules.delay_after}回続いたため、あと30秒ほど待たせています。" in page
    assert "待ち時間を解除する" in page
    city.clock.forward(seconds=31)
    assert "待たせています" not in desk.opens(f"/office/people/{member.id}")


def test_the_records_go_on_page_by_page(city: City, desk: Desk) -> None:
    member = Member.of(city)
    with city.store.act("test") as act:
        for number in range(60):
            history.note(act, member.id, history.Outcome.FAILURE, Where(f"198.51.100.{number}", EDGE), reason="wrong")
    page = desk.browser.get(f"/office/people/{member.id}/history")
    assert "198.51.100.59" in page.text
    assert "198.51.100.9<" not in page.text
    older = page.text.partition("history?before=")[2].partition('"')[0]
    assert "198.51.100.9<" in desk.browser.get(f"/office/people/{member.id}/history?before={older}").text
    assert "WindowsのEdge" in words(page)


def test_what_is_not_announced_is_not_told(city: City, desk: Desk) -> None:
    member = Member.of(city)
    told = appointment_table.c
    with city.store.act("test") as act:
        mine = appointment_table.select().where(told.person_id == member.id, told.known_until.is_(None)).limit(1)
        row = act.connection.execute(mine).one()._asdict()
        number = 1 + max(act.connection.execute(appointment_table.select()).scalars())
        secret = {
            "id": number, "org_name": "極秘室", "title": "極秘室長", "concurrent": True,
            "announce_from": city.clock.at.date().replace(day=25),
        }  # fmt: skip
        act.connection.execute(appointment_table.insert().values(**{**row, **secret}))
    assert "極秘室" not in desk.opens(f"/office/people/{member.id}")
    assert "極秘室" not in desk.opens(f"/office/people?q={member.number}")
    with city.store.act("test") as act:
        act.connection.execute(update(appointment_table).where(told.id == number).values(announce_from=None))
    assert "極秘室" in desk.opens(f"/office/people/{member.id}")


def test_the_auditor_reads_it_all_and_is_offered_nothing(yamada: Member) -> None:
    auditor = an_officer(yamada.city, Role.AUDITOR)
    page = auditor.browser.get(f"/office/people/{yamada.id}")
    assert "公用スマートフォン" in page.text
    for deed in ("unlock", "/sessions/end", "/lost", "/leak", "temporary", "tokens/lend"):
        assert deed not in page.text
    assert "監査の担当として" in auditor.opens("/office")


def test_nobody_is_offered_deeds_on_themselves(city: City) -> None:
    desk = an_officer(city, Role.OPERATOR)
    page = desk.browser.get(f"/office/people/{desk.id}")
    assert "これはあなた自身です" in page.text
    assert f"/office/people/{desk.id}/" not in page.text.replace(f"/office/people/{desk.id}/history", "")


def test_a_name_is_text_and_never_markup(city_sqlite: City) -> None:
    member = Member.of(city_sqlite).with_app("<i>'\"&{{7*7}}")
    text = an_officer(city_sqlite, Role.OPERATOR).browser.get(f"/office/people/{member.id}").text
    assert "&lt;i&gt;" in text
    assert "<i>'" not in text
    assert "{{7*7}}" in text


def test_nobody_is_not_found(city_sqlite: City) -> None:
    desk = an_officer(city_sqlite, Role.OPERATOR)
    for page in ("/office/people/999999", "/office/people/999999/unlock", "/office/people/999999/history"):
        desk.opens(page, status=404)
