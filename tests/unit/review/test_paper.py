"""What stands on paper: charts that say everything without colour, names of sheets, rows that are high enough."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam.review.returned.rows import clean
from web.paper.charts import Chart, Series, bars, columns, histogram, most_and_rest, stacked
from web.paper.charts.hatching import MOST
from web.paper.fitting import LONGEST, row_height, tab_name
from web.paper.text.characters import (
    GETA,
    WHY_CONTROL,
    guarded,
    in_cp932,
    lost_in_cp932,
    odd_in,
    on_one_line,
    printable,
    substitute,
)

SVG = "{http://www.w3.org/2000/svg}"
DRAWINGS = (bars, stacked, columns, histogram)
series = st.lists(st.integers(0, 9_999), min_size=3, max_size=3)


def chart(*values: list[int], labels: tuple[str, ...] = ("総務部", "<b>財務部</b>", "所属なし・持ち主なし")) -> Chart:
    return Chart("c", "題 & <i>", "説明。", labels, [Series(f"種類{place}", each) for place, each in enumerate(values)])


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_chart_says_every_number_in_words_and_nothing_by_colour_alone(draw: object) -> None:
    assert callable(draw)
    shown = chart([1, 20, 300], [4, 0, 66])
    tree = ET.fromstring(draw(shown))  # noqa: S314 - drawn by ourselves
    first = shown.series if draw in {stacked, columns} else shown.series[:1]
    told = tree.findtext(f"{SVG}desc", "")
    for label, *values in zip(shown.labels, *(each.values for each in first), strict=True):
        assert all(f"{value}件" in told.split(f"{label}は")[1].split("。")[0] for value in values)
    texts = [each.text for each in tree.iter(f"{SVG}text")]
    sums = [sum(values) for values in zip(*(each.values for each in first), strict=True)]
    assert {str(each) for each in sums} <= {re.sub("件", "", text or "") for text in texts}
    fills = {each.get("fill") for each in tree.iter(f"{SVG}rect")} - {"#fff"}
    assert len(fills) == len(first)
    assert tree.get("role") == "img"
    assert tree.get("aria-labelledby") == "c-title c-desc"


@given(st.lists(series, min_size=1, max_size=MOST), st.sampled_from(DRAWINGS))
def test_a_chart_carries_no_style_script_or_address_whatever_it_shows(values: list[list[int]], draw: object) -> None:
    assert callable(draw)
    drawn = str(draw(chart(*values)))
    ET.fromstring(drawn)  # noqa: S314 - drawn by ourselves
    assert not re.search(r"style=|<script|href|<b>|on\w+=", drawn)
    assert set(re.findall(r"url\(#([^)]*)\)", drawn)) <= set(re.findall(r'<pattern id="([^"]*)"', drawn))
    assert not re.search(r'(?:width|height)="-', drawn)


def test_a_chart_of_nothing_can_be_drawn() -> None:
    for draw in DRAWINGS:
        assert "<svg" in draw(Chart("c", "題", "説明", [], [Series("a", [])]))
        assert "0件" in draw(chart([0, 0, 0])) or "0</text>" in draw(chart([0, 0, 0]))


@given(st.lists(series, min_size=1, max_size=25))
def test_more_kinds_than_hatchings_are_put_together_and_none_is_lost(values: list[list[int]]) -> None:
    given_ = [Series(str(place), each) for place, each in enumerate(values)]
    found = most_and_rest(given_)
    assert len(found) <= MOST
    for at in range(3):
        assert sum(each.values[at] for each in found) == sum(each.values[at] for each in given_)
    with pytest.raises(ValueError, match="at most"):
        stacked(chart(*[[1, 1, 1]] * (MOST + 1)))


@given(st.lists(st.text(max_size=45), max_size=12))
def test_every_department_gets_a_sheet_of_its_own_that_spreadsheets_allow(names: list[str]) -> None:
    taken = {"history"}
    made = [tab_name(name, taken) for name in ["長" * 40, "長" * 41, "A/B", "a_b", "History", "'x'", *names]]
    assert len({each.casefold() for each in made}) == len(made)
    for each in made:
        assert 0 < len(each.encode("utf-16-le", "replace")) // 2 <= LONGEST
        assert not re.search(r"[\[\]:*?/\\\x00-\x1f]|^'|'$", each)
        assert each.casefold() != "history"


def test_a_row_is_as_high_as_its_longest_text() -> None:
    assert row_height([("短い", 20), ("", 3)]) == 15
    assert row_height([("一\n二\n三", 20)]) == 39
    assert row_height([("あ" * 60, 20), ("a", 20)]) > 60
    assert row_height([("あ" * 9_000, 20)]) == 409


@given(st.text())
def test_cp932_takes_everything_and_gives_back_what_it_took(text: str) -> None:
    fitted = in_cp932(text.encode("utf-8", "ignore").decode())
    assert fitted.encode("cp932").decode("cp932") == fitted


@pytest.mark.parametrize(
    ("character", "instead"),
    [("〜", "～"), ("—", "―"), ("−", "－"), ("¥", "￥"), ("𠮷", "〓"), ("é", "e"), ("\U000e0100", ""), ("❶", "〓")],
)
def test_what_cp932_loses_has_a_substitute(character: str, instead: str) -> None:
    assert lost_in_cp932(f"あ{character}") == [character]
    assert substitute(character) == instead


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "＝1", "－1", "\u200b=1", "\ufeff@a", "\n1"]
)
def test_what_a_spreadsheet_would_compute_is_text(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "山田", "2026-10-05", "0000001", "（=1）"])
def test_what_computes_nothing_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


def test_a_line_stays_a_line() -> None:
    assert on_one_line("一\r\n二 \n 三") == "一 / 二 / 三"


@pytest.mark.parametrize("turn", ["\u202e", "\u202a", "\u2066", "\u2069"])
def test_an_id_that_would_be_read_backwards_is_shown_as_it_is_spelled_and_listed(turn: str) -> None:
    login = f"kan{turn}ri"
    assert printable(login) == f"kan{GETA}ri"
    (odd,) = odd_in(2, ["ID"], [login], cp932=False)
    assert (odd.code, odd.instead, odd.why) == (f"U+{ord(turn):04X}", GETA, WHY_CONTROL)
    assert clean(login) == ("kan ri",)
