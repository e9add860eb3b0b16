"""Absence is not 退職: what is inferred from silence, from bad rows and from broken readings."""

import pytest

from iam.people.standing import Status
from tests.bodies import Body, concurrent, leaver, row, unreadable


@pytest.fixture
def town(body: Body) -> Body:
    """Twenty people, settled."""
    body.rows = [row(number, "0202" if number % 2 else "0101") for number in range(1, 21)]
    body.night()
    return body


def test_three_nights_without_a_person_suspend_them_and_their_return_undoes_it_in_one(town: Body) -> None:
    rows = list(town.rows)
    town.forget(1)
    first, second, third = town.nights(3)
    assert (first.changes, second.changes) == ([], [])
    assert {change.kind for change in third.changes} == {"disable"}
    assert town.stands(1).status is Status.ABSENT
    assert (town.is_on(1), town.rights(1), town.rights(1, "zei")) == (False, {"mail", "shimin"}, {"view", "edit"})

    town.rows = rows
    (back,) = town.nights(1)
    assert {change.kind for change in back.changes} == {"enable"}
    assert (town.is_on(1), town.is_on(1, "zei"), town.rights(1)) == (True, True, {"mail", "shimin"})
    assert town.stands(1).status is Status.IN_SERVICE


def test_two_runs_in_one_night_count_once(town: Body) -> None:
    town.forget(1)
    for _ in range(5):
        town.night()
    assert town.person(1).absent_runs == 1


def test_a_night_in_between_begins_the_count_anew(town: Body) -> None:
    rows = list(town.rows)
    for _ in range(3):
        town.forget(1)
        town.nights(2)
        town.rows = rows
        town.nights(1)
    assert town.is_on(1) is True


def test_a_reading_that_breaks_off_counts_nobody(town: Body) -> None:
    town.forget(1)
    town.sources["jinji"].cut_after = 12
    for report in town.nights(5):
        assert report.sources[0].error
    assert town.person(1).absent_runs == 0
    assert town.is_on(20) is True


def test_somebody_with_a_bad_row_is_left_as_they_are(town: Body) -> None:
    town.say([row(1, "0301", "2026-03-03"), concurrent(row(1), "0101", "2026-13-45")])
    report = town.nights(1)[0]
    assert [rejected.field for rejected in report.sources[0].rejected] == ["valid_from"]
    for _ in town.nights(4):
        assert (town.is_on(1), town.rights(1), town.is_on(1, "zei")) == (True, {"mail", "shimin"}, True)

    town.say([row(1, "0301", "2026-03-03")])
    town.nights(1)
    assert (town.rights(1), town.is_on(1, "zei")) == ({"mail"}, False)


def test_a_rejected_row_is_never_an_absence(town: Body) -> None:
    town.say({**row(1), "category": "unknown"})
    town.rows = [*town.rows[:-1], town.rows[-1], unreadable("0000002")]
    town.forget(2)
    for report in town.nights(5):
        assert report.changes == []
    assert (town.is_on(1), town.is_on(2)) == (True, True)


def test_two_people_under_one_number_are_left_as_they_are(town: Body) -> None:
    town.rows = [*town.rows, {**row(1, "0301"), "name": "別人 太郎"}]
    report = town.nights(1)[0]
    assert {rejected.field for rejected in report.sources[0].rejected} >= {"name"}
    assert (report.changes, town.person(1).name) == ([], "山田 0000001")


def test_a_row_that_nobody_can_read_lets_nobody_be_counted_absent(town: Body) -> None:
    """Whose row it is cannot be told, so it may be the one that is missing; tonight and every further night."""
    rows = list(town.rows)
    town.forget(1)
    town.rows = [*town.rows, unreadable(None)]
    for report in town.nights(5):
        assert report.changes == []
    assert town.person(1).absent_runs == 0

    town.rows = rows
    assert town.nights(1)[0].changes == []
    assert town.is_on(1) is True


def test_a_row_that_nobody_can_read_takes_no_post_away(town: Body) -> None:
    town.say([row(1, "0202"), concurrent(row(1), "0101", "2025-04-01")])
    town.nights(1)
    assert town.rights(1) == {"mail", "shimin", "soumu"}

    town.say(row(1, "0202"))
    town.rows = [*town.rows, unreadable(None)]
    for report in town.nights(4):
        assert report.changes == []
    assert town.rights(1) == {"mail", "shimin", "soumu"}


def test_who_went_while_a_row_could_not_be_read_is_counted_once_all_can_be(town: Body) -> None:
    town.forget(1)
    bad = unreadable(None)
    town.rows = [*town.rows, bad]
    town.nights(3)
    town.rows = [r for r in town.rows if r != bad]
    counted = [report.sources[0].absent for report in town.nights(3)]
    assert counted == [1, 1, 1]
    assert town.is_on(1) is False


def test_in_a_night_with_an_unreadable_row_everybody_else_moves_on(town: Body) -> None:
    town.rows = [*town.rows, unreadable(None), row(99, "0101")]
    town.say(leaver(row(2), town.today.isoformat()), row(3, "0101", "2026-03-03"))
    town.nights(1)
    assert (town.is_on(99), town.is_on(2), town.rights(3)) == (True, False, {"mail", "soumu"})


def test_a_leaver_who_is_no_longer_listed_is_not_counted(town: Body) -> None:
    town.say(leaver(row(1, "0202"), "2026-03-02"))
    town.nights(2)
    town.forget(1)
    assert [report.sources[0].absent for report in town.nights(4)] == [0, 0, 0, 0]
    assert town.stands(1).status is Status.LEFT


def test_a_new_number_waits_while_a_row_of_the_old_one_is_bad(town: Body) -> None:
    bad = {**leaver(row(1, "0202"), "2026-03-02"), "category": "unknown"}
    town.say(bad)
    town.rows = [*town.rows, row(901, "0101", "2026-03-03", previous_number="0000001")]
    for report in town.nights(2):
        assert report.changes == []
    assert {r.staff_number for r in report.sources[0].rejected} == {"0000901"}

    town.say(leaver(row(1, "0202"), "2026-03-02"))
    town.nights(1)
    assert town.person(901).id == town.person(1).id
    assert (town.is_on(901), town.rights(901)) == (True, {"mail", "soumu"})
    assert town.content()["quarantine"] == []


def test_a_bad_row_of_somebody_missing_stops_the_count(town: Body) -> None:
    town.forget(1)
    town.nights(2)
    town.rows = [*town.rows, {**row(1), "valid_from": "2026-99-99"}]
    for report in town.nights(4):
        assert report.changes == []
    assert town.person(1).absent_runs == 2
