"""Dates in every form that a personnel file uses, widths, and characters that do not travel."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.people.japanese import (
    OPEN,
    NotADate,
    Open,
    comparable,
    fiscal_year,
    fiscal_year_end,
    hide_my_numbers,
    holds_my_number,
    looks_like_my_number,
    narrow,
    outlived_era,
    outside_cp932,
    parse_date,
    private_use,
    wareki,
)

FIRST_OF_APRIL = date(2026, 4, 1)
WIDE = str.maketrans("0123456789RHS/.-", "０１２３４５６７８９ＲＨＳ／．－")
SHOWA_ON = st.dates(date(1926, 12, 25), date(2117, 12, 31))
REIWA = st.dates(date(2019, 5, 1), date(2117, 12, 31))
MY_NUMBER = "123456789018"  # a sample: the digits in order with their check digit


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-01",
        "2026/4/1",
        "2026/04/01",
        "2026.4.1",
        "20260401",
        "R8.4.1",
        "R08.04.01",
        "r8/4/1",
        "R080401",
        "5080401",
        "令和8年4月1日",
        "令和08年04月01日",
        "令和 8年 4月 1日",
        "２０２６／４／１",
        "Ｒ８．４．１",
        "2026年4月1日",
        "2026/04/01 0:00:00",
        " 20260401　",
        "㋿8年4月1日",
    ],
)
def test_every_form_means_the_same_day(text: str) -> None:
    assert parse_date(text) == FIRST_OF_APRIL


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("4310430", date(2019, 4, 30)),
        ("H01.01.08", date(1989, 1, 8)),
        ("3640107", date(1989, 1, 7)),
        ("昭和元年12月25日", date(1926, 12, 25)),
    ],
)
def test_eras_begin_and_end_on_their_days(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize("text", ["", "　", "99999999", "00000000", "9999-12-31", "9999/12/31", "9999/3/31"])
def test_blank_and_nines_are_an_open_end(text: str) -> None:
    assert parse_date(text) is OPEN


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-02-30", "2026年2月30日は暦にありません"),
        ("20261301", "2026年13月1日は暦にありません"),
        ("令和元年4月30日", "令和は2019年5月1日から"),
        ("平成元年1月7日", "平成は1989年1月8日から"),
        ("R0.4.1", "令和0年はありません"),
        ("0026-04-01", "範囲にありません"),
        ("080401", "日付として読めません"),
        ("26/4/1", "日付として読めません"),
        ("2026/4-1", "日付として読めません"),
        ("2026/04/01 12:30", "日付として読めません"),
        ("4月1日", "日付として読めません"),
        ("T15.12.24", "日付として読めません"),
    ],
)
def test_what_no_calendar_has_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(NotADate, match=why):
        parse_date(text)


def test_a_day_after_the_end_of_its_era_is_accepted_and_told() -> None:
    assert parse_date("平成31年5月1日") == date(2019, 5, 1)
    assert outlived_era("平成31年5月1日") == "令和元年5月1日"
    assert outlived_era("H38.4.1") == "令和8年4月1日"


@pytest.mark.parametrize("text", ["平成31年4月30日", "R8.4.1", "20260401", ""])
def test_a_day_within_its_era_is_not_remarked_on(text: str) -> None:
    assert outlived_era(text) is None


@given(SHOWA_ON)
def test_wareki_reads_back_as_the_same_day(day: date) -> None:
    assert parse_date(wareki(day)) == day


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.booleans())
def test_western_forms_read_back_as_the_same_day(day: date, wide: bool) -> None:
    for text in (day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day:%Y%m%d}"):
        assert parse_date(text.translate(WIDE) if wide else text) == day


@given(REIWA, st.booleans())
def test_short_era_forms_read_back_as_the_same_day(day: date, wide: bool) -> None:
    year = day.year - 2018
    for text in (f"R{year}.{day.month}.{day.day}", f"R{year:02}{day:%m%d}", f"5{year:02}{day:%m%d}"):
        assert parse_date(text.translate(WIDE) if wide else text) == day


@given(st.text(max_size=40))
def test_any_text_is_a_day_an_open_end_or_refused(text: str) -> None:
    try:
        found: date | Open | None = parse_date(text)
    except NotADate:
        found = None
    assert found is None or isinstance(found, date | Open)


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (FIRST_OF_APRIL, "令和8年4月1日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1926, 12, 24), "1926年12月24日"),
    ],
)
def test_wareki_is_written_as_officers_do(day: date, text: str) -> None:
    assert wareki(day) == text


@given(st.dates(date(2, 1, 1), date(9998, 12, 31)))
def test_a_fiscal_year_ends_on_the_last_of_march_after_every_day_of_it(day: date) -> None:
    end = fiscal_year_end(day)
    assert (end.month, end.day) == (3, 31)
    assert date(fiscal_year(day), 4, 1) <= day <= end


def test_31_march_ends_its_own_fiscal_year() -> None:
    assert fiscal_year_end(date(2027, 3, 31)) == date(2027, 3, 31)
    assert fiscal_year(date(2027, 3, 31)) == 2026


def test_a_fiscal_year_that_outlives_the_calendar_ends_with_it() -> None:
    assert fiscal_year_end(date(9999, 4, 1)) == date.max


@pytest.mark.parametrize(
    ("text", "code"),
    [("００１２Ａｂ", "0012Ab"), (" 0012　", "0012"), ("１－２", "1-2"), ("1−2", "1-2"), ("ﾔﾏﾀﾞ", "ﾔﾏﾀﾞ"), ("①", "①")],
)
def test_codes_are_narrowed_and_nothing_else_is(text: str, code: str) -> None:
    assert narrow(text) == code


@given(st.text())
def test_narrowing_twice_is_narrowing_once(text: str) -> None:
    assert narrow(narrow(text)) == narrow(text)


def test_names_compare_without_width_and_spaces() -> None:
    assert comparable("山田　太郎") == comparable("山田 太郎 ") == comparable("山田太郎")
    assert comparable("ﾔﾏﾀﾞ ﾀﾛｳ") == comparable("ヤマダタロウ")


@pytest.mark.parametrize(
    ("one", "other"), [("髙橋", "高橋"), ("山﨑", "山崎"), ("\ufa19田", "\u795e田"), ("𠮷田", "吉田")]
)
def test_variants_of_a_character_stay_different(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


@given(st.text("山田髙橋\ufa11\ufa19𠮷アカガｱｶﾞﾊﾟ　 Ａａ・", max_size=12))
def test_comparing_forms_are_stable(text: str) -> None:
    assert comparable(comparable(text)) == comparable(text)


def test_characters_that_do_not_travel_are_found() -> None:
    assert private_use("山\ue000田\U000f0001") == ["\ue000", "\U000f0001"]
    assert outside_cp932("髙橋𠮷田") == ["𠮷"]
    assert outside_cp932("山﨑ﾔﾏ①") == []


@pytest.mark.parametrize(
    "text",
    [
        MY_NUMBER,
        "1234 5678 9018",
        "12-3456789018",
        "1234・5678．9018",
        "1234 – 5678 — 9018",
        "1ー2ー3456789018",
        "1234-5678-9018",
        "１２３４５６７８９０１８",
        f" {MY_NUMBER} ",
    ],
)
def test_twelve_digits_with_their_check_digit_look_like_a_my_number(text: str) -> None:
    assert looks_like_my_number(text)


@pytest.mark.parametrize("text", ["123456789010", "12345678901", "1234567890181", "", "12x3456789018", "abc"])
def test_other_digits_do_not(text: str) -> None:
    assert not looks_like_my_number(text)


@given(st.text("0123456789", min_size=11, max_size=11))
def test_one_check_digit_of_ten_fits(eleven: str) -> None:
    assert sum(looks_like_my_number(eleven + str(digit)) for digit in range(10)) == 1


def test_my_numbers_are_masked_in_any_text() -> None:
    assert hide_my_numbers(f"山田 {MY_NUMBER}(1234-5678-9018)") == f"山田 {'＊' * 12}({'＊' * 12})"
    assert hide_my_numbers("電話 123456789010") == "電話 123456789010"
    assert hide_my_numbers(f"1 {MY_NUMBER}") == f"1 {'＊' * 12}"
    assert hide_my_numbers(f"x{MY_NUMBER}99y") == f"x{'＊' * 12}99y"


def test_a_code_may_be_longer_than_a_my_number_but_hold_none() -> None:
    assert not holds_my_number(f"{MY_NUMBER}9")
    assert holds_my_number(f"1.{MY_NUMBER}")
    assert holds_my_number("A-1234-5678-9018")


@given(st.text("0123456789-‐ー・ x", max_size=40))
def test_nothing_that_was_hidden_is_left(text: str) -> None:
    hidden = hide_my_numbers(text)
    assert hide_my_numbers(hidden) == hidden
    assert ("＊" in hidden) == (hidden != text)
