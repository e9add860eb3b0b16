"""`iam sync`: the night, its plan, its check and its rehearsal.

The one law: *this door has no other rules than the others*: reading,
comparing, guarding and applying are the job's; here stands what is asked of it
and what is said of it.
"""

import sys
from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from iam.errors import ConfigurationError
from iam.jobs.night import Job, nightly, preview
from iam.people.announced import unannounced
from iam.people.ledger import persons_by_number
from iam.sync.plan import Change
from iam.sync.report import Report
from iam.sync.stored.plans import ChangeState, changes_of
from web.body.job import release_page
from web.cli.japanese import DAY, as_json_option
from web.cli.night.lines import Line, discreet
from web.cli.night.progress import Progress
from web.cli.night.report import Telling, exit_of
from web.cli.table import say, say_json
from web.cli.wiring import Desk


@click.command()
@click.option(
    "--plan", "plan_only", is_flag=True, help="何が変わるかを表示し、計画として保存します。何も変更しません。"
)
@click.option("--check", is_flag=True, help="変更があれば終了コード 1 で終わります。何も保存しません。")
@click.option("--as-of", "on", type=DAY, metavar="日付", help="その日の同期を予行し、部ごとの一覧（xlsx）を作ります。")
@click.option("--source", "sources", multiple=True, metavar="名前", help="読む供給元を限ります。何度でも指定できます。")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="フォルダー",
    help="予行の一覧を作るフォルダー。省くと設定 [output] directory。",
)
@as_json_option
@click.pass_context
def sync(
    context: click.Context,
    *,
    plan_only: bool,
    check: bool,
    on: date | None,
    sources: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """人事の名簿を読み、各システムの利用者IDを合わせます。

    オプションなしで実行すると、名簿と各システムを読み、変更を計画し、ガードで確かめ、適用して読み返します。
    ガードの幅を超える変更は適用せずに保留し、担当者二人の確認を待ちます。
    途中で止まっても、もう一度実行すれば残りを行います。
    ポリシーに決め残しがある間は適用しません（iam policy check で確かめます）。予行と確認はできます。
    設定を二人で確認したあとは、確認済みの設定と違う間も適用しません（iam policy standing で確かめます）。

    \b
    例:
      iam sync --plan                    今夜の変更を、理由とともに見る
      iam sync                           同期する
      iam sync --check                   変更があるかどうかだけを確かめる
      iam sync --as-of 2027-04-01        4月1日の異動を予行する
      iam sync --source jinji            供給元 jinji だけを読む

    \b
    終了コード: 0 完了（受け付けなかった行だけなら 0 です）、
               1 変更あり（--check）、2 使い方・設定の誤り、ポリシーの決め残し、
               3 保留、または読めない供給元がある、
               4 一部が失敗、または判断が必要なIDがある
    """
    desk: Desk = context.obj
    _refuse_mixed(desk, plan_only=plan_only, check=check, on=on, out=out)
    looking = plan_only or check or on is not None
    if not looking:
        desk.refuse_unsettled()
        desk.refuse_unconfirmed()
    with Progress(sys.stderr) as progress:
        job = desk.job(progress, on=on, only=sources)
        report = preview(job, on=on, keep=not check) if looking else nightly(job)
    told = replace(_telling(job, report, check=check, unsettled=len(desk.unsettled)), page=_page(desk, report))
    sheets = _sheets(desk, told, on, out) if on is not None and not check else []
    if as_json:
        say_json(told.as_json(preview=looking) | {"sheets": [str(path) for path in sheets]})
    else:
        say(*told.lines(preview=looking), *(f"一覧を作りました: {path}" for path in sheets))
    context.exit(told.exit)


def _page(desk: Desk, report: Report) -> str:
    return release_page(desk.deployment, report.held.id) if report.held else ""


def _refuse_mixed(desk: Desk, *, plan_only: bool, check: bool, on: date | None, out: Path | None) -> None:
    if plan_only and check:
        raise click.UsageError("--plan と --check は一緒に指定できません。")
    if out is not None and (on is None or check):
        raise click.UsageError("--out は --as-of と一緒に指定します。--check とは一緒に指定できません。")
    if on is not None and on < desk.today:
        raise ConfigurationError([f"--as-of には今日（{desk.today}）以降の日付を指定してください。"])


def _telling(job: Job, report: Report, *, check: bool, unsettled: int) -> Telling:
    """The report without anything that may not be said yet."""
    failed: list[Line] = []
    secret: set[str] = set()
    known: set[str] = set()
    if report.changes or report.disputes:
        with job.store.read() as connection:
            secret = unannounced(connection, job.today, report.today)
            known = set(persons_by_number(connection, [dispute.staff_number for dispute in report.disputes]))
            if report.plan is not None and report.applied is not None:
                failed = [Line(c) for c in changes_of(connection, report.plan.id, ChangeState.FAILED)]
    shown = discreet((Line(change) for change in report.changes), job.today, secret)
    told = {line.change.staff_number for line in shown.lines} | known
    # Of somebody who is not in the ledger yet, nobody can tell whether they are announced.
    about = {"", *told} - secret
    disputes = [d for d in report.disputes if d.staff_number in about]
    return Telling(
        report=report,
        shown=shown,
        disputes=disputes,
        hidden_disputes=len(report.disputes) - len(disputes),
        failed=discreet(failed, job.today, secret),
        today=job.today,
        exit=exit_of(report, check=check),
        unsettled=unsettled,
    )


def _sheets(desk: Desk, told: Telling, on: date, out: Path | None) -> list[Path]:
    from web.cli.night.sheets import Rehearsal, write_sheets  # noqa: PLC0415 - no other night writes sheets

    seen = {line.change.staff_number for line in told.shown.lines}
    departments: dict[str, list[Change]] = defaultdict(list)
    for change in told.report.changes:
        if change.staff_number in seen:
            departments[change.department].append(change)
    rehearsal = Rehearsal(desk.settings.body.name, on, desk.today)
    return write_sheets(out or desk.settings.output.directory, rehearsal, departments)
