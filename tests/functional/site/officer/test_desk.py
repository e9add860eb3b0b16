"""What the desk does for somebody: said first, done once, recorded with its reason, told to its owner."""

import json
from collections.abc import Sequence
from typing import Final

import pytest

from iam.office import cases
from iam.office.cases import CaseKind
from iam.outbox import Topic
from iam.policy.profile import Role
from iam.signin import sessions, throttle
from iam.signin.factors.authenticators import State
from iam.signin.passwords import kept
from iam.signin.passwords.kept import Why
from tests.functional.site.given import City
from tests.functional.site.officer.desk import REASON, an_officer, at_desk, records
from tests.functional.site.portal.members import Member, audited, beside, words

DESK: Final = [Role.OPERATOR, Role.HR_OFFICER, Role.GENERAL_OFFICER]
DEEDS: Final = ("unlock", "sessions/end", "leak", "temporary-password", "temporary-code")


def throttled(member: Member) -> Member:
    rules = member.city.entrant(member.number).rules
    with member.city.store.act("test") as act:
        for _ in range(rules.delay_after):
            throttle.failed(act, throttle.password_of(member.id), rules)
    return member


def failures(member: Member) -> int:
    with member.city.store.read() as connection:
        return throttle.state(connection, member.id, member.city.clock()).failures


def live(member: Member) -> list[int]:
    with member.city.store.read() as connection:
        return [each.id for each in sessions.of_person(connection, member.id, member.city.clock())]


def topics(member: Member) -> list[Topic]:
    return [each.topic for each in member.notices()]


def of_deeds(member: Member) -> Sequence[str]:
    return [f"/office/people/{member.id}/{deed}" for deed in (*DEEDS, f"factors/{member.app}/lost")]


# --- each deed


@pytest.mark.parametrize("role", DESK)
def test_a_wait_is_lifted(city: City, role: Role) -> None:
    member, desk = throttled(Member.of(city)), an_officer(city, role)
    answer = desk.sends(f"/office/people/{member.id}/unlock", REASON)
    assert answer.location == f"/office/people/{member.id}"
    assert "待ち時間を解除しました。" in desk.opens(answer.location)
    assert failures(member) == 0
    assert topics(member) == [Topic.SIGNIN_UNLOCKED]
    ((actor, subject, detail),) = audited(city, "desk.unlocked")
    assert (actor, subject) == (f"staff:{desk.number}", f"person {member.id}")
    assert json.loads(detail) == REASON
    member.signs_in()


def test_lifting_what_is_not_there_says_so_and_records_nothing(city: City) -> None:
    member, desk = Member.of(city), an_officer(city, Role.OPERATOR)
    answer = desk.sends(f"/office/people/{member.id}/unlock", REASON)
    assert "すでになくなっています" in desk.opens(answer.location or "")
    assert audited(city, "desk.unlocked") == []
    assert topics(member) == []


def test_every_session_is_ended(city: City) -> None:
    member, desk = Member.of(city), an_officer(city, Role.OPERATOR)
    member.signs_in()
    member.elsewhere().signs_in()
    other = Member.of(city, 1)
    other.signs_in()
    answer = desk.sends(f"/office/people/{member.id}/sessions/end", REASON)
    assert "2台の端末をサインアウトさせました。" in desk.opens(answer.location or "")
    assert live(member) == []
    assert len(live(other)) == 1
    assert Topic.SESSIONS_ENDED in topics(member)
    assert member.browser.get("/").location == "/login"
    ((_, _, detail),) = audited(city, "desk.sessions_ended")
    assert json.loads(detail) == {**REASON, "sessions": 2}


def test_one_session_is_ended_and_the_others_stay(city: City) -> None:
    member, desk = Member.of(city), an_officer(city, Role.OPERATOR)
    member.signs_in()
    member.elsewhere().signs_in()
    newest, oldest = live(member)
    page = f"/office/people/{member.id}/sessions/{oldest}/end"
    assert "127.0.0.1" in desk.opens(page)
    assert desk.sends(page, REASON).location == f"/office/people/{member.id}"
    assert live(member) == [newest]
    answer = desk.sends(page, REASON)
    assert "すでにサインアウトしています" in desk.opens(answer.location or "")


def test_a_session_is_ended_only_as_its_owners(city: City) -> None:
    member, other, desk = Member.of(city), Member.of(city, 1), an_officer(city, Role.OPERATOR)
    member.signs_in()
    (session,) = live(member)
    desk.sends(f"/office/people/{other.id}/sessions/{session}/end", REASON)
    assert live(member) == [session]


@pytest.mark.parametrize("role", DESK)
def test_a_loss_is_reported_for_somebody(city: City, role: Role) -> None:
    member, desk = Member.of(city).with_app("公用スマートフォン"), an_officer(city, role)
    member.signs_in()
    page = f"/office/people/{member.id}/factors/{member.app}/lost"
    asked = desk.opens(page)
    assert "公用スマートフォン" in asked
    assert "すぐに使えなくなります" in asked
    answer = desk.sends(page, REASON)
    assert "「公用スマートフォン」を使えないようにしました。" in desk.opens(answer.location or "")
    assert [each.state for each in member.factors(alive=False)] == [State.LOST]
    assert live(member) == []
    assert Topic.FACTOR_LOST in topics(member)
    general = Member(city, city.holder(Role.GENERAL_OFFICER), city.client())
    assert (Topic.LOSS_REPORTED in topics(general)) is True
    assert [json.loads(detail)["reason"] for _, _, detail in audited(city, "desk.loss_reported")] == [REASON["reason"]]
    desk.opens(page, status=404)


def test_a_factor_of_somebody_else_is_not_reported(city: City) -> None:
    member, other, desk = Member.of(city).with_app(), Member.of(city, 1), an_officer(city, Role.OPERATOR)
    desk.opens(f"/office/people/{other.id}/factors/{member.app}/lost", status=404)
    codes = member.recovery_codes()
    recovery = next(each.id for each in member.factors() if each.id != member.app)
    assert codes
    desk.opens(f"/office/people/{member.id}/factors/{recovery}/lost", status=404)


def test_a_password_that_leaked_must_be_changed_first(city: City) -> None:
    member, desk = Member.of(city), an_officer(city, Role.OPERATOR)
    member.signs_in()
    answer = desk.sends(f"/office/people/{member.id}/leak", REASON)
    assert "漏えいのおそれ（変更待ち）" in desk.opens(answer.location or "")
    assert live(member) == []
    with city.store.read() as connection:
        password = kept.kept_of(connection, member.id)
    assert password is not None
    assert password.must_change is Why.LEAK
    assert topics(member) == [Topic.PASSWORD_TO_CHANGE]
    general = Member(city, city.holder(Role.GENERAL_OFFICER), city.client())
    assert Topic.LEAK_SUSPECTED in topics(general)
    member.signs_in()
    assert member.browser.get("/access").status_code == 403


def test_only_a_password_of_ones_own_can_leak(city: City) -> None:
    member, desk = Member.of(city), an_officer(city, Role.OPERATOR)
    member.has_temporary_password()
    answer = desk.sends(f"/office/people/{member.id}/leak", REASON)
    assert answer.status_code == 409
    assert "本人が決めたパスワードがまだありません" in words(answer)
    assert REASON["reason"] in answer.text


@pytest.mark.parametrize(
    ("deed", "kind"),
    [("temporary-password", CaseKind.TEMPORARY_PASSWORD), ("temporary-code", CaseKind.TEMPORARY_CODE)],
)
def test_a_credential_is_asked_for_and_made_by_nobody_yet(city: City, deed: str, kind: CaseKind) -> None:
    member, desk = Member.of(city), an_officer(city, Role.OPERATOR)
    answer = desk.sends(f"/office/people/{member.id}/{deed}", REASON)
    assert "別の担当者の確認を待ちます" in desk.opens(answer.location or "")
    with city.store.read() as connection:
        (case,) = cases.waiting(connection, city.clock())
    assert (case.kind, case.subject_id, case.asked_by, case.reason) == (kind, member.id, desk.id, REASON["reason"])
    assert audited(city, "password.issued") == []
    second = desk.sends(f"/office/people/{member.id}/{deed}", REASON)
    assert second.status_code == 409
    assert "すでに確認を待っています" in words(second)


def test_nothing_is_asked_for_whoever_is_suspended(city: City) -> None:
    member, desk = Member.of(city), an_officer(city, Role.OPERATOR)
    member.suspended()
    page = desk.browser.get(f"/office/people/{member.id}").text
    assert "権利停止中" in page
    assert "temporary-password" not in page
    assert desk.sends(f"/office/people/{member.id}/temporary-password", REASON).status_code == 409


# --- who may not


def test_nobody_does_it_for_themselves(city: City) -> None:
    for role in DESK:
        desk = an_officer(city, role)
        member = Member(city, desk.number, desk.browser).with_app()
        before = records(city)
        for page in of_deeds(member):
            assert desk.browser.get(page).status_code == 403, page
            sent = desk.browser.send(page, REASON, of="/office")
            assert sent.status_code == 403, page
            assert "自分では" in words(sent)
        assert records(city) == before


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SYSTEM_OWNER, Role.DATA_OFFICER, None])
def test_no_other_role_does_it(city_sqlite: City, role: Role | None) -> None:
    others = {Role.SYSTEM_OWNER, Role.DATA_OFFICER, Role.AUDITOR, Role.TERMINAL_OFFICER}
    number = next(
        number
        for number, roles in city_sqlite.known.items()
        if (role in roles if role else not roles) and roles <= others
    )
    desk, member = at_desk(city_sqlite, number), throttled(Member.of(city_sqlite, 5)).with_app()
    for page in of_deeds(member):
        assert desk.browser.get(page).status_code == 403, page
        assert desk.browser.send(page, REASON, of="/").status_code == 403, page
    assert failures(member) > 0
    assert [each.state for each in member.factors()] == [State.ACTIVE]


def test_the_desk_does_not_loosen_the_door_of_an_officer(city: City) -> None:
    """Two of the desk must not be able to come in as whoever watches them."""
    general = throttled(Member.of(city, number=city.holder(Role.GENERAL_OFFICER)))
    desk = an_officer(city, Role.OPERATOR)
    assert desk.browser.get(f"/office/people/{general.id}/unlock").status_code == 403
    refused = desk.sends(f"/office/people/{general.id}/unlock", REASON, of="/office")
    assert "統括か承認の担当者が行ってください" in words(refused)
    assert failures(general) > 0
    # What tightens it is open to everybody of the desk.
    assert desk.sends(f"/office/people/{general.id}/sessions/end", REASON).status_code == 303
    approver = an_officer(city, Role.APPROVER)
    assert approver.sends(f"/office/people/{general.id}/unlock", REASON).status_code == 303
    assert failures(general) == 0


def test_an_approver_lets_in_officers_and_nobody_else(city: City) -> None:
    member, approver = throttled(Member.of(city)), an_officer(city, Role.APPROVER)
    assert approver.browser.get(f"/office/people/{member.id}/unlock").status_code == 403


# --- what was typed


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "入力してください"),
        ("　 ", "入力してください"),
        ("あ" * 201, "200文字以内"),
        ("a\u202eb", "表示できない"),
        ("番号 1234-5678-9018 で確認", "個人番号（マイナンバー）とみられる"),
    ],
)
def test_a_reason_that_does_not_do_is_kept_and_told_beside_it(city_sqlite: City, typed: str, told: str) -> None:
    member, desk = throttled(Member.of(city_sqlite)), an_officer(city_sqlite, Role.OPERATOR)
    for page in of_deeds(member)[:-1]:
        answer = desk.sends(page, {"reason": typed})
        assert answer.status_code == 422
        assert told in beside(answer, "reason")
        assert typed.strip("　 ") in answer.text
    assert failures(member) > 0


def test_an_old_proof_is_asked_for_again_and_the_reason_is_not_lost(city: City) -> None:
    member = throttled(Member.of(city))
    operator = Member.of(city, number=city.holder(Role.OPERATOR)).with_key()
    operator.touches()
    page = f"/office/people/{member.id}/unlock"
    form = {**REASON, "csrf_token": operator.browser.token(page)}
    city.clock.forward(minutes=6)
    stopped = operator.browser.post(page, data=form)
    assert stopped.location == f"/prove?next={page}"
    assert failures(member) > 0
    operator.touches(page=stopped.location)
    shown = operator.browser.get(page)
    assert f'value="{REASON["reason"]}"' in shown.text
    assert operator.browser.send(page, REASON).status_code == 303
    assert failures(member) == 0
    assert REASON["reason"] not in operator.browser.get(page).text


def test_a_reason_that_was_typed_is_shown_to_nobody_else(city_sqlite: City) -> None:
    member = throttled(Member.of(city_sqlite))
    desk = an_officer(city_sqlite, Role.OPERATOR)
    page = f"/office/people/{member.id}/unlock"
    form = {**REASON, "csrf_token": desk.browser.token(page)}
    city_sqlite.clock.forward(minutes=6)
    assert desk.browser.post(page, data=form).location == f"/prove?next={page}"
    city_sqlite.signed_in(desk.browser, city_sqlite.holder(Role.HR_OFFICER))
    assert REASON["reason"] not in desk.browser.get(page).text


def test_without_our_token_nothing_is_done(city_sqlite: City) -> None:
    member, desk = throttled(Member.of(city_sqlite)).with_app(), an_officer(city_sqlite, Role.OPERATOR)
    for page in of_deeds(member):
        assert desk.browser.post(page, data=REASON).status_code == 400
    assert failures(member) > 0
