"""A role belongs to a post: it moves with the ledger, and nobody but people in service holds one."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from iam.office.deputies import Wish, give_first
from iam.office.roles import How, Offices, systems_of, units_of, within
from iam.people.organisation import Organisation, OrgUnit
from iam.policy.profile import PostPattern, Role, Title, TitleState
from tests.bodies import DAY, Row, concurrent, leaver, mover, on_leave, row, seconded_out
from tests.entrance import Person
from tests.functional.office.conftest import MakeOffice
from tests.offices import CONTRACTED, POSTS, Office, a_profile, a_title

GENERAL, OPERATOR, AUDITOR = Role.GENERAL_OFFICER, Role.OPERATOR, Role.AUDITOR


@pytest.mark.parametrize("role", list(Role))
def test_the_post_gives_its_role_and_no_other(office: Office, role: Role) -> None:
    officer, other = office.officer(1, role), office.person(2)
    assert office.roles(officer) == {role}
    assert office.roles(other) == set()
    assert office.bearers(role) == [officer.id]
    (held,) = office.holdings(officer)
    assert (held.how, held.title, held.post) == (How.POST, f"{role.label_ja}責任者", "主事")


def test_a_role_moves_on_the_day_of_the_appointment(office: Office) -> None:
    officer = office.officer(1, GENERAL)
    moved = mover(row(1, title_code=POSTS[GENERAL]), "0201", (office.today + 5 * DAY).isoformat())
    office.settle([moved[0], {**moved[1], "title_code": "01"}])
    assert office.roles(officer, office.today + 4 * DAY) == {GENERAL}
    assert office.roles(officer, office.today + 5 * DAY) == set()


def test_a_concurrent_post_gives_its_role_for_its_days(office: Office) -> None:
    officer = office.person(1)
    last = office.today + 3 * DAY
    beside = concurrent(row(1, title_code=POSTS[OPERATOR]), "0101", office.today.isoformat(), last.isoformat())
    office.settle([row(1, "0201"), beside])
    assert office.roles(officer) == {OPERATOR}
    assert office.roles(officer, last) == {OPERATOR}
    assert office.roles(officer, last + DAY) == set()


@pytest.mark.parametrize("away", [on_leave, seconded_out])
def test_nobody_holds_a_role_while_away(office: Office, away: Callable[[Row, str, str], Row]) -> None:
    officer = office.officer(1, GENERAL)
    said = row(1, title_code=POSTS[GENERAL])
    office.settle([said, away(said, (office.today - DAY).isoformat(), (office.today + DAY).isoformat())])
    assert office.roles(officer) == set()
    assert office.bearers(GENERAL) == []
    assert office.roles(officer, office.today + 2 * DAY) == {GENERAL}


def test_a_leaver_holds_no_role_from_the_day_after(office: Office) -> None:
    officer = office.officer(1, GENERAL)
    office.settle(leaver(row(1, title_code=POSTS[GENERAL]), office.today.isoformat()))
    assert office.roles(officer) == {GENERAL}
    assert office.roles(officer, office.today + DAY) == set()


def test_whom_the_sources_no_longer_name_holds_no_role(office: Office) -> None:
    officer = office.officer(1, GENERAL)
    office.person(2)
    office.body.forget(1)
    office.body.nights(3)
    assert office.roles(officer) == set()


def test_silence_counts_as_the_sources_own_setting_says(make_office: MakeOffice) -> None:
    office = make_office(absence={"jinji": 5})
    officer = office.officer(1, GENERAL)
    office.person(2)
    office.body.forget(1)
    office.body.nights(3)
    assert office.roles(officer) == {GENERAL}


def test_a_contractor_never_holds_a_role_whatever_the_post(office: Office) -> None:
    said = {"category": CONTRACTED, "home_body": "株式会社", "valid_until": "2027-03-31"}
    outsider = office.officer(1, GENERAL, **said)
    assert office.roles(outsider) == set()
    assert office.bearers(GENERAL) == []


def test_whoever_audits_holds_no_other_role(office: Office) -> None:
    auditor = office.officer(1, AUDITOR)
    beside = concurrent(row(1, title_code=POSTS[GENERAL]), "0201", "2026-01-01")
    office.settle([row(1, title_code=POSTS[AUDITOR]), beside])
    assert office.roles(auditor) == {AUDITOR}
    assert office.bearers(GENERAL) == []


def test_a_merged_title_gives_its_role_to_the_holders_of_the_other(make_office: MakeOffice) -> None:
    merged = Title(
        name="承認者", state=TitleState.MERGED, into=a_title(GENERAL).name, roles=(Role.APPROVER,), clause="baseline"
    )
    office = make_office(a_profile(merged))
    officer = office.officer(1, GENERAL)
    assert office.roles(officer) == {GENERAL, Role.APPROVER}
    assert office.bearers(Role.APPROVER) == [officer.id]


@pytest.mark.parametrize(
    ("pattern", "org", "title", "fits"),
    [
        (PostPattern(org=("01*",), title=("9?",)), "0101", "91", True),
        (PostPattern(org=("01*",), title=("9?",)), "0201", "91", False),
        (PostPattern(title=("9[0-3]",)), "0101", "92", True),
        (PostPattern(title=("9[0-3]",)), "0101", "95", False),
        (PostPattern(title=("9[!0-3]",)), "0101", "96", True),
        (PostPattern(org=("02%",)), "0201", "01", False),
        (PostPattern(title=("A_",)), "0101", "AB", False),
        (PostPattern(title=("a",)), "0101", "A", False),
        (PostPattern(org=("0101", "0201")), "0201", "", True),
    ],
)
def test_patterns_mean_the_same_for_one_person_and_for_all(
    make_office: MakeOffice, pattern: PostPattern, org: str, title: str, fits: bool
) -> None:
    office = make_office(a_profile(a_title(GENERAL, pattern)))
    officer = office.person(1, org, title_code=title)
    assert (GENERAL in office.roles(officer)) is fits
    assert office.bearers(GENERAL) == ([officer.id] if fits else [])


def test_a_code_that_means_another_post_after_a_reorganisation_gives_no_role(make_office: MakeOffice) -> None:
    last = date(2026, 9, 30)
    office = make_office(a_profile(a_title(GENERAL, PostPattern(org=("01*",), title=("81",), valid_until=last))))
    officer = office.person(1, "0101", title_code="81")
    assert office.roles(officer, last) == {GENERAL}
    assert office.roles(officer, last + DAY) == set()
    (held,) = office.holdings(officer)
    assert held.until == last


def test_one_person_costs_three_queries_and_all_holders_no_more_for_more_staff(office: Office) -> None:
    officer = office.officer(1, GENERAL)
    office.settle(*(row(number, "0201") for number in range(2, 120)))
    asked: list[str] = []
    engine = office.store._engine  # noqa: SLF001 - counts what the database is asked
    office.roles(officer)
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, text, *_: asked.append(text))
    office.roles(officer)
    assert len([text for text in asked if text.startswith("SELECT")]) == 3
    asked.clear()
    office.bearers(GENERAL)
    assert len([text for text in asked if text.startswith("SELECT")]) == 5


# --- deputies, nominees, first officers


def wish(person: Person, holder: Person | None, office: Office, role: Role = GENERAL, days: int = 10) -> Wish:
    return Wish(person.id, role, holder.id if holder else None, office.today, office.today + timedelta(days=days))


def test_a_deputy_holds_the_role_on_its_days_and_says_for_whom(office: Office) -> None:
    head, approver, deputy = office.officer(1, GENERAL), office.officer(2, Role.APPROVER), office.person(3)
    office.deputise(head, approver, wish(deputy, head, office))
    assert office.roles(deputy) == {GENERAL}
    (held,) = office.holdings(deputy)
    assert (held.how, held.deputises_id, held.until) == (How.DEPUTY, head.id, office.today + 10 * DAY)
    assert office.roles(deputy, office.today + 11 * DAY) == set()
    assert set(office.bearers(GENERAL)) == {head.id, deputy.id}


def test_a_deputy_stands_in_while_the_holder_is_away(office: Office) -> None:
    head, approver, deputy = office.officer(1, GENERAL), office.officer(2, Role.APPROVER), office.person(3)
    office.deputise(head, approver, wish(deputy, head, office))
    said = row(1, title_code=POSTS[GENERAL])
    office.settle([said, on_leave(said, office.today.isoformat())])
    assert office.roles(head) == set()
    assert office.roles(deputy) == {GENERAL}


def test_a_deputy_ends_with_the_holders_post(office: Office) -> None:
    head, approver, deputy = office.officer(1, GENERAL), office.officer(2, Role.APPROVER), office.person(3)
    office.deputise(head, approver, wish(deputy, head, office))
    old, new = mover(row(1, title_code=POSTS[GENERAL]), "0201", (office.today + DAY).isoformat())
    office.settle([old, {**new, "title_code": "01"}])
    assert office.roles(deputy, office.today) == {GENERAL}
    assert office.roles(deputy, office.today + DAY) == set()


def test_a_deputy_who_leaves_deputises_no_more(office: Office) -> None:
    head, approver, deputy = office.officer(1, GENERAL), office.officer(2, Role.APPROVER), office.person(3)
    office.deputise(head, approver, wish(deputy, head, office))
    office.settle(leaver(row(3, "0201"), office.today.isoformat()))
    assert office.roles(deputy, office.today + DAY) == set()


def test_an_auditor_may_be_named_where_no_post_audits(make_office: MakeOffice) -> None:
    named = a_title(AUDITOR).model_copy(update={"held_by": ()})
    office = make_office(a_profile(named))
    head, approver, auditor = office.officer(1, GENERAL), office.officer(2, Role.APPROVER), office.person(3)
    office.deputise(head, approver, wish(auditor, None, office, AUDITOR))
    assert office.roles(auditor) == {AUDITOR}
    assert [each.how for each in office.holdings(auditor)] == [How.NAMED]


def test_a_first_officer_is_one_for_thirty_days(office: Office) -> None:
    person = office.person(1)
    with office.store.act("root") as act:
        give_first(act, person.id, GENERAL, "初期設定")
    assert office.roles(person, office.today + timedelta(days=29)) == {GENERAL}
    assert office.roles(person, office.today + timedelta(days=30)) == set()


# --- how far a system owner sees


def test_a_system_owner_is_bounded_by_the_unit_of_the_post(office: Office) -> None:
    owner = office.officer(1, Role.SYSTEM_OWNER, org="02")
    organisation = Organisation.of(
        OrgUnit(code, name, parent, date.min, date.max)
        for code, name, parent in (("01", "総務部", ""), ("02", "市民部", ""), ("0202", "税務課", "02"))
    )
    units = units_of(office.holdings(owner), Role.SYSTEM_OWNER)
    assert units == {"02"}
    assert within(organisation, units, "0202", office.today)
    assert not within(organisation, units, "01", office.today)
    model = office.hall.door.model
    assert [system.owner for system in model.systems.values()] == ["情報政策課", "税務課"]
    assert systems_of(model, organisation, units, office.today) == ["zei"]


def test_offices_without_posts_know_of_nobody(make_office: MakeOffice) -> None:
    nobody = tuple(a_title(role).model_copy(update={"held_by": ()}) for role in Role)
    office = make_office(a_profile(*nobody))
    person = office.person(1)
    assert office.roles(person) == set()
    assert isinstance(office.offices, Offices)
    assert [office.bearers(role) for role in Role] == [[] for _ in Role]
