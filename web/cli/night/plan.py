"""`iam plan`: what was planned, what waits, and two people letting it go.

The one law: *nobody signs what was not shown*: a signature names the hash, and
a plan that was altered after it was stored is neither shown nor signed.
"""

import sys
from collections.abc import Iterator
from typing import Final

import click

from iam.errors import Busy, Forbidden
from iam.jobs.released import carry_out_released
from iam.people.announced import unannounced
from iam.record.columns import local_text
from iam.sync.apply import Applied
from iam.sync.dossier import sizes
from iam.sync.stored.plans import ChangeState, PlanState, Purpose, StoredPlan, changes_of, plans
from iam.sync.stored.plans import plan as plan_of
from iam.sync.stored.release import sign, verify_plan
from web.body.job import release_page
from web.cli.exits import Exit
from web.cli.japanese import as_json_option
from web.cli.night.lines import A_GROUP, Line, Shown, discreet, listing
from web.cli.night.progress import Progress
from web.cli.night.report import HASH_SHOWN, plan_json
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk

PURPOSES: Final = {Purpose.NIGHTLY: "同期", Purpose.PREVIEW: "確認", Purpose.REHEARSAL: "予行", Purpose.URGENT: "緊急"}


@click.group()
def plan() -> None:
    """計画を表示し、保留を解除します。

    ガードの幅を超える計画は保留になります。設定 [officers] release に書かれた担当者のうち二人が、
    それぞれ自分のアカウントから内容を確かめて解除すると、表示されたとおりに適用されます。
    ポータル（[portal]）があり、役職に充てる職がプロファイルに書かれているときは、
    その職にある職員二人がポータルで解除します。

    \b
    例:
      iam plan list
      iam plan show 12
      iam plan release 12 --hash ab12cd34ef56
    """


@plan.command("list")
@click.option("--held", is_flag=True, help="保留中の計画だけを表示します。")
@as_json_option
@click.pass_obj
def list_command(desk: Desk, *, held: bool, as_json: bool) -> None:
    """新しい計画から順に一覧にします。"""
    with desk.store.read() as connection:
        found = plans(connection, PlanState.HELD if held else None)
        counts = sizes(connection, [each.id for each in found])
    if as_json:
        say_json([{**(plan_json(each) or {}), "changes": counts.get(each.id, 0)} for each in found])
        return
    if not found:
        say("計画はありません。")
        return
    heading = ("番号", "作成", "対象日", "目的", "状態", "変更", "照合値")
    rows = [
        (
            str(each.id), local_text(each.made_at), str(each.as_of), PURPOSES[each.purpose], each.state.label_ja,
            f"{counts.get(each.id, 0):,}", each.hash[:HASH_SHOWN],
        )
        for each in found
    ]  # fmt: skip
    say_table([heading, *rows])


@plan.command("show")
@click.argument("number", metavar="番号", type=int)
@click.option("--all", "everything", is_flag=True, help="変更をすべて表示します。")
@as_json_option
@click.pass_obj
def show_command(desk: Desk, *, number: int, everything: bool, as_json: bool) -> None:
    """計画の内容を、変更の理由とともに表示します。"""
    with desk.store.read() as connection:
        found = plan_of(connection, number)
        verify_plan(connection, found)
        lines = [Line(change) for change in changes_of(connection, number)]
        shown = discreet(lines, desk.today, unannounced(connection, desk.today, found.as_of))
    if as_json:
        changes = [line.as_json() for line in shown.lines]
        say_json({**(plan_json(found) or {}), "changes": changes, "hidden": shown.hidden})
        return
    say(*_heading(found, shown), *listing(shown, None if everything else A_GROUP, "（--all で全件を表示します）"))
    if found.state is PlanState.HELD:
        page = release_page(desk.deployment, number)
        command = f"  iam plan release {number} --hash {found.hash[:HASH_SHOWN]}"
        words = "ポータルで次を開きます" if page else "次を実行します"
        say(f"解除するには、担当者二人がそれぞれ{words}。", f"  {page}" if page else command)


@plan.command("release")
@click.argument("number", metavar="番号", type=int)
@click.option("--hash", "seen", required=True, metavar="照合値", help="iam plan show で確かめた照合値。")
@as_json_option
@click.pass_context
def release_command(context: click.Context, *, number: int, seen: str, as_json: bool) -> None:
    """保留を解除します。担当者二人の確認がそろうと、その場で適用します。

    確認した人として、このコマンドを実行したOSのアカウントを記録します（sudo のときは sudo した人）。
    同じ人が二度確認することはできません。
    """
    desk: Desk = context.obj
    desk.refuse_unsettled()
    if page := release_page(desk.deployment, number):
        # One person must not sign once as an account and once as themselves.
        raise Forbidden(f"保留の解除はポータルで行います。役職のある職員二人がそれぞれ {page} を開いてください。")
    with Progress(sys.stderr) as progress:
        # A mistake in the configuration must not be found between the second signature and the deed.
        job = desk.job(progress)
        with desk.store.read() as connection:
            verify_plan(connection, plan_of(connection, number))
        with desk.store.act(desk.actor) as act:
            signed = sign(act, desk.store.keys, number, desk.settings.officers.release, seen.strip().lower())
        if signed.state is not PlanState.RELEASED:
            _tell_first(desk, signed, as_json=as_json)
            return
        try:
            applied = carry_out_released(job, number)
        except Busy as error:
            raise Busy(f"計画 {number} は解除されました。次の iam sync で適用します。{error}") from error
    _tell_applied(desk, signed, applied, as_json=as_json)
    context.exit(Exit.SETTLED if applied.whole else Exit.FAILED)


def _tell_first(desk: Desk, signed: StoredPlan, *, as_json: bool) -> None:
    if as_json:
        say_json({**(plan_json(signed) or {}), "signed_by": desk.actor, "applied": None})
    else:
        say(
            f"計画 {signed.id} の内容を {desk.actor} が確認しました（1人目）。まだ適用していません。",
            "もう一人の担当者が確かめ、同じコマンドを実行すると適用します。",
        )


def _tell_applied(desk: Desk, signed: StoredPlan, applied: Applied, *, as_json: bool) -> None:
    with desk.store.read() as connection:
        failed = [Line(change) for change in changes_of(connection, signed.id, ChangeState.FAILED)]
        shown = discreet(failed, desk.today, unannounced(connection, desk.today, signed.as_of))
    if as_json:
        told = {"done": applied.done, "failed": [line.as_json() for line in shown.lines], "away": applied.away}
        say_json({**(plan_json(signed) or {}), "signed_by": desk.actor, "applied": told})
        return
    say(f"計画 {signed.id} の保留を解除し、適用しました: {applied.done:,}件")
    say(*(f"  {system}: 書き込めませんでした。{why}" for system, why in applied.away.items()))
    if shown.total:
        say("できなかった変更（次の同期でやり直します）", *listing(shown, A_GROUP, ""))


def _heading(found: StoredPlan, shown: Shown) -> Iterator[str]:
    yield f"計画 {found.id}  {found.state.label_ja}  変更 {shown.total:,}件"
    yield f"  対象日 {found.as_of}（{PURPOSES[found.purpose]}）  作成 {local_text(found.made_at)} {found.made_by}"
    yield f"  照合値 {found.hash[:HASH_SHOWN]}"
    signed = "、".join(filter(None, (found.first_officer, found.second_officer)))
    if signed:
        yield f"  確認した担当者 {signed}"
    for hold in found.holds:
        yield f"  保留の理由: {hold}"
    for source, reading in found.readings.items():
        counts = {"新しい行": "rows", "無くなった行": "gone", "受け付けなかった行": "rejected"}
        said = "、".join(f"{words} {len(reading[key]):,}" for words, key in counts.items())
        yield f"  解除すると取り込む名簿: 供給元「{source}」 {reading['total']:,}行（{said}）"
