"""How a run ends, and what is said of it."""

from datetime import date

import pytest

from iam.sync.apply import Applied
from iam.sync.guard import Hold
from iam.sync.plan import Dispute
from iam.sync.report import Report, SourceReport, TargetReport
from web.cli.exits import Exit
from web.cli.night.lines import Shown
from web.cli.night.report import Telling, exit_of

TODAY = date(2027, 3, 20)
HOLD = Hold("行数が変わりました", "baseline")
DISPUTE = Dispute("gw", "old", "1", "同じIDがあります。")


def a_report(**said: object) -> Report:
    report = Report(TODAY)
    for name, value in said.items():
        setattr(report, name, value)
    return report


@pytest.mark.parametrize(
    ("report", "check", "code"),
    [
        (a_report(), False, Exit.SETTLED),
        (a_report(changes=["x"]), False, Exit.SETTLED),
        (a_report(changes=["x"]), True, Exit.DIFFERS),
        (a_report(changes=["x"], disputes=[DISPUTE]), True, Exit.FAILED),
        (a_report(disputes=[DISPUTE]), False, Exit.FAILED),
        (a_report(targets=[TargetReport("gw", error="応答がありません。")]), False, Exit.FAILED),
        (a_report(applied=Applied(away={"gw": "応答がありません。"})), False, Exit.FAILED),
        (a_report(holds=[HOLD], disputes=[DISPUTE]), False, Exit.HELD),
        (a_report(holds=[HOLD], changes=["x"]), True, Exit.HELD),
        (a_report(sources=[SourceReport("jinji", error="ありません。")]), False, Exit.HELD),
    ],
)
def test_a_run_ends_with_what_matters_most(report: Report, check: bool, code: Exit) -> None:
    assert exit_of(report, check=check) is code


def test_what_went_wrong_is_named_and_what_it_means_is_said() -> None:
    report = a_report(
        sources=[SourceReport("jinji", error="jinji.csv: ファイルがありません。")],
        targets=[TargetReport("gw", error="gw: 応答がありません。"), TargetReport("mail", total=1200, drifted=3)],
        disputes=[DISPUTE],
    )
    empty = Shown((), 0)
    told = Telling(report, empty, [DISPUTE], 1, empty, TODAY, Exit.HELD)
    assert list(told.lines(preview=False)) == [
        "令和9年3月20日の同期",
        "供給元",
        "  jinji: 読めませんでした。jinji.csv: ファイルがありません。",
        "    この供給元に載っているはずの職員は、だれも停止していません。",
        "システム",
        "  gw: 読めませんでした。gw: 応答がありません。",
        "    このシステムには何もしていません。次の同期でやり直します。",
        "  mail: ID 1,200、最後の確認から変わっていたもの 3",
        "確かめられなかったもの（供給元 jinji、システム gw）を除き、変更はありません。",
        "判断が必要なID 1件",
        "  gw old: 同じIDがあります。",
        "判断が必要なID（内示前のため表示しません） 1件",
    ]
    assert told.as_json(preview=False)["exit_code"] == 3


def test_only_disputes_left_says_what_the_code_means() -> None:
    empty = Shown((), 0)
    report = a_report(disputes=[DISPUTE])
    told = Telling(report, empty, [DISPUTE], 0, empty, TODAY, exit_of(report, check=False))
    assert list(told.lines(preview=False))[1:] == [
        "変更はありません。",
        "判断が必要なID 1件",
        "  gw old: 同じIDがあります。",
        "判断が必要なIDがなくなるまで、終了コードは 4 です。ほかの変更は滞りません。",
    ]
