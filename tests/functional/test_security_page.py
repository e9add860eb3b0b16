"""docs/security.md: every requirement once, and nothing named that is not there."""

import re
from collections import Counter
from pathlib import Path

TREE = Path(__file__).parents[2]
PAGE = (TREE / "docs/security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([0-9]+\.[0-9]+\.[0-9]+) \| ([123]) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
STATUSES = {"done", "built", "deviation", "host", "n/a", "not yet"}
ASKED = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4,
    "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3,
    "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2,
    "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4,
    "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "16.1": 1, "16.2": 5, "16.3": 4,
    "16.4": 3, "16.5": 3,
}  # fmt: skip
"""How many requirements of Level 1 and 2 each section of ASVS 5.0 has."""


def rows() -> list[tuple[str, ...]]:
    return ROW.findall(PAGE)


def test_every_requirement_of_levels_1_and_2_stands_there_once() -> None:
    numbers = [number for number, level, *_ in rows() if level != "3"]
    assert len(numbers) == len(set(numbers))
    assert Counter(number.rpartition(".")[0] for number in numbers) == ASKED


def test_every_row_says_where_it_stands() -> None:
    assert {status for _, _, _, status, _, _ in rows()} <= STATUSES
    unproved = [number for number, _, _, status, where, _ in rows() if status in {"done", "built"} and where == "-"]
    assert unproved == []


def test_whatever_is_named_is_there() -> None:
    named = set(re.findall(r"`((?:tests|iam|web|connectors|docs)/[^`\s]+|compose\.yaml|Dockerfile)`", PAGE))
    assert named
    assert sorted(path for path in named if not (TREE / path).exists()) == []


def test_the_sum_is_that_of_the_rows() -> None:
    counted = Counter(status for _, level, _, status, _, _ in rows() if level != "3")
    (told,) = re.findall(r"^Of Levels 1 and 2: (.+)\.$", PAGE, re.MULTILINE)
    assert dict(part.split(" ", 1)[::-1] for part in told.split(", ")) == {
        status: str(count) for status, count in counted.items()
    }
