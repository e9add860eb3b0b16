"""`iam officers`: who holds which role today, and the first two officers of a fresh installation.

The one law: *no two slips on one screen*: each of the first officers gets what
is theirs, in a file of its own or alone before the terminal.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import click

from iam.errors import ConfigurationError
from iam.office.roles import Holding, How, Offices, holders
from iam.people.ledger import people
from iam.policy.profile import Role
from iam.record.columns import local_text
from iam.settings import Portal
from iam.signin.desk.first import begin, see_open
from iam.signin.desk.issuing import Slip
from web.body.door import door_of
from web.body.job import offices_of
from web.cli.japanese import as_json_option
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk

ENOUGH: Final = 3
"""Asker, confirmer and the person meant are three: with fewer, an officer who is locked out stays out."""

LETTING_IN: Final = (Role.GENERAL_OFFICER, Role.OPERATOR, Role.HR_OFFICER, Role.APPROVER)
"""The roles that have a part in temporary credentials."""


@click.group()
def officers() -> None:
    """役職に就いている職員を一覧にし、初めの担当者二人を決めます。"""


@dataclass(frozen=True)
class _Bearer:
    """One holding with the names that people know."""

    holding: Holding
    number: str
    name: str
    deputises: str


@officers.command("list")
@as_json_option
@click.pass_obj
def list_command(desk: Desk, *, as_json: bool) -> None:
    """きょう役職に就いている職員を、その理由とともに一覧にします。

    役職は職に付くので、人事異動とともに移ります。代理と指名は、期限が来ると終わります。
    """
    offices = offices_of(desk.deployment)
    found = _bearers(desk, offices)
    if as_json:
        say_json([_as_json(role, each) for role, many in found.items() for each in many])
        return
    for role, many in found.items():
        title = offices.profile.holder(role)
        say(
            f"{role.label_ja}（{title.name}、{title.post}）"
            if title
            else f"{role.label_ja}（充てる職が決まっていません）"
        )
        if many:
            say_table([(each.number, each.name, _why(each)) for each in many], "  ")
        else:
            say("  だれもいません。")
    say(*_warnings(found))


def _bearers(desk: Desk, offices: Offices) -> dict[Role, list[_Bearer]]:
    with desk.store.read() as connection:
        held = {role: holders(connection, offices, role, desk.today) for role in Role}
        ids = {id_ for many in held.values() for each in many for id_ in (each.person_id, each.deputises_id) if id_}
        known = {person.id: person for person in people(connection, ids)}
    return {
        role: [
            _Bearer(
                each, known[each.person_id].staff_number, known[each.person_id].name,
                known[each.deputises_id].name if each.deputises_id else "",
            )
            for each in many
        ]
        for role, many in held.items()
    }  # fmt: skip


def _why(each: _Bearer) -> str:
    held = each.holding
    until = "" if held.until == date.max else f"（{held.until}まで）"
    words = f"{each.deputises}さんの代理" if held.how is How.DEPUTY else held.post or held.how.label_ja
    return words + until


def _as_json(role: Role, each: _Bearer) -> dict[str, object]:
    held = each.holding
    return {
        "role": role, "staff_number": each.number, "name": each.name, "how": held.how, "title": held.title,
        "post": held.post, "until": None if held.until == date.max else held.until,
    }  # fmt: skip


def _warnings(found: Mapping[Role, Sequence[_Bearer]]) -> Iterator[str]:
    able = {each.holding.person_id for role in LETTING_IN for each in found[role]}
    if len(able) < ENOUGH:
        yield (
            f"注意: 仮パスワードを扱える職員が{len(able)}人です。一人がサインインできなくなったとき、"
            f"ほかの二人で発行できるよう、{ENOUGH}人以上にしてください。"
        )
    first = {each.holding.person_id for many in found.values() for each in many if each.holding.how is How.FIRST}
    if first:
        yield f"注意: 初期設定の担当者が{len(first)}人います。期限までに、職による担当者へ引き継いでください。"


@officers.command("first")
@click.argument("numbers", metavar="職員番号 職員番号", nargs=2)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="フォルダー",
    help="仮パスワードを一人ずつのファイルに書き出します。省くと、端末に一人ずつ表示します。",
)  # fmt: skip
@click.pass_obj
def first_command(desk: Desk, *, numbers: tuple[str, str], out: Path | None) -> None:
    """初めの担当者二人を決め、それぞれに仮パスワードを発行します。

    鍵守には、あらかじめ使えるIDも既定のパスワードもありません。名簿を取り込んだあと、在職する二人の職員を
    ここで指定します。二人は30日間、統括の担当者としてサインインできます（職による役職があれば、その職にある間）。
    だれか一人でもサインインしたあとは、使えません。それまでは、やり直せます（前に発行したものは無効になります）。

    \b
    例:
      iam officers first 0012345 0067890
      iam officers first 0012345 0067890 --out 初期設定
    """
    portal = _portal(desk)
    if numbers[0] == numbers[1]:
        raise click.UsageError("初めの担当者は、異なる二人の職員にしてください。")
    if out is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("端末がないときは --out でフォルダーを指定してください。")
    desk.refuse_unsettled()
    door = door_of(desk.deployment, portal, desk.keys)
    with desk.store.read() as connection:
        see_open(connection)
    if out is None:
        _show(begin(desk.store, door, desk.actor, numbers), portal)
        return
    with _empty_files(out, numbers) as places:
        slips = begin(desk.store, door, desk.actor, numbers)
        for place, slip in zip(places, slips, strict=True):
            place.write_text("\n".join([*_words(slip, portal), ""]), encoding="utf-8")
    say("初めの担当者を決め、仮パスワードを書き出しました。一人ずつに、その人の分だけを渡してください。")
    say(*(f"  {slip.name}さん（{slip.staff_number}）: {place}" for place, slip in zip(places, slips, strict=True)))
    say("渡したら、ファイルを消してください。")


def _portal(desk: Desk) -> Portal:
    portal = desk.deployment.settings.portal
    if portal is None:
        raise ConfigurationError(
            [f"{desk.config}: [portal] がありません。ポータルの設定を書いてから実行してください。"]
        )
    return portal


@contextmanager
def _empty_files(folder: Path, numbers: Sequence[str]) -> Iterator[list[Path]]:
    """A file for each that nobody but its owner can read; made first, so that no password is lost for want of a place.

    When the block ends otherwise than well, they are gone.
    """
    made: list[Path] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made.extend(_empty_file(folder, number) for number in numbers)
        yield made
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise


def _empty_file(folder: Path, number: str) -> Path:
    if not re.fullmatch(r"[\w-]+", number):
        raise click.UsageError(f"職員番号「{number}」に、使えない文字があります。")
    path = folder / f"仮パスワード_{number}.txt"
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise click.UsageError(f"{path} がすでにあります。消してから実行してください。") from None
    except OSError:
        raise click.UsageError(f"{path} を作れません。フォルダーの書き込み権限を確かめてください。") from None
    return path


def _show(slips: Sequence[Slip], portal: Portal) -> None:
    """One after another, each alone on the screen."""
    for slip in slips:
        click.clear()
        say(f"{slip.name}さん（{slip.staff_number}）だけが画面を見られるようにして、キーを押してください。")
        click.getchar()
        say(*_words(slip, portal), "控えたら、キーを押してください。画面を消します。")
        click.getchar()
        click.clear()
    say("初めの担当者を決めました。")


def _words(slip: Slip, portal: Portal) -> list[str]:
    return [
        f"{slip.name}さん（職員番号 {slip.staff_number}）",
        f"  サインインの画面  {portal.origin}",
        f"  仮パスワード      {slip.secret}",
        f"  使える期限        {local_text(slip.lapses_at)} まで、一度だけ",
        "  サインインすると、すぐに自分のパスワードへの変更と、二つ目の認証の登録を求めます。",
        "  この仮パスワードは、ほかの人に見せないでください。",
    ]
