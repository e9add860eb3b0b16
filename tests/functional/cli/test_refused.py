"""A refused row: told once with place, field, value and reason, and hardly at all before its 内示解禁日."""

import pytest

from tests.functional.cli.given import Row, Town, days, staff

HIDDEN = "内示前のため内容は表示しません"
PLACES = (["quarantine", "list"], ["person", "show", "000010"])


def refused_row(announce: str) -> list[Row]:
    """Person 10 goes to a unit that does not exist."""
    moved = Row("000010", "職員　10号", org="9999", title="秘書課長", kind="02", since=days(20), announce=announce)
    return [*staff(10), moved]


@pytest.mark.parametrize("announce", [days(10), "来月"])
def test_before_its_announcement_no_output_says_what_stands_in_the_row(settled: Town, announce: str) -> None:
    settled.feed(refused_row(announce))
    shown = [settled.run("sync", "--check").stdout, str(settled.told("sync", "--check"))]
    assert settled.run("sync").exit_code == 0
    shown += [settled.run(*place).stdout for place in PLACES]
    shown += [str(settled.told(*place)["quarantined"] if place[0] == "person" else settled.told(*place))
              for place in PLACES]  # fmt: skip
    field = "内示解禁日" if announce == "来月" else "所属コード"
    for text in shown:
        assert "jinji.csv 12行目" in text
        assert HIDDEN in text
        assert field in text or ("announce_from" if announce == "来月" else "org_code") in text
        for secret in ("9999", "来月", "秘書", days(20), "一覧にありません", "日付として"):
            assert secret not in text


def test_from_its_announcement_on_the_row_is_told_whole(settled: Town) -> None:
    settled.feed(refused_row(days(0)))
    assert settled.run("sync").exit_code == 0
    for place in PLACES:
        assert "9999" in settled.run(*place).stdout
    (row,) = settled.told("quarantine", "list")
    assert (row["value"], row["staff_number"], row["hidden"]) == ("9999", "000010", False)


def test_a_held_plan_takes_the_hidden_row_in_hidden(settled: Town) -> None:
    settled.feed([*staff(4), refused_row(days(10))[-1]])
    held = settled.run("sync")
    assert held.exit_code == 3
    assert HIDDEN in held.stdout
    for everything in (held.stdout, settled.run("plan", "show", "2").stdout, str(settled.told("plan", "show", "2"))):
        assert "9999" not in everything


def test_field_and_value_are_said_once(settled: Town) -> None:
    settled.feed([*staff(8), Row("000009", category="99"), Row("000010", org="9999")])
    shown = settled.run("sync").stdout
    assert "受け付けなかった行: jinji.csv 10行目 任用区分「99」の読み替えが設定の" in shown
    assert "受け付けなかった行: jinji.csv 11行目 所属コード「9999」が2020-04-01以降の組織の一覧にありません。" in shown
