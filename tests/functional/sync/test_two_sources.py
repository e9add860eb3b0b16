"""Staff of one body from two sources, each with its own authority (広域連合, 一部事務組合)."""

import pytest

from iam.people.standing import Status
from iam.ports import Authority
from tests.bodies import Body, Row, leaver, row
from tests.functional.sync.conftest import MakeBody


def who(number: int, **said: str) -> Row:
    """What the city says: the person, without a post that counts here."""
    return row(number, "9999", **said)


@pytest.fixture
def union(make_body: MakeBody) -> Body:
    """The city (jinji) speaks for the person, the union (kumiai) for the post."""
    return make_body(sources={"kumiai": [Authority.POST], "jinji": [Authority.PERSON]})


def test_the_city_names_the_person_and_the_union_gives_the_post(union: Body) -> None:
    union.sources["jinji"].rows = [who(1, name="市の 名前")]
    union.sources["kumiai"].rows = [row(1, "0202", name="組合の 名前")]
    union.night()
    assert union.person(1).name == "市の 名前"
    assert union.rights(1, "zei") == {"view", "edit"}
    assert union.night().changes == []


def test_who_only_the_city_names_has_no_account(union: Body) -> None:
    union.sources["jinji"].rows = [who(1), who(2)]
    union.sources["kumiai"].rows = [row(1, "0202")]
    union.night()
    assert union.targets["gw"].is_on("0000002") is None
    assert union.stands(2).status is Status.UNTOLD


def test_a_post_waits_for_its_person_however_many_nights_it_takes(union: Body) -> None:
    union.sources["jinji"].rows = [who(1)]
    union.sources["kumiai"].rows = [row(1, "0202"), row(2, "0202")]
    report = union.night()
    assert [r.staff_number for s in report.sources for r in s.rejected] == ["0000002"]
    union.nights(2)

    union.sources["jinji"].rows = [who(1), who(2)]
    union.nights(1)
    assert union.rights(2, "zei") == {"view", "edit"}
    assert union.night().changes == []
    assert union.content()["quarantine"] == []


def test_the_city_ends_the_service_and_with_it_the_post_at_the_union(union: Body) -> None:
    union.sources["jinji"].rows = [who(1), who(2)]
    union.sources["kumiai"].rows = [row(1, "0202"), row(2)]
    union.night()
    union.sources["jinji"].rows = [leaver(who(1), "2026-03-31"), who(2)]
    union.night("2026-03-31")
    assert union.is_on(1) is True
    union.night("2026-04-01")
    assert (union.is_on(1), union.rights(1)) == (False, set())


def test_absence_from_the_city_is_not_undone_by_what_the_union_says(union: Body) -> None:
    union.sources["jinji"].rows = [who(1), who(2)]
    union.sources["kumiai"].rows = [row(1, "0202"), row(2)]
    union.night()
    union.sources["jinji"].rows = [who(2)]
    union.nights(2)
    union.sources["kumiai"].rows = [row(1, "0202", title="主任"), row(2)]
    union.nights(1)
    assert union.person(1).absent_runs == 3
    assert union.is_on(1) is False


def test_absence_from_the_union_ends_no_service(union: Body) -> None:
    union.sources["jinji"].rows = [who(1), who(2)]
    union.sources["kumiai"].rows = [row(1, "0202"), row(2)]
    union.night()
    union.sources["kumiai"].rows = [row(2)]
    union.nights(4)
    assert union.person(1).absent_runs == 0


def test_a_source_that_cannot_be_read_leaves_the_other_to_its_work(union: Body) -> None:
    union.sources["jinji"].rows = [who(1), who(2)]
    union.sources["kumiai"].rows = [row(1, "0202"), row(2)]
    union.night()
    union.sources["jinji"].cut_after = 1
    union.sources["kumiai"].rows = [row(1, "0101"), row(2)]
    (report,) = union.nights(1)
    assert report.broken
    assert union.rights(1) == {"mail", "soumu"}


def test_only_who_speaks_for_the_person_gives_a_new_number(union: Body) -> None:
    union.sources["jinji"].rows = [who(1)]
    union.sources["kumiai"].rows = [row(1, "0202"), row(901, "0101", previous_number="0000001")]
    union.night()
    assert union.person(1).staff_number == "0000001"
    assert union.rights(1) == {"mail", "shimin"}
