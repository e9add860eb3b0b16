"""Verbs about privileged IDs that the console does not have, and where they are done.

The one law: *an account of the operating system proves no person* (R13, R17, design law 4): whatever loosens asks for
somebody who proves themselves with a phishing-resistant key, so it is done in the portal and nowhere else.
"""

from collections.abc import Iterator
from typing import Final

import click

from iam.errors import Forbidden
from web.cli.privilege import knowing
from web.cli.wiring import Desk

_WHERE: Final = (
    ("register", "特権IDの登録・変更・廃止の申請", "/office/privilege/ids"),
    ("nominate", "特権代行の指名", "/office/privilege/delegations/new"),
    ("approve", "特権代行の承認", "/office/privilege/delegations"),
    ("ask", "特権IDの利用の申請", "/privilege/ask"),
    ("join", "立会い", "/privilege"),
    ("reveal", "パスワードの表示", "/privilege"),
    ("emergency", "緊急利用", "/privilege/emergency"),
)


def _refusing(name: str, words: str, path: str) -> click.Command:
    @click.command(
        name, short_help=f"{words}は、ポータルで行います。", context_settings={"ignore_unknown_options": True}
    )
    @click.argument("rest", nargs=-1, metavar="", type=click.UNPROCESSED)
    @click.pass_obj
    def refuse(desk: Desk, *, rest: tuple[str, ...]) -> None:
        del rest
        place = knowing.page(desk, path)
        raise Forbidden(
            f"{words}は、セキュリティキーで本人を確かめるため、ポータルで行います。{place} を開いてください。"
        )

    refuse.help = (
        f"{words}は、ポータルの {path} で行います。\n\n"
        "コマンドを実行したOSのアカウントでは、だれが行ったかを確かめられないためです。"
    )
    return refuse


def commands() -> Iterator[click.Command]:
    """One command for each verb, which says where it is done and ends with 2."""
    for each in _WHERE:
        yield _refusing(*each)
