"""From a row of text to what it says, or why it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.people.feed import OPEN_END, AppointmentKind, FeedCodes, FeedRow, Gives, Rejected
from iam.people.organisation import Organisation, OrgUnit
from iam.people.rows import FIELD_LABELS, read_row
from iam.ports import SourceRow

R8 = date(2026, 4, 1)
MY_NUMBER = "123456789018"  # a sample: the digits in order with their check digit


@dataclass(frozen=True)
class Rule:
    """What a profile says of a category."""

    code: str
    default_end: str = "none"
    needs_home_body: bool = False


CATEGORIES = {
    rule.code: rule
    for rule in (
        Rule("regular"),
        Rule("fiscal_year", "fiscal_year_end"),
        Rule("fixed_term", "required"),
        Rule("seconded_in", "required", needs_home_body=True),
    )
}
CODES = FeedCodes(
    category={"01": "regular", "05": "fiscal_year", "06": "fixed_term", "08": "seconded_in", "77": "unheard_of"},
    kind={"10": "hire", "20": "transfer", "30": "leave", "35": "return", "40": "seconded_out", "90": "retire",
          "98": "correction", "99": "cancellation", "50": "concurrent"},
    status={"1": "in_service", "2": "leave", "3": "away", "9": "retired"},
    primary={"1": "primary", "2": "concurrent"},
)  # fmt: skip
ORGANISATION = Organisation.of(
    [
        OrgUnit("0101", "総務課", "", date(2020, 4, 1), date.max),
        OrgUnit("0102", "旧課", "", date(2020, 4, 1), date(2026, 3, 31)),
    ]
)
YAMADA = {
    "staff_number": "0001234",
    "name": "山田　太郎",
    "name_kana": "ﾔﾏﾀﾞ ﾀﾛｳ",
    "category": "01",
    "org_code": "0101",
    "org_name": "総務課",
    "title_code": "05",
    "title": "主査",
    "primary": "1",
    "valid_from": "20260401",
    "valid_until": "99999999",
}


def read(
    changes: Mapping[str, str], organisation: Organisation | None = ORGANISATION, prefix: str = ""
) -> list[FeedRow] | Rejected:
    row = SourceRow("jinji.csv 2行目", {**YAMADA, **changes}, b"f" * 16)
    return read_row(row, CODES, CATEGORIES, organisation, prefix)


def said(**changes: str) -> list[FeedRow]:
    found = read(changes)
    assert isinstance(found, list), found
    return found


def refused(**changes: str) -> Rejected:
    found = read(changes)
    assert isinstance(found, Rejected), found
    return found


def given_by(rows: list[FeedRow]) -> list[tuple[Gives, date, date]]:
    return [(row.gives, row.valid_from, row.valid_until) for row in rows]


def test_a_plain_row_gives_a_primary_post_without_end() -> None:
    [row] = said()
    assert (row.gives, row.kind, row.concurrent) == (Gives.POST, AppointmentKind.UNTOLD, False)
    assert (row.valid_from, row.valid_until) == (R8, OPEN_END)
    assert (row.category, row.org_code, row.place, row.fingerprint) == ("regular", "0101", "jinji.csv 2行目", b"f" * 16)


def test_leading_zeros_stay_and_wide_codes_are_narrowed() -> None:
    [row] = said(staff_number="０００１２３４　", org_code="０１０１", category="０１", primary="２")
    assert (row.staff_number, row.org_code, row.category, row.concurrent) == ("0001234", "0101", "regular", True)


def test_names_are_kept_as_written() -> None:
    [row] = said(name="髙﨑　𠮷\ue000", name_kana="ﾀｶｻｷ ﾖｼ")
    assert (row.name, row.name_kana) == ("髙﨑　𠮷\ue000", "ﾀｶｻｷ ﾖｼ")


def test_the_prefix_goes_before_both_numbers() -> None:
    found = read({"previous_number": "99"}, prefix="m-")
    assert isinstance(found, list)
    assert (found[0].staff_number, found[0].previous_number) == ("m-0001234", "m-99")


def test_the_prefix_goes_before_the_number_of_a_refused_row() -> None:
    found = read({"valid_from": ""}, prefix="m-")
    assert isinstance(found, Rejected)
    assert found.staff_number == "m-0001234"


def test_without_code_tables_the_feed_speaks_our_own_words() -> None:
    row = SourceRow("x", {**YAMADA, "category": "regular", "primary": "concurrent", "kind": "hire"}, b"")
    found = read_row(row, FeedCodes(), CATEGORIES, None, "")
    assert isinstance(found, list)
    assert (found[0].kind, found[0].concurrent) == (AppointmentKind.HIRE, True)


def test_a_concurrent_appointment_is_no_primary_post_where_the_feed_does_not_say() -> None:
    assert said(kind="50", primary="")[0].concurrent
    assert not said(kind="50", primary="1")[0].concurrent


def test_what_is_in_force_cannot_be_left_unannounced() -> None:
    assert said(valid_from="2026-04-01", announce_from="2026-04-01")[0].announce_from == date(2026, 4, 1)
    late = refused(valid_from="2026-04-01", announce_from="2026-04-02")
    assert (late.field, late.announce_from) == ("announce_from", date(2026, 4, 2))
    assert "2026-04-02" in late.reason


def test_an_announcement_date_is_kept() -> None:
    assert said(announce_from="R8.3.24")[0].announce_from == date(2026, 3, 24)


def test_a_missing_unit_name_comes_from_the_organisation() -> None:
    assert said(org_name="")[0].org_name == "総務課"


class TestEnds:
    """R05: what an open end means for each category."""

    def test_a_fiscal_year_appointment_ends_on_31_march_of_its_year(self) -> None:
        [row] = said(category="05", valid_from="20261001")
        assert (row.valid_until, row.end_assumed) == (date(2027, 3, 31), True)

    def test_an_end_that_is_told_is_not_assumed(self) -> None:
        [row] = said(category="05", valid_until="20260930")
        assert (row.valid_until, row.end_assumed) == (date(2026, 9, 30), False)

    def test_a_category_that_must_end_is_refused_without_an_end(self) -> None:
        assert refused(category="06").field == "valid_until"

    def test_secondment_in_needs_home_body_and_day_of_return(self) -> None:
        assert refused(category="08", valid_until="20280331").field == "home_body"
        assert refused(category="08", home_body="みなと市").field == "valid_until"
        assert said(category="08", home_body="みなと市", valid_until="20280331")[0].home_body == "みなと市"

    def test_an_end_before_the_start_is_refused(self) -> None:
        rejected = refused(valid_until="20260331")
        assert (rejected.field, rejected.value) == ("valid_until", "20260331")

    def test_one_day_is_an_interval(self) -> None:
        assert said(valid_until="20260401")[0].valid_until == R8


class TestStatesAndKinds:
    """在職区分 and 発令区分 give leave, secondment, the last day, and nothing."""

    @pytest.mark.parametrize(("status", "gives"), [("2", Gives.LEAVE), ("3", Gives.AWAY)])
    def test_a_post_on_leave_or_away_is_kept(self, status: str, gives: Gives) -> None:
        assert given_by(said(status=status)) == [(Gives.POST, R8, OPEN_END), (gives, R8, OPEN_END)]

    @pytest.mark.parametrize(("kind", "gives"), [("30", Gives.LEAVE), ("40", Gives.AWAY)])
    def test_an_appointment_to_leave_gives_leave_alone(self, kind: str, gives: Gives) -> None:
        assert given_by(said(kind=kind, valid_until="20260930")) == [(gives, R8, date(2026, 9, 30))]

    @pytest.mark.parametrize(("kind", "status", "gives"), [("30", "2", Gives.LEAVE), ("40", "3", Gives.AWAY)])
    def test_a_row_of_state_says_post_and_leave_and_the_post_outlives_it(
        self, kind: str, status: str, gives: Gives
    ) -> None:
        rows = said(kind=kind, status=status, valid_until="20260930")
        assert given_by(rows) == [(Gives.POST, R8, OPEN_END), (gives, R8, date(2026, 9, 30))]

    def test_the_post_of_a_category_that_must_end_ends_with_the_leave(self) -> None:
        rows = said(category="06", kind="30", status="2", valid_until="20260930")
        assert given_by(rows)[0] == (Gives.POST, R8, date(2026, 9, 30))

    def test_retired_ends_the_post_and_the_service_on_the_same_day(self) -> None:
        last = date(2027, 3, 31)
        assert given_by(said(status="9", valid_until="20270331")) == [(Gives.POST, R8, last), (Gives.END, last, last)]

    def test_retired_without_a_day_is_refused(self) -> None:
        assert refused(status="9").field == "valid_until"

    def test_an_appointment_to_retire_gives_its_day(self) -> None:
        last = date(2027, 3, 31)
        assert given_by(said(kind="90", valid_from="R9.3.31", org_code="", org_name="")) == [(Gives.END, last, last)]
        assert given_by(said(kind="90", valid_from="R9.3.31", valid_until="R9.3.31")) == [(Gives.END, last, last)]

    def test_a_row_that_spans_up_to_retirement_gives_the_post_too(self) -> None:
        rows = said(kind="90", valid_until="20270331")
        assert [row.gives for row in rows] == [Gives.POST, Gives.END]

    def test_a_cancellation_gives_nothing_but_withdraws(self) -> None:
        [row] = said(kind="99", category="")
        assert (row.gives, row.org_code, row.valid_from) == (Gives.VOID, "0101", R8)

    def test_a_correction_gives_the_post(self) -> None:
        assert said(kind="98")[0].gives is Gives.POST


class TestOrganisation:
    """Codes are held against the list on the row's own days."""

    def test_an_unknown_code_is_refused_with_its_value(self) -> None:
        rejected = refused(org_code="9999")
        assert (rejected.field, rejected.value) == ("org_code", "9999")

    def test_a_code_that_ended_before_the_row_begins_is_unknown(self) -> None:
        assert refused(org_code="0102").field == "org_code"
        assert said(org_code="0102", valid_from="20260331", valid_until="20260331")

    def test_history_from_before_the_list_is_not_refused(self) -> None:
        assert said(org_code="9999", valid_from="20100401", valid_until="20200331")

    def test_without_a_list_every_code_is_taken(self) -> None:
        assert isinstance(read({"org_code": "9999"}, None), list)

    def test_a_blank_code_is_refused_unless_the_unit_is_named(self) -> None:
        assert refused(org_code="", org_name="").field == "org_code"
        assert isinstance(read({"org_code": "", "org_name": "総務課"}, None), list)

    def test_a_source_that_tells_of_no_posts_needs_no_code(self) -> None:
        fields = {key: value for key, value in YAMADA.items() if not key.startswith("org_")}
        assert isinstance(read_row(SourceRow("x", fields, b""), CODES, CATEGORIES, ORGANISATION, ""), list)


class TestRefusals:
    """Every refusal names the field, the value and the cure."""

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("staff_number", ""),
            ("staff_number", "山田"),
            ("staff_number", "12 34"),
            ("staff_number", "1" * 33),
            ("name", "　"),
            ("category", ""),
            ("category", "55"),
            ("category", "77"),
            ("kind", "11"),
            ("status", "x"),
            ("primary", "3"),
            ("valid_from", ""),
            ("valid_from", "99999999"),
            ("valid_from", "20260230"),
            ("valid_until", "080401"),
            ("announce_from", "来週"),
            ("previous_number", "?"),
            ("name", "山\x00田"),
            ("title", "主\x1b[31m査"),
            ("name", "\u202e郎太"),
            ("title", "長" * 501),
        ],
    )
    def test_a_bad_value_is_refused_in_its_field(self, field: str, value: str) -> None:
        rejected = refused(**{field: value})
        assert rejected.field == field
        assert FIELD_LABELS[field] in rejected.reason
        assert rejected.reason.endswith("。")
        assert rejected.place == "jinji.csv 2行目"

    def test_a_category_that_only_the_configuration_knows_is_refused(self) -> None:
        assert "unheard_of" in refused(category="77").reason

    def test_a_number_that_cannot_be_read_is_none(self) -> None:
        assert refused(staff_number="").staff_number is None
        assert refused(category="55").staff_number == "0001234"

    def test_a_line_break_in_a_name_becomes_a_space(self) -> None:
        assert said(name="山田\r\n太郎")[0].name == "山田 太郎"

    def test_a_formula_is_a_name_like_any_other(self) -> None:
        assert said(name="=cmd|' /C calc'!A0")[0].name == "=cmd|' /C calc'!A0"

    @pytest.mark.parametrize("field", list(FIELD_LABELS))
    @pytest.mark.parametrize(
        "value",
        [
            MY_NUMBER,
            "1234-5678-9018",
            "１２３４５６７８９０１８",
            f"x {MY_NUMBER}",
            "1234・5678・9018",
            "12–34–56–78–90–18",
            "1234\r\n5678\n9018",
        ],
    )
    def test_a_my_number_is_refused_anywhere_and_shown_nowhere(self, field: str, value: str) -> None:
        rejected = refused(**{field: value})
        assert rejected.field == field
        assert "マイナンバー" in rejected.reason
        shown = repr(rejected)
        assert not any(part in shown for part in (MY_NUMBER, "9018", "９０１８"))

    @pytest.mark.parametrize("name", [f"山田7{MY_NUMBER}", "山田1234\u200b5678\u200b9018", f"山田 太郎 {MY_NUMBER}"])
    def test_a_my_number_in_a_name_is_shown_nowhere_however_it_is_hidden(self, name: str) -> None:
        shown = refused(name=name).value
        assert "＊" in shown
        assert not any(part in shown for part in ("1234", "5678", "9018"))

    def test_a_my_number_in_place_of_the_staff_number_is_no_staff_number(self) -> None:
        assert refused(staff_number=MY_NUMBER).staff_number is None


TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "01", "1", "2", "9", "30", "90", "99", "0101", "20260401", "R8.4.1", "99999999", MY_NUMBER]),
)


@given(st.dictionaries(st.sampled_from(list(FIELD_LABELS)), TEXT), st.booleans())
def test_reading_never_fails_and_never_lets_a_my_number_through(changes: dict[str, str], whole: bool) -> None:
    fields = {**YAMADA, **changes} if whole else changes
    found = read_row(SourceRow("x 1行目", fields, b""), CODES, CATEGORIES, ORGANISATION, "")
    if isinstance(found, Rejected):
        assert found.reason
        assert found.field in FIELD_LABELS
    else:
        assert found
        assert all(row.valid_from <= row.valid_until for row in found)
        assert all(FeedRow.from_json(row.to_json()) == row for row in found)
    assert MY_NUMBER not in repr(found)
