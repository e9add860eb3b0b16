"""What may be said of a refused row before its announcement."""

from dataclasses import replace
from datetime import date

import pytest

from iam.intake.staging import Reading, SourceRules, pack_reading, read_source, unpack_reading
from iam.people.announced import UNTOLD, may_be_said, withheld
from iam.people.feed import FeedCodes, Rejected, check_person
from iam.people.rows import read_row
from iam.ports import SourceRow, Unreadable
from tests.memory import MemorySource

TODAY = date(2027, 3, 20)
ROW = {"staff_number": "1", "name": "山田", "category": "99", "valid_from": "2027-04-01", "org_name": "秘書課"}
REFUSED = Rejected("jinji.csv 2行目", "org_code", "0999", "所属コードがありません。", "1", b"x", date(2027, 3, 24))


def refused(announce: str) -> Rejected:
    found = read_row(SourceRow("x", {**ROW, "announce_from": announce}, b""), FeedCodes(), {}, None, "")
    assert isinstance(found, Rejected)
    return found


@pytest.mark.parametrize(
    ("announce", "day"),
    [("", None), ("R9.3.24", date(2027, 3, 24)), (" 2027-03-24 ", date(2027, 3, 24)), ("来週", date.max)],
)
def test_a_refused_row_knows_when_it_may_be_shown(announce: str, day: date | None) -> None:
    assert refused(announce).announce_from == day


def test_before_its_day_nothing_but_place_and_field_is_shown() -> None:
    assert withheld(REFUSED, TODAY) == replace(REFUSED, value="", reason=UNTOLD, staff_number=None)
    assert withheld(REFUSED, date(2027, 3, 24)) is REFUSED
    assert withheld(replace(REFUSED, announce_from=None), TODAY).value == "0999"


def test_the_day_itself_is_the_first_on_which_it_may_be_said() -> None:
    assert [may_be_said(date(2027, 3, day), TODAY) for day in (19, 20, 21)] == [True, True, False]


def test_what_is_wrong_between_two_rows_waits_for_the_later_announcement() -> None:
    category = type("Rule", (), {"code": "regular", "default_end": "none", "needs_home_body": False})()
    rows = []
    for number, announce in enumerate(("", "2027-03-24")):
        fields = {**ROW, "category": "regular", "announce_from": announce, "org_name": f"{number}課"}
        read = read_row(
            SourceRow(f"{number}行目", fields, bytes([number])), FeedCodes(), {"regular": category}, None, ""
        )
        assert isinstance(read, list)
        rows += read
    assert [each.announce_from for each in check_person(rows)] == [date(2027, 3, 24)] * 2


def test_a_reading_that_waits_keeps_the_day() -> None:
    rejected = [REFUSED, replace(REFUSED, announce_from=None), replace(REFUSED, announce_from=date.max)]
    assert unpack_reading("jinji", pack_reading(Reading("jinji", rejected=rejected))).rejected == rejected


def test_the_value_of_a_row_that_cannot_be_read_is_not_kept() -> None:
    source = MemorySource("jinji", [Unreadable("uid=1", "title", "主査 / 課長", "値が2個あります。", "1", b"x")])
    rules = SourceRules("jinji", "", frozenset(), "", lambda _row: [], lambda _row: "")
    (kept,) = read_source(source, set(), rules).rejected
    assert (kept.field, kept.value, kept.reason) == ("title", "", "値が2個あります。")
