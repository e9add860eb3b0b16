"""`iam privilege`: the group of all commands about privileged IDs.

The one law: *a command does what a page does, through the same verb*: each is attached here and decides nothing.
"""

import click

from web.cli.privilege import console, elsewhere
from web.cli.privilege.listing import delegations_command, list_command, show_command
from web.cli.privilege.sightings import scan_command, sightings_command
from web.cli.privilege.uses import end_command, undone_command, use_command, uses_command


@click.group()
def privilege() -> None:
    """特権IDの台帳と利用を見て、終わらせ、記録と突き合わせます。

    指名、承認、利用の申請、立会い、記録などは、ここで準備し、本人がポータル（/privilege/console）で確定します。
    OSのアカウントでは本人を確かめられないため、コンソールだけでは何も行われません。

    \b
    例:
      iam privilege list                         台帳と、いま使える職員を見る
      iam privilege uses --open                  終わっていない利用を見る
      iam privilege use 12                       利用 12 で起きたことを見る
      iam privilege end 12 --reason "不審な操作"  利用 12 をいますぐ終わらせる
      iam privilege ask 3 --as 000123 --purpose "索引の作り直し" --wait
      iam privilege undone --check               システムで行えていない操作を見る
      iam privilege sightings /var/log/auth.log --system unix
      iam privilege scan --check

    \b
    終了コード: 0 完了、1 あり（--check）、2 使い方・設定の誤り、断られた、
      ポータルで行う操作、
      3 読めないファイルがある、確定されないまま期限が過ぎた
    """


for command in (
    list_command, show_command, delegations_command, uses_command, use_command, end_command, undone_command,
    sightings_command, scan_command, *console.commands(), *elsewhere.commands(),
):  # fmt: skip
    privilege.add_command(command)
