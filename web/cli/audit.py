"""`iam audit`: prove the audit, send its checkpoints out, hand it to an auditor.

The one law: *these commands say what they found and never mend it*.
"""

import syslog
from pathlib import Path

import click

from iam.errors import ConfigurationError, StoreError
from iam.record.audit.chain import read_head
from iam.record.audit.checkpoint import Checkpoint, checkpoint, checkpoints_in
from iam.record.audit.export import export, verify_export
from iam.record.audit.verify import Verdict, verify
from iam.record.keys import keys_of_pem, pem_of
from web.cli.exits import Exit
from web.cli.files.named import fresh, text_of
from web.cli.japanese import as_json_option
from web.cli.table import say, say_json
from web.cli.wiring import Desk

_file = click.Path(path_type=Path, dir_okay=False)


@click.group()
def audit() -> None:
    """証跡を検証し、書き出します。"""


@audit.command("verify")
@click.option(
    "--export",
    "exported",
    type=_file,
    metavar="ファイル",
    help="データベースの代わりに、書き出したファイルを検証します。",
)
@click.option("--public-key", type=_file, metavar="ファイル", help="書き出しの検証に使う公開鍵ファイル（PEM）。")
@click.option(
    "--checkpoints",
    type=_file,
    metavar="ファイル",
    help="外部に保管したチェックポイントの行を含むファイル（syslog など）。",
)
@as_json_option
@click.pass_context
def verify_command(
    context: click.Context, *, exported: Path | None, public_key: Path | None, checkpoints: Path | None, as_json: bool
) -> None:
    """証跡が書き換えられていないことを確かめます。

    壊れているときは、最初に壊れている記録の番号と理由を示し、終了コード 5 で終わります。
    """
    witnessed = _witnessed(checkpoints) if checkpoints else []
    if exported is None:
        if public_key is not None:
            raise click.UsageError("--public-key は --export と一緒に指定してください。")
        desk: Desk = context.obj
        with desk.store.read() as connection:
            verdict = verify(connection, desk.keys, witnessed)
    elif public_key is None:
        raise click.UsageError("--export には --public-key（公開鍵ファイル）も必要です。")
    else:
        verdict = verify_export(exported, keys_of_pem(text_of(public_key)), witnessed)
    if as_json:
        say_json(_verdict_json(verdict))
    else:
        say(*_verdict_lines(verdict))
    context.exit(Exit.SETTLED if verdict.whole else Exit.BROKEN)


@audit.command("export")
@click.argument("output", metavar="ファイル", type=_file)
@click.option("--public-key", type=_file, metavar="ファイル", help="検証に使う公開鍵を、このファイルにも書き出します。")
@as_json_option
@click.pass_obj
def export_command(desk: Desk, *, output: Path, public_key: Path | None, as_json: bool) -> None:
    """証跡のすべてを、署名を付けて一つのファイルに書き出します。

    監査を行う方は、公開鍵だけでこのファイルを検証できます。公開鍵は、ファイルとは別の経路で渡してください。
    """
    with fresh(output) as file, desk.store.read() as connection:
        verdict = export(connection, desk.keys, file, desk.store.clock())
    if public_key is not None:
        with fresh(public_key) as file:
            file.write(pem_of(desk.keys.public_keys()).encode())
    if as_json:
        say_json({"file": str(output), "records": verdict.checked, "hash": verdict.hash})
    else:
        say(f"証跡の記録 {verdict.checked:,} 件を {output} に書き出しました。")


@audit.command("checkpoint")
@click.option(
    "--append",
    "kept_in",
    type=_file,
    metavar="ファイル",
    help="チェックポイントの行を、このファイルの末尾に追加します。",
)
@click.option("--syslog", "to_syslog", is_flag=True, help="チェックポイントの行を syslog に送ります。")
@as_json_option
@click.pass_obj
def checkpoint_command(desk: Desk, *, kept_in: Path | None, to_syslog: bool, as_json: bool) -> None:
    """証跡の現在の末尾に署名し、外部に保管するための 1 行を出力します。

    この行をデータベースの管理者の手が届かない所に保管すると、後からの作り直しや差し戻しが分かります。
    """
    with desk.store.act(desk.actor) as act:
        made = checkpoint(act, desk.keys)
    if kept_in is not None:
        _append(kept_in, made.line())
    if to_syslog:
        syslog.openlog("iam", facility=syslog.LOG_AUTHPRIV)
        syslog.syslog(syslog.LOG_NOTICE, made.line())
    if as_json:
        say_json({"number": made.number, "hash": made.hash, "at": made.at, "line": made.line()})
    else:
        say(made.line())


@audit.command("head")
@as_json_option
@click.pass_context
def head_command(context: click.Context, *, as_json: bool) -> None:
    """証跡の末尾の番号とハッシュを出力します。"""
    desk: Desk = context.obj
    with desk.store.read() as connection:
        head = read_head(connection)
    wrong = head.why_not_sealed(desk.keys)
    if as_json:
        say_json({"number": head.number, "hash": head.hash, "sealed": wrong is None})
    else:
        say(f"記録 {head.number:,} 件目  {head.hash}")
    if wrong:
        say(f"{wrong}。iam audit verify で確かめてください。", err=True)
        context.exit(Exit.BROKEN)


def _verdict_lines(verdict: Verdict) -> list[str]:
    if verdict.broken is not None:
        said = [f"証跡が壊れています。記録 {verdict.broken.number}: {verdict.broken.what}"]
        if verdict.checked:
            said.append(f"記録 1 から {verdict.checked} までは、順につながっています。")
    else:
        counted = f"記録 {verdict.checked:,} 件、チェックポイント {verdict.checkpoints:,} 件"
        said = [f"証跡は正しくつながっています（{counted}）。"]
    return [*said, *(f"確かめられないこと: {note}" for note in verdict.unproved)]


def _verdict_json(verdict: Verdict) -> dict[str, object]:
    broken = verdict.broken
    return {
        "whole": verdict.whole, "checked": verdict.checked, "hash": verdict.hash, "checkpoints": verdict.checkpoints,
        "broken": None if broken is None else {"number": broken.number, "what": broken.what},
        "unproved": verdict.unproved,
    }  # fmt: skip


def _witnessed(path: Path) -> list[Checkpoint]:
    found = checkpoints_in(text_of(path).splitlines())
    if not found:
        raise ConfigurationError([f"{path} にチェックポイントの行がありません。"])
    return found


def _append(path: Path, line: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        raise StoreError(
            f"{path} に書き込めません: {error.strerror}。チェックポイントは次の行です。\n{line}"
        ) from error
