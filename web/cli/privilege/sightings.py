"""`iam privilege sightings` and `iam privilege scan`: what targets show of privileged IDs.

The one law: *nothing is passed over in silence*: rows that could not be read are told with their place.
"""

import click


@click.command("sightings")
def sightings_command() -> None:
    """対象システムのサインインの記録を取り込み、特権IDの利用と突き合わせます。"""
    raise NotImplementedError


@click.command("scan")
def scan_command() -> None:
    """対象システムにある特権を調べ、特権IDの台帳と利用に照らします。"""
    raise NotImplementedError
