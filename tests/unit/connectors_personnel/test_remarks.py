"""Warnings about values, and the alarm for My Numbers."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.personnel.remarks import Remarks, is_my_number
from iam.errors import SourceError
from iam.people.japanese import looks_like_my_number

ELEVEN = st.text("0123456789", min_size=11, max_size=11)


def my_number(eleven: str) -> str:
    return next(eleven + str(digit) for digit in range(10) if looks_like_my_number(eleven + str(digit)))


def look(remarks: Remarks, **fields: str) -> None:
    remarks.look("jinji.csv 2行目", "\0".join(fields.values()), fields)


def warnings_about(**fields: str) -> Sequence[str]:
    remarks = Remarks("jinji.csv")
    look(remarks, **fields)
    return remarks.take()


@given(
    st.one_of(
        st.text("0123456789", min_size=12, max_size=12),
        st.text("0123456789０９-‐‑‒–—―ー－．・. \u3000\nx", min_size=12, max_size=40),
        st.lists(st.sampled_from([*"-‐‑‒–—―ー－．・. \u3000\n_x", "", " - ", "----"]), min_size=11, max_size=11).map(
            lambda gaps: "".join(digit + gap for digit, gap in zip("123456789018", [*gaps, ""], strict=True))
        ),
    )
)
def test_this_check_digit_and_the_one_of_the_core_are_one(digits: str) -> None:
    assert is_my_number(digits) == looks_like_my_number(digits)


@given(ELEVEN)
def test_every_my_number_is_known(eleven: str) -> None:
    assert is_my_number(my_number(eleven))


def test_an_ordinary_row_is_not_remarked_on() -> None:
    assert (
        warnings_about(staff_number="0001", name="髙橋　𠮷", valid_from="-", org_code="=1", email="a@city.test") == []
    )


@pytest.mark.parametrize("name", ["山?", "山？", "山〓", "山\ufffd"])
def test_characters_that_were_lost_are_reported(name: str) -> None:
    assert "失われて" in warnings_about(staff_number="0001", name=name)[0]


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+81", "-1+1", "@SUM(A1)", " =1"])
def test_what_looks_like_a_formula_is_reported(name: str) -> None:
    assert "式のように" in warnings_about(staff_number="0001", name=name)[0]


def test_a_dash_alone_is_no_formula() -> None:
    assert warnings_about(staff_number="0001", title="-") == []


def test_a_thousand_warnings_are_enough() -> None:
    remarks = Remarks("jinji.csv")
    for _ in range(3000):
        look(remarks, staff_number="0001", name="山〓")
    told = remarks.take()
    assert len(told) == 1001
    assert "以降は省きます" in told[-1]
    look(remarks, staff_number="0001", name="山〓")
    assert remarks.take() == []


@given(st.lists(ELEVEN, min_size=3, max_size=20))
def test_a_mapped_column_of_my_numbers_raises_the_alarm_without_showing_one(elevens: list[str]) -> None:
    remarks = Remarks("jinji.csv")
    for eleven in elevens:
        look(remarks, staff_number=my_number(eleven), name="山田")
    with pytest.raises(SourceError, match=r"【警報】.*columns\.staff_number") as caught:
        remarks.take()
    assert not any(my_number(eleven) in str(caught.value) for eleven in elevens)


def test_twelve_digits_that_fit_by_chance_raise_no_alarm() -> None:
    remarks = Remarks("jinji.csv")
    for number in range(1000):
        look(remarks, staff_number=f"{202600000000 + number * 7}", name="山田")
    assert remarks.take() == []


def test_my_numbers_in_another_width_or_with_hyphens_raise_the_alarm_too() -> None:
    remarks = Remarks("jinji.csv")
    for value in ("1234-5678-9018", "１２３４５６７８９０１８", "1234 5678 9018"):
        look(remarks, name="山田", title=value)
    with pytest.raises(SourceError, match="【警報】"):
        remarks.take()
