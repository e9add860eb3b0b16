"""`iam review export` and `iam review check`: a review as files, and the proof that they are what was signed.

The one law: *checking needs no database*: whoever has the folder and the public key can do it anywhere.
"""

from pathlib import Path

import click

from iam.record.keys import keys_of_pem, pem_of
from iam.review.exports.manifest import MANIFEST, Checked, check
from web.cli.exits import Exit
from web.cli.files.named import fresh, text_of
from web.cli.japanese import as_json_option
from web.cli.review.naming import number_or_latest
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk
from web.paper.folder import Exported, Form, Wish, export

_folder = click.Path(path_type=Path, file_okay=False)
_file = click.Path(path_type=Path, dir_okay=False)
_FORMS = ",".join(Form)


def _forms(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[Form, ...]:
    named = [each.strip().lower() for each in text.split(",") if each.strip()]
    unknown = [each for each in named if each not in set(Form)]
    if unknown or not named:
        raise click.BadParameter(f"{_FORMS} から選び、カンマで区切って指定してください。")
    return tuple(map(Form, named))


@click.command("export")
@click.argument("number", metavar="[番号]", type=int, required=False)
@click.option("--to", "below", type=_folder, required=True, metavar="フォルダー", help="出力先のフォルダー。")
@click.option(
    "--format",
    "forms",
    default=_FORMS,
    show_default=True,
    callback=_forms,
    metavar="形式",
    help="xlsx、csv（UTF-8）、cp932（CSV）、pdf、json をカンマで区切って指定します。",
)
@click.option("--public-key", type=_file, metavar="ファイル", help="検証に使う公開鍵を、このファイルにも書き出します。")
@click.option("--force", is_flag=True, help="内容の違うファイルがあるとき、置き換えます。")
@as_json_option
@click.pass_obj
def export_command(
    desk: Desk,
    *,
    number: int | None,
    below: Path,
    forms: tuple[Form, ...],
    public_key: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """棚卸の結果を、署名を付けて書き出します。番号を省くと最新の棚卸です。

    出力先の下に棚卸ごとのフォルダーを作ります。書き出したことは証跡に残ります。
    CP932（Shift_JIS）にない文字は置き換え、その一覧を別のファイルに書きます。
    """
    deployment = desk.deployment
    categories = {each.code: each.label for each in deployment.profile.categories}
    number = number_or_latest(desk, number)
    made = export(
        desk.store,
        desk.actor,
        Wish(number, below, deployment.settings.body.name, forms, categories, force=force),
    )
    if public_key is not None:
        _put_key(public_key, pem_of(desk.keys.public_keys()).encode())
    if as_json:
        say_json(_made_json(made))
    else:
        _say_made(made)


@click.command("check")
@click.argument("path", metavar="フォルダーかファイル", type=click.Path(path_type=Path))
@click.option(
    "--keys", "pem", type=_file, metavar="ファイル", help="公開鍵ファイル（PEM）。省くと、この環境の鍵で確かめます。"
)
@as_json_option
@click.pass_context
def check_command(context: click.Context, *, path: Path, pem: Path | None, as_json: bool) -> None:
    """書き出した棚卸が、署名したときのままであることを確かめます。

    公開鍵を指定すると、データベースも設定もない所で確かめられます。
    壊れているときは、終了コード 5 で終わります。
    """
    desk: Desk = context.obj
    keys = desk.keys.public_keys() if pem is None else keys_of_pem(text_of(pem))
    found = {each: check(each, keys) for each in _checkable(path)}
    if as_json:
        say_json([_checked_json(place, each) for place, each in found.items()])
    else:
        for place, each in found.items():
            _say_checked(place, each)
    context.exit(Exit.SETTLED if all(each.whole for each in found.values()) else Exit.BROKEN)


def _say_made(made: Exported) -> None:
    campaign = made.cover.campaign
    say(f"{campaign.title}（{campaign.state.label_ja}）を {made.folder} に書き出しました。")
    if made.cover.unread:
        names = "、".join(each.name for each in made.cover.unread)
        say(f"読み取れなかったシステムがあります: {names}")
    say_table(
        (each.name, f"{each.rows:,}{'字' if each.form == 'characters' else '行'}",
         "" if each.name in made.fresh else "変更なし", each.sha256)
        for each in made.files
    )  # fmt: skip


def _made_json(made: Exported) -> dict[str, object]:
    return {
        "campaign": made.cover.campaign.id, "folder": str(made.folder), "lines": made.cover.lines,
        "unread": [each.system for each in made.cover.unread],
        "files": [
            {"name": each.name, "form": each.form, "rows": each.rows, "sha256": each.sha256,
             "fresh": each.name in made.fresh}
            for each in made.files
        ],
    }  # fmt: skip


def _checkable(path: Path) -> list[Path]:
    """What was named, or each folder right below it that holds an export."""
    if not path.is_dir() or (path / MANIFEST).exists():
        return [path]
    return sorted(each.parent for each in path.glob(f"*/{MANIFEST}")) or [path]


def _say_checked(place: Path, found: Checked) -> None:
    if found.whole:
        say(f"{place}: 署名したときのままです（{found.title}、{found.made_at} に書き出したもの）。")
    else:
        say(f"{place}: 壊れているか、書き換えられています。", *(f"  {each}" for each in found.broken))
    say(*(f"  {each}" for each in found.told))


def _checked_json(place: Path, found: Checked) -> dict[str, object]:
    return {
        "path": str(place), "whole": found.whole, "title": found.title, "made_at": found.made_at,
        "broken": found.broken, "told": found.told,
        "files": [{"name": each.name, "rows": each.rows, "sha256": each.sha256} for each in found.files],
    }  # fmt: skip


def _put_key(path: Path, content: bytes) -> None:
    """A public key is no secret; the same one that lies there already is as good."""
    if path.is_file() and text_of(path).encode() == content:
        return
    with fresh(path, 0o644) as file:
        file.write(content)
