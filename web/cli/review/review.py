"""`iam review`: the group of all commands about reviews with 人事 (棚卸).

The one law: *a command does what a page does, through the same verb*: each is attached here and decides nothing.
"""

import click

from web.cli.review.closing import close_command, remind_command
from web.cli.review.export import check_command, export_command
from web.cli.review.opening import open_command, read_command
from web.cli.review.sheet import return_command, sheet_command
from web.cli.review.status import status_command


@click.group()
def review() -> None:
    """利用者IDの棚卸を始め、進み具合を見て、結果を書き出します。

    棚卸を始めると、各システムの利用者IDを読み、その日の状態を固定します。
    回答と署名はポータル（/office/review）で行います。

    \b
    例:
      iam review open                     今四半期の棚卸を始める
      iam review open --kind extra --system portal --title "移行前の確認"
      iam review status                   いまの棚卸の進み具合を見る
      iam review status 3 --json
      iam review read                     読めなかったシステムを読み直す
      iam review remind --dry             だれに何件残っているかを見る
      iam review close                    署名が済んだ結果を反映し、確かめる
      iam review export --to /srv/tanaoroshi   最新の棚卸を署名付きで書き出す
      iam review check /srv/tanaoroshi --keys 公開鍵.pem
      iam review sheet --for 0000123 --part hr --to .   回答用のシートを作る
      iam review return --check 回答.xlsx   戻ってきたシートを確かめる

    \b
    終了コード: 0 完了、1 回答待ちなどがある（status）、2 使い方・設定の誤り、
      4 一部のシステムを読めなかった、5 書き出した後に書き換えられている（check）
    """


for command in (
    open_command,
    read_command,
    status_command,
    remind_command,
    close_command,
    export_command,
    check_command,
    sheet_command,
    return_command,
):
    review.add_command(command)
