"""My IDs and rights, and giving them back."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, insert

from iam.access.accounts import accounts_of, holding_table
from iam.access.model import Birthright, Entitlement, System
from iam.access.returns import returned
from iam.outbox import Topic
from tests.functional.site.given import City
from tests.functional.site.portal.members import Member, audited, beside, words


@pytest.fixture
def yamada(city: City) -> Member:
    member = Member.of(city).with_app()
    member.signs_in()
    return member


def given_back(member: Member) -> list[tuple[str, str]]:
    with member.city.store.read() as connection:
        return [(each.system, each.entitlement) for each in returned(connection, member.id)]


def a_return(member: Member) -> str:
    """The address of the first right that can be given back."""
    text = member.opens("/access").get_data(as_text=True)
    return text.split('href="/access/')[1].split('"')[0]


def test_every_right_names_appointment_rule_and_clause(yamada: Member) -> None:
    page = words(yamada.opens("/access"))
    assert "グループウェア" in page
    assert "利用者ID " in page
    assert "採用（" in page
    assert "による標準付与" in page
    assert "利用者IDの取扱い" in page
    assert "利用中" in page


def account_of(member: Member, system: str) -> int:
    with member.city.store.read() as connection:
        (found,) = [each for each in accounts_of(connection, [member.id])[member.id] if each.system == system]
    return found.id


def test_what_the_next_sync_brings_and_takes_is_said_today(yamada: Member) -> None:
    account, columns = account_of(yamada, "groupware"), holding_table.c
    with yamada.city.store.act("test") as act:
        gone = delete(holding_table).where(columns.account_id == account)
        act.connection.execute(gone)
        stray = {"account_id": account, "entitlement": "old", "held_from": act.at, "rule": "x", "clause": "baseline"}
        act.connection.execute(insert(holding_table).values(**stray))
    page = words(yamada.opens("/access"))
    assert "old 次の同期でなくなります" in page
    assert "利用者 次の同期で付きます" in page


def test_what_no_sync_feeds_may_be_used_already(city_sqlite: City) -> None:
    model = city_sqlite.deployment.model
    wiki = System(name="庁内Wiki", owner="総務課", provisioned=False, entitlements={"read": Entitlement(name="閲覧")})
    rule = Birthright(id="Wiki", clause="baseline", system="wiki", entitlements=("read",))
    added = {"systems": {"wiki": wiki}, "birthright": (*model.birthright, rule)}
    city = replace(city_sqlite, deployment=replace(city_sqlite.deployment, model=model.model_copy(update=added)))
    page = words(city.somebody().get("/access"))
    assert "庁内Wiki 使えます 所管: 総務課 閲覧 利用中" in page
    assert "次の同期で付きます" not in page
    city.store.dispose()


def test_what_happens_is_said_before_it_is_given_back(yamada: Member) -> None:
    page = words(yamada.opens(f"/access/{a_return(yamada)}"))
    assert "次の同期で、この権限がなくなります" in page
    assert "元に戻すには、情報システムの担当者への申出が必要です" in page


def test_a_right_is_given_back_with_its_reason(yamada: Member) -> None:
    there = a_return(yamada)
    system, right, _ = there.split("/")

    answer = yamada.browser.send(f"/access/{there}", {"reason": "担当が替わったため"})

    assert answer.location == "/access"
    assert given_back(yamada) == [(system, right)]
    page = words(yamada.opens("/access"))
    assert "返却しました" in page
    assert "返却済み・次の同期でなくなります" in page
    assert Topic.RIGHT_RETURNED in [each.topic for each in yamada.notices()]
    assert audited(yamada.city, "right.returned")[0][0] == f"staff:{yamada.number}"


def test_a_whole_id_is_given_back(yamada: Member) -> None:
    answer = yamada.browser.send("/access/groupware/return", {"reason": "育児休業のため"})
    assert answer.location == "/access"
    assert given_back(yamada) == [("groupware", "")]
    assert "いまは返却できません" in words(yamada.opens("/access/groupware/return"))


@pytest.mark.parametrize(
    ("reason", "told"), [("", "入力してください"), ("あ" * 201, "200文字以内"), (" 　", "入力して")]
)
def test_a_reason_is_needed_and_what_was_typed_is_kept(city_sqlite: City, reason: str, told: str) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    answer = yamada.browser.send("/access/groupware/return", {"reason": reason})
    assert answer.status_code == 422
    assert told in beside(answer, "reason")
    assert reason.strip() in answer.get_data(as_text=True)
    assert given_back(yamada) == []


def test_giving_back_twice_is_told(yamada: Member) -> None:
    there = f"/access/{a_return(yamada)}"
    yamada.browser.send(there, {"reason": "担当が替わったため"})
    again = yamada.browser.send(there, {"reason": "担当が替わったため"}, of="/access/groupware/return")
    assert again.status_code == 409
    assert len(given_back(yamada)) == 1


@pytest.mark.parametrize(
    "page", ["/access/nothing/return", "/access/groupware/nothing/return", "/access/groupware/%00/return"]
)
def test_what_one_does_not_have_cannot_be_given_back(city_sqlite: City, page: str) -> None:
    yamada = Member.of(city_sqlite).with_app()
    yamada.signs_in()
    assert yamada.browser.get(page).status_code in {400, 404}
    assert yamada.browser.send(page, {"reason": "x"}, of="/access").status_code in {400, 404}
    assert given_back(yamada) == []
