"""Word of sign-outs, carried to the systems by the worker; and the keys that sign it, rolled in time.

The one law: *the worker decides nothing*: who is told stands in the rows that ended sessions left behind.
"""

from collections.abc import Callable
from datetime import timedelta

from iam.errors import FarewellError
from iam.jobs.farewells import Said, Sending
from iam.record.store import Store
from iam.signin.tokens.clients import client_by_id
from iam.signin.tokens.farewells import Claimed
from iam.signin.tokens.signing import Signer, roll_due, shown
from web.body.connections import farewell_of
from web.cli.wiring import Desk


def sending(desk: Desk, going: Callable[[], bool], pause: Callable[[timedelta], object]) -> Sending:
    """How this worker tells systems; by nobody where the body has no portal or no [backchannel].

    Raises:
        ConfigurationError: when the authority of [backchannel] cannot be read.
    """
    settings = desk.settings
    if settings.portal is None or settings.backchannel is None:
        return Sending(None, lambda _: "", going, pause)
    token_for = _writer(desk.store, settings.portal.origin)
    return Sending(farewell_of(settings.backchannel), token_for, going, pause)


def line_of(said: Said) -> str:
    """What became of them; "" for nothing worth a line."""
    if not (said.taken or said.postponed or said.failed):
        return ""
    return f"ログアウト通知 送信{said.taken:,}件、再送待ち{said.postponed:,}件、送信できず{said.failed:,}件"


def rolled(store: Store) -> str:
    """Make the next signing keys where any are in use; a sentence when there are new ones.

    Raises:
        StoreError, Busy: when the database does not answer as it should.
    """
    with store.read() as connection:
        if not shown(connection, store.clock()):
            return ""
    kids = roll_due(store)
    return f"トークンの次の署名鍵を作りました（{'、'.join(kids)}）。" if kids else ""


def _writer(store: Store, issuer: str) -> Callable[[Claimed], str]:
    from web.doors.oidc.claims import logout_token  # noqa: PLC0415 - only a worker that tells systems pays for it

    signer = Signer(store)

    def written(claimed: Claimed) -> str:
        with store.glance() as connection:
            client = client_by_id(connection, claimed.client_id)
        if client is None:
            raise FarewellError("連携先の登録がなくなっています。", transient=False)
        try:
            return logout_token(
                signer, issuer, client, person_id=claimed.person_id, session_id=claimed.session_id, at=store.clock()
            )
        except LookupError as error:
            raise FarewellError(f"{client.code} に使う署名の例外措置が終わっています。", transient=False) from error

    return written
