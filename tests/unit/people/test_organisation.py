"""The organisation over time: codes mean something only on a day."""

from dataclasses import dataclass
from datetime import date

import pytest

from iam.errors import ConfigurationError
from iam.people.organisation import Organisation, OrgUnit

R8 = date(2026, 4, 1)
EVE = date(2026, 3, 31)


@dataclass(frozen=True)
class Row:
    """A row of the list, as a connector gives it."""

    code: str
    name: str
    parent: str = ""
    valid_from: str = ""
    valid_until: str = ""
    place: str = "組織.csv 2行目"


CITY = Row("00", "みなと市")
GENERAL = Row("01", "総務部", "00")
WELFARE = Row("02", "福祉部", "00")
PERSONNEL = Row("0101", "人事課", "01")


def city(*more: Row) -> Organisation:
    return Organisation.from_rows([CITY, GENERAL, WELFARE, PERSONNEL, *more])


def problems(*rows: Row) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Organisation.from_rows(rows)
    return str(caught.value)


def names(units: tuple[OrgUnit, ...]) -> list[str]:
    return [unit.name for unit in units]


def test_a_code_that_is_used_again_means_another_unit() -> None:
    organisation = city(
        Row("0201", "情報政策課", "02", "2020-04-01", "R8.3.31"), Row("0201", "デジタル課", "02", "令和8年4月1日")
    )
    before, after = organisation.at("0201", EVE), organisation.at("0201", R8)
    assert (before and before.name, after and after.name) == ("情報政策課", "デジタル課")


def test_a_code_means_nothing_outside_its_days() -> None:
    organisation = city(Row("0201", "臨時給付金室", "02", "2025-10-01", "2026-03-31"))
    assert organisation.at("0201", date(2025, 9, 30)) is None
    assert organisation.at("0201", R8) is None
    assert organisation.during("0201", EVE, R8)
    assert not organisation.during("0201", R8, date.max)


def test_the_path_leads_from_the_top_down() -> None:
    assert names(city(Row("010101", "人事係", "0101")).path("010101", R8)) == ["みなと市", "総務部", "人事課", "人事係"]


def test_the_path_of_an_unknown_code_is_empty() -> None:
    assert city().path("99", R8) == ()
    assert city().department("99", R8) is None


@pytest.mark.parametrize(("code", "department"), [("0101", "総務部"), ("02", "福祉部"), ("00", "みなと市")])
def test_the_department_is_the_unit_right_below_the_body(code: str, department: str) -> None:
    found = city().department(code, R8)
    assert found
    assert found.name == department


def test_without_a_unit_for_the_body_the_top_units_are_departments() -> None:
    organisation = Organisation.from_rows([Row("01", "総務部"), Row("02", "福祉部"), Row("0101", "人事課", "01")])
    found = organisation.department("0101", R8)
    assert found
    assert found.name == "総務部"


def test_a_parent_that_is_gone_ends_the_path_on_those_days() -> None:
    organisation = city(Row("03", "税務部", "00", "", "2026-03-31"), Row("0301", "市税課", "03"))
    assert names(organisation.path("0301", EVE)) == ["みなと市", "税務部", "市税課"]
    assert names(organisation.path("0301", R8)) == ["市税課"]
    left, other = organisation.department("0301", R8), organisation.department("0101", R8)
    assert (left and left.name, other and other.name) == ("市税課", "総務部")


def test_codes_are_narrowed_like_those_of_the_feed() -> None:
    organisation = city(Row("０２０１", "介護課", "０２"))
    found = organisation.at("0201", R8)
    assert found
    assert found.parent == "02"


def test_every_mistake_is_reported_at_once() -> None:
    told = problems(
        Row("01", "総務部", "", "2020-04-01", ""),
        Row("01", "企画部", "", "2026-04-01", ""),
        Row("02", "福祉部", "99"),
        Row("03", "甲課", "04"),
        Row("04", "乙課", "03"),
        Row("", "名なし", place="組織.csv 7行目"),
        Row("06", "", place="組織.csv 8行目"),
        Row("07", "丙課", "", "2026-02-30", place="組織.csv 9行目"),
        Row("08", "丁課", "", "2026-04-01", "2026-03-31", place="組織.csv 10行目"),
    ).split("\n")
    assert [part for part in told if "組織コード 01 の期間が重なっています" in part]
    assert [part for part in told if "上位組織コード 99" in part]
    assert [part for part in told if "03 → 04 → 03" in part]
    assert "組織.csv 7行目: 組織コードが空です。" in told
    assert "組織.csv 8行目: 組織名が空です。" in told
    assert [part for part in told if part.startswith("組織.csv 9行目: 有効開始日「2026-02-30」")]
    assert [part for part in told if part.startswith("組織.csv 10行目: 有効終了日")]
    assert len(told) == 7


def test_a_circle_that_exists_only_for_a_year_is_found() -> None:
    told = problems(
        CITY,
        Row("01", "甲部", "00", "2020-04-01", "2025-03-31"),
        Row("01", "甲部", "02", "2025-04-01"),
        Row("02", "乙部", "01", "2025-04-01"),
    )
    assert "循環" in told


def test_a_unit_that_is_its_own_parent_is_a_circle() -> None:
    assert "01 → 01" in problems(Row("01", "甲部", "01"))


def test_a_parent_from_other_days_is_unknown() -> None:
    assert "上位組織コード 01" in problems(
        Row("01", "甲部", "", "", "2025-03-31"), Row("0101", "課", "01", "2025-04-01")
    )


def test_the_list_knows_from_when_it_speaks() -> None:
    assert Organisation.from_rows([Row("01", "甲部", "", "2020-04-01")]).begins == date(2020, 4, 1)
    assert city().begins == date.min
    assert len(city()) == 4
