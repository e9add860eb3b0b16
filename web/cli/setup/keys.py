"""`iam keys`: a fresh key for what is sealed from now on, and fresh keys for tokens when one may be known.

The one law: *no key is ever taken out of the ring*: what an old key sealed is
still verified by it.  A token lives for minutes, so the keys of tokens are cut off at once.  Once two officers
have confirmed a configuration, a renewal needs a permit of two (R19), or is alarmed.
"""

import click

from iam.errors import Conflict, IntegrityError
from iam.office.changes import permits
from iam.office.changes.permits import KeyDeed
from iam.record.act import Act
from iam.record.audit.chain import read_head
from iam.record.keys import KeyRing
from iam.signin.tokens.signing import roll_now
from web.body.job import offices_of
from web.cli.japanese import as_json_option
from web.cli.table import say, say_json
from web.cli.wiring import Desk


@click.group()
def keys() -> None:
    """証跡を封印する鍵と、トークンに署名する鍵を更新します。"""


_emergency_option = click.option(
    "--emergency", metavar="理由", default="",
    help="二人の確認を待たずに行います。統括と承認者に至急の通知が届き、あとで確認が要ります。",
)  # fmt: skip


@keys.command("rotate")
@_emergency_option
@as_json_option
@click.pass_obj
def rotate_command(desk: Desk, *, emergency: str, as_json: bool) -> None:
    """鍵ファイルに新しい鍵を加え、これからの封印と署名に使います。

    いままでの鍵は、過去の証跡を確かめるために残します。更新したことは、新しい鍵で証跡に残ります。
    鍵が漏れたおそれがあるとき、鍵を扱う担当者が替わったときに実行してください。
    終わったら、鍵ファイルの控えを取り直し、監査を行う方に公開鍵を渡し直してください。
    同期の実行中には更新しません。
    設定を二人で確認したあとは、ポータルの「設定の変更」での申請と確認が要ります。

    \b
    例:
      sudo -u kagimori iam --config /etc/kagimori/iam.toml keys rotate
    """
    path = desk.settings.keys.file
    _permitted(desk, KeyDeed.ROTATE, emergency)
    with desk.store.exclusive("sync"):
        # A night that sealed with the ring it read before would not know the head any more.
        old = KeyRing.read(path)
        desk.store.keys = old
        _prove(desk)
        desk.store.keys = old.rotate(path)
        with desk.store.act(desk.actor) as act:
            _use(desk, act, KeyDeed.ROTATE, emergency)
            act.record("keys.rotated", desk.store.keys.current, {"before": old.current})
    if as_json:
        say_json({"current": desk.store.keys.current, "previous": old.current})
        return
    say(
        f"鍵を更新しました: {old.current} から {desk.store.keys.current}",
        f"  {path} の控えを、データベースとは別の場所に取り直してください。",
        "  公開鍵は iam audit export の --public-key で書き出せます。",
    )


@keys.command("roll-tokens")
@_emergency_option
@as_json_option
@click.pass_obj
def roll_tokens_command(desk: Desk, *, emergency: str, as_json: bool) -> None:
    """トークンの署名鍵を、いますぐ新しくします。

    署名鍵は90日ごとに自動で替わります。これは、署名鍵が漏れたおそれがあるときのものです。
    いままでの鍵で署名したトークンは、1分以内に信じられなくなります。利用者は連携先でサインインし直すことがあります。
    公開鍵をファイルで渡している連携先があれば、新しい公開鍵を渡してください。
    設定を二人で確認したあとは、ポータルの「設定の変更」での申請と確認が要ります。

    \b
    例:
      sudo -u kagimori iam --config /etc/kagimori/iam.toml keys roll-tokens
    """
    _permitted(desk, KeyDeed.ROLL_TOKENS, emergency)
    kids = roll_now(desk.store, desk.actor, lambda act: _use(desk, act, KeyDeed.ROLL_TOKENS, emergency))
    if as_json:
        say_json({"kids": kids})
        return
    say(f"署名鍵を新しくしました: {'、'.join(kids)}", "  いままでの署名鍵は、もう信じられません。")


def _permitted(desk: Desk, deed: KeyDeed, emergency: str) -> None:
    """See that the renewal may be, before anything is changed.

    Raises:
        Forbidden: without a permit; ConfigurationError: when an emergency could be anybody's.
    """
    if emergency:
        if not emergency.strip():
            raise Conflict("--emergency には、急ぐ理由を書いてください。確認する担当者が読みます。")
        desk.refuse_shared_configuration()
        return
    with desk.store.read() as connection:
        if refusal := permits.why_not(connection, deed, desk.store.clock()):
            raise refusal


def _use(desk: Desk, act: Act, deed: KeyDeed, emergency: str) -> None:
    """In the act of the renewal: the permit is used up, or the heads are alarmed."""
    if emergency:
        permits.emergency(act, offices_of(desk.deployment), desk.store.keys, deed, emergency)
    else:
        permits.use(act, deed)


def _prove(desk: Desk) -> None:
    """See that the database answers, and that this ring sealed it, before anything is changed.

    Raises:
        IntegrityError: when the audit was sealed by another ring.
    """
    with desk.store.read() as connection:
        wrong = read_head(connection).why_not_sealed(desk.store.keys)
    if wrong:
        raise IntegrityError(f"{wrong}。iam audit verify で確かめてください。鍵は更新していません。")
