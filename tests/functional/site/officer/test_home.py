"""The officers' first page: what waits for each, and for nobody else."""

import pytest

from iam import outbox
from iam.office.cases import CaseKind
from iam.outbox import Topic
from iam.policy.profile import Role
from iam.signin import history
from iam.signin.desk import issuing
from iam.signin.door import Where
from iam.signin.factors import stock
from tests.functional.site.given import City
from tests.functional.site.officer.desk import Desk, an_officer, at_desk, lend, only, take_in
from tests.functional.site.portal.members import Member, words


def asks(desk: Desk, about: Member, kind: CaseKind = CaseKind.TEMPORARY_CODE) -> int:
    with desk.city.store.act(f"staff:{desk.number}") as act:
        officer = desk.city.entrant(desk.number)
        case = issuing.ask_for(act, desk.city.door, officer, kind, about.id, reason="職員証で確認した")
    return case.id


def test_a_case_waits_for_whoever_may_decide_it_and_is_shown_to_its_asker_as_asked(city: City) -> None:
    member = Member.of(city)
    operator, clerk = an_officer(city, Role.OPERATOR), an_officer(city, Role.HR_OFFICER)
    number = asks(operator, member)
    assert "あなたの確認を待っている申請" in clerk.opens("/office")
    assert f'href="/office/cases/{number}"' in clerk.browser.get("/office").text
    own = operator.opens("/office")
    assert "あなたの確認を待っている申請" not in own
    assert "あなたが申請し、確認を待っているもの" in own
    assert "確認を待って" not in an_officer(city, Role.AUDITOR).opens("/office")
    city.clock.forward(hours=25)
    later = an_officer(city, Role.HR_OFFICER)
    assert "確認を待って" not in later.opens("/office")


def test_a_case_about_an_officer_waits_for_a_head(city: City) -> None:
    general = Member.of(city, number=city.holder(Role.GENERAL_OFFICER))
    asks(an_officer(city, Role.OPERATOR), general)
    assert "あなたの確認を待っている申請" in an_officer(city, Role.APPROVER).opens("/office")
    for role in (Role.HR_OFFICER, Role.GENERAL_OFFICER):
        assert "あなたの確認を待っている申請" not in an_officer(city, role).opens("/office")


def test_letters_and_tokens_wait_for_whoever_runs_the_house(city: City) -> None:
    member = Member.of(city)
    with city.store.act("test") as act:
        outbox.tell(act, member.id, "no address", Topic.SIGNIN_UNLOCKED, {"at": act.at})
    take_in(city, "SN-000101")
    lend(city, "SN-000101", member.id)
    with city.store.act("test") as act:
        stock.give_back(act, "SN-000101")
    operator = an_officer(city, Role.OPERATOR).opens("/office")
    assert "届いていないメールが1通あります" in operator
    assert "点検待ちの機器が1台あります" in operator
    clerk = an_officer(city, Role.HR_OFFICER).opens("/office")
    assert "届いていないメール" not in clerk
    assert "点検待ちの機器" not in clerk  # who may not put them back is not told to
    assert "いま対応が要るものはありません" in an_officer(city, Role.APPROVER).opens("/office")


def test_an_address_from_which_much_fails_is_told(city: City) -> None:
    with city.store.act("test") as act:
        for _ in range(12):
            history.note(act, history.NOBODY, history.Outcome.FAILURE, Where("198.51.100.23"), reason="wrong")
        for _ in range(3):
            history.note(act, history.NOBODY, history.Outcome.FAILURE, Where("198.51.100.24"), reason="wrong")
    page = an_officer(city, Role.OPERATOR).opens("/office")
    assert "198.51.100.23 12回" in page
    assert "198.51.100.24" not in page
    city.clock.forward(hours=25)
    assert "198.51.100.23" not in an_officer(city, Role.OPERATOR).opens("/office")


def test_an_owner_of_systems_sees_no_figures_of_the_whole(city_sqlite: City) -> None:
    owner = at_desk(city_sqlite, only(city_sqlite, Role.SYSTEM_OWNER))
    page = owner.opens("/office")
    assert "二つ目の認証手段の登録" not in page
    assert "登録の進み具合" in page
    assert "貸出機器" not in page


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.HR_OFFICER, Role.GENERAL_OFFICER, Role.APPROVER, Role.AUDITOR])
def test_every_way_on_the_page_is_open(city_sqlite: City, role: Role) -> None:
    desk = an_officer(city_sqlite, role)
    text = desk.browser.get("/office").text
    ways = [each.partition('"')[0] for each in text.split('class="desk-ways__item" href="')[1:]]
    assert "/office" in ways
    for way in ways:
        desk.opens(way)
    assert 'href="/office" aria-current="page"' in text
    below = desk.browser.get("/office/people?q=x").text
    assert 'href="/office/people" aria-current="page"' in below


def test_staff_without_a_role_are_led_to_no_officers_page(city_sqlite: City) -> None:
    client = city_sqlite.somebody()
    assert "/office" not in client.get("/").text
    assert client.get("/office").status_code == 403
    assert "この画面を使えるのは" in words(client.get("/office"))
