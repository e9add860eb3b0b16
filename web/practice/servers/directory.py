"""The practice directory on its own, for compose.yaml: an OpenLDAP with StartTLS that a neighbour can reach.

The one law: what it holds is invented and is gone when it ends.
"""

import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from web.practice.servers.slapd import Slapd, SlapdOptions

NOBODY = "cn=placeholder"
"""LDAP knows no group without a member."""


@click.command()
@click.option("--address", default="127.0.0.1", show_default=True, help="待ち受けるアドレス")
@click.option("--port", default=1389, show_default=True, help="待ち受けるポート")
@click.option("--name", default="localhost", show_default=True, help="証明書に載せる名前")
@click.option("--ca", type=click.Path(path_type=Path), required=True, help="認証局証明書を書き出すファイル")
@click.option("--group", "groups", multiple=True, help="ou=groups に置く権限のグループ")
def directory(address: str, port: int, name: str, ca: Path, groups: Sequence[str]) -> None:
    """練習用の OpenLDAP を起動し、止められるまで動かします。"""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with Slapd(SlapdOptions(address=address, port=port, tls=(name, "127.0.0.1"))) as slapd:
        with slapd.connection() as admin:
            for group in groups:
                dn = f"cn={group},ou=groups,{slapd.suffix}"
                admin.add(dn, ["groupOfNames"], {"member": [NOBODY]})
        if slapd.certificates and slapd.server:
            shutil.copyfile(slapd.certificates.ca, ca)
            click.echo(f"練習用ディレクトリ ldap://{name}:{port} が応答しています（{slapd.writer}）")
            slapd.server.wait()


if __name__ == "__main__":
    directory()
