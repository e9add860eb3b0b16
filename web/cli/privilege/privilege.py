"""`iam privilege`: the group of all commands about privileged IDs.

The one law: *a command does what a page does, through the same verb*: each is attached here and decides nothing.
"""

import click

from web.cli.privilege.sightings import scan_command, sightings_command


@click.group()
def privilege() -> None:
    """特権IDの利用を、対象システムの記録と突き合わせます。

    \b
    例:
      iam privilege sightings /var/log/auth.log --system unix
      iam privilege sightings security.csv --system ad
      iam privilege scan --check
    """


privilege.add_command(sightings_command)
privilege.add_command(scan_command)
