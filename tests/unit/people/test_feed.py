"""What one person's rows may say together, and the typed row itself."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.people.feed import OPEN_END, AppointmentKind, FeedRow, Gives, check_person, settle_person

POST = FeedRow(
    staff_number="0001234",
    name="山田　太郎",
    name_kana="ﾔﾏﾀﾞ ﾀﾛｳ",
    category="regular",
    gives=Gives.POST,
    kind=AppointmentKind.UNTOLD,
    org_code="010203",
    org_name="総務課",
    title_code="05",
    title="主査",
    concurrent=False,
    valid_from=date(2024, 4, 1),
    valid_until=OPEN_END,
    announce_from=None,
    email="yamada@city.test",
    previous_number="",
    home_body="",
    place="jinji.csv 2行目",
    fingerprint=b"a" * 16,
)
NEXT = replace(POST, org_code="020101", valid_from=date(2026, 4, 1), place="jinji.csv 3行目", fingerprint=b"b" * 16)
TEXT = st.text(max_size=20)
FEED_ROWS = st.builds(
    FeedRow,
    staff_number=TEXT,
    name=TEXT,
    name_kana=TEXT,
    category=TEXT,
    gives=st.sampled_from(Gives),
    kind=st.sampled_from(AppointmentKind),
    org_code=TEXT,
    org_name=TEXT,
    title_code=TEXT,
    title=TEXT,
    concurrent=st.booleans(),
    valid_from=st.dates(),
    valid_until=st.dates(),
    announce_from=st.none() | st.dates(),
    email=TEXT,
    previous_number=TEXT,
    home_body=TEXT,
    place=TEXT,
    fingerprint=st.binary(min_size=16, max_size=16),
    end_assumed=st.booleans(),
)


@given(FEED_ROWS)
def test_a_row_survives_json_whole_and_on_one_line(row: FeedRow) -> None:
    text = row.to_json()
    assert "\n" not in text
    assert FeedRow.from_json(text) == row


def test_json_leaves_out_what_is_not_said() -> None:
    assert "home_body" not in POST.to_json()
    assert "concurrent" not in POST.to_json()


def test_officers_have_a_word_for_everything() -> None:
    assert all(each.label_ja for each in (*Gives, *AppointmentKind))


def test_an_open_primary_post_gives_way_to_the_next() -> None:
    assert check_person([POST, NEXT]) == []


def test_two_primary_posts_from_one_day_conflict_and_both_are_told() -> None:
    rejected = check_person([POST, replace(NEXT, valid_from=POST.valid_from)])
    assert [each.place for each in rejected] == [POST.place, NEXT.place]
    assert "2024-04-01に本務が二つあります" in rejected[0].reason
    assert NEXT.place in rejected[0].reason


def test_an_explicit_end_that_reaches_into_the_next_primary_conflicts() -> None:
    assert check_person([replace(POST, valid_until=date(2026, 4, 1)), NEXT])
    assert not check_person([replace(POST, valid_until=date(2026, 3, 31)), NEXT])


def test_an_end_that_was_only_assumed_conflicts_with_nothing() -> None:
    assert not check_person([replace(POST, valid_until=date(2027, 3, 31), end_assumed=True), NEXT])


def test_concurrent_posts_may_overlap() -> None:
    assert not check_person([POST, replace(NEXT, concurrent=True, valid_from=POST.valid_from)])


def test_three_overlapping_primaries_are_told_once_each() -> None:
    third = replace(NEXT, org_code="03", place="jinji.csv 4行目", fingerprint=b"c" * 16)
    rejected = check_person([replace(POST, valid_from=NEXT.valid_from), NEXT, third])
    assert sorted(each.place for each in rejected) == ["jinji.csv 2行目", "jinji.csv 3行目", "jinji.csv 4行目"]


def test_two_names_under_one_number_are_two_people() -> None:
    rejected = check_person([POST, replace(NEXT, name="鈴木　花子")])
    assert {each.field for each in rejected} == {"name"}
    assert len(rejected) == 2


def test_a_name_written_with_another_space_is_the_same_name() -> None:
    assert not check_person([POST, replace(NEXT, name="山田 太郎")])


def test_a_name_change_among_the_rows_explains_two_names() -> None:
    assert not check_person([POST, replace(NEXT, name="鈴木　太郎", kind=AppointmentKind.NAME_CHANGE)])


def test_the_same_statement_on_two_lines_is_told_with_both_places() -> None:
    again = replace(POST, concurrent=True, place="jinji.csv 9行目", fingerprint=b"c" * 16)
    rejected = check_person([replace(POST, concurrent=True), again])
    assert [(each.place, "jinji.csv 2行目と同じ内容" in each.reason) for each in rejected] == [
        ("jinji.csv 9行目", True)
    ]


def test_a_withdrawn_row_conflicts_with_nothing() -> None:
    void = replace(NEXT, valid_from=POST.valid_from, gives=Gives.VOID, kind=AppointmentKind.CANCELLATION)
    withdrawn = replace(NEXT, valid_from=POST.valid_from, place="jinji.csv 7行目", fingerprint=b"d" * 16)
    assert check_person([POST, withdrawn])
    assert not check_person([POST, withdrawn, void])


def test_leave_beside_the_post_is_no_conflict() -> None:
    assert not check_person([POST, replace(POST, gives=Gives.LEAVE)])


def test_an_assumed_end_gives_way_to_the_next_primary() -> None:
    settled = settle_person([replace(POST, valid_until=date(2027, 3, 31), end_assumed=True), NEXT])
    assert settled[0].valid_until == date(2026, 3, 31)
    assert settled[1] == NEXT


def test_an_end_that_was_told_stays() -> None:
    told = replace(POST, valid_until=date(2025, 3, 31))
    assert settle_person([told, NEXT]) == [told, NEXT]


@pytest.mark.parametrize("gives", [Gives.LEAVE, Gives.AWAY])
@pytest.mark.parametrize("until", [OPEN_END, date(2027, 3, 31)])
def test_return_ends_leave_and_secondment(gives: Gives, until: date) -> None:
    overlay = replace(POST, gives=gives, valid_from=date(2025, 10, 1), valid_until=until)
    back = replace(NEXT, kind=AppointmentKind.RETURN)
    assert settle_person([overlay, back])[0].valid_until == date(2026, 3, 31)


def test_a_second_leave_after_the_return_stays_open() -> None:
    later = replace(POST, gives=Gives.LEAVE, valid_from=date(2027, 1, 1))
    assert settle_person([later, replace(NEXT, kind=AppointmentKind.RETURN)])[0] == later


@given(st.lists(FEED_ROWS, max_size=6))
def test_checking_and_settling_never_fail_and_reject_each_row_once_a_field(rows: list[FeedRow]) -> None:
    rejected = [(each.fingerprint, each.field) for each in check_person(rows)]
    assert len(rejected) == len(set(rejected))
    assert len(settle_person(rows)) == len(rows)
