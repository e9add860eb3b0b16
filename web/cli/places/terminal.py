"""`iam terminal`: the register of terminals on the command line.

The one law: *a list comes in whole or not at all*, and whoever reports a loss learns whose terminal it was.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from iam.access.places import register, taking_in, terminals
from iam.access.places.marks import certificate_in
from iam.access.places.register import LABELS, Known, Particulars
from iam.access.places.terminals import Listed, Sought, TerminalKind, TerminalState
from iam.errors import NotFound, SheetError
from iam.people.ledger import people, persons_by_number
from iam.record.columns import local_text
from iam.signin import sessions
from web.body.terminals import HEADINGS, LARGEST, read_terminals
from web.cli.japanese import as_json_option
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_STATES: Final = click.Choice([str(state) for state in TerminalState])
_KINDS: Final = click.Choice([str(kind) for kind in TerminalKind])


@click.group()
def terminal() -> None:
    """端末と機器の台帳を表示し、取り込み、紛失を届け出ます。

    \b
    例:
      iam terminal import 端末.csv          資産管理の一覧から登録・変更する
      iam terminal list --state lent       貸出中の端末を見る
      iam terminal show PC-0012            一台の登録と、借りている職員を見る
      iam terminal lost TB-0003 --reason 電車に置き忘れた
    """


@terminal.command("list")
@click.argument("words", metavar="[言葉]", required=False, default="")
@click.option("--state", type=_STATES, metavar="状態", help="この状態のものだけを示します。")
@click.option("--kind", type=_KINDS, metavar="種別", help="この種別のものだけを示します。")
@click.option("--zone", metavar="領域", help="この領域のものだけを示します。")
@click.option("--person", metavar="職員番号", help="この職員に貸しているものだけを示します。")
@as_json_option
@click.pass_obj
def list_command(
    desk: Desk, *, words: str, state: str | None, kind: str | None, zone: str | None, person: str | None, as_json: bool
) -> None:
    """端末の台帳を一覧にします。言葉は、管理番号・名称・アドレス・備考・氏名の一部です。

    状態は in_stock（保管中）、in_use（使用中）、lent（貸出中）、lost（紛失）、retired（廃止）、
    種別は pc（パソコン）、tablet（タブレット）、device（機器）です。
    """
    with desk.store.read() as connection:
        sought = Sought(
            words, TerminalState(state) if state else None, TerminalKind(kind) if kind else None, zone,
            None if person is None else _person(connection, person),
        )  # fmt: skip
        found = terminals.terminals(connection, sought)
    if as_json:
        say_json([_as_json(each) for each in found])
        return
    heading = ("管理番号", "名称", "種別", "領域", "状態", "職員番号", "氏名", "返却期限")
    rows = [
        (each.terminal.code, each.terminal.name, each.terminal.kind.label_ja, each.terminal.zone,
         each.terminal.state.label_ja, each.staff_number, each.name, str(each.terminal.lent_until or ""))
        for each in found
    ]  # fmt: skip
    if rows:
        say_table([heading, *rows])
    say(f"{len(found):,}台")


@terminal.command("show")
@click.argument("code", metavar="管理番号")
@as_json_option
@click.pass_obj
def show_command(desk: Desk, *, code: str, as_json: bool) -> None:
    """一台の登録内容と、借りている職員を表示します。"""
    with desk.store.read() as connection:
        one = terminals.terminal(connection, code)
        holder = next(people(connection, [one.person_id]), None) if one.person_id else None
    listed = Listed(one, holder.staff_number if holder else "", holder.name if holder else "")
    if as_json:
        say_json(_as_json(listed))
        return
    rows = [(LABELS[name], words) for name, words in _words(desk, Particulars.of(one))]
    rows += [
        ("状態", one.state.label_ja),
        ("登録", local_text(one.registered_at)),
        ("変更", local_text(one.changed_at)),
    ]
    if holder is not None:
        rows.append(("貸出先", f"{holder.name}（{holder.staff_number}）"))
        rows.append(("返却期限", str(one.lent_until or "定めなし")))
    say_table(rows)


def _words(desk: Desk, given: Particulars) -> Sequence[tuple[str, str]]:
    """What the register says of it, in words, by field."""
    known = _known(desk)
    return [
        ("code", given.code), ("name", given.name), ("kind", given.kind.label_ja),
        ("zone", known.zones.get(given.zone, given.zone)),
        ("tasks", "、".join(known.systems.get(code, code) for code in given.tasks)),
        ("certificate", given.certificate), ("mac", given.mac), ("address", given.address),
        ("outside", "可" if given.outside else "不可"), ("note", given.note),
    ]  # fmt: skip


@terminal.command("import")
@click.argument("file", type=_FILE, metavar="ファイル")
@click.option("--dry-run", is_flag=True, help="確かめるだけで、何も書き込みません。")
@click.option("--in-stock", is_flag=True, help="新しい端末を、使用中ではなく保管中として登録します。")
@click.pass_obj
def import_command(desk: Desk, *, file: Path, dry_run: bool, in_stock: bool) -> None:
    """資産管理システムなどの CSV から、端末を登録し、登録済みのものは変更します。

    文字コードは UTF-8 か CP932（Shift_JIS）、1行目は見出しです。列の順は問わず、ほかの見出しの列は読みません。

    \b
      管理番号  名称  種別  領域  専用の業務  庁外  備考
      証明書  MACアドレス  IPアドレス

    必ず要るのは管理番号と名称（領域のある団体では領域も）です。領域と専用の業務は、コードでも名前でも書けます。
    証明書は SHA-256 の拇印（iam terminal mark で求められます）、庁外は 可 か空です。ファイルにない列と端末は、
    今のままにします。一つでも誤りがあれば何も取り込まず、すべての誤りを行とともに示します。
    """
    content = _content(file)
    known = _known(desk)
    with desk.store.read() as connection:
        there = {each.terminal.code: each.terminal for each in terminals.terminals(connection, Sought())}
        read = read_terminals(content, known, there)
        problems = [*read.problems, *taking_in.why_not_take_in(connection, known, read.lines)]
    if problems:
        told = [f"{file.name} {problem}" for problem in problems]
        raise SheetError([*told, f"誤りが{len(problems):,}件あるため、何も取り込んでいません。"])
    if dry_run:
        new = sum(line.given.code not in there for line in read.lines)
        say(f"誤りはありません（新規 {new:,}台、登録済み {len(read.lines) - new:,}台）。何も書き込んでいません。")
        return
    with desk.store.act(desk.actor) as act:
        done = taking_in.take_in(act, known, read.lines, in_use=not in_stock)
    say(f"登録 {done.registered:,}台、変更 {done.changed:,}台、変更なし {done.unchanged:,}台です。")


@terminal.command("lost")
@click.argument("code", metavar="管理番号")
@click.option("--reason", required=True, metavar="事情", help="いつ、どこで、どのように失ったか。")
@click.pass_obj
def lost_command(desk: Desk, *, code: str, reason: str) -> None:
    """端末の紛失を届け出ます。その端末からは入れなくなり、借りていた職員のサインインもすべて終わります。

    見つかったときは、担当者の画面で「見つかった」とします。届け出たことは証跡に残ります。
    """
    with desk.store.act(desk.actor) as act:
        loss = register.report_lost(act, code, reason)
        ended = 0 if loss.person_id is None else sessions.end_all(act, loss.person_id, "ended_by_officer")
    say(f"管理番号「{code}」の端末を紛失としました。この端末からは入れません。")
    if loss.person_id is not None:
        with desk.store.read() as connection:
            holder = next(people(connection, [loss.person_id]))
        say(f"{holder.name}さん（{holder.staff_number}）に貸していました。サインイン{ended or 0}件を終わらせました。")


@terminal.command("mark")
@click.argument("file", type=_FILE, metavar="証明書")
def mark_command(file: Path) -> None:
    """証明書（PEM）の拇印を求めます。台帳の「証明書」に書く値です。

    \b
    例:
      iam terminal mark PC-0012.pem
    """
    try:
        say(certificate_in(_content(file)))
    except ValueError as error:
        raise SheetError([f"{file.name}: {error}"]) from error


def _known(desk: Desk) -> Known:
    return Known.of(desk.deployment.profile, desk.deployment.model)


def _person(connection: Any, number: str) -> int:  # noqa: ANN401 - a connection
    found = persons_by_number(connection, [number]).get(number)
    if found is None:
        raise NotFound(f"職員番号「{number}」の職員は台帳にいません。番号を確かめてください。")
    return found


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise SheetError([f"{path.name}: ファイルが大きすぎます（上限 {LARGEST:,}バイト）。"])
    return content


def _as_json(listed: Listed) -> dict[str, object]:
    one = listed.terminal
    said = {name: getattr(one, name) for name in HEADINGS}
    return {
        **said, "state": one.state, "staff_number": listed.staff_number, "person": listed.name,
        "lent_until": one.lent_until, "registered_at": one.registered_at, "changed_at": one.changed_at,
    }  # fmt: skip
