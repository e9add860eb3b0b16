"""Privileged IDs on the officers' pages: what is open, register, delegations, uses, exceptions."""

import re
from datetime import timedelta

from sqlalchemy import select, update

from iam.office.changes import waivers
from iam.office.changes.waivers import Control
from iam.policy.profile import Role
from iam.privilege import delegating, register, using
from iam.privilege.books import delegation_table
from iam.privilege.delegating import DelegationState
from iam.privilege.register import Deed, Mode
from iam.privilege.using import UseState
from iam.record.audit.chain import audit_record
from iam.record.columns import jst_day
from iam.sync.urgent import errands
from tests.functional.site.given import Browser, City
from tests.functional.site.officer.privileged import an_open_use, practice, rounds, staged, targets
from web.practice.portal.privileged import FINANCE, GROUPWARE, JUKI, Staged

PAGE = "/office/privilege"
GENERAL, APPROVER, OPERATOR = Role.GENERAL_OFFICER, Role.APPROVER, Role.OPERATOR


def text(browser: Browser, page: str, status: int = 200) -> str:
    answer = browser.get(PAGE + page)
    assert answer.status_code == status, (page, answer.status_code)
    return answer.get_data(as_text=True)


def seen(page: str) -> str:
    found = re.search(r'name="seen"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def state(city: City, id_: int) -> DelegationState:
    with city.store.read() as connection:
        return delegating.delegation(connection, id_, city.clock()).state


def use(city: City, id_: int) -> using.Use:
    with city.store.read() as connection:
        return using.use(connection, id_)


def confirmed(city: City, case: str | None) -> None:
    """The approver confirms a case."""
    assert case
    approver = city.somebody(APPROVER)
    shown = approver.get(f"{case}/decide").get_data(as_text=True)
    answer = approver.send(f"{case}/decide", {"seen": seen(shown), "sure": "y"})
    assert answer.status_code == 303, answer.get_data(as_text=True)


def test_an_id_is_registered_changed_and_retired_by_two_officers_each(city: City) -> None:
    operator = city.somebody(OPERATOR)
    new = {
        "mode": "secret", "system": FINANCE, "login": "zaimu-kanri", "right": "", "purpose": "年次処理",
        "most_holders": "2", "reason": "棚卸し",
    }  # fmt: skip
    wrong = operator.send(f"{PAGE}/ids/new", {**new, "login": "", "most_holders": "99"})
    shown = wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    assert 'id="login-error"' in shown
    assert 'id="most_holders-error"' in shown
    case = operator.send(f"{PAGE}/ids/new", new).location
    assert "財務会計 の zaimu-kanri</h3>" in city.somebody(APPROVER).get("/office/cases").get_data(as_text=True)
    confirmed(city, case)
    with city.store.read() as connection:
        made = register.privileged_ids(connection)[0]
    assert (made.login, made.mode, made.most_holders) == ("zaimu-kanri", Mode.SECRET, 2)
    assert "zaimu-kanri" in text(city.somebody(Role.AUDITOR), "/ids")

    one = f"{PAGE}/ids/{made.id}"
    same = {"mode": "secret", "purpose": made.purpose, "most_holders": "2", "reason": "見直し"}
    assert "変わるところがありません" in operator.send(f"{one}/change", same).get_data(as_text=True)
    confirmed(city, operator.send(f"{one}/change", {**same, "most_holders": "1"}).location)
    assert "1人まで" in text(operator, f"/ids/{made.id}")
    answer = operator.send(f"{one}/retire", {"reason": "更改で要らなくなった"})
    assert answer.status_code == 303
    with city.store.read() as connection:
        assert register.privileged_id(connection, made.id).retired_at is None, "one officer alone retires nothing"


def test_a_nomination_is_made_by_number_or_name_and_goes_on_from_a_former_one(city_sqlite: City) -> None:
    city, found = city_sqlite, staged(city_sqlite)
    general, today = city.somebody(GENERAL), jst_day(city.clock())
    form = {
        "delegate": city.entrant(city.plain()).name, "ids": [str(found.ids[FINANCE].id)], "first": today.isoformat(),
        "last": (today + timedelta(days=7)).isoformat(), "reason": "決算", "conditions": "閉庁後だけ使う",
    }  # fmt: skip
    asked = general.send(f"{PAGE}/delegations/new", form)
    assert asked.status_code == 422, "a name is shown with its number before it counts"
    assert city.plain() in asked.get_data(as_text=True)
    long = general.send(f"{PAGE}/delegations/new", {**form, "delegate": city.plain(), "last": "2028-01-01"})
    assert "日以内です" in long.get_data(as_text=True).partition('id="last-error"')[2].partition("</p>")[0]
    made = general.send(f"{PAGE}/delegations/new", {**form, "delegate": city.plain()})
    assert made.status_code == 303, made.get_data(as_text=True)
    assert (made.location or "").startswith(f"{PAGE}/delegations/")
    renewal = text(general, f"/delegations/new?renews={found.live.id}")
    assert f"代行 {found.live.id}の続きです" in renewal
    assert (found.live.valid_until + timedelta(days=1)).isoformat() in renewal


def test_a_nomination_is_read_in_full_approved_as_seen_received_and_ended(city: City) -> None:
    found = staged(city)
    general, approver = city.somebody(GENERAL), city.somebody(APPROVER)
    number, page = found.waiting.id, f"/delegations/{found.waiting.id}"
    assert "あなたが指名したので、承認できません" in text(general, page)
    assert city.entrant(city.holder(APPROVER)).name in text(general, page), "who waits reads for whom"
    shown = text(approver, f"{page}/approve")
    for words in ("作業は、事前に課長に伝える。", "繁忙期", "グループウェア の 管理者", "別々の三人"):
        assert words in shown
    other = approver.send(f"{PAGE}{page}/approve", {"seen": "0" * 64, "sure": "y"})
    assert (other.status_code, state(city, number)) == (409, DelegationState.NOMINATED)
    assert approver.send(f"{PAGE}{page}/approve", {"seen": seen(shown), "sure": "y"}).status_code == 303
    assert state(city, number) is DelegationState.LIVE
    assert "特権IDの用件が" in general.get("/office").get_data(as_text=True)
    assert general.send(f"{PAGE}{page}/receive", of=PAGE + page).status_code == 303
    history = text(general, page)
    assert [words in history for words in ("指名した", "承認した", "承認の知らせを受領した")] == [True] * 3
    assert approver.send(f"{PAGE}{page}/end", {"reason": "終わった"}).status_code == 303
    assert state(city, number) is DelegationState.ENDED


def test_whoever_may_not_decide_reads_why_and_decides_nothing(city_sqlite: City) -> None:
    city, found = city_sqlite, staged(city_sqlite)
    page = f"/delegations/{found.waiting.id}"
    declined = city.somebody(APPROVER).send(f"{PAGE}{page}/decline", {"reason": "期間が長い"})
    assert (declined.status_code, state(city, found.waiting.id)) == (303, DelegationState.DECLINED)
    assert "期間が長い" in text(city.somebody(GENERAL), page)
    late = city.somebody(APPROVER).get(f"{PAGE}{page}/approve")
    assert (late.status_code, "承認を待っていません" in late.get_data(as_text=True)) == (409, True)
    again = city.somebody(GENERAL).send(f"{PAGE}{page}/withdraw", of=PAGE + page)
    assert again.status_code == 409
    with city.store.read() as connection:
        refused = connection.execute(select(audit_record).where(audit_record.c.action == "privilege.refused")).all()
    assert [(each.subject, "withdraw" in each.detail) for each in refused] == [(f"delegation {found.waiting.id}", True)]


def test_an_open_use_is_seen_and_ended_by_an_officer(city: City) -> None:
    found = staged(city)
    id_ = an_open_use(city, found)
    operator = city.somebody(OPERATOR)
    shown = text(operator, "")
    for words in ("財務会計 の zaimu-kanri", "年次処理の確認", "応答あり", "あと30分"):
        assert words in shown
    city.clock.forward(minutes=3)
    assert "3分間応答なし" in text(operator, "")
    assert targets(city)[FINANCE].is_on("zaimu-kanri")
    assert operator.send(f"{PAGE}/uses/{id_}/end", {"reason": "業者から終わったと連絡"}).status_code == 303
    rounds(city)
    assert use(city, id_).state is UseState.CLOSED
    assert targets(city)[FINANCE].is_on("zaimu-kanri") is False
    after = text(operator, f"/uses/{id_}")
    assert "業者から終わったと連絡" in after
    assert operator.get(f"{PAGE}/uses/{id_}/end").status_code == 303, "there is nothing left to end"


def test_an_end_that_a_dead_target_has_not_shown_stays_on_the_page_until_it_has(city: City) -> None:
    found = staged(city)
    id_, finance = an_open_use(city, found), targets(city)[FINANCE]
    finance.away = True
    operator = city.somebody(OPERATOR)
    assert operator.send(f"{PAGE}/uses/{id_}/end", {"reason": "終わり"}).status_code == 303
    rounds(city)
    city.clock.forward(hours=5)
    shown = text(city.somebody(GENERAL), "")
    assert "対象のシステムで済んでいない作業" in shown
    assert "応答がありません" in shown
    finance.away = False
    rounds(city)
    assert "対象のシステムで済んでいない作業" not in text(city.somebody(GENERAL), "")
    with city.store.read() as connection:
        assert all(each.settled_at for each in errands(connection, f"use {id_}"))


def test_an_emergency_is_reviewed_and_approved_by_others_with_words(city: City) -> None:
    found = staged(city)
    page, approver = f"/uses/{found.emergency}", city.somebody(APPROVER)
    assert "緊急利用の事後の承認" in text(approver, "")
    general = city.somebody(GENERAL)
    assert general.send(f"{PAGE}{page}/review", of=PAGE + page).status_code == 303
    assert use(city, found.emergency).confirmed_by is None, "nobody confirms what they were not shown"
    record = {"seen": seen(text(general, page))}
    assert general.send(f"{PAGE}{page}/review", record, of=PAGE + page).status_code == 303
    assert use(city, found.emergency).confirmed_by == city.entrant(city.holder(GENERAL)).person_id
    approving = text(approver, f"{page}/approve")
    assert "連絡がつかない" in approving, "why it could not wait"
    shown = {"seen": seen(approving)}
    empty = approver.send(f"{PAGE}{page}/approve", {"reason": "", **shown})
    assert (empty.status_code, use(city, found.emergency).approved_at) == (422, None)
    other = approver.send(f"{PAGE}{page}/approve", {"reason": "記録と合っている", "seen": "0" * 64})
    assert (other.status_code, use(city, found.emergency).approved_at) == (409, None)
    assert approver.send(f"{PAGE}{page}/approve", {"reason": "記録と合っている", **shown}).status_code == 303
    assert use(city, found.emergency).approval == "記録と合っている"
    assert "緊急利用の事後の承認" not in text(approver, "")
    city.clock.forward(days=1)
    assert "記録と合っている" in text(city.somebody(Role.AUDITOR), page)


def test_a_late_record_is_found_by_its_filter(city_sqlite: City) -> None:
    city, found = city_sqlite, staged(city_sqlite)
    auditor = city.somebody(Role.AUDITOR)
    assert "当てはまる利用はありません" in text(auditor, "/uses?which=overdue")
    city.clock.forward(days=5)
    late = text(city.somebody(Role.AUDITOR), "/uses?which=overdue")
    assert f"/uses/{found.emergency}" in late
    assert f"/uses/{found.past}" not in late


def test_an_exception_is_asked_approved_shown_and_taken_back(city: City) -> None:
    operator, today = city.somebody(OPERATOR), jst_day(city.clock())
    form = {
        "control": "two-person-operation", "scope": JUKI, "first": today.isoformat(),
        "last": (today + timedelta(days=3)).isoformat(), "reason": "夜間は一人", "measure": "画面を録画する",
    }  # fmt: skip
    asked = operator.send(f"{PAGE}/waivers/new", form)
    assert "夜間は一人" in text(city.somebody(Role.DATA_OFFICER), "/waivers"), "what waits is shown"
    assert "有効" not in text(operator, "/waivers").partition("<tbody>")[2]
    confirmed(city, asked.location)
    assert "有効" in text(operator, "/waivers").partition("<tbody>")[2]
    with city.store.read() as connection:
        held = waivers.waivers(connection, live_at=city.clock())[0]
    assert city.somebody(APPROVER).send(f"{PAGE}/waivers/{held.id}/withdraw", {"reason": "戻った"}).status_code == 303
    with city.store.read() as connection:
        assert waivers.waivers(connection, live_at=city.clock()) == []
    assert "取消" in text(operator, "/waivers?which=all")


def test_an_owner_of_systems_reads_of_their_own_and_an_auditor_of_all_and_changes_nothing(city_sqlite: City) -> None:
    city, found = city_sqlite, staged(city_sqlite)
    owner, auditor = city.somebody(Role.SYSTEM_OWNER), city.somebody(Role.AUDITOR)
    mine, other = found.ids[FINANCE].id, found.ids[JUKI].id
    assert (text(owner, f"/ids/{mine}") != "", text(owner, f"/ids/{other}", 404) != "") == (True, True)
    for page in ("", "/ids", "/delegations?which=all", "/uses", "/calendar", "/months"):
        assert "juki-kanri" not in text(owner, page), page
        assert "<form" not in text(auditor, page).partition("<main")[2].replace('<form class="seek', ""), page
    assert text(owner, f"/uses/{found.past}", 404)
    for page in _pages(found):
        shown = text(auditor, page).partition("<main")[2]
        assert 'method="post"' not in shown, page
        assert "/end" not in shown, page
    for deed in ("approve", "decline", "end", "review"):
        assert auditor.get(f"{PAGE}/delegations/{found.waiting.id}/{deed}").status_code == 403, deed
    for page in ("/ids/new", "/delegations/new", "/waivers/new", f"/ids/{mine}/suspect", f"/uses/{found.past}/end"):
        assert auditor.get(PAGE + page).status_code == 403, page


def _pages(found: Staged) -> list[str]:
    ids = [f"/ids/{each.id}" for each in found.ids.values()]
    delegations = [f"/delegations/{each.id}" for each in (found.live, found.waiting)]
    return ["", *ids, *delegations, f"/uses/{found.past}", f"/uses/{found.emergency}"]


def test_another_secret_is_set_at_once_when_one_may_be_known(city: City) -> None:
    found = staged(city)
    id_ = found.ids[FINANCE].id
    before = dict(targets(city)[FINANCE].secrets)
    answer = city.somebody(OPERATOR).send(f"{PAGE}/ids/{id_}/suspect", {"reason": "紙が残っていた"})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    rounds(city)
    assert targets(city)[FINANCE].secrets != before
    none = city.somebody(OPERATOR).get(f"{PAGE}/ids/{found.ids[GROUPWARE].id}/suspect")
    assert none.status_code == 409


def test_the_calendar_and_the_chart_show_what_was_used(city_sqlite: City) -> None:
    city, found = city_sqlite, staged(city_sqlite)
    auditor = city.somebody(Role.AUDITOR)
    month = text(auditor, "/calendar?month=2026-11")
    assert f"{PAGE}/uses/{found.past}" in month
    assert "緊急" in month
    assert "2件の利用" in month
    assert "1件の利用" in text(auditor, f"/calendar?month=2026-11&system={JUKI}")
    assert "この月の利用はありません" in text(auditor, "/calendar?month=2026-10")
    assert "令和8年11月" in text(auditor, "/calendar?month=2026-99"), "this month where no month is named"
    chart = text(auditor, "/months")
    assert "うち緊急1件" in chart
    assert "月ごとの利用の件数" in chart


def test_nobody_asks_for_what_the_core_refuses(city_sqlite: City) -> None:
    city = city_sqlite
    found = staged(city)
    with city.store.act("test") as act:
        wish = register.Wish.like(found.ids[JUKI], Deed.CHANGE)
        register.propose(act, city.door, practice(city).parts.delegate, register.Wish(
            wish.deed, wish.system, wish.mode, wish.login, wish.entitlement, "別の用途", 2, id=wish.id,
        ), "見直し")  # fmt: skip
    shown = text(city.somebody(OPERATOR), f"/ids/{found.ids[JUKI].id}")
    assert "確認を待っています" in shown
    assert "変更を申請する" not in shown


def test_what_a_deputy_did_is_reviewed_by_an_officer_who_had_no_part_in_it(city: City) -> None:
    found, today = staged(city), jst_day(city.clock())
    play, systems = practice(city), city.door.model.systems
    wish = waivers.Wish(Control.DELEGATION, "", "記録を確かめる", today, today)
    with city.store.act("test") as act:
        held, _ = waivers.emergency(act, city.door.offices, play.parts.delegate, wish, "入院のため", systems=systems)
        act.connection.execute(update(delegation_table).values(waiver_id=held.id))
    page, hr = f"{PAGE}/delegations/{found.live.id}", city.somebody(Role.HR_OFFICER)
    assert "特権IDの用件が1件" in hr.get("/office").get_data(as_text=True)
    assert f"/delegations/{found.live.id}" in text(hr, "/delegations")
    assert "例外措置による指名を確認する" not in text(city.somebody(GENERAL), f"/delegations/{found.live.id}")
    refused = city.somebody(GENERAL).send(f"{page}/review", {"reason": "自分で確かめた"})
    assert refused.status_code == 403
    assert hr.send(f"{page}/review", {"reason": "記録と合っている"}).status_code == 303
    assert "記録と合っている" in text(city.somebody(Role.AUDITOR), f"/delegations/{found.live.id}")
    assert text(hr, f"/delegations/{found.live.id}", 404), "there is nothing left that they must look at"
