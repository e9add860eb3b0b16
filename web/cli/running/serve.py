"""`iam serve`: the portal, for the reverse proxy to pass on to.

The one law: *it does not begin half*: settings, policy, database, key file and
the parts of the pages are looked at first, and what is missing is said at once.
"""

import atexit
from typing import Final

import click

from iam.errors import ConfigurationError
from iam.record.store import Store
from iam.settings import Portal
from iam.signin.deciding.records import settle
from web.body.door import door_of, watched
from web.cli.table import say
from web.cli.wiring import Desk
from web.doors import optional
from web.doors.forward.doorway import Application, Doorway
from web.site.app import Site, create_app
from web.site.face.assets import Assets
from web.site.running import journal
from web.site.running.serving import serve as run

_LAST_PORT: Final = 65_535


@click.command()
@click.option("--listen", metavar="アドレス:ポート", help="受け付けるアドレス。省くと [portal] listen。")
@click.pass_obj
def serve(desk: Desk, listen: str | None) -> None:
    """職員ポータルを動かします。

    TLS は前に置くリバースプロキシ（nginx など）が受け持ち、そこから [portal] listen に渡します。
    SIGTERM か Ctrl+C で、応答中のものを終えてから止まります。SIGHUP で設定を読み直します。
    ログは、1行に1件のJSONで標準エラー出力に書きます。
    """
    assets = Assets.found()
    portal = _portal(desk, listen)
    optional.refuse_unready(desk.deployment.settings.saml, portal.origin)
    desk.refuse_unsettled()
    with desk.store.read():
        pass  # the database answers, at the version that this program expects
    desk.store.dispose()

    def make() -> Application:
        return _site(desk.at(desk.config), listen, assets)

    journal.start()
    run(portal, make, lambda: say(f"{portal.origin} を {portal.listen} で受け付けています。"))


def _portal(desk: Desk, listen: str | None) -> Portal:
    portal = desk.deployment.settings.portal
    if portal is None:
        cure = "[portal] に origin と listen を書いてください。"
        raise ConfigurationError([f"{desk.config}: ポータルの設定がありません。{cure}"])
    return portal if listen is None else portal.model_copy(update={"listen": _address(listen)})


def _address(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= _LAST_PORT:
        raise click.BadParameter("127.0.0.1:8443 のようにアドレスとポート番号を書いてください。", param_hint="--listen")
    return listen


def _site(desk: Desk, listen: str | None, assets: Assets) -> Application:
    """The site of one process, from the configuration as it stands now, on connections of its own."""
    portal = _portal(desk, listen)
    store = Store(desk.settings.database.url, desk.keys)
    door = watched(door_of(desk.deployment, portal, desk.keys), store)
    # A process is replaced now and then: what it has counted of repeated answers is written before it goes.
    atexit.register(lambda: settle(store, door, store.clock()))
    site = Site(store, door, desk.deployment, portal, assets)
    return Doorway(site, create_app(site))
