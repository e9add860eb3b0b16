"""`iam policy propose` and `standing`: the configuration of this host against the one that two officers confirmed.

The one law: *the console proposes and never confirms* (R17, R19): an operating-system account is no officer.  What one
person changes at once is alarmed, and lapses in three days.
"""

from collections.abc import Iterator, Sequence

import click

from iam.office.changes import proposing
from iam.office.changes.configuration import Difference, Judged, Standing, Statement
from iam.record.columns import local_text
from web.body.job import offices_of
from web.cli.exits import Exit
from web.cli.japanese import as_json_option
from web.cli.table import say, say_json
from web.cli.wiring import Desk


@click.command("standing")
@as_json_option
@click.pass_context
def standing_command(context: click.Context, *, as_json: bool) -> None:
    """いまの設定が、二人で確認したものと同じかどうかを示します。

    ポリシー、IDと権限、ネットワーク、供給元と接続先、役職を比べます。違いがあれば終了コード 1 で終わります。
    """
    desk: Desk = context.obj
    judged = desk.judged()
    if as_json:
        say_json(_as_json(desk, judged))
    else:
        say(*_lines(desk, judged))
    context.exit(Exit.SETTLED if judged.standing in {Standing.CONFIRMED, Standing.UNASKED} else Exit.DIFFERS)


@click.command("propose")
@click.option("--reason", metavar="理由", default="", help="なぜ変えるか。確認する担当者が読みます。")
@click.option(
    "--emergency", metavar="理由", default="",
    help="確認を待たずに使い始めます。統括と承認者に至急の通知が届き、3日以内に確認されないと使えなくなります。",
)  # fmt: skip
@as_json_option
@click.pass_obj
def propose_command(desk: Desk, *, reason: str, emergency: str, as_json: bool) -> None:
    """いまの設定を、二人の確認に出します。

    設定ファイルを書き換えたら、これを実行します。案には、ポリシー、IDと権限、ネットワーク、供給元と接続先、役職のすべてが
    入ります（パスワードや鍵は入りません）。ポータルの「設定の変更」で運用担当か統括が申請し、
    別の統括か承認者が違いを見て確認すると、その設定で動くようになります。

    \b
    例:
      iam policy propose --reason "税務システムを接続先に加える"
      iam policy propose --emergency "認証局の証明書が失効したため差し替え"
    """
    if bool(reason.strip()) == bool(emergency.strip()):
        raise click.UsageError("--reason か --emergency のどちらか一つに、理由を書いてください。")
    desk.refuse_unsettled()
    if emergency:
        desk.refuse_shared_configuration()
    offices = offices_of(desk.deployment)
    with desk.store.act(desk.actor) as act:
        if emergency:
            found = proposing.emergency(act, offices, desk.keys, desk.running, emergency.strip())
        else:
            found = proposing.draft(act, desk.keys, desk.running, reason.strip())
        before, changes = proposing.changes_of(act.connection, desk.keys, found)
    if as_json:
        told = [_change_json(each) for each in changes] if before else []
        say_json({"id": found.id, "digest": found.digest, "changes": told, "until": found.emergency_until})
        return
    say(*(_change_lines(changes) if before else [f"初めての案です（{len(changes):,}項目）。"]))
    if found.emergency_until is None:
        say(f"設定の案 {found.id} を受け付けました（照合値 {found.digest[:16]}）。", f"  {_next(desk, found.id)}")
        return
    say(
        f"緊急の変更 {found.id} として、{local_text(found.emergency_until)} まで使えます。統括と承認者に知らせました。",
        f"  {_next(desk, found.id)}",
    )


def _next(desk: Desk, id_: int) -> str:
    portal = desk.deployment.settings.portal
    if portal is None:
        return "確認にはポータルが要ります。設定に [portal] を書いてください。"
    return f"{portal.origin}/office/configuration/{id_} で運用担当か統括が申請し、別の統括か承認者が確認します。"


def _who(actor: str | None) -> str:
    return (actor or "—").replace("staff:", "職員番号 ", 1)


def _lines(desk: Desk, judged: Judged) -> Iterator[str]:
    yield f"いまの設定の照合値: {desk.running.digest[:16]}（{judged.standing.label_ja}）"
    if judged.in_force and judged.in_force.confirmed_at:
        named = f"申請 {_who(judged.in_force.proposed_by)}、確認 {_who(judged.in_force.confirmed_by)}"
        yield f"確認済みの設定: {judged.in_force.digest[:16]}（{local_text(judged.in_force.confirmed_at)}、{named}）"
    if judged.until:
        yield f"緊急の変更として {local_text(judged.until)} まで使えます。"
    yield from _change_lines(judged.differences)
    if judged.why_not:
        yield judged.why_not


def _change_lines(changes: Sequence[Difference]) -> Iterator[str]:
    for each in changes:
        yield f"  {each.label}: {_side(each.before)} → {_side(each.after)}"
    if changes:
        yield f"違い {len(changes):,}件"


def _side(statement: Statement | None) -> str:
    if statement is None:
        return "（なし）"
    return f"{statement.value or '（空）'}" + (f"［{statement.clause}］" if statement.clause else "")


def _as_json(desk: Desk, judged: Judged) -> dict[str, object]:
    return {
        "standing": judged.standing,
        "digest": desk.running.digest,
        "confirmed": judged.in_force.digest if judged.in_force else None,
        "until": judged.until,
        "changes": [_change_json(each) for each in judged.differences],
    }


def _change_json(each: Difference) -> dict[str, object]:
    return {
        "key": each.key,
        "label": each.label,
        "before": each.before.value if each.before else None,
        "after": each.after.value if each.after else None,
        "clause": each.after.clause if each.after else each.before.clause if each.before else "",
    }
