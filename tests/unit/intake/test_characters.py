"""Names that not every system can show."""

from functools import partial

from iam.intake.staging import SourceRules, read_source
from iam.people.feed import CategoryRule, FeedCodes
from iam.people.rows import read_row
from iam.policy.loading import load
from iam.ports import Unreadable
from tests.memory import MemorySource

CATEGORIES: dict[str, CategoryRule] = {each.code: each for each in load("baseline").categories}


def warnings_about(*names: str) -> list[str]:
    rows: list[dict[str, str] | Unreadable] = [
        {"staff_number": str(number), "name": name, "category": "regular", "valid_from": "2026-04-01", "org_name": "課"}
        for number, name in enumerate(names)
    ]
    understood = partial(read_row, codes=FeedCodes(), categories=CATEGORIES, organisation=None, number_prefix="")
    rules = SourceRules("jinji", "", frozenset(), "", understood, lambda _row: "")
    return read_source(MemorySource("jinji", [*rows]), set(), rules).warnings


def test_ordinary_names_are_not_remarked_on() -> None:
    assert warnings_about("髙橋　太郎", "山﨑　花子", "はしご髙") == []


def test_characters_of_one_vendor_and_outside_cp932_are_told_with_their_places() -> None:
    private, outside = warnings_about("山\ue000　太郎", "𠮷田　花子", "森　一郎")
    assert private.startswith("氏名に外字（その人事システムだけの文字）のある職員が1人います（")
    assert outside.startswith("氏名にCP932（Shift_JIS）にない文字のある職員が1人います（")
    for told in (private, outside):
        assert told.endswith("）。そのまま取り込みます。表示できないシステムがあります。")
        assert not {"\ue000", "𠮷", "花子"} & set(told)


def test_of_many_the_first_few_places_are_named() -> None:
    (told,) = warnings_about(*["𠮷田"] * 5)
    assert "5人" in told
    assert (told.count("、"), " など）" in told) == (2, True)
