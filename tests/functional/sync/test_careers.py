"""What HR does to people, and what becomes of their accounts: whole nights, over both databases."""

from iam.people.standing import Status
from tests.bodies import (
    Body,
    concurrent,
    fiscal,
    leaver,
    mover,
    on_leave,
    row,
    seconded_out,
)
from tests.functional.sync.conftest import MakeBody


def settled(body: Body) -> None:
    """Another run on the same day has nothing to do."""
    again = body.night()
    assert [str(change) for change in again.changes] == []


def test_somebody_hired_gets_an_account_on_the_first_day_and_not_before(body: Body) -> None:
    body.rows = [row(1), row(2, since="2026-04-01", announce_from="2026-03-20")]
    body.night("2026-03-31")
    assert body.is_on(1) is True
    assert body.targets["gw"].is_on("0000002") is None

    body.night("2026-04-01")
    assert body.is_on(2) is True
    assert body.rights(2) == {"mail", "soumu"}
    settled(body)


def test_a_leaver_works_on_the_last_day_and_has_nothing_on_the_next(body: Body) -> None:
    body.rows = [row(1), row(2)]
    body.night("2026-03-30")
    body.say(leaver(row(1), "2026-03-31"))
    body.night("2026-03-31")
    assert body.is_on(1) is True

    body.night("2026-04-01")
    assert body.is_on(1) is False
    assert body.rights(1) == set()
    assert body.stands(1).status is Status.LEFT
    settled(body)


def test_a_transfer_changes_the_rights_on_its_day(body: Body) -> None:
    body.rows = [row(1, "0101")]
    body.night("2026-03-20")
    body.say(mover(row(1, "0101"), "0202", "2026-04-01"))
    body.night("2026-03-31")
    assert body.rights(1) == {"mail", "soumu"}

    body.night("2026-04-01")
    assert body.rights(1) == {"mail", "shimin"}
    assert body.rights(1, "zei") == {"view", "edit"}
    settled(body)


def test_a_concurrent_post_adds_its_rights_for_its_own_dates(body: Body) -> None:
    body.rows = [row(1, "0101")]
    body.night("2026-03-20")
    body.say([row(1, "0101"), concurrent(row(1), "0202", "2026-04-01", "2026-04-30")])
    body.night("2026-04-01")
    assert body.rights(1) == {"mail", "soumu", "shimin"}
    assert body.rights(1, "zei") == {"view"}
    settled(body)

    body.night("2026-04-30")
    assert body.rights(1, "zei") == {"view"}
    body.night("2026-05-01")
    assert body.rights(1) == {"mail", "soumu"}
    assert body.is_on(1, "zei") is False
    settled(body)


def test_a_secondment_out_suspends_and_the_return_restores(body: Body) -> None:
    body.rows = [row(1, "0101")]
    body.night("2026-03-20")
    body.say([row(1, "0101"), seconded_out(row(1), "2026-04-01", "2026-06-30")])
    body.night("2026-04-01")
    assert body.is_on(1) is False
    assert body.rights(1) == {"mail", "soumu"}
    settled(body)

    body.night("2026-06-30")
    assert body.is_on(1) is False
    body.night("2026-07-01")
    assert body.is_on(1) is True
    settled(body)


def test_a_secondment_in_needs_its_home_and_ends_by_itself(body: Body) -> None:
    guest = row(1, "0202", "2026-04-01", category="seconded_in")
    body.rows = [row(2), guest]
    report = body.night("2026-04-01")
    assert [rejected.field for rejected in report.sources[0].rejected] == ["home_body"]

    body.say({**guest, "home_body": "隣の市", "valid_until": "2026-09-30"})
    body.night("2026-04-02")
    assert body.rights(1, "zei") == {"view"}

    body.night("2026-10-01")
    assert body.is_on(1, "zei") is False
    settled(body)


def test_parental_leave_leaves_the_account_as_it_was_for_years(body: Body) -> None:
    """Even where the system deletes accounts once their retention is over."""
    body.rows = [row(1, "0202"), row(2)]
    body.night("2026-03-20")
    login = body.login(1, "zei")
    body.say([row(1, "0202"), on_leave(row(1), "2026-04-01", "2029-03-31")])
    body.night("2026-04-01")
    assert body.is_on(1) is False
    assert body.is_on(1, "zei") is True

    for later in ("2027-04-02", "2027-04-03", "2029-03-31"):
        body.night(later)
        assert body.rights(1) == {"mail", "shimin"}
    body.night("2029-04-01")
    assert (body.is_on(1), body.is_on(1, "zei"), body.login(1, "zei")) == (True, True, login)
    settled(body)


def test_reemployment_under_a_new_number_goes_on_with_the_same_accounts(body: Body) -> None:
    body.rows = [row(1), row(2)]
    body.night("2026-03-02")
    before = body.person(1)
    body.say(leaver(row(1), "2026-03-31"))
    body.rows = [*body.rows, row(901, since="2026-04-01", category="reappointed", previous_number="0000001")]
    body.night("2026-03-20")
    assert body.is_on(1) is True
    body.night("2026-03-31")
    assert body.is_on(1) is True

    body.night("2026-04-01")
    assert body.person(901).id == before.id
    assert body.person(1).staff_number == "0000901"
    assert body.login(901) == "0000001"
    assert body.is_on(901) is True

    body.forget(1)
    for report in body.nights(5):
        assert report.sources[0].absent == 0
    assert body.is_on(901) is True
    assert body.stands(901).status is Status.IN_SERVICE
    settled(body)


def test_a_new_name_never_rekeys(body: Body) -> None:
    body.rows = [row(1), row(2)]
    body.night("2026-03-02")
    before = body.person(1)
    body.say({**row(1), "name": "鈴木 花子", "name_kana": "スズキ ハナコ"})
    body.night("2026-03-03")
    assert body.targets["gw"].accounts["uid=0000001"].attributes["cn"] == ("鈴木 花子",)
    assert (body.person(1).id, body.login(1)) == (before.id, "0000001")
    settled(body)


def test_a_renewal_in_time_changes_nothing_for_the_person(body: Body) -> None:
    body.rows = [fiscal(1, 2025), row(2)]
    body.night("2026-03-02")
    body.say([fiscal(1, 2025), fiscal(1, 2026)])
    for night in ("2026-03-20", "2026-03-31", "2026-04-01", "2026-04-02"):
        assert body.night(night).changes == []
    assert body.is_on(1) is True


def test_a_renewal_that_replaces_the_row_before_its_day_locks_nobody_out(body: Body) -> None:
    """Some personnel systems export only the newest appointment of each person."""
    body.rows = [fiscal(1, 2025), row(2)]
    body.night("2026-03-02")
    body.say(fiscal(1, 2026))
    for night in ("2026-03-20", "2026-03-31", "2026-04-01", "2026-04-02"):
        assert body.night(night).changes == []
    assert body.is_on(1) is True


def test_a_late_renewal_restores_everything_in_one_step(body: Body) -> None:
    body.rows = [fiscal(1, 2025, "0202"), row(2)]
    body.night("2026-03-31")
    body.night("2026-04-01")
    assert body.stands(1).status is Status.LAPSED
    assert (body.is_on(1), body.rights(1)) == (False, {"mail", "shimin"})
    assert (body.is_on(1, "zei"), body.rights(1, "zei")) == (False, {"view"})
    settled(body)

    body.say([fiscal(1, 2025, "0202"), fiscal(1, 2026, "0202")])
    back = body.night("2026-04-08")
    assert {str(change.kind) for change in back.changes} == {"enable"}
    assert (body.is_on(1), body.is_on(1, "zei")) == (True, True)
    settled(body)


def test_a_real_gap_between_two_terms_is_suspension_for_the_gap(body: Body) -> None:
    body.rows = [fiscal(1, 2025), fiscal(1, 2026, valid_from="2026-05-01"), row(2)]
    body.night("2026-03-31")
    assert body.is_on(1) is True
    body.night("2026-04-01")
    assert (body.is_on(1), body.rights(1)) == (False, {"mail", "shimin"})
    body.night("2026-04-30")
    assert body.is_on(1) is False
    body.night("2026-05-01")
    assert body.is_on(1) is True


def test_somebody_hired_again_after_years_is_the_same_person_with_the_same_login(body: Body) -> None:
    body.rows = [leaver(row(1), "2026-03-31"), row(2)]
    body.night("2026-03-31")
    body.night("2026-04-01")
    body.forget(1)
    body.night("2026-07-01")
    before = body.person(1)

    body.say(row(1, "0202", "2030-04-01"))
    body.night("2030-04-01")
    assert (body.person(1).id, body.login(1), body.is_on(1)) == (before.id, "0000001", True)
    assert body.rights(1) == {"mail", "shimin"}
    settled(body)


def test_an_account_is_deleted_when_its_retention_is_over_and_not_before(make_body: MakeBody) -> None:
    body = make_body(retention_days=30)
    body.rows = [leaver(row(1, "0202"), "2026-03-31"), row(2, "0202")]
    body.night("2026-03-31")
    body.night("2026-04-01")
    body.night("2026-05-01")
    assert body.is_on(1, "zei") is False
    body.night("2026-05-02")
    assert body.targets["zei"].is_on("0000001") is None
    assert body.is_on(1, "gw") is False
    settled(body)

    body.say(row(1, "0202", "2027-04-01"))
    body.night("2027-04-01")
    assert body.targets["zei"].is_on("0000001") is None
    assert body.targets["zei"].is_on("00000012") is True
