"""Cases on the officers' pages: asked by one, confirmed by another, a slip that is shown once."""

import re
from datetime import timedelta

import pytest

from iam.office import cases
from iam.office.cases import Case, CaseKind, CaseState
from iam.policy.profile import Role
from iam.signin.desk import issuing
from iam.signin.kinds import Method, Proofs
from iam.signin.passwords.kept import kept_of
from tests.functional.site.given import Browser, City

SECRET = re.compile(r'class="slip__secret"><code>([^<]+)</code>')


def asked(city: City, kind: CaseKind = CaseKind.TEMPORARY_PASSWORD, about: str = "") -> Case:
    """An operator has asked."""
    officer, subject = city.entrant(city.holder(Role.OPERATOR)), city.entrant(about or city.plain())
    with city.store.act(f"staff:{officer.staff_number}") as act:
        return issuing.ask_for(act, city.door, officer, kind, subject.person_id, reason="職員証を確認")


def state(city: City, case: Case) -> CaseState:
    with city.store.read() as connection:
        return cases.case_of(connection, case.id, city.clock()).state


def text(browser: Browser, page: str) -> str:
    answer = browser.get(page)
    assert answer.status_code == 200, (page, answer.status_code)
    return answer.get_data(as_text=True)


def seen(browser: Browser, case: Case) -> dict[str, str]:
    """What the form of the decision carries."""
    found = re.search(r'name="seen"[^>]*value="([0-9a-f]+)"', text(browser, f"/office/cases/{case.id}/decide"))
    assert found
    return {"seen": found[1], "sure": "y"}


def test_a_case_is_read_confirmed_and_its_slip_shown_once(city: City) -> None:
    case, officer = asked(city), city.somebody(Role.HR_OFFICER)
    subject = city.entrant(city.plain())
    assert subject.name in text(officer, "/office/cases")
    page = text(officer, f"/office/cases/{case.id}")
    assert "仮パスワードの発行" in page
    assert "職員証を確認" in page
    decide = f"/office/cases/{case.id}/decide"
    done = officer.send(decide, seen(officer, case))
    assert done.status_code == 200
    assert done.headers["Cache-Control"] == "no-store"
    secret = SECRET.search(done.get_data(as_text=True))
    assert secret
    assert subject.staff_number in done.get_data(as_text=True)
    with city.store.read() as connection:
        password = kept_of(connection, subject.person_id)
    assert password is not None
    assert city.door.hasher.verify(subject.person_id, password.sealed, secret[1])
    assert state(city, case) is CaseState.CONFIRMED
    for page in (f"/office/cases/{case.id}", "/office/cases"):
        assert secret[1] not in text(officer, page)
    again = officer.post(decide, data={"csrf_token": officer.token("/office/cases"), "seen": case.content_hash})
    assert (again.status_code, secret[1] in again.get_data(as_text=True)) == (403, False)


def test_a_code_has_a_slip_of_its_own(city: City) -> None:
    case, officer = asked(city, CaseKind.TEMPORARY_CODE), city.somebody(Role.GENERAL_OFFICER)
    done = officer.send(f"/office/cases/{case.id}/decide", seen(officer, case))
    assert "窓口コード" in done.get_data(as_text=True)
    assert SECRET.search(done.get_data(as_text=True))


def test_what_was_not_looked_at_is_not_confirmed(city: City) -> None:
    case, officer = asked(city), city.somebody(Role.HR_OFFICER)
    decide = f"/office/cases/{case.id}/decide"
    missing = officer.send(decide, {"seen": case.content_hash})
    assert missing.status_code == 422
    assert "チェックを入れてください" in missing.get_data(as_text=True)
    forged = officer.send(decide, {"seen": "0" * 64, "sure": "y"})
    assert forged.status_code == 409
    assert "内容が変わっています" in forged.get_data(as_text=True)
    assert state(city, case) is CaseState.ASKED


def test_asker_subject_and_auditor_cannot_decide(city: City) -> None:
    case = asked(city)
    for role in (Role.OPERATOR, Role.AUDITOR):
        browser = city.somebody(role)
        assert "確認に進む" not in text(browser, f"/office/cases/{case.id}")
        for way in ("decide", "decline"):
            page = f"/office/cases/{case.id}/{way}"
            assert browser.get(page).status_code == 403
            sent = browser.post(
                page, data={"csrf_token": browser.token("/office"), "seen": case.content_hash, "sure": "y"}
            )
            assert sent.status_code == 403
    assert state(city, case) is CaseState.ASKED


def test_the_asker_reads_who_could_confirm_and_may_withdraw(city: City) -> None:
    case, officer = asked(city), city.somebody(Role.OPERATOR)
    page = text(officer, f"/office/cases/{case.id}")
    assert "確認できる担当者" in page
    assert city.entrant(city.holder(Role.HR_OFFICER)).name in page
    done = officer.post(f"/office/cases/{case.id}/withdraw", data={"csrf_token": officer.token("/office/cases")})
    assert (done.status_code, done.location) == (303, "/office/cases")
    assert state(city, case) is CaseState.WITHDRAWN


def test_declining_asks_for_a_reason_and_tells_it(city: City) -> None:
    case, officer = asked(city), city.somebody(Role.HR_OFFICER)
    page = f"/office/cases/{case.id}/decline"
    missing = officer.send(page, {"reason": "  "})
    assert (missing.status_code, "差し戻す理由を入力してください" in missing.get_data(as_text=True)) == (422, True)
    assert officer.send(page, {"reason": "本人と確かめられない"}).status_code == 303
    assert state(city, case) is CaseState.DECLINED
    assert "本人と確かめられない" in text(officer, f"/office/cases/{case.id}")


def test_deciding_asks_for_a_fresh_proof(city: City) -> None:
    case, officer = asked(city), city.somebody(Role.HR_OFFICER)
    form = seen(officer, case)
    city.clock.forward(minutes=6)
    asks = officer.get(f"/office/cases/{case.id}/decide")
    assert (asks.status_code, asks.location) == (303, f"/prove?next=/office/cases/{case.id}/decide")
    sent = officer.post(f"/office/cases/{case.id}/decide", data={"csrf_token": officer.token("/office/cases"), **form})
    assert (sent.status_code, sent.location) == (303, asks.location)
    assert state(city, case) is CaseState.ASKED


def test_a_lapsed_case_says_so(city: City) -> None:
    case = asked(city)
    city.clock.forward(hours=24)
    officer = city.somebody(Role.HR_OFFICER)
    assert "期限切れ" in text(officer, f"/office/cases/{case.id}")
    assert officer.get(f"/office/cases/{case.id}/decide").status_code == 403


def test_an_officers_own_credential_waits_for_a_head(city: City) -> None:
    case = asked(city, about=city.holder(Role.HR_OFFICER))
    head = city.somebody(Role.APPROVER)
    assert head.get(f"/office/cases/{case.id}/decide").status_code == 200
    assert city.somebody(Role.HR_OFFICER).get(f"/office/cases/{case.id}/decide").status_code == 403


def test_others_read_no_case_and_no_list_of_all(city: City) -> None:
    case = asked(city)
    assert city.somebody().get(f"/office/cases/{case.id}").status_code == 403
    owner = next(
        number for number, roles in city.known.items() if roles == {Role.SYSTEM_OWNER} and number != city.plain()
    )
    browser = city.client()
    city.signed_in(browser, owner)
    assert browser.get(f"/office/cases/{case.id}").status_code == 403
    assert "最近の申請" not in text(browser, "/office/cases")
    assert city.somebody(Role.HR_OFFICER).get("/office/cases/999").status_code == 404


def test_a_session_without_a_second_kind_decides_nothing(city: City) -> None:
    """Whoever signed in by a password alone has a duty first; nothing else is served."""
    case, browser = asked(city), city.client()
    city.signed_in(browser, city.holder(Role.HR_OFFICER), duty="enrol", proofs=Proofs().plus(Method.PASSWORD))
    assert browser.get(f"/office/cases/{case.id}/decide").status_code == 403


@pytest.mark.parametrize("kind", [CaseKind.TEMPORARY_PASSWORD, CaseKind.TEMPORARY_CODE])
def test_the_slip_says_until_when(city_sqlite: City, kind: CaseKind) -> None:
    case, officer = asked(city_sqlite, kind), city_sqlite.somebody(Role.HR_OFFICER)
    done = officer.send(f"/office/cases/{case.id}/decide", seen(officer, case)).get_data(as_text=True)
    assert "まで、一度だけ" in done
    assert case.lapses_at - case.asked_at == timedelta(hours=24)
