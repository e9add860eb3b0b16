"""Rights that staff gave back, on the officers' pages."""

from iam.access.accounts import holding_table
from iam.access.returns import give_back, returned
from iam.policy.profile import Role
from tests.functional.site.given import Browser, City


def text(browser: Browser, page: str) -> str:
    answer = browser.get(page)
    assert answer.status_code == 200, (page, answer.status_code)
    return answer.get_data(as_text=True)


def give(city: City, number: str) -> int:
    """Somebody gives their groupware back."""
    who = city.entrant(number)
    with city.store.read() as connection:
        assert connection.execute(holding_table.select()).first()
    with city.store.act(f"staff:{number}") as act:
        return give_back(act, who.person_id, "groupware", "user", reason="担当替え", clause="SAKURA-8.2.1")


def still(city: City, number: str) -> int:
    with city.store.read() as connection:
        return len(returned(connection, city.entrant(number).person_id))


def test_what_was_given_back_is_listed_and_restored_with_a_reason(city: City) -> None:
    number = city.plain()
    block, officer = give(city, number), city.somebody(Role.OPERATOR)
    page = text(officer, "/office/returns")
    for words in (city.entrant(number).name, "グループウェア", "利用者", "担当替え"):
        assert words in page
    lift = f"/office/returns/{block}/lift"
    assert "担当替え" in text(officer, lift)
    missing = officer.send(lift, {"reason": ""})
    assert (missing.status_code, 'id="reason-error"' in missing.get_data(as_text=True)) == (422, True)
    assert still(city, number) == 1
    assert officer.send(lift, {"reason": "担当に戻った"}).status_code == 303
    assert still(city, number) == 0
    assert officer.get(lift).status_code == 404


def test_nobody_restores_their_own(city: City) -> None:
    number = city.holder(Role.OPERATOR)
    block, officer = give(city, number), city.somebody(Role.OPERATOR)
    assert f"/office/returns/{block}/lift" not in text(officer, "/office/returns")
    lift = f"/office/returns/{block}/lift"
    assert officer.get(lift).status_code == 403
    sent = officer.post(lift, data={"csrf_token": officer.token("/office"), "reason": "要る"})
    assert (sent.status_code, still(city, number)) == (403, 1)


def test_an_auditor_reads_and_restores_nothing(city: City) -> None:
    block, auditor = give(city, city.plain()), city.somebody(Role.AUDITOR)
    assert "返却を取り消す" not in text(auditor, "/office/returns")
    assert auditor.get(f"/office/returns/{block}/lift").status_code == 403
    assert city.somebody().get("/office/returns").status_code == 403
