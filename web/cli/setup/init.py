"""`iam init`: from nothing to a configuration that can be filled in.

The one law: *nothing that is there is overwritten*; what is missing is made,
and what to do next is said.
"""

from pathlib import Path

import click

from iam.errors import ConfigurationError, StoreError
from iam.record.keys import KeyRing
from migrations.run import newest, upgrade
from web.cli.setup.db import version_of
from web.cli.table import say
from web.cli.wiring import Desk

SAMPLE = Path(__file__).parent / "sample"


@click.command()
@click.argument("folder", metavar="[フォルダー]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def init(desk: Desk, folder: Path | None) -> None:
    """設定ファイルの見本、鍵、データベースを用意します。

    フォルダーを省くと、--config で指定した設定ファイルのある場所に作ります。
    設定ファイルがもうあれば、それに書かれた鍵とデータベースのうち、まだないものだけを作ります。
    すでにあるファイルは上書きしません。

    \b
    例:
      iam init /etc/kagimori
      iam --config /etc/kagimori/iam.toml init
    """
    if folder is not None:
        desk = desk.at(folder / "iam.toml")
    made = [] if desk.config.exists() else _write_samples(desk.config)
    made += _make_key_file(desk)
    made += _make_database(desk)
    if not made:
        raise ConfigurationError([f"{desk.config}: 設定、鍵、データベースはすべてそろっています。何も変えていません。"])
    say("作りました:", *(f"  {line}" for line in made), "")
    _say_next(desk.config)


def _write_samples(config: Path) -> list[str]:
    """The sample files beside `config`: all of them or, where one is in the way, none."""
    folder = config.parent
    wanted = {config if each.name == "iam.toml" else folder / each.name: each for each in sorted(SAMPLE.iterdir())}
    cure = "すでにあります。上書きはしません。移すか、別のフォルダーを指定してください。"
    in_the_way = [f"{path}: {cure}" for path in wanted if path.exists()]
    if in_the_way:
        raise ConfigurationError(in_the_way)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, sample in wanted.items():
            with path.open("xb") as file:
                file.write(sample.read_bytes())
    except OSError as error:
        cure = "権限と空き容量を確かめてください。"
        raise StoreError(f"{error.filename}: 作成できません（{error.strerror}）。{cure}") from error
    words = {"iam.toml": "設定", "access.toml": "情報システムと標準付与", "組織.csv": "組織の一覧"}
    return [f"{path}（{words[sample.name]}）" for path, sample in wanted.items()]


def _make_key_file(desk: Desk) -> list[str]:
    path = desk.settings.keys.file
    if path.exists():
        return []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent}: 作成できません（{error.strerror}）。権限を確かめてください。") from error
    KeyRing.create(path)
    return [f"{path}（鍵。失うと証跡を検証できません。データベースとは別に控えを取ってください）"]


def _make_database(desk: Desk) -> list[str]:
    url = desk.settings.database.url
    if version_of(url) is not None:
        # An older database is upgraded by `iam db upgrade`, when its owner says so.
        return []
    upgrade(url)
    return [f"{url.render_as_string()}（データベース、表の版 {newest()}）"]


def _say_next(config: Path) -> None:
    option = "" if config == Path("iam.toml") else f"--config {config} "
    say(
        "次にすること:",
        f"  1. {config} と access.toml、組織.csv を団体に合わせて書き換えます（説明はファイルの中にあります）。",
        f"  2. iam {option}policy check   ポリシーに決め残しがないか確かめます。",
        f"  3. iam {option}sync --plan    何が変わるかを見ます。何も変更しません。",
    )
