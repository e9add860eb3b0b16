"""Suspending and restoring somebody on their page, and the receipts of whoever was told (R20)."""

from iam.access.suspensions import receipts
from iam.access.urgent import waiting
from iam.people.ledger import people
from iam.policy.profile import Role
from tests.functional.site.given import City
from tests.functional.site.officer.desk import REASON, an_officer, at_desk
from tests.functional.site.portal.members import Member


def told(city: City, number: int) -> set[str]:
    """The staff numbers of whoever was told."""
    with city.store.read() as connection:
        return {each.staff_number for each in people(connection, {r.person_id for r in receipts(connection, [number])})}


def test_a_person_is_stopped_and_given_back_on_their_page(city: City) -> None:
    member, chief = Member.of(city), an_officer(city, Role.GENERAL_OFFICER)
    member.signs_in()
    page = f"/office/people/{member.id}"
    assert "利用を停止する" in chief.opens(page)
    assert "端末1台をサインアウトさせました" in chief.opens(chief.sends(f"{page}/suspend", REASON).location or "")
    assert "利用を回復する" in chief.opens(page)
    assert chief.sends(f"{page}/suspend", REASON).status_code == 409
    with city.store.read() as connection:
        assert [each.person_id for each in waiting(connection)] == [member.id]
    assert member.browser.get("/").status_code == 303, "the session is over"
    listed = chief.opens("/office/suspensions")
    assert member.number in listed
    assert "反映待ち" in listed
    chief.sends(f"{page}/restore", REASON)
    assert "停止している職員はいません" in chief.opens("/office/suspensions")
    assert member.number in chief.opens("/office/suspensions?ended=1")
    member.signs_in()


def test_nobody_else_does_it_nor_the_officer_themselves(city: City) -> None:
    member = Member.of(city)
    for role in (Role.OPERATOR, Role.HR_OFFICER, Role.APPROVER, Role.AUDITOR):
        others = (number for number, held in city.known.items() if role in held and Role.GENERAL_OFFICER not in held)
        other = at_desk(city, next(others))
        assert "利用を停止する" not in other.opens(f"/office/people/{member.id}")
        assert other.sends(f"/office/people/{member.id}/suspend", REASON, of="/office").status_code == 403
    chief = an_officer(city, Role.GENERAL_OFFICER)
    assert chief.sends(f"/office/people/{chief.id}/suspend", REASON, of="/office").status_code == 403


def test_whoever_was_told_says_so_once_and_nobody_else_reads_it(city: City) -> None:
    member, chief = Member.of(city), an_officer(city, Role.GENERAL_OFFICER)
    chief.sends(f"/office/people/{member.id}/suspend", REASON)
    for number in sorted(told(city, 1)):
        officer = at_desk(city, number)
        assert "受領を待つ知らせが1件あります" in officer.opens("/office")
        assert "読みました" in officer.opens("/office/suspensions/1")
        officer.sends("/office/suspensions/1/received", {}, of="/office/suspensions/1")
        assert "受領を待つ知らせ" not in officer.opens("/office")
        assert "読みました" not in officer.opens("/office/suspensions/1")
    owners = {number for number, roles in city.known.items() if roles == {Role.SYSTEM_OWNER}} - told(city, 1)
    at_desk(city, min(owners)).opens("/office/suspensions/1", 404)
