"""Changes as they are listed, and what is not said of them."""

from dataclasses import replace
from datetime import date

from iam.sync.plan import ChangeKind
from iam.sync.stored.plans import ChangeState, StoredChange
from web.cli.night.lines import Line, Shown, counted, discreet, listing

TODAY = date(2027, 3, 20)


def a_line(number: int, kind: ChangeKind = ChangeKind.GRANT, department: str = "総務部", **said: object) -> Line:
    login = f"s{number}"
    change = StoredChange(
        number=number,
        kind=kind,
        system="gw",
        login=login,
        person_id=number,
        staff_number=str(number),
        department=department,
        entitlement="",
        native_id="",
        enabled=True,
        attributes={},
        rule="rule",
        clause="baseline",
        appointment=number,
        sentence=f"{login}を変える",
        reason="理由",
        announce_from=None,
        state=ChangeState.WAITING,
        tries=0,
        error="",
    )
    return Line(replace(change, **said))  # type: ignore[arg-type] # each test says which


def test_changes_are_grouped_by_kind_in_the_order_of_applying_and_by_department() -> None:
    lines = [
        a_line(1),
        a_line(2, ChangeKind.REVOKE, "財務部"),
        a_line(3, ChangeKind.REVOKE),
        a_line(4, ChangeKind.REVOKE, ""),
    ]
    assert list(listing(Shown(lines, 0), None, "")) == [
        "■ 権限の取消 3件",
        "  所属なし 1件",
        "    s4を変える ← 理由",
        "  総務部 1件",
        "    s3を変える ← 理由",
        "  財務部 1件",
        "    s2を変える ← 理由",
        "■ 権限の付与 1件",
        "  総務部 1件",
        "    s1を変える ← 理由",
    ]
    assert counted(Shown(lines, 0)) == "権限の取消 3件、権限の付与 1件"
    assert counted(Shown(lines[:1], 2)) == "権限の付与 1件、内示前のため表示しません 2件"


def test_of_one_kind_no_more_lines_than_asked_for_and_the_rest_is_counted() -> None:
    lines = [a_line(number, department=department) for department in ("甲部", "乙部", "丙部") for number in range(3)]
    listed = list(listing(Shown(lines, 0), 4, "（--all）"))
    assert sum(line.startswith("    s") for line in listed) == 4
    assert listed[-1] == "    ほか 5件（--all）"


def test_a_change_that_failed_says_why() -> None:
    assert str(a_line(1, state=ChangeState.FAILED, error="断られました。")).endswith("← 理由  失敗: 断られました。")


def test_whoever_has_one_change_that_is_not_announced_is_left_out_whole() -> None:
    tomorrow, today = date(2027, 3, 21), TODAY
    lines = [a_line(1, announce_from=tomorrow), a_line(1, ChangeKind.REVOKE), a_line(2, announce_from=today)]
    shown = discreet(lines, TODAY, ())
    assert ([line.change.staff_number for line in shown.lines], shown.hidden, shown.total) == (["2"], 2, 3)
    assert list(listing(shown, None, ""))[-1] == "■ 内示前のため表示しません 2件"


def test_whoever_the_ledger_holds_back_is_left_out_too() -> None:
    assert discreet([a_line(1), a_line(2)], TODAY, {"1"}).hidden == 1


def test_a_script_learns_the_same_and_no_name() -> None:
    told = a_line(1, error="断られました。").as_json()
    assert (told["sentence"], told["clause"], told["error"]) == ("s1を変える", "baseline", "断られました。")
    assert "name" not in told
