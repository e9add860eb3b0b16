"""Rows that would take over somebody else's account, count nobody twice, or hide for ever."""

import pytest

from iam.ports import Authority, Unreadable
from tests.bodies import Body, Row, leaver, row
from tests.functional.sync.conftest import MakeBody

VICTIM = "0000002"


@pytest.fixture
def town(body: Body) -> Body:
    """Five people, settled."""
    body.rows = [row(number, "0202", email=f"p{number}@example.jp") for number in range(1, 6)]
    body.night()
    return body


def taker_over(**said: str) -> Row:
    return row("900001", "0101", "2026-03-03", previous_number=VICTIM, email="evil@example.jp", **said)


def refused(body: Body) -> set[tuple[str, str]]:
    """Number and field of every row in quarantine."""
    return {(str(each[6]), str(each[2])) for each in body.content()["quarantine"]}


def untouched(body: Body) -> bool:
    victim = body.person(2)
    return (
        (victim.staff_number, victim.name, victim.email) == (VICTIM, f"山田 {VICTIM}", "p2@example.jp")
        and body.is_on(2) is True
        and body.rights(2, "zei") == {"view", "edit"}
        and len(victim.entries) == 1
    )


class TestOldNumbers:
    def test_nobody_takes_over_who_still_serves(self, town: Body) -> None:
        town.rows = [*town.rows, taker_over()]
        for report in town.nights(4):
            assert report.changes == []
        assert refused(town) == {("900001", "previous_number")}
        assert untouched(town)

    def test_nobody_of_another_name_takes_over_who_has_vanished(self, town: Body) -> None:
        town.forget(2)
        town.rows = [*town.rows, taker_over(name="悪意 次郎", name_kana="アクイ ジロウ")]
        for report in town.nights(4):
            assert report.changes == []
        assert refused(town) == {("900001", "previous_number")}
        assert (town.person(2).absent_runs, untouched(town)) == (0, True)

    def test_two_numbers_cannot_both_follow_one(self, town: Body) -> None:
        town.say(leaver(row(2, "0202", email="p2@example.jp"), "2026-03-02"))
        again = {**taker_over(), "staff_number": "900002", "valid_from": "2026-04-01"}
        town.rows = [*town.rows, taker_over(valid_until="2026-12-31"), again]
        town.nights(1)
        assert refused(town) == {("900001", "previous_number"), ("900002", "previous_number")}
        assert town.person(2).staff_number == VICTIM

    def test_a_refused_number_joins_once_the_retirement_is_told(self, town: Body) -> None:
        town.rows = [*town.rows, taker_over()]
        town.nights(2)
        town.say(leaver(row(2, "0202"), "2026-03-02"))
        town.nights(1)
        assert town.person("900001").id == town.person(2).id
        assert refused(town) == set()

    def test_a_new_name_under_a_new_number_needs_the_change_of_name(self, town: Body) -> None:
        town.say(leaver(row(2, "0202"), "2026-03-02"))
        renamed = taker_over(name="鈴木 花子", name_kana="スズキ ハナコ")
        town.rows = [*town.rows, renamed]
        town.nights(1)
        assert refused(town) == {("900001", "previous_number")}
        town.say({**renamed, "kind": "name_change"})
        town.nights(1)
        assert town.person("900001").id == town.person(2).id
        assert town.person(2).name == "鈴木 花子"

    def test_in_the_first_night_too_each_is_taken_by_themselves(self, body: Body) -> None:
        body.rows = [row(2, "0202"), taker_over()]
        body.night()
        assert refused(body) == {("900001", "previous_number")}
        assert (body.person(2).staff_number, body.rights(2)) == (VICTIM, {"mail", "shimin"})


class TestTwoSources:
    @pytest.fixture
    def both(self, make_body: MakeBody) -> Body:
        """Two sources that each give persons and posts, and one that only gives posts."""
        body = make_body(sources={"jinji": tuple(Authority), "kumiai": tuple(Authority), "shucchou": [Authority.POST]})
        body.sources["jinji"].rows = [row(n, "0202", email=f"p{n}@example.jp") for n in range(1, 6)]
        body.sources["kumiai"].rows = [row(100, "0101")]
        body.night()
        return body

    @pytest.mark.parametrize("said", [row(2, "0101", name="別人"), taker_over()])
    def test_a_number_of_another_source_is_not_to_be_had(self, both: Body, said: Row) -> None:
        both.sources["jinji"].rows[1] = leaver(row(2, "0202"), "2026-03-31")
        both.nights(1)
        both.sources["kumiai"].rows.append(said)
        for report in both.nights(2):
            assert report.changes == []
        assert refused(both) == {(said["staff_number"], "staff_number")}
        assert (both.person(2).name, both.rights(2, "zei")) == (f"山田 {VICTIM}", {"view", "edit"})

    def test_the_same_new_number_from_two_sources_in_one_night_is_the_first_ones(self, both: Body) -> None:
        both.sources["jinji"].rows.append(row(6, "0202"))
        both.sources["kumiai"].rows.append(row(6, "0101"))
        both.nights(1)
        assert (both.person(6).source, both.rights(6)) == ("jinji", {"mail", "shimin"})

    def test_a_second_primary_post_from_another_source_waits_until_the_first_one_ends(self, both: Body) -> None:
        both.sources["shucchou"].rows = [row(2, "0101", "2026-03-10")]
        for report in both.nights(10):
            assert report.changes == []
        assert refused(both) == {(VICTIM, "primary")}
        assert untouched(both)

        both.sources["jinji"].rows[1] = row(2, "0202", valid_until="2026-03-09")
        both.nights(2)
        assert refused(both) == set()
        assert both.rights(2) == {"mail", "soumu"}

    def test_a_concurrent_post_from_a_source_of_posts_is_added(self, both: Body) -> None:
        both.sources["shucchou"].rows = [row(2, "0101", "2026-03-03", primary="concurrent")]
        both.nights(1)
        assert both.rights(2) == {"mail", "shimin", "soumu"}
        assert refused(both) == set()


class TestCountingAbsence:
    def test_one_export_read_every_night_counts_once(self, town: Body) -> None:
        town.sources["jinji"].edition = "monday"
        town.forget(2)
        town.nights(5)
        assert (town.person(2).absent_runs, town.is_on(2)) == (1, True)

        for edition in ("tuesday", "wednesday"):
            town.sources["jinji"].edition = edition
            town.nights(2)
        assert (town.person(2).absent_runs, town.is_on(2)) == (3, False)

    def test_an_export_is_not_counted_again_after_a_held_or_broken_one(self, town: Body) -> None:
        town.sources["jinji"].edition = "monday"
        town.forget(2)
        town.nights(1)
        town.sources["jinji"].cut_after = 2
        town.nights(1)
        town.sources["jinji"].cut_after = None
        town.nights(1)
        assert town.person(2).absent_runs == 1

    def test_a_clock_that_is_put_back_counts_nobody_again(self, town: Body) -> None:
        town.forget(2)
        town.night("2026-03-20")
        for day in ("2026-03-04", "2026-03-05", "2026-03-19", "2026-03-20"):
            town.night(day)
        assert (town.person(2).absent_runs, town.is_on(2)) == (1, True)
        town.night("2026-03-21")
        assert town.person(2).absent_runs == 2

    def test_who_came_back_is_counted_anew(self, town: Body) -> None:
        rows = list(town.rows)
        town.sources["jinji"].edition = "monday"
        town.forget(2)
        town.nights(1)
        town.rows = rows
        town.sources["jinji"].edition = "tuesday"
        town.nights(1)
        assert town.person(2).absent_runs == 0
        town.forget(2)
        town.sources["jinji"].edition = "wednesday"
        town.nights(1)
        assert town.person(2).absent_runs == 1


def test_no_my_number_of_a_row_that_cannot_be_read_is_kept(town: Body) -> None:
    place = "cn=1234・5678・9018,ou=people"
    town.rows = [*town.rows, Unreadable(place, "name", "1234-5678-9018", "壊れています。", "123456789018", b"x" * 16)]
    (report,) = town.nights(1)
    assert report.changes == []
    kept = repr(town.content()["quarantine"])
    assert "＊" in kept
    assert not any(part in kept for part in ("1234", "5678", "9018"))
