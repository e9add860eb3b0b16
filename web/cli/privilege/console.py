"""`iam privilege nominate|approve|ask|join|record…`: prepared here, confirmed by the person in the portal.

The one law: *nothing is done by the console itself* (R13, R17, design law 4): an account of the operating system proves
no person, so a command writes down what is wanted and of whom, and tells the code with which they read and confirm it.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import click
from sqlalchemy import Connection

from iam.errors import NotFound
from iam.people.ledger import persons_by_number
from iam.privilege.console import ConsoleDeed, DeedState, Draft, Verb, deed, prepare
from iam.record.columns import jst_day, local_text
from iam.signin.door import number_of
from web.cli.exits import Exit
from web.cli.japanese import DAY
from web.cli.privilege import knowing
from web.cli.table import printable, say, say_json
from web.cli.wiring import Desk

PLACE: Final = "/privilege/console"
_EACH: Final = 1.0
"""Seconds between two looks at whether it was confirmed."""

_EXITS: Final[Mapping[DeedState, Exit]] = {
    DeedState.DONE: Exit.SETTLED, DeedState.REFUSED: Exit.USAGE, DeedState.CANCELLED: Exit.USAGE,
    DeedState.LOCKED: Exit.HELD, DeedState.LAPSED: Exit.HELD,
}  # fmt: skip
_HOW: Final = """ここでは準備だけを行い、8文字の確認コードと場所を表示します。--as の本人が、10分のうちにポータルの
/privilege/console でコードを入力し、内容を読み、本人を確認して確定すると、行われます。

\b
例:
  {example}

\b
終了コード: 0 準備した（--wait では、行われた）、2 使い方の誤り、断られた、
  取りやめられた、
  3 確定されないまま期限が過ぎた（--wait）"""

Said = dict[str, Any]


@dataclass(frozen=True)
class _Command:
    """One command.  `params`: what its verb is given; `content`: that as the verb reads it."""

    verb: Verb
    words: str
    example: str
    params: Sequence[click.Parameter]
    content: Callable[[Desk, Said], Said] = lambda _, said: said


def _number(name: str) -> click.Argument:
    return click.Argument([name], metavar="番号", type=int)


def _text(name: str, words: str, *, required: bool = True) -> click.Option:
    return click.Option([f"--{name}"], required=required, default=None if required else "", metavar="文", help=words)


def _nomination(desk: Desk, said: Said) -> Said:
    with desk.store.read() as connection:
        person = _person(connection, said["delegate"])
    first = said["first"] or jst_day(desk.store.clock())
    return {
        **said, "delegate": person, "ids": sorted(said["ids"]), "first": first.isoformat(),
        "last": said["last"].isoformat(),
    }  # fmt: skip


def _record(_: Desk, said: Said) -> Said:
    if (said["text"] is None) == (said["file"] is None):
        raise click.UsageError("したことを --text か --file のどちらかで指定してください。")
    text = said["text"] if said["file"] is None else said["file"].read().strip()
    return {"use": said["use"], "text": text, "decision_number": said["decision_number"]}


_DECISION: Final = click.Option(["--decision", "decision_number"], default="", metavar="番号", help="決裁番号。")
_COMMANDS: Final = (
    _Command(
        Verb.NOMINATE, "特権代行の指名を準備します（統括の担当者）。",
        'iam privilege nominate 000456 --id 3 --until 2027-03-31 \\\n    --reason "保守の担当" --as 000123',
        (
            click.Argument(["delegate"], metavar="任せる職員の番号"),
            click.Option(["--id", "ids"], type=int, multiple=True, required=True, metavar="番号",
                         help="任せる特権ID。二つ以上は、繰り返して書きます。"),
            click.Option(["--from", "first"], type=DAY, default=None, help="開始日。省くと今日です。"),
            click.Option(["--until", "last"], type=DAY, required=True, help="終了日。"),
            _text("reason", "任せる理由。"), _text("conditions", "使うときの条件。", required=False),
            click.Option(["--renews"], type=int, default=None, metavar="番号", help="更新のもとになる代行。"),
        ), _nomination,
    ),
    _Command(
        Verb.APPROVE, "特権代行の指名の承認を準備します（承認者）。", "iam privilege approve 5 --as 000123 --wait",
        (_number("delegation"),),
    ),
    _Command(
        Verb.DECLINE, "特権代行の指名の差戻しを準備します（承認者）。",
        'iam privilege decline 5 --reason "期間が長い" --as 000123',
        (_number("delegation"), _text("reason", "差し戻す理由。")),
    ),
    _Command(
        Verb.RECEIVE, "承認の知らせを受領した記録を準備します（統括の担当者）。",
        "iam privilege receive 5 --as 000123", (_number("delegation"),),
    ),
    _Command(
        Verb.REVIEW, "例外措置による指名の事後の確認を準備します。",
        'iam privilege review 5 --words "作業の内容と記録が合っている" --as 000123',
        (_number("delegation"), _text("words", "確かめたこと。")),
    ),
    _Command(
        Verb.ASK, "特権IDの利用の申請を準備します（任された職員）。",
        'iam privilege ask 3 --purpose "索引の更新" --minutes 60 --as 000456 --wait',
        (
            _number("privileged_id"), _text("purpose", "使う目的。"), _DECISION,
            click.Option(["--minutes"], type=click.IntRange(1, 720), default=None, metavar="分",
                         help="使う時間。省くと、プロファイルの既定の長さです。"),
        ),
    ),
    _Command(
        Verb.JOIN, "特権IDの利用への立会いを準備します（利用者のほかの職員）。",
        "iam privilege join 12 --as 000789 --wait", (_number("use"),),
    ),
    _Command(
        Verb.RECORD, "作業記録の提出を準備します（利用した本人）。",
        "iam privilege record 12 --file 記録.txt --as 000456",
        (
            _number("use"), click.Option(["--text"], default=None, metavar="文", help="したこと。"),
            click.Option(["--file"], type=click.File("r", encoding="utf-8"), default=None, metavar="ファイル",
                         help="したことを書いたファイル。- は標準入力です。"),
            _DECISION,
        ), _record,
    ),
    _Command(
        Verb.CONFIRM_RECORD, "作業記録の確認を準備します（立会者）。",
        "iam privilege confirm-record 12 --as 000789",
        (_number("use"), _text("words", "気づいたこと。", required=False)),
    ),
    _Command(
        Verb.EMERGENCY, "緊急利用を準備します。確定すると、責任者に直ちに知らせます。",
        'iam privilege emergency 3 --reason "停止" --purpose "再起動" --as 000456',
        (_number("privileged_id"), _text("reason", "何が起きているか。"), _text("purpose", "何をするか。")),
    ),
    _Command(
        Verb.APPROVE_AFTERWARDS, "緊急利用の事後の承認を準備します（承認者）。",
        'iam privilege approve-afterwards 12 --words "記録を確かめた" --as 000123',
        (_number("use"), _text("words", "確かめたこと。")),
    ),
)  # fmt: skip


def commands() -> Iterator[click.Command]:
    """One command for each verb that may be prepared."""
    for each in _COMMANDS:
        yield click.Command(
            str(each.verb), callback=click.pass_obj(_running(each)), params=[*each.params, *_common()],
            help=f"{each.words}\n\n{_HOW.format(example=each.example)}",
            short_help=f"{each.verb.label_ja}を準備します（本人がポータルで確定）。",
        )  # fmt: skip


def _common() -> Iterator[click.Parameter]:
    yield click.Option(["--as", "number"], required=True, metavar="職員番号", help="ポータルで確定する本人。")
    yield click.Option(["--wait"], is_flag=True, help="本人が確定するまで待ち、結果を表示します。")
    yield click.Option(["--json", "as_json"], is_flag=True, help="結果を JSON で出力します。")


def _running(command: _Command) -> Callable[..., None]:
    def run(desk: Desk, *, number: str, wait: bool, as_json: bool, **said: Any) -> None:  # noqa: ANN401 - as click has it
        door, content = knowing.door(desk), command.content(desk, said)
        with desk.store.act(desk.actor) as act:
            person = _person(act.connection, number)
            made, code = prepare(act, door, Draft(command.verb, person, content, desk.actor))
        _say_prepared(desk, made, code, as_json=as_json, wait=wait)
        if wait:
            _say_settled(_settled(desk, made), as_json=as_json)

    return run


def _person(connection: Connection, typed: str) -> int:
    number = number_of(typed)
    found = persons_by_number(connection, [number]).get(number)
    if found is None:
        raise NotFound(f"職員番号 {printable(typed)} の職員は台帳にいません。番号を確かめてください。")
    return found


def _say_prepared(desk: Desk, made: ConsoleDeed, code: str, *, as_json: bool, wait: bool) -> None:
    place = knowing.page(desk, PLACE)
    if as_json and not wait:
        say_json({**_as_json(made), "code": code, "place": place})
        return
    with desk.store.read() as connection:
        who = knowing.named(connection, {made.person_id})[made.person_id]
    # A script that waits reads the result alone from the output; a person reads the code meanwhile.
    say(
        f"{made.verb.label_ja}を準備しました。まだ何も行っていません。", f"  確定する人 {who}", f"  場所 {place}",
        f"  確認コード {code}", f"  期限 {local_text(made.lapses_at)}", err=as_json,
    )  # fmt: skip


def _settled(desk: Desk, made: ConsoleDeed) -> ConsoleDeed:
    """The deed once it is over; it lapses, so this comes to an end."""
    while True:
        with desk.store.read() as connection:
            found = deed(connection, made.id, desk.store.clock())
        if not found.state.pending:
            return found
        time.sleep(_EACH)


def _say_settled(found: ConsoleDeed, *, as_json: bool) -> None:
    done = found.state is DeedState.DONE
    if as_json:
        say_json(_as_json(found))
    else:
        kind, _, number = found.outcome.rpartition(" ")
        told = f"（{'利用' if kind == 'use' else '代行'} {number}）" if done else ""
        reason = f": {found.outcome}" if found.outcome and not done else ""
        say(f"{found.verb.label_ja}: {found.state.label_ja}{told}{reason}", err=not done)
    if not done:
        raise click.exceptions.Exit(_EXITS[found.state])


def _as_json(found: ConsoleDeed) -> dict[str, object]:
    return {
        "id": found.id, "verb": found.verb, "state": found.state, "prepared_at": found.prepared_at,
        "lapses_at": found.lapses_at, "settled_at": found.settled_at, "outcome": found.outcome,
    }  # fmt: skip
