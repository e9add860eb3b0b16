"""`iam init`: from nothing to a configuration that can be filled in.

The one law: *nothing that is there is overwritten*; what is missing is made,
and what to do next is said.
"""

from pathlib import Path
from typing import Final

import click

from iam.errors import ConfigurationError, StoreError
from iam.policy.cited import BASELINE
from iam.policy.loading import bodies
from iam.record.keys import KeyRing
from migrations.run import newest, upgrade
from web.cli.setup.db import version_of
from web.cli.setup.own_profile import FILE as PROFILE
from web.cli.setup.own_profile import own_profile
from web.cli.table import say
from web.cli.wiring import Desk

SAMPLE: Final = Path(__file__).parent / "sample"
CONTENTS: Final = {
    "iam.toml": "設定",
    "access.toml": "情報システムと標準付与",
    "network.toml": "ネットワークと、領域をまたぐ通信",
    "組織.csv": "組織の一覧",
    PROFILE: "団体のポリシープロファイル",
}
"""Each sample file, and what it holds."""


@click.command()
@click.argument("folder", metavar="[フォルダー]", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--extends", "parent", type=click.Choice(bodies()), default=BASELINE, metavar="名前",
    help="団体のポリシープロファイルのもとにするもの（iam policy list で一覧）。省くと baseline。",
)  # fmt: skip
@click.pass_obj
def init(desk: Desk, folder: Path | None, parent: str) -> None:
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
    made = [] if desk.config.exists() else _write_samples(desk.config, parent)
    made += _make_key_file(desk)
    made += _make_database(desk)
    if not made:
        raise ConfigurationError([f"{desk.config}: 設定、鍵、データベースはすべてそろっています。何も変えていません。"])
    say("作りました:", *(f"  {line}" for line in made), "")
    _say_next(desk.config)


def _write_samples(config: Path, parent: str) -> list[str]:
    """The sample files beside `config`: all of them or, where one is in the way, none."""
    samples = {each.name: each.read_bytes() for each in sorted(SAMPLE.iterdir())}
    samples[PROFILE] = own_profile(parent).encode()
    wanted = {config if name == "iam.toml" else config.parent / name: name for name in samples}
    cure = "すでにあります。上書きはしません。移すか、別のフォルダーを指定してください。"
    in_the_way = [f"{path}: {cure}" for path in wanted if path.exists()]
    if in_the_way:
        raise ConfigurationError(in_the_way)
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        for path, name in wanted.items():
            with path.open("xb") as file:
                file.write(samples[name])
    except OSError as error:
        cure = "権限と空き容量を確かめてください。"
        raise StoreError(f"{error.filename}: 作成できません（{error.strerror}）。{cure}") from error
    return [f"{path}（{CONTENTS[name]}）" for path, name in wanted.items()]


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
        f"  2. {PROFILE} に、役職名をだれが担うかを書きます。すべて決まるまで iam sync は適用を始めません。",
        f"  3. iam {option}policy check   ポリシーに決め残しがないか確かめます。",
        f"  4. iam {option}sync --plan    何が変わるかを見ます。何も変更しません。",
    )
