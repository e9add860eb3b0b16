"""`iam privilege sightings` and `iam privilege scan`: what targets show of privileged IDs.

The one law: *nothing is passed over in silence*: rows that could not be read are told with their place, and records
that are no sign-ins of people are counted by why.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final

import click

from connectors.sightings import Content, Format, open_log
from iam.errors import SourceError
from iam.jobs.seen import look_for_privilege
from iam.ports import SightingSource
from iam.privilege.seen.evidence import Setting
from iam.privilege.seen.findings import Finding, FindingState, finding, findings
from iam.privilege.seen.taking import TakenIn, take_in
from iam.record.columns import JST, local_text
from web.body.job import offices_of
from web.cli.exits import Exit
from web.cli.japanese import as_json_option
from web.cli.night.progress import Progress
from web.cli.table import printable, say, say_json, say_table
from web.cli.wiring import Desk

SHOWN: Final = 20
"""Unreadable rows that are shown; the rest are counted."""

_ZONES: Final[dict[str, tzinfo]] = {"JST": JST, "UTC": UTC}
_HEADING: Final = ("番号", "種類", "システム", "ID", "件数", "見つけた日時", "場所")


def setting_of(desk: Desk) -> Setting:
    """What sightings and scans need to know of the body; without a portal there is nobody to write to."""
    deployment = desk.deployment
    return Setting(deployment.model, offices_of(deployment) if deployment.settings.portal else None)


@click.command("sightings")
@click.argument(
    "files", nargs=-1, required=True, metavar="ファイル…", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--system", required=True, metavar="コード", help="記録を書いた情報システム（アクセスモデルのコード）。")
@click.option(
    "--format", "format_", type=click.Choice([str(each) for each in Format]), default=str(Format.AUTO),
    metavar="形式", show_default=True, help="windows-csv、evtx、syslog、journal。省くと中身から見分けます。",
)  # fmt: skip
@click.option("--year", type=click.IntRange(2000, 2100), metavar="年", help="年のない記録の、最初の行の年。")
@click.option(
    "--zone", type=click.Choice(sorted(_ZONES)), default="JST", show_default=True, metavar="JST|UTC",
    help="時差の書かれていない時刻の時間帯。",
)  # fmt: skip
@click.option("--check", is_flag=True, help="新しい指摘があれば終了コード 1 で終わります。")
@as_json_option
@click.pass_obj
def sightings_command(
    desk: Desk,
    *,
    files: Sequence[Path],
    system: str,
    format_: str,
    year: int | None,
    zone: str,
    check: bool,
    as_json: bool,
) -> None:
    """対象システムのサインインの記録を取り込み、特権IDの利用と突き合わせます。

    Windows のセキュリティログ（イベントビューアーの CSV、Export-Csv、EVTX）、Linux の auth.log や secure、
    journalctl -o json の出力、slapd の記録を読みます。同じ行を二度取り込んでも、一度として数えます。

    \b
    終了コード: 0 完了、1 新しい指摘あり（--check）、2 使い方・設定の誤り、
      3 読めないファイルがある
    """
    told, refused = list[tuple[str, TakenIn]](), list[str]()
    for path in files:
        try:
            source = open_log(Content.at(path), Format(format_), year=year, zone=_ZONES[zone])
            told.append((path.name, _taken(desk, system, source)))
        except SourceError as error:
            # One file that cannot be read does not keep the others from being taken in.
            refused.append(str(error))
    fresh = sorted({id_ for _, done in told for id_ in done.findings})
    with desk.store.read() as connection:
        found = [finding(connection, id_) for id_ in fresh]
    if as_json:
        listed = [told_of(each) for each in found]
        say_json({"files": [_as_json(*each) for each in told], "refused": refused, "findings": listed})
    else:
        for name, done in told:
            _say_file(name, done)
        say(*(f"エラー: {line}" for line in refused), err=True)
        say_findings(found, "新しい指摘はありません。")
    if refused:
        raise click.exceptions.Exit(Exit.HELD)
    if check and found:
        raise click.exceptions.Exit(Exit.DIFFERS)


def _taken(desk: Desk, system: str, source: SightingSource) -> TakenIn:
    with Progress(sys.stderr) as progress:

        def read(rows: int) -> None:
            progress(f"{source.name} を読んでいます（サインイン {rows:,}件）", 0, 0)

        return take_in(desk.store, setting_of(desk), desk.actor, system, source, progress=read)


@click.command("scan")
@click.option("--check", is_flag=True, help="新しい指摘があれば終了コード 1 で終わります。")
@as_json_option
@click.pass_obj
def scan_command(desk: Desk, *, check: bool, as_json: bool) -> None:
    """対象システムにある特権を調べ、特権IDの台帳と利用に照らします。

    前回の同期で読んだ内容を調べます。毎晩の同期の終わりにも行います。初期設定の名前のID、台帳にない特権、
    利用のないまま持たれている特権を指摘し、なくなった指摘を「解消」にします。
    """
    with Progress(sys.stderr) as progress:
        progress("システムの特権を調べています", 0, 0)
        done = look_for_privilege(desk.store, desk.actor, setting_of(desk))
    with desk.store.read() as connection:
        found = findings(connection, state=FindingState.OPEN)
    if as_json:
        scanned = {"fresh": list(done.fresh), "standing": list(done.standing), "gone": list(done.gone)}
        say_json({**scanned, "findings": [told_of(each) for each in found]})
    else:
        say(f"新しい指摘 {len(done.fresh):,}件、続いている指摘 {len(done.standing):,}件、解消 {len(done.gone):,}件")
        say_findings(found, "未確認の指摘はありません。")
    if check and done.fresh:
        raise click.exceptions.Exit(Exit.DIFFERS)


def say_findings(found: Sequence[Finding], nothing: str) -> None:
    """Findings as a table, or that there are none."""
    rows = [
        (str(each.id), each.kind.label_ja, each.system, printable(each.login), f"{each.detail.get('count', 1):,}",
         local_text(each.found_at), printable("、".join(each.detail.get("places", ())[:1])) or "—")
        for each in found
    ]  # fmt: skip
    if rows:
        say_table([_HEADING, *rows])
    say(f"指摘 {len(rows):,}件" if rows else nothing)


def told_of(found: Finding) -> dict[str, object]:
    """A finding for a script."""
    return {
        "id": found.id, "kind": found.kind, "state": found.state, "system": found.system, "login": found.login,
        "use": found.use_id, "found_at": found.found_at, "last_at": found.last_at, "detail": found.detail,
    }  # fmt: skip


def _say_file(name: str, done: TakenIn) -> None:
    if done.known:
        say(f"{printable(name)}: 取込み済みです。{done.known}")
        return
    counts = {
        "新しい記録": done.fresh, "取込み済みの行": done.repeated, "特権に関わらないサインイン": done.ordinary,
        "台帳に載る前": done.earlier, **done.passed_over,
    }  # fmt: skip
    listed = "、".join(f"{words} {count:,}件" for words, count in counts.items() if count)
    say(f"{printable(name)}: サインインの記録 {done.rows:,}件（{listed or 'なし'}）")
    for each in done.rejected[:SHOWN]:
        say(f"  読めない行: {printable(each.place)} {each.field} {each.reason}".rstrip())
    if len(done.rejected) > SHOWN:
        say(f"  読めない行は、ほかに{len(done.rejected) - SHOWN:,}行あります。")


def _as_json(name: str, done: TakenIn) -> dict[str, object]:
    rejected = [{"place": each.place, "field": each.field, "reason": each.reason} for each in done.rejected]
    return {
        "name": name, "known": done.known, "rows": done.rows, "fresh": done.fresh, "repeated": done.repeated,
        "ordinary": done.ordinary, "earlier": done.earlier, "passed_over": dict(done.passed_over),
        "rejected": rejected, "findings": list(done.findings),
    }  # fmt: skip
