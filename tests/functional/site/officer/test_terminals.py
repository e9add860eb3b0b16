"""The register of terminals on the officers' pages."""

import re
from datetime import timedelta
from io import BytesIO

import pytest

from iam.access.places import register, terminals
from iam.access.places.register import Known, Particulars
from iam.access.places.terminals import Sought, TerminalState
from iam.policy.profile import Role
from iam.record.columns import jst_day
from tests.functional.site.given import Browser, City

CODE = "PC-0001"
PAGE = "/office/terminals"


def text(browser: Browser, page: str, status: int = 200) -> str:
    answer = browser.get(page)
    assert answer.status_code == status, (page, answer.status_code)
    return answer.get_data(as_text=True)


def typed(city: City, **other: str) -> dict[str, str]:
    zone = city.door.profile.zones[0].code
    return {
        "code": CODE, "name": "市民課 窓口3番", "kind": "pc", "zone": zone, "mac": "00-1A-2B-3C-4D-5E",
        "address": "", "certificate": "", "note": "", "in_use": "y", **other,
    }  # fmt: skip


def registered(city: City, code: str = CODE, mac: str = "00:1a:2b:3c:4d:5e") -> None:
    known = Known.of(city.door.profile, city.door.model)
    with city.store.act("test") as act:
        register.register(act, known, Particulars(code, "市民課", zone=next(iter(known.zones)), mac=mac))


def state(city: City, code: str = CODE) -> TerminalState:
    with city.store.read() as connection:
        return terminals.terminal(connection, code).state


def test_a_terminal_is_registered_lent_lost_found_and_retired(city: City) -> None:
    officer = city.somebody(Role.OPERATOR)
    assert "端末はまだありません" in text(officer, PAGE)
    done = officer.send(f"{PAGE}/new", typed(city))
    assert done.location == f"{PAGE}/one?code={CODE}"
    shown = text(officer, done.location)
    assert "00:1a:2b:3c:4d:5e" in shown
    assert "使用中" in shown

    until = jst_day(city.clock()) + timedelta(days=3)
    lent = officer.send(f"{PAGE}/lend?code={CODE}", {"number": city.plain(), "until": until.isoformat()})
    assert lent.status_code == 303
    assert state(city) is TerminalState.LENT
    holder = city.entrant(city.plain())
    assert holder.name in text(officer, f"{PAGE}?q={holder.staff_number}")

    owner = city.somebody()
    assert owner.get("/").status_code == 200
    assert officer.send(f"{PAGE}/lost?code={CODE}", {"reason": "出張先で失くした"}).status_code == 303
    assert state(city) is TerminalState.LOST
    assert owner.get("/").location == "/login", "whoever had it is signed out"
    again = officer.send(f"{PAGE}/lost?code={CODE}", {"reason": "二度"})
    assert (again.status_code, "いま「紛失」のため" in again.get_data(as_text=True)) == (409, True)
    assert officer.send(f"{PAGE}/found?code={CODE}", {"reason": "点検した"}).status_code == 303
    for move in ("use", "keep"):
        assert officer.send(f"{PAGE}/{move}?code={CODE}").status_code == 303
    assert officer.send(f"{PAGE}/retire?code={CODE}", {"reason": "満了"}).status_code == 303
    assert state(city) is TerminalState.RETIRED
    assert "内容を変更する" not in text(officer, f"{PAGE}/one?code={CODE}")


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        ("code", "", "管理番号を入力してください"),
        ("name", "", "名前を入力してください"),
        ("mac", "00-1A-2B", "16進数12桁ではありません"),
        ("mac", "66:55:44:33:22:11", "管理番号「PC-0002」の端末に登録されています"),
        ("address", "10.1.2", "端末のIPアドレスではありません"),
        ("certificate", "abcd", "SHA-256 の拇印"),
        ("certificate", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", "証明書が一つだけ入った PEM"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    city_sqlite: City, field: str, wrong: str, said: str
) -> None:
    registered(city_sqlite, "PC-0002", "66:55:44:33:22:11")
    answer = city_sqlite.somebody(Role.OPERATOR).send(f"{PAGE}/new", typed(city_sqlite, **{field: wrong}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page.partition(f'id="{field}-error"')[2].partition("</p>")[0]
    assert 'value="市民課 窓口3番"' in page or field == "name"


def test_a_terminal_is_changed_and_what_is_taken_is_refused(city_sqlite: City) -> None:
    registered(city_sqlite)
    officer = city_sqlite.somebody(Role.GENERAL_OFFICER)
    assert 'value="00:1a:2b:3c:4d:5e"' in text(officer, f"{PAGE}/change?code={CODE}")
    sent = typed(city_sqlite, name="税務課", tasks=next(iter(city_sqlite.door.model.systems)))
    assert officer.send(f"{PAGE}/change?code={CODE}", sent).status_code == 303
    shown = text(officer, f"{PAGE}/one?code={CODE}")
    assert "税務課" in shown
    assert "なし（一般の端末）" not in shown
    assert officer.send(f"{PAGE}/new", typed(city_sqlite, mac="")).status_code == 409


def test_the_list_is_narrowed_by_state_zone_and_words(city_sqlite: City) -> None:
    registered(city_sqlite)
    auditor = city_sqlite.somebody(Role.AUDITOR)
    zones = [zone.code for zone in city_sqlite.door.profile.zones]
    for query, there in (
        ("", True), ("?q=001a2b3c4d5e", True), ("?q=市民課", True), ("?q=税", False), ("?state=in_use", True),
        ("?state=lost", False), (f"?zone={zones[0]}", True), (f"?zone={zones[1]}", False), ("?state=made-up", True),
        ("?zone=made-up", True), ("?page=99", True),
    ):  # fmt: skip
        assert (f">{CODE}<" in text(auditor, PAGE + query)) is there, query
    assert "登録する" not in text(auditor, PAGE), "an auditor changes nothing"
    assert text(auditor, f"{PAGE}/one?code=nothing", 404)


def test_lending_names_what_stands_against_it(city_sqlite: City) -> None:
    registered(city_sqlite)
    officer = city_sqlite.somebody(Role.HR_OFFICER)
    lend = f"{PAGE}/lend?code={CODE}"
    assert "この職員番号の職員は台帳にいません" in officer.send(lend, {"number": "99999999"}).get_data(as_text=True)
    past = officer.send(lend, {"number": city_sqlite.plain(), "until": "2020-01-01"})
    assert (past.status_code, "今日以降の日" in past.get_data(as_text=True)) == (409, True)
    with city_sqlite.store.read() as connection:
        assert terminals.how_many(connection, Sought(state=TerminalState.LENT)) == 0


def sends_list(officer: Browser, text_: str, encoding: str = "utf-8") -> tuple[int, str]:
    page = f"{PAGE}/import"
    sent = {"csrf_token": officer.token(page), "file": (BytesIO(text_.encode(encoding)), "端末.csv"), "in_use": "y"}
    answer = officer.post(page, data=sent, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


def test_a_list_is_shown_before_it_is_taken_in(city: City) -> None:
    registered(city, "PC-0002", "66:55:44:33:22:10")
    officer = city.somebody(Role.OPERATOR)
    zone = city.door.profile.zones[0].label
    rows = f"管理番号,名称,領域,MAC\nPC-0001,市民課,{zone},00-1A-2B-3C-4D-5E\nPC-0002,税務課,{zone},66:55:44:33:22:10\n"
    status, page = sends_list(officer, rows, "cp932")
    assert status == 200
    assert re.search(r"新しく登録する端末</dt><dd>1台", page)
    assert re.search(r"内容が変わる端末</dt><dd>1台", page)
    assert "まだ何も取り込んでいません" in page
    with city.store.read() as connection:
        assert terminals.how_many(connection, Sought()) == 1
    sheet = page.partition('name="sheet" value="')[2].partition('"')[0]
    assert officer.send(f"{PAGE}/import", {"sheet": sheet, "in_use": "y"}).location == PAGE
    assert state(city, "PC-0001") is TerminalState.IN_USE
    assert "税務課" in text(officer, f"{PAGE}/one?code=PC-0002")


def test_a_list_with_mistakes_is_refused_by_line_and_nothing_is_taken_in(city_sqlite: City) -> None:
    officer = city_sqlite.somebody(Role.OPERATOR)
    zone = city_sqlite.door.profile.zones[0].label
    for list_, said in (
        (f"管理番号,名称,領域,MAC\nPC-1,a,{zone},\nPC-2,b,{zone},zz\nPC-3,c,どこか,\n", ["3行目: MAC", "4行目: 領域"]),
        ("管理番号\nPC-1\n", ["1行目に列「名称」がありません"]),
        ("", ["管理番号"]),
        (f"管理番号,名称,領域\nPC-1,a,{zone}\nPC-1,b,{zone}\n", ["2行目にもあります"]),
    ):
        status, page = sends_list(officer, list_)
        assert status == 422
        for each in said:
            assert each in page
    forged = officer.send(f"{PAGE}/import", {"sheet": "AAAA"})
    assert forged.status_code == 409
    with city_sqlite.store.read() as connection:
        assert terminals.how_many(connection, Sought()) == 0


def test_whoever_comes_home_reads_which_loans_are_over(city_sqlite: City) -> None:
    registered(city_sqlite)
    with city_sqlite.store.act("test") as act:
        person = city_sqlite.entrant(city_sqlite.plain()).person_id
        register.lend(act, CODE, person, jst_day(act.at))
    told = "返却の期限が過ぎた端末が1台あります"
    assert told not in text(city_sqlite.somebody(Role.OPERATOR), "/office")
    city_sqlite.clock.forward(days=1)
    assert told in text(city_sqlite.somebody(Role.OPERATOR), "/office")
    assert told not in text(city_sqlite.somebody(Role.SYSTEM_OWNER), "/office")
