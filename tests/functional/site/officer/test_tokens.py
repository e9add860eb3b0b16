"""The stock of tokens on the officers' pages: seen, lent, taken back, lost, found, destroyed."""

import base64
import json
from datetime import timedelta
from urllib.parse import quote

import pyotp
import pytest

from iam.outbox import Topic
from iam.policy.profile import Role
from iam.signin import sessions
from iam.signin.factors import authenticators
from iam.signin.factors.authenticators import State
from iam.signin.factors.stock import Place
from iam.signin.factors.totp import Accepted, Device, verify
from iam.signin.kinds import Method, Proofs
from tests.functional.site.given import City
from tests.functional.site.officer.desk import REASON, Desk, an_officer, at_desk, lend, take_in, token
from tests.functional.site.portal.members import Member, audited, beside, words

SERIAL = "SN-000101"


@pytest.fixture
def desk(city: City) -> Desk:
    """An operator, and three tokens in the cupboard."""
    take_in(city, SERIAL, "SN-000102", "SN-000103")
    return an_officer(city, Role.OPERATOR)


def move(desk: Desk, what: str, form: dict[str, str] | None = None, serial: str = SERIAL) -> str:
    """Open the page of a move and confirm it; what the token's page then says."""
    answer = desk.sends(f"/office/tokens/{what}?serial={quote(serial)}", form)
    assert answer.status_code == 303, words(answer)
    return desk.opens(answer.location)


def of(desk: Desk, member: Member, serial: str = SERIAL) -> dict[str, str]:
    return {"serial": serial, "number": member.number}


def test_the_stock_is_listed_counted_and_filtered(desk: Desk) -> None:
    member = Member.of(desk.city)
    lend(desk.city, "SN-000103", member.id)
    everything = desk.opens("/office/tokens")
    assert "すべて 3 在庫 2 貸出中 1" in everything
    assert "2026年度購入分" in everything
    lent = desk.opens("/office/tokens?place=lent")
    assert "SN-000103" in lent
    assert "SN-000101" not in lent
    for question in ("000102", "ＳＮ－０００１０２", "sn-000102"):
        found = desk.opens(f"/office/tokens?q={question}")
        assert "SN-000102 在庫" in found
        assert "SN-000101" not in found
    assert "SN-000103" in desk.opens(f"/office/tokens?q={member.number}")
    assert "当てはまる機器はありません" in desk.opens("/office/tokens?q=そんな機器はない")
    assert "すべて 3" in desk.opens("/office/tokens?place=nowhere")


def test_one_is_lent_after_its_borrower_was_shown(desk: Desk) -> None:
    member = Member.of(desk.city)
    shown = desk.opens(f"/office/tokens/lend?serial={SERIAL}&number={member.number}")
    assert "職員証で本人を確かめてから" in shown
    assert token(desk.city, SERIAL).place is Place.IN_STOCK  # nothing was done by looking
    page = f"/office/tokens/lend?serial={SERIAL}&number={member.number}"
    answer = desk.sends("/office/tokens/lend", of(desk, member), of=page)
    told = desk.opens(answer.location or "")
    assert "貸し出しました。" in told
    assert "貸出中" in told
    held = token(desk.city, SERIAL)
    assert (held.place, held.person_id) == (Place.LENT, member.id)
    assert [(each.name, each.state) for each in member.factors()] == [(f"貸出機器 {SERIAL}", State.ACTIVE)]
    assert [each.topic for each in member.notices()] == [Topic.TOKEN_LENT]
    assert [actor for actor, _, _ in audited(desk.city, "token.lent")] == [f"staff:{desk.number}"]


@pytest.mark.parametrize(
    ("serial", "number", "field", "told"),
    [
        ("", "", "serial", "製造番号を入力してください"),
        ("", "", "number", "職員番号を入力してください"),
        ("SN-999999", "", "serial", "台帳にありません"),
        (SERIAL, "ZZ9", "number", "台帳にいません"),
        ("SN-000102", "", "serial", "「貸出中」のため"),
        ("<b>\u202e", "<i>", "serial", "台帳にありません"),
    ],
)
def test_what_does_not_do_is_told_beside_its_field_and_kept(
    city_sqlite: City, serial: str, number: str, field: str, told: str
) -> None:
    take_in(city_sqlite, SERIAL, "SN-000102")
    lend(city_sqlite, "SN-000102", city_sqlite.entrant(city_sqlite.plain(3)).person_id)
    desk = an_officer(city_sqlite, Role.OPERATOR)
    answer = desk.browser.get("/office/tokens/lend", query_string={"serial": serial, "number": number})
    assert answer.status_code == 422
    assert told in beside(answer, field)
    assert "<b>" not in answer.text.partition("<main")[2]
    if number == "ZZ9":
        assert 'value="ZZ9"' in answer.text
        assert f'value="{SERIAL}"' in answer.text
    sent = desk.sends("/office/tokens/lend", {"serial": serial, "number": number}, of="/office/tokens/import")
    assert sent.status_code == 422


def test_nobody_lends_to_themselves_nor_the_desk_to_its_watchers(desk: Desk) -> None:
    city = desk.city
    own = desk.sends("/office/tokens/lend", {"serial": SERIAL, "number": desk.number}, of="/office/tokens/import")
    assert "自分では" in beside(own, "number")
    general = city.holder(Role.GENERAL_OFFICER)
    theirs = desk.sends("/office/tokens/lend", {"serial": SERIAL, "number": general}, of="/office/tokens/import")
    assert "統括か承認の担当者" in beside(theirs, "number")
    assert token(city, SERIAL).place is Place.IN_STOCK
    approver = an_officer(city, Role.APPROVER)
    done = approver.sends("/office/tokens/lend", {"serial": SERIAL, "number": general}, of="/office/tokens/lend?x")
    assert "貸し出しました。" in approver.opens(done.location or "")
    assert approver.browser.get(f"/office/tokens/give-back?serial={SERIAL}").status_code == 403


def test_of_two_who_lend_the_same_one_is_told(desk: Desk) -> None:
    member, other = Member.of(desk.city), Member.of(desk.city, 1)
    page = f"/office/tokens/lend?serial={SERIAL}&number={member.number}"
    form = {**of(desk, member), "csrf_token": desk.browser.token(page)}
    lend(desk.city, SERIAL, other.id)
    answer = desk.browser.post("/office/tokens/lend", data=form)
    assert answer.status_code == 422
    assert "貸出中" in beside(answer, "serial")
    assert member.factors() == []


def test_one_that_went_astray_is_brought_into_step_by_two_codes(desk: Desk) -> None:
    city, member = desk.city, Member.of(desk.city)
    factor = lend(city, SERIAL, member.id)
    with city.store.read() as connection:
        device = Device.of(city.door.keys, authenticators.authenticator(connection, factor))
    shown = pyotp.HOTP(base64.b32encode(device.secret).decode())
    ahead = device.step(city.clock()) + 40
    page = f"/office/tokens/resync?serial={SERIAL}"

    wrong = desk.sends(page, {"first": shown.at(ahead), "second": shown.at(ahead + 2)})
    assert wrong.status_code == 422
    assert "続けて表示した数字ではありません" in beside(wrong, "second")
    assert shown.at(ahead) not in wrong.text
    said = move(desk, "resync", {"first": shown.at(ahead), "second": shown.at(ahead + 1)})

    assert "合わせ直しました。" in said
    assert [actor for actor, _, _ in audited(city, "factor.resynchronised")] == [f"staff:{desk.number}"]
    assert len(audited(city, "desk.resync_refused")) == 1
    with city.store.read() as connection:
        held = authenticators.authenticator(connection, factor)
    later = city.clock() + timedelta(seconds=30)
    judged = verify(Device.of(city.door.keys, held), held.counter, shown.at(ahead + 2), later, previous_step=False)
    assert isinstance(judged, Accepted)


def test_one_in_the_cupboard_has_no_step_to_bring_it_into(desk: Desk) -> None:
    answer = desk.sends(f"/office/tokens/resync?serial={SERIAL}", {"first": "123456", "second": "234567"})
    assert answer.status_code == 409
    assert "貸し出されていません" in words(answer)


def test_one_is_brought_back_and_what_it_opened_is_closed(desk: Desk) -> None:
    city, member = desk.city, Member.of(desk.city)
    factor = lend(city, SERIAL, member.id)
    by_token = Proofs().plus(Method.PASSWORD).plus(Method.TOKEN, factor)
    city.session_for(member.number, proofs=by_token)
    city.session_for(member.number, proofs=Proofs().plus(Method.PASSWORD).plus(Method.TOTP, factor + 1))
    assert "さんからの返却を受け付けました。" in move(desk, "give-back")
    assert token(city, SERIAL).place is Place.RETURNED
    assert member.factors() == []
    with city.store.read() as connection:
        left = sessions.of_person(connection, member.id, city.clock())
    assert len(left) == 1
    assert [each.topic for each in member.notices()] == [Topic.TOKEN_RETURNED]
    again = desk.sends(f"/office/tokens/give-back?serial={SERIAL}")
    assert again.status_code == 409
    assert "この操作はできません" in words(again)
    assert "在庫に戻しました。" in move(desk, "restock", REASON)
    assert token(city, SERIAL).place is Place.IN_STOCK


def test_nobody_rids_themselves_of_their_token_across_their_own_counter(desk: Desk) -> None:
    lend(desk.city, SERIAL, desk.id)
    answer = desk.sends(f"/office/tokens/give-back?serial={SERIAL}")
    assert "自分では" in words(answer)
    assert token(desk.city, SERIAL).place is Place.LENT
    lost = desk.sends(f"/office/tokens/lost?serial={SERIAL}", REASON)
    assert "自分では" in beside(lost, "reason")
    assert token(desk.city, SERIAL).place is Place.LENT


def test_a_lent_one_that_is_lost_ends_its_holders_sessions(desk: Desk) -> None:
    city, member = desk.city, Member.of(desk.city)
    lend(city, SERIAL, member.id)
    city.session_for(member.number)
    assert "紛失として記録しました。" in move(desk, "lost", REASON)
    assert token(city, SERIAL).place is Place.LOST
    assert [each.state for each in member.factors(alive=False)] == [State.LOST]
    with city.store.read() as connection:
        assert sessions.of_person(connection, member.id, city.clock()) == []
    assert [each.topic for each in member.notices()] == [Topic.FACTOR_LOST]
    ((_, subject, detail),) = audited(city, "desk.loss_reported")
    assert subject == f"person {member.id}"
    assert json.loads(detail)["reason"] == REASON["reason"]
    assert "見つかったので在庫に戻す" in desk.opens(f"/office/tokens/one?serial={SERIAL}")
    move(desk, "restock", REASON)
    assert member.factors() == []


def test_one_that_is_lost_from_the_cupboard_is_nobodys(desk: Desk) -> None:
    move(desk, "lost", REASON)
    assert token(desk.city, SERIAL).place is Place.LOST
    assert [json.loads(detail) for _, _, detail in audited(desk.city, "token.lost")] == [REASON]


def test_one_is_destroyed_before_a_witness(desk: Desk) -> None:
    witness = desk.city.plain(7)
    assert "廃棄済としました" in move(desk, "destroy", {"witness": f" {witness} "})
    assert token(desk.city, SERIAL).place is Place.DESTROYED
    ((_, _, detail),) = audited(desk.city, "token.destroyed")
    assert json.loads(detail)["witness"] == witness
    assert desk.sends(f"/office/tokens/restock?serial={SERIAL}", REASON).status_code == 409


@pytest.mark.parametrize(("witness", "told"), [("", "入力"), ("ZZ9", "在職していません"), ("own", "ほかの職員")])
def test_a_witness_who_does_not_do_is_told_beside_the_field(city_sqlite: City, witness: str, told: str) -> None:
    take_in(city_sqlite, SERIAL)
    desk = an_officer(city_sqlite, Role.OPERATOR)
    typed = desk.number if witness == "own" else witness
    answer = desk.sends(f"/office/tokens/destroy?serial={SERIAL}", {"witness": typed})
    assert answer.status_code == 422
    assert told in beside(answer, "witness")
    assert f'value="{typed}"' in answer.text
    assert token(city_sqlite, SERIAL).place is Place.IN_STOCK


def test_a_serial_of_odd_signs_is_one_token(city: City) -> None:
    odd = "a/b?c=d&e#f%20+;.."
    take_in(city, odd)
    desk = an_officer(city, Role.OPERATOR)
    page = desk.browser.get("/office/tokens")
    link = page.text.partition("/office/tokens/one?serial=")[2].partition('"')[0]
    assert odd in desk.opens(f"/office/tokens/one?serial={link}")
    assert "紛失として記録しました。" in move(desk, "lost", REASON, odd)
    assert token(city, odd).place is Place.LOST


def test_nothing_is_found_where_nothing_is(city_sqlite: City) -> None:
    desk = an_officer(city_sqlite, Role.OPERATOR)
    assert "機器はまだありません" in desk.opens("/office/tokens")
    for page in ("one", "lost?serial=x", "destroy?serial=", "give-back"):
        desk.opens(f"/office/tokens/{page}", status=404)


def test_the_auditor_sees_the_stock_and_moves_nothing(city_sqlite: City) -> None:
    take_in(city_sqlite, SERIAL)
    auditor = an_officer(city_sqlite, Role.AUDITOR)
    for page in ("/office/tokens", f"/office/tokens/one?serial={SERIAL}"):
        text = auditor.browser.get(page).text
        assert SERIAL in text
        assert "tokens/l" not in text
        assert "tokens/import" not in text
    for what in ("lend", "give-back", "lost", "restock", "destroy", "import"):
        assert auditor.browser.get(f"/office/tokens/{what}?serial={SERIAL}").status_code == 403
        assert auditor.sends(f"/office/tokens/{what}?serial={SERIAL}", REASON, of="/office").status_code == 403


def test_hr_lends_but_neither_takes_in_nor_destroys(city_sqlite: City) -> None:
    take_in(city_sqlite, SERIAL)
    clerk = an_officer(city_sqlite, Role.HR_OFFICER)
    page = clerk.browser.get(f"/office/tokens/one?serial={SERIAL}").text
    assert "tokens/lend" in page
    assert "tokens/destroy" not in page
    for what in ("import", "destroy", "restock"):
        assert clerk.browser.get(f"/office/tokens/{what}?serial={SERIAL}").status_code == 403


def test_whoever_holds_no_role_of_the_desk_sees_no_stock(city_sqlite: City) -> None:
    assert at_desk(city_sqlite, city_sqlite.plain()).browser.get("/office/tokens").status_code == 403
    assert an_officer(city_sqlite, Role.SYSTEM_OWNER).browser.get("/office/tokens").status_code == 403
